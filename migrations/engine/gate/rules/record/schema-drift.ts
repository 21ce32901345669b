/**
 * Gate rule schema-drift: its texts, its examples, and what it finds.
 * Does NOT compare (see history/structureRecord.ts).
 */
import { countObjects, listDifferences } from "../../../history/snapshot";
import { ofStack } from "../../input/findings";
import { elseWarn } from "../../input/gateRule";
import { planRule } from "../planRule";
import { acknowledgement, ofPlan } from "./recordFacts";
/** So many differences are shown; ddl status has all of them. */
const mostShown = 20;

export const schemaDrift = planRule({
  id: "schema-drift",

  severity: elseWarn("requiresUnchangedSchema"),
  problem: "Somebody changed the governed schemas without a migration.",
  why: "a migration was tested against what the migrations before it made, and its rollback leads back to that.",
  source: "Policy, All changes via versioned scripts; no manual fixes",
  bad: {
    structure: {
      kind: "compared",
      since: "version 1.0.0 was applied",
      differences: [
        { object: "table dagapp.jobs", part: "column note", change: "new", before: [], after: [] },
      ],
    },
  },
  good: { structure: { kind: "compared", since: "version 1.0.0 was applied", differences: [] } },
  find: ({ structure, plan, tier }) => {
    if (structure?.kind !== "compared" || structure.differences.length === 0) return [];
    const { differences, since } = structure;
    const list = listDifferences(differences, mostShown);
    const all = differences.length > mostShown ? ` (npx ddl status --stack ${tier} lists all)` : "";
    const [unrecorded] = ofPlan(plan, "unrecorded");
    const byHand =
      unrecorded === undefined
        ? ""
        : `where the file of ${unrecorded.file.header.version} did it, acknowledge that version; else `;
    return [
      {
        ...ofStack,
        message: [
          `${countObjects(differences)} changed by hand since ${since}:`,
          ...list.map((text) => `    ${text}`),
        ].join("\n"),
        remedy: `${byHand}undo what must not stay, then vouch for the rest: ${acknowledgement(tier)}${all}.`,
      },
    ];
  },
});
