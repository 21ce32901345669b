/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { dependenciesUnderstated } from "./dependencies-understated";
import { impactDowntime } from "./impact-downtime";
import { impactLockRisk } from "./impact-lock-risk";
import { impactTables } from "./impact-tables";

export const headerRules: readonly GateRule[] = [
  impactTables,
  impactLockRisk,
  impactDowntime,
  dependenciesUnderstated,
];
