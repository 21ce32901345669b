/**
 * A plan for a person. Pure. Does NOT decide anything.
 */
import { limitsText } from "../../migrations/engine/files/timeLimits";
import { describePreview } from "../../migrations/engine/survey/preflightPreview";
import { counted } from "../findings/finding";
import { columns } from "../frame/columns";
import type { Style } from "../frame/terminal";
import type { PendingFile, PlanReport, RollBackFile } from "./planReport";
import { statementFacts, type StatementReport } from "./statementReport";
import { breakGlassText } from "./statusText";

/** One pending migration with its statements. */
function pendingText(file: PendingFile, style: Style): readonly string[] {
  const review =
    file.reviewedBy === null
      ? "not reviewed"
      : `reviewed by ${file.reviewedBy}${file.reviewedOn === null ? "" : ` on ${file.reviewedOn}`}`;
  const facts = [
    `ticket ${file.ticket}`,
    `by ${file.author}`,
    review,
    ...(file.state === "not started" ? [] : [file.state]),
    ...(file.downtimeRequired ? ["downtime required"] : []),
    ...[limitsText(file.limits)].filter(Boolean),
    ...(file.needsWindow === null ? [] : ["needs a maintenance window"]),
    file.rollbackFile === null ? "no rollback file" : `rollback ${file.rollbackFile}`,
  ];
  return [
    "",
    `${style.bold(file.file)} (${file.version})`,
    `  ${facts.join(", ")}`,
    ...statementLines(file.statements, style),
    ...file.measuredBelow.map((text) => `  ${text}`),
  ];
}

/** One version that would be taken back, with its statements and what is lost. */
function rollBackText(file: RollBackFile, style: Style): readonly string[] {
  return [
    "",
    `${style.bold(file.rollbackFile ?? file.file)} takes back ${file.version}`,
    `  ${[`data recovery ${file.dataRecovery.toLowerCase()}`, limitsText(file.limits)].filter(Boolean).join(", ")}`,
    ...file.losses.map((loss) => `  ${style.red(loss)}`),
    ...statementLines(file.statements, style),
  ];
}

const statementLines = (statements: readonly StatementReport[], style: Style): readonly string[] =>
  statements.flatMap((statement) => [
    `  ${statement.text}`,
    ...statementFacts(statement).map((fact) => `      ${factStyle(statement, style)(fact)}`),
  ]);

/** What may hurt stands out. */
function factStyle({ risk }: StatementReport, style: Style): (text: string) => string {
  if (risk === "high") return style.red;
  return risk === "medium" ? style.yellow : style.dim;
}

/** The plan and, before its last line, `violations` as they come. */
export function planText(report: PlanReport, violations: readonly string[], style: Style): string {
  const { stack, tier, database, targetVersion, tickets } = report;
  const rows = (state: string, files: PlanReport["applied"]): readonly (readonly string[])[] =>
    files.map(({ version, file, ticket }) => [state, version, file, ticket]);
  const table = columns([
    ...rows("applied", report.applied),
    ...rows("pending", report.pending),
    ...rows("held", report.held),
    ...rows("to roll back", report.toRollBack),
  ]);
  return [
    `${stack}: tier ${tier}, ${database}, target ${targetVersion}, tickets ${tickets.join(", ") || "none"}`,
    "",
    ...(table.length === 0 ? ["  no migration files"] : table),
    ...report.toRollBack.flatMap((file) => rollBackText(file, style)),
    ...report.pending.flatMap((file) => pendingText(file, style)),
    ...(isAboutWindows(report) ? ["", `Maintenance windows: ${report.windows.now}.`] : []),
    ...violations.flatMap((text) => ["", text]),
    ...describePreview(report.preflight).flatMap((text) => ["", style.yellow(text)]),
    ...(report.breakGlass === null ? [] : ["", style.red(breakGlassText(report.breakGlass))]),
    "",
    verdictText(report, style),
  ].join("\n");
}

/** Windows are worth a word when there are some, or something pending needs one. */
const isAboutWindows = ({ pending, windows }: PlanReport): boolean =>
  pending.length > 0 &&
  (windows.configured.length > 0 || pending.some(({ needsWindow }) => needsWindow !== null));

function work({ pending, toRollBack }: PlanReport): string {
  const parts = [
    ...(toRollBack.length === 0 ? [] : [counted(toRollBack.length, "rollback")]),
    ...(pending.length === 0 ? [] : [counted(pending.length, "migration")]),
  ];
  return parts.join(", ");
}

function verdictText(report: PlanReport, style: Style): string {
  const errors = report.violations.filter(({ severity }) => severity === "error").length;
  const warnings = report.violations.length - errors;
  const also = warnings === 0 ? "" : `, ${counted(warnings, "warning")}`;
  switch (report.verdict) {
    case "nothing to do":
      return `${style.green("Nothing to do")}: the database is at its target${also}.`;
    case "may run":
      return `${style.green("May run")}: ${work(report)}${also}.`;
    case "refused":
      return `${style.red("Refused")}: ${counted(errors, "error")}${also}; no migration would run.`;
  }
}
