/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { breakGlassByAuthor } from "./break-glass-by-author";
import { breakGlassOpen } from "./break-glass-open";
import { notPromoted } from "./not-promoted";
import { outsideWindow } from "./outside-window";
import { promotionSourceRequired } from "./promotion-source-required";
import { promotionUnknown } from "./promotion-unknown";
import { proofLeftEmpty } from "./proof-left-empty";
import { proofWithoutRows } from "./proof-without-rows";
import { rollbackUnproven } from "./rollback-unproven";
import { signOffMissing } from "./sign-off-missing";
import { stackMissing } from "./stack-missing";
import { unannouncedEffect } from "./unannounced-effect";
import { unannouncedEffectUnnamed } from "./unannounced-effect-unnamed";
import { validationMissing } from "./validation-missing";
import { windowTooLong } from "./window-too-long";

export const promotionRules: readonly GateRule[] = [
  breakGlassOpen,
  promotionSourceRequired,
  promotionUnknown,
  stackMissing,
  notPromoted,
  signOffMissing,
  validationMissing,
  rollbackUnproven,
  proofWithoutRows,
  proofLeftEmpty,
  unannouncedEffect,
  unannouncedEffectUnnamed,
  windowTooLong,
  outsideWindow,
  breakGlassByAuthor,
];
