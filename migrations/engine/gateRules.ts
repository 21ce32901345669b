/**
 * All rules of the gate, in one list; the README's table of rules comes from it.
 * Does NOT apply them (see gate).
 */
import { fileRules } from "./gateFileRules";
import { planRules } from "./gatePlanRules";
import { rollbackRules } from "./gateRollbackRules";
import type { GateRule } from "./gateRule";

export const gateRules: readonly GateRule[] = [...planRules, ...rollbackRules, ...fileRules];
