/**
 * A migration or its rollback in words, for a preview: who and what, then each statement with its lock and risk. Pure.
 * Does NOT judge (see gate) and does not show the SQL itself, which the resource's inputs do.
 */
import type { MigrationFile } from "../files/file";
import { limitsText, type TimeLimits } from "../files/timeLimits";
import { impactsAmong, rollbackImpactsAmong } from "./classify";
import type { StatementImpact } from "./impact";
import { describeImpacts, planRows, planTable } from "./planTable";

const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

const ofMigration = ({ statement }: StatementImpact, lines: ReadonlySet<number>): boolean =>
  lines.has(statement.line);

/** Checks before and after change nothing: only the section between them is shown. */
function shownImpacts(
  { segments }: Pick<MigrationFile, "segments">,
  impacts: readonly StatementImpact[],
): readonly StatementImpact[] {
  const changing = segments.filter(({ section }) => section === "migration");
  const lines = new Set(
    changing.flatMap(({ statements }) => statements.map((statement) => statement.line)),
  );
  return impacts.filter((impact) => ofMigration(impact, lines));
}

function modeOf({ segments }: Pick<MigrationFile, "segments">): string {
  const changing = segments.filter(({ section }) => section === "migration");
  if (changing.length !== 1) return `${changing.length} steps, each kept when the next one fails`;
  return changing[0]?.kind === "transaction" ? "one transaction" : "one statement on its own";
}

const limitLine = (limits: TimeLimits): readonly string[] => {
  const text = limitsText(limits);
  return text === "" ? [] : [`  ${text}, by its header`];
};

/**
 * Describes what running files would do, one text each, in the order given.
 *
 * @param pending  Files that would run.
 * @param files    All files of the folder: those before a pending one say what it finds.
 * @param measured  What a file was measured to do elsewhere, one line each.
 */
export function describeChanges(
  pending: readonly MigrationFile[],
  files: readonly MigrationFile[],
  measured: (file: MigrationFile) => readonly string[] = () => [],
): readonly string[] {
  return pending.flatMap((file) => {
    const { header, fileName } = file;
    const impacts = shownImpacts(file, impactsAmong(files, file).impacts);
    const { rollback } = header;
    return [
      [
        `${fileName}: version ${header.version}, ticket ${header.ticket}; ${modeOf(file)}`,
        `  by ${header.author}, reviewed by ${header.reviewedBy ?? "nobody yet"}`,
        ...limitLine(header.limits),
        ...indented(planTable(impacts)),
        ...indented(describeImpacts(impacts)),
        ...indented(measured(file)),
        `  rollback ${file.rollback?.fileName ?? "missing"}, tested: ${rollback.tested === true ? "yes" : "no"}, data recovery: ${rollback.dataRecovery.toLowerCase()}`,
      ].join("\n"),
    ];
  });
}

/**
 * The same for rollbacks.
 *
 * @param losses  By the migration's file name: what the rollback throws away, one line each.
 */
export function describeRollbacks(
  toRollBack: readonly MigrationFile[],
  files: readonly MigrationFile[],
  losses: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  return toRollBack.flatMap((file) => {
    if (file.rollback === null) return [];
    const { impacts } = rollbackImpactsAmong(files, file);
    return [
      [
        `${file.rollback.fileName}: takes back version ${file.header.version}, data recovery: ${file.header.rollback.dataRecovery.toLowerCase()}`,
        ...limitLine(file.rollback.header.limits),
        ...indented(planTable(impacts)),
        ...indented(describeImpacts(impacts)),
        ...indented(losses.get(file.fileName) ?? []),
      ].join("\n"),
    ];
  });
}

const risks = ["high", "medium", "low", "none"] as const;

/**
 * The same in one line a file, below a heading: how many statements, the highest risk, and what is locked most strongly.
 */
export function summariseChanges(
  pending: readonly MigrationFile[],
  files: readonly MigrationFile[],
): readonly string[] {
  const rows = pending.map((file) => {
    const impacts = shownImpacts(file, impactsAmong(files, file).impacts);
    const risk = risks.find((one) => impacts.some((impact) => impact.risk === one)) ?? "none";
    const felt = impacts.filter((impact) => impact.risk !== "none").length;
    const stops = planRows(impacts.filter((impact) => impact.risk === risk && risk !== "none"))
      .map((row) => row.stops)
      .find((text) => text !== "-");
    return [
      file.fileName,
      risk,
      felt === 0 ? `${impacts.length} statements` : `${felt} of ${impacts.length} noticed`,
      stops === undefined ? "" : `stops ${stops.split(":")[0] ?? ""}`,
    ];
  });
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [
    `${pending.length} migrations: highest risk, statements that others notice (preview shows each):`,
    ...rows.map((row) =>
      `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
    ),
  ];
}
