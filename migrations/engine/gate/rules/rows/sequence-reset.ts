/**
 * Gate rule sequence-reset: its texts, its examples, and what it finds.
 * Does NOT cover what the rules beside it do.
 */
import { oneLine, sqlName } from "../../../sql/sqlText";
import type { RuleFinding } from "../../input/gateRule";
import { oldResets } from "../../input/oldRows";
import { impactOf, placedOfKind, type Subject } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

export const sequenceReset = fileRule({
  id: "sequence-reset",
  problem:
    "A sequence in use is set to another value, or dropped: setval, RESTART, TRUNCATE … RESTART IDENTITY, DROP SEQUENCE.",
  why: "numbers that were given out come again, and INSERT fails or mixes rows up; ROLLBACK does not take setval back.",
  instead: "leave sequences in use alone; one that the file makes may be set.",
  source: docs("functions-sequence.html"),
  exception: "reason",
  bad: {
    before: "CREATE SEQUENCE dagapp.ticket_number;",
    body: "SELECT setval('dagapp.ticket_number', 1);",
  },
  good: {
    body: "CREATE SEQUENCE dagapp.ticket_number;\nSELECT setval('dagapp.ticket_number', 1000);",
    rollback: "DROP SEQUENCE IF EXISTS dagapp.ticket_number;",
  },
  find: (subject) => [
    ...oldResets(subject).map(({ placed, item }) => {
      const name = item.name === "" ? "a sequence whose name is worked out" : sqlName(item);
      return atStatement(
        placed,
        `${oneLine(placed.statement.text)} sets ${name} while it is in use.`,
        "remove the statement.",
      );
    }),
    ...droppedSequences(subject),
    ...endedSequences(subject),
  ],
});

/** Old sequences that end sooner, or go with their column's identity. */
const endedSequences = (subject: Subject): readonly RuleFinding[] =>
  subject.placedOperations.flatMap((placed) => {
    const { operation } = placed;
    const ends =
      (operation.kind === "alter sequence" &&
        operation.narrows &&
        !subject.isNew(operation.sequence, placed)) ||
      (operation.kind === "alter table" &&
        operation.command.kind === "drop identity" &&
        !subject.isNew(operation.table, placed));
    return ends
      ? [
          atStatement(
            placed,
            `${oneLine(placed.statement.text)}: numbers end sooner, or begin again with the next sequence.`,
            "remove the statement.",
          ),
        ]
      : [];
  });

/** Old sequences that are dropped by name, or go with a table of the file's own that they were given to. */
const droppedSequences = (subject: Subject): readonly RuleFinding[] =>
  placedOfKind(subject.placedOperations, "drop").flatMap((placed) => {
    const { objects } = placed.operation;
    const named = objects.filter(({ kind }) => kind === "sequence");
    const isOfOwn = objects.some(
      (object) => /table$/.test(object.kind) && subject.isNew(object, placed),
    );
    const taken = isOfOwn
      ? (impactOf(subject, placed.statement)?.locks ?? []).flatMap(({ object, isNew }) =>
          object.kind === "sequence" && !isNew ? [object] : [],
        )
      : [];
    return [...named, ...taken]
      .filter((object) => !subject.isNew(object, placed))
      .map((object) =>
        atStatement(
          placed,
          `${oneLine(placed.statement.text)} drops ${sqlName(object)}: one that is made again begins at its start.`,
          "keep the sequence, or drop it together with the column that it belongs to.",
        ),
      );
  });
