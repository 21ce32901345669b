/**
 * Gate rules about what somebody changed in the governed schemas without a migration.
 * Does NOT compare (see structureRecord.ts). What a tier demands stands in tier.ts alone.
 */
import type { Tier } from "../../../stack/tier";
import { countObjects } from "../history/snapshot";
import { listDifferences } from "../history/snapshot";
import { elseWarn, type GateRule } from "./input/gateRule";

/** So many differences are shown; ddl status has all of them. */
const mostShown = 20;

const acknowledgement = (tier: Tier): string =>
  `ddl acknowledge --schema --stack ${tier} --by <person> --reason <why>`;

/** In the order of what they say: it differs, or that cannot be told. */
export const structureRules: readonly GateRule[] = [
  {
    id: "schema-drift",
    severity: elseWarn("requiresUnchangedSchema"),
    why: "a migration was tested against what the migrations before it made, and its rollback leads back to that.",
    source: "Policy, All changes via versioned scripts; no manual fixes",
    check: ({ structure, plan, tier }) => {
      if (structure?.kind !== "compared" || structure.differences.length === 0) return [];
      const { differences, since } = structure;
      const list = listDifferences(differences, mostShown);
      const all = differences.length > mostShown ? ` (ddl status --stack ${tier} lists all)` : "";
      const unrecorded = plan.problems.find(({ kind }) => kind === "unrecorded");
      const byHand =
        unrecorded?.kind === "unrecorded"
          ? `where the file of ${unrecorded.file.header.version} did it, acknowledge that version; else `
          : "";
      return [
        {
          file: "",
          line: null,
          message: [
            `${countObjects(differences)} changed by hand since ${since}:`,
            ...list.map((text) => `    ${text}`),
          ].join("\n"),
          remedy: `${byHand}undo what must not stay, then vouch for the rest: ${acknowledgement(tier)}${all}.`,
        },
      ];
    },
  },
  {
    id: "schema-not-compared",
    severity: () => "warning",
    why: "what somebody changed by hand would go unnoticed.",
    source: "Policy, All changes via versioned scripts; no manual fixes",
    check: ({ structure, tier }) =>
      structure?.kind === "not compared"
        ? [
            {
              file: "",
              line: null,
              message: `the schemas could not be compared with what the last run left: ${structure.reason}.`,
              remedy: `try again; where it stays so, compare by other means and begin anew with ${acknowledgement(tier)}.`,
            },
          ]
        : [],
  },
];
