/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { completionNotice } from "./completion-notice";
import { postflightIndexValid } from "./postflight-index-valid";
import { postflightValidates } from "./postflight-validates";
import { preflightLocks } from "./preflight-locks";
import { preflightPreviousVersion } from "./preflight-previous-version";

export const checksRules: readonly GateRule[] = [
  preflightPreviousVersion,
  preflightLocks,
  postflightValidates,
  postflightIndexValid,
  completionNotice,
];
