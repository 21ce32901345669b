/**
 * What a statement does to a database, as data for `--json` and as lines for a person. Pure.
 * Does NOT classify (see classify.ts).
 */
import type { MigrationFile } from "../../migrations/engine/files/file";
import type { Segment } from "../../migrations/engine/files/segments";
import { checks } from "../../migrations/engine/files/segmentTraits";
import { describeStatements } from "../../migrations/engine/files/statementLines";
import { impactsAmong, rollbackImpactsAmong } from "../../migrations/engine/impact/classify";
import type { ObjectLock, StatementImpact } from "../../migrations/engine/impact/impact";
import { laterTexts } from "../../migrations/engine/impact/planTable";
import type { LockMode } from "../../migrations/engine/sql/lockModes";
import { dottedName } from "../../migrations/engine/sql/objectName";

interface LockReport {
  /** `dagapp.jobs` */
  readonly object: string;
  readonly mode: LockMode;
  /** What others cannot do to it meanwhile. */
  readonly blocks: "reads and writes" | "writes" | "nothing";
}

export interface StatementReport {
  /** 1-based, in the file. */
  readonly line: number;
  /** Upper case: CREATE INDEX CONCURRENTLY. */
  readonly kind: string;
  readonly target: string | null;
  /** The SQL in one line, cut where it is long; begins with `L` and the line. */
  readonly text: string;
  /** False: it runs outside of any transaction. */
  readonly transactional: boolean;
  readonly risk: StatementImpact["risk"];
  /** Of objects that were there before; what the file itself made is nobody else's yet. */
  readonly locks: readonly LockReport[];
  readonly rewrites: readonly string[];
  readonly scans: readonly string[];
  readonly drops: readonly string[];
  readonly reversible: StatementImpact["reversible"];
  readonly unknown: string | null;
  readonly assumes: readonly string[];
  readonly mistakes: readonly string[];
  /** Code that it puts in place, and what that does when it runs. */
  readonly later: readonly string[];
}

/** Source: postgresql.org/docs/current/explicit-locking.html, conflicting lock modes. */
function blocksOf(mode: LockMode): LockReport["blocks"] {
  switch (mode) {
    case "ACCESS EXCLUSIVE":
      return "reads and writes";
    case "SHARE":
    case "SHARE ROW EXCLUSIVE":
    case "EXCLUSIVE":
      return "writes";
    case "ACCESS SHARE":
    case "ROW SHARE":
    case "ROW EXCLUSIVE":
    case "SHARE UPDATE EXCLUSIVE":
      return "nothing";
  }
}

const lockOf = ({ object, mode }: ObjectLock): LockReport => ({
  object: dottedName(object),
  mode,
  blocks: blocksOf(mode),
});

/**
 * The statements of a migration's MIGRATION section with their impacts.
 *
 * @param files  All migrations: those with a lower number tell what is there before.
 */
export function statementReports(
  file: MigrationFile,
  files: readonly MigrationFile[],
): readonly StatementReport[] {
  return reportsOf(file.segments, impactsAmong(files, file).impacts);
}

/** The same for its rollback file; empty where there is none. */
export function rollbackReports(
  file: MigrationFile,
  files: readonly MigrationFile[],
): readonly StatementReport[] {
  const { rollback } = file;
  if (rollback === null) return [];
  return reportsOf(rollback.segments, rollbackImpactsAmong(files, file).impacts);
}

function reportsOf(
  segments: readonly Segment[],
  impacts: readonly StatementImpact[],
): readonly StatementReport[] {
  const impactOf = new Map(impacts.map((impact) => [impact.statement, impact]));
  const body = segments.filter(({ section }) => !checks.has(section));
  const texts = describeStatements(body);
  return body
    .flatMap(({ statements }) => statements)
    .flatMap((statement, index): StatementReport[] => {
      // The runner keeps the record itself.
      if (statement.ledger !== null) return [];
      const impact = impactOf.get(statement);
      if (impact === undefined) return [];
      const { line, kind, target, transactional } = statement;
      const { risk, reversible, unknown, assumes, mistakes, onlyNewObjects } = impact;
      return [
        {
          line,
          kind,
          target,
          text: texts[index] ?? "",
          transactional,
          risk,
          locks: onlyNewObjects ? [] : impact.locks.map(lockOf),
          rewrites: onlyNewObjects ? [] : impact.rewrites.map(dottedName),
          scans: onlyNewObjects ? [] : impact.scans.map(dottedName),
          drops: impact.drops.map(dottedName),
          reversible,
          unknown,
          assumes,
          mistakes,
          later: laterTexts(impact),
        },
      ];
    });
}

/** What there is to know beside the SQL; empty when nothing is locked, lost or unknown. */
export function statementFacts(report: StatementReport): readonly string[] {
  const { risk, locks, rewrites, scans, reversible, unknown, assumes, mistakes } = report;
  const felt = locks.filter(({ blocks }) => blocks !== "nothing");
  return [
    ...(risk === "none" ? [] : [`risk ${risk}`]),
    ...(report.transactional ? [] : ["outside of any transaction"]),
    ...felt.map(({ object, mode, blocks }) => `${mode} on ${object} (blocks ${blocks})`),
    ...rewrites.map((table) => `writes all of ${table} anew`),
    ...scans.map((table) => `reads all of ${table}`),
    ...(reversible === "data" ? ["what was stored is lost"] : []),
    ...(reversible === "no" ? ["cannot be undone"] : []),
    ...(unknown === null ? [] : [`more may happen: ${unknown}`]),
    ...report.later.map((text) => `runs later: ${text}`),
    ...assumes,
    ...mistakes.map((mistake) => `will fail: ${mistake}`),
  ];
}
