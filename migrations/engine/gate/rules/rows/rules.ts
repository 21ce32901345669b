/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { banLockTable } from "./ban-lock-table";
import { banTimeoutChange } from "./ban-timeout-change";
import { sequenceReset } from "./sequence-reset";
import { unbatchedChange } from "./unbatched-change";

export const rowsRules: readonly GateRule[] = [
  unbatchedChange,
  banLockTable,
  banTimeoutChange,
  sequenceReset,
];
