/**
 * Decides whether the pending migrations may run in a tier. Pure; the rules are data in gateRules.
 * Does NOT plan, run or read anything. Nothing but migrations is held back by its answer.
 */
import { type Severity, tierRules } from "../../../stack/tier";
import { gateRules } from "./gateRules";
import { editedRollbacks } from "./goingBack";
import { isAbout } from "./input/findings";
import type { GateInput } from "./input/gateInput";
import type { Found, GateRule, RuleFinding, Violation } from "./input/gateRule";
import { exceptionRules } from "./rules/exceptions/rules";

/** How a rule weighs at the moment; null where the tier does not have it. */
function severityOf(
  rule: GateRule,
  { tier, plan, isUpdate, breakGlass }: GateInput,
): Severity | null {
  const severity = rule.severity(tier);
  const isLifted = rule.liftedByBreakGlass === true && breakGlass !== null;
  const isEarly = rule.warnsInPreview === true && !isUpdate;
  const isIdle = rule.warnsWhileIdle === true && plan.pending.length === 0;
  return severity === "error" && (isLifted || isEarly || isIdle) ? "warning" : severity;
}

/** A violation, or null where the tier does not have the rule. An exception makes it a warning. */
function weigh(rule: GateRule, finding: RuleFinding, input: GateInput): Violation | null {
  const { tier, plan } = input;
  const severity = severityOf(rule, input);
  if (severity === null) return null;
  const violation = { rule: rule.id, severity, why: rule.why, ...finding };
  const file = plan.pending.find((one) => isAbout(finding, one));
  const asked = file?.header.exceptions.find((one) => one.rule === rule.id);
  if (file === undefined || asked === undefined || rule.exception === undefined) return violation;
  const isBacked =
    rule.exception === "reason" ||
    !tierRules[tier].requiresBackedExceptions ||
    rule.exception.holds(file);
  return isBacked ? { ...violation, severity: "warning", excepted: asked.reason } : violation;
}

const place = ({ line, column }: Violation): number => (line ?? 0) * 1_000_000 + (column ?? 0);

/** By file, and by place in it. */
export const byPlace = (a: Violation, b: Violation): number =>
  a.file === b.file ? place(a) - place(b) : a.file < b.file ? -1 : 1;

/** As checkGate, by the rules that are asked alone. */
export function judgeBy(
  input: GateInput,
  isAsked: (rule: GateRule) => boolean,
): readonly Violation[] {
  const found = gateRules.map((rule): Found => {
    const isLater = exceptionRules.includes(rule);
    return { rule, findings: isAsked(rule) && !isLater ? rule.check(input, []) : [] };
  });
  const about = exceptionRules.map((rule): Found => ({ rule, findings: rule.check(input, found) }));
  const violations = [...found, ...about].flatMap(({ rule, findings }) =>
    findings.flatMap((finding) => weigh(rule, finding, input) ?? []),
  );
  return violations.sort(byPlace);
}

/**
 * Judges a plan by every rule of the tier.
 *
 * @returns All violations at once, by file and line; whole-stack ones (file "") come first. Any of
 *          severity "error" keeps all pending migrations from running.
 */
export function checkGate(input: GateInput): readonly Violation[] {
  const violations = judgeBy(input, () => true);
  const edited = editedRollbacks(input);
  if (edited === null) return violations;
  const files = new Set(edited.plan.pending.map(({ rollback }) => rollback?.fileName));
  const ofRollbacks = judgeBy(edited, ({ filesOnly }) => filesOnly === true)
    .filter(({ file }) => files.has(file))
    .map((violation): Violation => ({ ...violation, inRollback: true }));
  return [...violations, ...ofRollbacks];
}
