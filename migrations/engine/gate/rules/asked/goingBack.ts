/**
 * What the rules of this folder about versions above the target share.
 * Does NOT hold a rule.
 */
import type { MigrationFile } from "../../../files/file";
import type { Situation } from "../../input/examples";
import type { GateInput } from "../../input/gateInput";

/** 1.1.0 is applied, and the target was lowered below it. */
export const goingBack: Situation = {
  states: [{ version: "1.0.0" }, { version: "1.1.0" }],
  targetVersion: "1.0.0",
};

/** Whether the rollback file is not the one that came with the version. */
export const isEdited = ({ plan }: GateInput, file: MigrationFile): boolean =>
  plan.changedRollbacks.includes(file);
