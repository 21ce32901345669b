/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { armedCode } from "./armed-code";
import { banDisableTrigger } from "./ban-disable-trigger";
import { banRewriteRule } from "./ban-rewrite-rule";
import { banRowSecurity } from "./ban-row-security";
import { banSetSchema } from "./ban-set-schema";
import { banViewRule } from "./ban-view-rule";
import { changingReplicaIdentity } from "./changing-replica-identity";
import { codeInUseReplaced } from "./code-in-use-replaced";
import { droppingKey } from "./dropping-key";
import { enumValueInTransaction } from "./enum-value-in-transaction";
import { functionRecreated } from "./function-recreated";
import { renamingColumn } from "./renaming-column";
import { renamingObject } from "./renaming-object";
import { renamingTable } from "./renaming-table";
import { repeatableDiffers } from "./repeatable-differs";
import { repeatableRollback } from "./repeatable-rollback";
import { securityDefiner } from "./security-definer";
import { viewMeaningChanged } from "./view-meaning-changed";

export const applicationRules: readonly GateRule[] = [
  renamingTable,
  renamingColumn,
  renamingObject,
  banSetSchema,
  enumValueInTransaction,
  functionRecreated,
  securityDefiner,
  banRewriteRule,
  banDisableTrigger,
  banViewRule,
  banRowSecurity,
  viewMeaningChanged,
  codeInUseReplaced,
  droppingKey,
  changingReplicaIdentity,
  armedCode,
  repeatableDiffers,
  repeatableRollback,
];
