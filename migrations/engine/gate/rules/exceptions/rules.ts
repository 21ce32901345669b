/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { exceptionRefused } from "./exception-refused";
import { exceptionUnbacked } from "./exception-unbacked";
import { exceptionUnknownRule } from "./exception-unknown-rule";
import { exceptionUnused } from "./exception-unused";

export const exceptionRules: readonly GateRule[] = [
  exceptionUnknownRule,
  exceptionRefused,
  exceptionUnused,
  exceptionUnbacked,
];
