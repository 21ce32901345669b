/**
 * The text of violations as an operator sees it. Pure.
 * Does NOT judge, and does not know the forms of `ddl check` (see cli/findings).
 */
import { printable } from "../../../stack/printable";
import type { Tier } from "../../../stack/tier";
import type { Violation } from "./input/gateRule";

/** A message's further lines are indented: a name from the server does not begin one that looks like the gate's own. */
const printableLines = (message: string): string =>
  message
    .split(/\n(?= {2})/)
    .map(printable)
    .join("\n");

function formatViolation(violation: Violation, tier: Tier): string {
  const { file, line, message, rule, severity, excepted, why, remedy } = violation;
  const where = file === "" ? "" : `${file}${line === null ? "" : `:${line}`}: `;
  const weight = excepted === undefined ? severity : `excepted: ${excepted}`;
  const what = [`${where}${printableLines(message)}`, `  rule ${rule} | tier ${tier} | ${weight}`];
  // The header has answered it: there is nothing to do.
  if (excepted !== undefined) return what.join("\n");
  return [...what, `  Why:  ${why}`, `  Do:   ${remedy}`].join("\n");
}

/** The text an operator sees: four lines for each violation, two for one that is excepted. Empty for none. */
export function formatViolations(violations: readonly Violation[], tier: Tier): string {
  return violations.map((violation) => formatViolation(violation, tier)).join("\n");
}
