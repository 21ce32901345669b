/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { baselineGoesBack } from "./baseline-goes-back";
import { editedAppliedFile } from "./edited-applied-file";
import { editedRollbackFile } from "./edited-rollback-file";
import { foundAlready } from "./found-already";
import { missingAppliedFile } from "./missing-applied-file";
import { outOfOrder } from "./out-of-order";
import { recordDoubted } from "./record-doubted";
import { schemaDrift } from "./schema-drift";
import { schemaNotCompared } from "./schema-not-compared";
import { unrecordedVersion } from "./unrecorded-version";

export const recordRules: readonly GateRule[] = [
  editedAppliedFile,
  editedRollbackFile,
  unrecordedVersion,
  recordDoubted,
  missingAppliedFile,
  foundAlready,
  outOfOrder,
  schemaDrift,
  schemaNotCompared,
  baselineGoesBack,
];
