/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { dependenciesUnderstated } from "./dependencies-understated";
import { headerUnclear } from "./header-unclear";
import { impactDowntime } from "./impact-downtime";
import { impactLockRisk } from "./impact-lock-risk";
import { impactTables } from "./impact-tables";
import { reviewDate } from "./review-date";
import { reviewMissing } from "./review-missing";
import { reviewerIsAuthor } from "./reviewer-is-author";
import { reviewerIsNobody } from "./reviewer-is-nobody";
import { timeoutTooLong } from "./timeout-too-long";

export const headerRules: readonly GateRule[] = [
  impactTables,
  impactLockRisk,
  impactDowntime,
  dependenciesUnderstated,
  reviewMissing,
  reviewerIsAuthor,
  reviewerIsNobody,
  reviewDate,
  timeoutTooLong,
  headerUnclear,
];
