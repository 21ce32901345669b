/**
 * The text of violations as an operator sees it. Pure.
 * Does NOT judge, and does not know the forms of `ddl check` (see cli/findings).
 */
import type { Tier } from "../../../stack/tier";
import type { Violation } from "./input/gateRule";

function formatViolation(violation: Violation, tier: Tier): string {
  const { file, line, message, rule, severity, excepted, why, remedy } = violation;
  const where = file === "" ? "" : `${file}${line === null ? "" : `:${line}`}: `;
  const weight = excepted === undefined ? severity : `excepted: ${excepted}`;
  return [
    `${where}${message}`,
    `  rule ${rule} | tier ${tier} | ${weight}`,
    `  Why:  ${why}`,
    `  Do:   ${remedy}`,
  ].join("\n");
}

/** The text an operator sees: four lines for each violation. Empty for none. */
export function formatViolations(violations: readonly Violation[], tier: Tier): string {
  return violations.map((violation) => formatViolation(violation, tier)).join("\n");
}
