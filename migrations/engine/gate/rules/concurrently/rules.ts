/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { requireConcurrentIndexCreation } from "./require-concurrent-index-creation";
import { requireConcurrentIndexDeletion } from "./require-concurrent-index-deletion";
import { requireConcurrentPartitionDetach } from "./require-concurrent-partition-detach";
import { requireConcurrentRefresh } from "./require-concurrent-refresh";
import { requireConcurrentReindex } from "./require-concurrent-reindex";

export const concurrentlyRules: readonly GateRule[] = [
  requireConcurrentIndexCreation,
  requireConcurrentIndexDeletion,
  requireConcurrentReindex,
  requireConcurrentRefresh,
  requireConcurrentPartitionDetach,
];
