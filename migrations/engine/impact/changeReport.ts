/**
 * A migration or its rollback in words, for a preview: who and what, then each statement with its lock and risk. Pure.
 * Does NOT judge (see gate) and does not show the SQL itself, which the resource's inputs do.
 */
import type { MigrationFile } from "../files/file";
import { impactsAmong, rollbackImpactsAmong } from "./classify";
import type { StatementImpact } from "./impact";
import { describeImpacts, planTable } from "./planTable";

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
        `${fileName}: version ${header.version}, ticket ${header.ticket}, by ${header.author}, reviewed by ${header.reviewedBy ?? "nobody yet"}; ${modeOf(file)}`,
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
        ...indented(planTable(impacts)),
        ...indented(describeImpacts(impacts)),
        ...indented(losses.get(file.fileName) ?? []),
      ].join("\n"),
    ];
  });
}
