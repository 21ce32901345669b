/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { banCommitInProcedure } from "./ban-commit-in-procedure";
import { changeOutsideMigrationSection } from "./change-outside-migration-section";
import { forbiddenStatement } from "./forbidden-statement";
import { opaqueStatement } from "./opaque-statement";
import { outsideGovernedSchemas } from "./outside-governed-schemas";
import { requireTableSchema } from "./require-table-schema";
import { serverRefuses } from "./server-refuses";

export const reachRules: readonly GateRule[] = [
  forbiddenStatement,
  outsideGovernedSchemas,
  requireTableSchema,
  opaqueStatement,
  changeOutsideMigrationSection,
  serverRefuses,
  banCommitInProcedure,
];
