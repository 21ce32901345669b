/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { rollbackIncomplete } from "./rollback-incomplete";
import { rollbackLosesArchive } from "./rollback-loses-archive";
import { rollbackNotRepeatable } from "./rollback-not-repeatable";
import { rollbackRequired } from "./rollback-required";
import { rollbackTakesMore } from "./rollback-takes-more";
import { rollbackUntested } from "./rollback-untested";

export const rollbackRules: readonly GateRule[] = [
  rollbackRequired,
  rollbackUntested,
  rollbackTakesMore,
  rollbackIncomplete,
  rollbackNotRepeatable,
  rollbackLosesArchive,
];
