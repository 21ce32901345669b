/**
 * What the rules of this folder about versions above the target share.
 * Does NOT hold a rule.
 */
import type { Situation } from "../../input/examples";

/** 1.1.0 is applied, and the target was lowered below it. */
export const goingBack: Situation = {
  states: [{ version: "1.0.0" }, { version: "1.1.0" }],
  targetVersion: "1.0.0",
};
