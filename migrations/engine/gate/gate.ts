/**
 * Decides whether the pending migrations may run in a tier. Pure; the rules are data in gateRules.
 * Does NOT plan, run or read anything. Nothing but migrations is held back by its answer.
 */
import { type Severity, type Tier, tierRules } from "../../../stack/tier";
import type { MigrationFile } from "../files/file";
import { exceptionRules, isAbout } from "./exceptionRules";
import { editedRollbacks } from "./gateRollbackRules";
import { gateRules } from "./gateRules";
import type { Found, GateInput, GateRule, RuleFinding, Violation } from "./input/gateRule";

export type { GateInput, Violation } from "./input/gateRule";

/** How a rule weighs at the moment; null where the tier does not have it. */
function severityOf(rule: GateRule, { tier, isUpdate, breakGlass }: GateInput): Severity | null {
  const severity = rule.severity(tier);
  const isLifted = rule.liftedByBreakGlass === true && breakGlass !== null;
  const isEarly = rule.warnsInPreview === true && !isUpdate;
  return severity === "error" && (isLifted || isEarly) ? "warning" : severity;
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

function judge(input: GateInput, isAsked: (rule: GateRule) => boolean): readonly Violation[] {
  const found = gateRules.map((rule): Found => {
    const isLater = exceptionRules.includes(rule);
    return { rule, findings: isAsked(rule) && !isLater ? rule.check(input, []) : [] };
  });
  const about = exceptionRules.map((rule): Found => ({ rule, findings: rule.check(input, found) }));
  const violations = [...found, ...about].flatMap(({ rule, findings }) =>
    findings.flatMap((finding) => weigh(rule, finding, input) ?? []),
  );
  return violations.sort((a, b) =>
    a.file === b.file ? place(a) - place(b) : a.file < b.file ? -1 : 1,
  );
}

/**
 * Judges a plan by every rule of the tier.
 *
 * @returns All violations at once, by file and line; whole-stack ones (file "") come first. Any of
 *          severity "error" keeps all pending migrations from running.
 */
export function checkGate(input: GateInput): readonly Violation[] {
  const violations = judge(input, () => true);
  const edited = editedRollbacks(input);
  if (edited === null) return violations;
  const files = new Set(edited.plan.pending.map(({ rollback }) => rollback?.fileName));
  const ofRollbacks = judge(edited, ({ filesOnly }) => filesOnly === true)
    .filter(({ file }) => files.has(file))
    .map((violation): Violation => ({ ...violation, inRollback: true }));
  return [...violations, ...ofRollbacks];
}

/** What checkFiles needs to know beside the files. */
export interface FileCheck {
  /** Schemas that migrations may change. */
  readonly schemas: readonly string[];
  readonly now: Date;
  /** Names of the files to judge, all of them when absent; the others still say what was there before. */
  readonly judged?: readonly string[];
}

/**
 * Judges files as if all of them were to run in the tier, without a database: by each rule that asks nothing but files.
 * How long ago a table was marked for removal, tickets and what is applied are not asked.
 *
 * @param files  All files of the folder, in any order.
 */
export function checkFiles(
  files: readonly MigrationFile[],
  tier: Tier,
  { schemas, now, judged }: FileCheck,
): readonly Violation[] {
  const pending = files.filter(({ fileName }) => judged?.includes(fileName) ?? true);
  const plan = {
    applied: [],
    pending,
    held: [],
    toRollBack: [],
    changedRollbacks: [],
    problems: [],
  };
  const input = {
    ...{ tier, plan, files, schemas, now, tickets: [], targetVersion: "latest" },
    ...{ migratorConfigured: true, appliedAt: null, isUpdate: false, lower: null },
    ...{ windows: [], breakGlass: null },
  };
  return judge(input, ({ filesOnly }) => filesOnly === true);
}

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
