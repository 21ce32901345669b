/**
 * Gate rule migrator-required: its texts, its examples, and what it finds.
 * Does NOT look into the SQL of files.
 */
import { ofStack } from "../../input/findings";
import { elseWarn } from "../../input/gateRule";
import { planRule } from "../planRule";

export const migratorRequired = planRule({
  id: "migrator-required",

  severity: elseWarn("requiresMigrator"),
  problem: "Migrations would run on the admin's login.",
  why: "under the admin's login one RESET ROLE gives a file every right, and the ledger cannot tell who ran it.",
  source: "Policy, Permission Model",
  holdsRollbacks: true,
  bad: { migratorConfigured: false },
  good: { migratorConfigured: true },
  find: ({ plan, migratorConfigured }) =>
    plan.pending.length + plan.toRollBack.length > 0 && !migratorConfigured
      ? [
          {
            ...ofStack,
            message: "migrations would run on the admin's login.",
            remedy:
              "configure a migrator login: a member of the infrastructure role and nothing else.",
          },
        ]
      : [],
});
