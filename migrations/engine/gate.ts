/**
 * Decides whether the pending migrations may run in a tier. Pure; the rules are data in gateRules.
 * Does NOT plan, run or read anything. Nothing but migrations is held back by its answer.
 */
import type { GateInput, GateRule, Violation } from "./gateRule";
import { gateRules } from "./gateRules";
import type { Severity, Tier } from "./tier";

export type { GateInput, Violation } from "./gateRule";

/** Null where the tier does not have the rule. */
function weigh(rule: GateRule, { tier, isUpdate, breakGlass }: GateInput): Severity | null {
  const severity = rule.severity(tier);
  const isLifted = rule.liftedByBreakGlass === true && breakGlass !== null;
  const isEarly = rule.warnsInPreview === true && !isUpdate;
  return severity === "error" && (isLifted || isEarly) ? "warning" : severity;
}

/**
 * Judges a plan by every rule of the tier.
 *
 * @returns All violations at once, by file and line; whole-stack ones (file "") come first. Any of
 *          severity "error" keeps all pending migrations from running.
 */
export function checkGate(input: GateInput): readonly Violation[] {
  const violations = gateRules.flatMap((rule): Violation[] => {
    const severity = weigh(rule, input);
    if (severity === null) return [];
    return rule
      .check(input)
      .map((finding) => ({ rule: rule.id, severity, why: rule.why, ...finding }));
  });
  return violations.sort((a, b) => {
    if (a.file !== b.file) return a.file < b.file ? -1 : 1;
    return (a.line ?? 0) - (b.line ?? 0);
  });
}

function formatViolation(violation: Violation, tier: Tier): string {
  const { file, line, message, rule, severity, why, remedy } = violation;
  const place = file === "" ? "" : `${file}${line === null ? "" : `:${line}`}: `;
  return [
    `${place}${message}`,
    `  rule ${rule} | tier ${tier} | ${severity}`,
    `  Why:  ${why}`,
    `  Do:   ${remedy}`,
  ].join("\n");
}

/** The text an operator sees: four lines for each violation. Empty for none. */
export function formatViolations(violations: readonly Violation[], tier: Tier): string {
  return violations.map((violation) => formatViolation(violation, tier)).join("\n");
}
