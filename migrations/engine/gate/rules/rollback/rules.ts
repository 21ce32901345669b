/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { rollbackIncomplete } from "./rollback-incomplete";
import { rollbackLosesArchive } from "./rollback-loses-archive";
import { rollbackNotRepeatable } from "./rollback-not-repeatable";
import { rollbackTakesMore } from "./rollback-takes-more";

export const rollbackRules: readonly GateRule[] = [
  rollbackTakesMore,
  rollbackIncomplete,
  rollbackNotRepeatable,
  rollbackLosesArchive,
];
