/**
 * Gate rule header-unclear: its texts, its examples, and what it finds.
 * Does NOT compare the header with what the statements do (see the rules beside it).
 */
import type { ChoiceLabel } from "../../../files/header";
import { elseWarn } from "../../input/gateRule";
import type { Subject } from "../../input/subject";
import { jobsRegion } from "../exampleParts";
import { atField, fileRule } from "../fileRule";
import { choiceFault, durationFault, saysSomething } from "./plainWords";

/** One line of the header that says nothing that can be gone by. */
interface Fault {
  readonly field: string;
  readonly message: string;
  readonly remedy: string;
}

const choices: Readonly<Record<ChoiceLabel, readonly string[]>> = {
  "Downtime required": ["Yes", "No"],
  "Lock escalation risk": ["Low", "Medium", "High"],
  "Data recovery": ["Automatic", "Manual", "Not possible"],
};

/** A downtime that is needed may be explained by what is not: "Yes, no writes for a minute". */
const explains = (label: ChoiceLabel, chosen: string): boolean =>
  label === "Downtime required" && chosen === "Yes";

function choiceFaults({ file }: Subject): readonly Fault[] {
  return (Object.keys(choices) as ChoiceLabel[]).flatMap((label): Fault[] => {
    const text = file.header.choices[label];
    const chosen = choices[label].find((one) => text.toLowerCase().startsWith(one.toLowerCase()));
    if (chosen === undefined) return [];
    const others = explains(label, chosen) ? [] : choices[label].filter((one) => one !== chosen);
    const because = choiceFault(text, chosen, others);
    return because === null
      ? []
      : [
          {
            field: label,
            message: `${label} is ${JSON.stringify(text)}: ${because}.`,
            remedy: `write one of ${choices[label].join(", ")}.`,
          },
        ];
  });
}

/** Names that can be no table of the governed schemas. */
function tableFaults({ file, schemas, impacts }: Subject): readonly Fault[] {
  // That a statement reaches beyond them is said of the statement.
  const reached = impacts.flatMap(({ creates, locks, writes }) =>
    [...creates, ...[...locks, ...writes].map(({ object }) => object)].map(({ schema }) => schema),
  );
  const known = new Set([...schemas, "public", ...reached]);
  const isTable = (name: string): boolean => {
    const [schema = "", ...rest] = name.replaceAll('"', "").split(".");
    return rest.length === 1 && rest[0] !== "" && known.has(schema);
  };
  const odd = file.header.impact.tablesAffected.filter((name) => !isTable(name));
  return odd.length === 0
    ? []
    : [
        {
          field: "Tables affected",
          message: `Tables affected names ${odd.join(", ")}: no table of ${schemas.join(", ")}.`,
          remedy: "write each table with its schema, or None.",
        },
      ];
}

function wordFaults({ file, now }: Subject): readonly Fault[] {
  const { ticket, description, impact } = file.header;
  const duration = durationFault(impact.estimatedDuration);
  const year = Number(/^CHG-(\d{4})-/.exec(ticket)?.[1] ?? now.getUTCFullYear());
  return [
    ...(duration === null
      ? []
      : [
          {
            field: "Estimated duration",
            message: `Estimated duration is ${JSON.stringify(impact.estimatedDuration)}: ${duration}.`,
            remedy: "write how long it takes at prod's size: 1 minute, 5-10 minutes, 2 hours.",
          },
        ]),
    ...(saysSomething(description)
      ? []
      : [
          {
            field: "DESCRIPTION",
            message: `DESCRIPTION is ${JSON.stringify(description)}: that says nothing of the change.`,
            remedy: "say what changes and why, in words for those who approve the ticket.",
          },
        ]),
    ...(year < 2000 || year > now.getUTCFullYear() + 1 || /-0+$/.test(ticket)
      ? [
          {
            field: "TICKET",
            message: `TICKET is ${ticket}: there is no such change.`,
            remedy: "write the number of the change as change management gave it.",
          },
        ]
      : []),
  ];
}

export const headerUnclear = fileRule({
  id: "header-unclear",

  severity: elseWarn("requiresReview"),
  problem: "A line of the header says nothing that people can go by, or two things at once.",
  why: "the change is approved, and its window planned, by what the header says.",
  instead:
    "a duration, one of the words that the line asks for, tables by their names, and a sentence of description.",
  source: "Policy, Header Block",
  bad: { ...jobsRegion, header: { "Estimated duration": "8000 years" } },
  good: { ...jobsRegion, header: { "Estimated duration": "2 minutes for a million jobs" } },
  find: (subject) =>
    [...choiceFaults(subject), ...tableFaults(subject), ...wordFaults(subject)].map(
      ({ field, message, remedy }) => atField(subject, field, message, remedy),
    ),
});
