/**
 * The gate's violations of a stack as `ddl check` shows them: with the line they are about.
 * Does NOT judge.
 */
import { join } from "node:path";

import type { Violation } from "../../migrations/engine/gate/input/gateRule";
import { findingOfViolation } from "../findings/finding";
import { findingText } from "../findings/text";
import type { Call } from "../frame/command";
import { cachedTexts } from "./fileTexts";
import { inSandbox } from "./pasteable";
import { shownPath } from "./project";
import type { Stack } from "./stack";

/** One text for each violation, in the gate's order. */
export function violationTexts(
  violations: readonly Violation[],
  { access, folder }: Stack,
  call: Call,
): readonly string[] {
  const context = {
    tier: access.settings.tier,
    pathOf: (file: string) => shownPath(call.folder, join(folder, file)),
    textOf: cachedTexts(folder),
  };
  const { style } = call.terminal;
  return violations.map((one) => {
    const finding = findingOfViolation(one);
    const remedy = call.flag("sandbox") ? inSandbox(finding.remedy) : finding.remedy;
    return findingText({ ...finding, remedy }, context, style);
  });
}
