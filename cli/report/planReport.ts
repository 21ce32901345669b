/**
 * What a stack would do, as data: the shape of `ddl plan --json`, and what its text is made from. Pure.
 * Does NOT plan or judge (see plan.ts, gate.ts).
 */
import type { MigrationFile } from "../../migrations/engine/files/file";
import { noTimeLimits, type TimeLimits } from "../../migrations/engine/files/timeLimits";
import type { Violation } from "../../migrations/engine/gate/input/gateRule";
import type { BreakGlass } from "../../migrations/engine/history/history";
import { measuredBelow } from "../../migrations/engine/history/promotion";
import type { Comparison } from "../../migrations/engine/history/structureRecord";
import { impactsAmong } from "../../migrations/engine/impact/classify";
import { windowReason } from "../../migrations/engine/impact/windowReason";
import type { PreflightPreview } from "../../migrations/engine/survey/preflightPreview";
import type { Survey } from "../../migrations/engine/survey/survey";
import type { Settings } from "../../stack/settings";
import type { Tier } from "../../stack/tier";
import { describeWindows, openWindow } from "../../stack/window";
import { rollbackReports, type StatementReport, statementReports } from "./statementReport";

/** A migration in one line. */
interface PlannedFile {
  readonly number: number;
  readonly version: string;
  readonly file: string;
  readonly ticket: string;
}

/** A migration that would run. */
export interface PendingFile extends PlannedFile {
  /** "not started", or how an earlier attempt ended. */
  readonly state: "not started" | "incomplete" | "rolled back";
  readonly author: string;
  readonly reviewedBy: string | null;
  readonly reviewedOn: string | null;
  readonly description: string;
  readonly downtimeRequired: boolean;
  /** By its header; null: the stack's own. */
  readonly limits: TimeLimits;
  /** Why it belongs into a maintenance window; null: it may run at any time. */
  readonly needsWindow: string | null;
  readonly rollbackFile: string | null;
  /** Of the MIGRATION section, in order. */
  readonly statements: readonly StatementReport[];
  /** What exactly this text did in the tier below, one line each: "qa measured: dagapp.jobs: 3 rows updated". */
  readonly measuredBelow: readonly string[];
}

/** A version that would be taken back. */
export interface RollBackFile extends PlannedFile {
  readonly rollbackFile: string | null;
  /** The header's word on what the rollback brings back. */
  readonly dataRecovery: string;
  /** By the rollback file's header; null: the stack's own. */
  readonly limits: TimeLimits;
  /** What would be thrown away, one line a table with an estimate of its rows. */
  readonly losses: readonly string[];
  /** Of the rollback file, in order. */
  readonly statements: readonly StatementReport[];
}

/** A key changes its meaning or goes only with a new schemaVersion; new keys may come at any time. */
export interface PlanReport {
  readonly schemaVersion: 1;
  readonly stack: string;
  readonly tier: Tier;
  /** `host:port/database` */
  readonly database: string;
  readonly targetVersion: string;
  readonly tickets: readonly string[];
  /** Lowest number first. */
  readonly applied: readonly PlannedFile[];
  readonly pending: readonly PendingFile[];
  /** Above the target: neither run nor judged. */
  readonly held: readonly PlannedFile[];
  /** Above the target and applied or begun, newest first. */
  readonly toRollBack: readonly RollBackFile[];
  readonly violations: readonly Violation[];
  /** Maintenance windows, by the server's clock. */
  readonly windows: {
    /** ISO 8601 intervals, as configured. */
    readonly configured: readonly string[];
    readonly isOpen: boolean;
    /** Where the moment is among them, in words. */
    readonly now: string;
  };
  /** How the live schemas compare with what was recorded. */
  readonly structure: Comparison;
  /** What pre-flight would say of the server as it is now; null when nothing is to run. */
  readonly preflight: PreflightPreview | null;
  /** The emergency that is under way, or null. */
  readonly breakGlass: BreakGlass | null;
  /** refused: an error among the violations. */
  readonly verdict: "nothing to do" | "may run" | "refused";
}

const lineOf = ({ number, header, fileName }: MigrationFile): PlannedFile => ({
  number,
  version: header.version,
  file: fileName,
  ticket: header.ticket,
});

function pendingOf(file: MigrationFile, survey: Survey): PendingFile {
  const { header, rollback } = file;
  const state = survey.history.versions.find(({ version }) => version === header.version)?.status;
  return {
    ...lineOf(file),
    // An applied one is never pending; the type does not know.
    state: state === undefined || state === "applied" ? "not started" : state,
    author: header.author,
    reviewedBy: header.reviewedBy,
    reviewedOn: header.reviewedOn,
    description: header.description,
    downtimeRequired: header.impact.downtimeRequired,
    limits: header.limits,
    needsWindow: windowReason(file, impactsAmong(survey.files, file).impacts),
    rollbackFile: rollback?.fileName ?? null,
    statements: statementReports(file, survey.files),
    measuredBelow: measuredBelow(survey.lower, {
      version: header.version,
      checksum: file.checksum,
    }),
  };
}

function rollBackOf(file: MigrationFile, { files, losses }: Survey): RollBackFile {
  return {
    ...lineOf(file),
    rollbackFile: file.rollback?.fileName ?? null,
    dataRecovery: file.header.rollback.dataRecovery,
    limits: file.rollback?.header.limits ?? noTimeLimits,
    losses: losses.get(file.fileName) ?? [],
    statements: rollbackReports(file, files),
  };
}

/** Puts together what the survey found. */
export function planReport(stack: string, settings: Settings, survey: Survey): PlanReport {
  const { plan, violations, now } = survey;
  const { windows } = settings.run;
  const { host, port, database } = settings.server;
  const isRefused = violations.some(({ severity }) => severity === "error");
  const work = plan.pending.length + plan.toRollBack.length;
  return {
    schemaVersion: 1,
    stack,
    tier: settings.tier,
    database: `${host}:${port}/${database}`,
    targetVersion: settings.run.targetVersion,
    tickets: settings.run.tickets,
    applied: plan.applied.map(lineOf),
    pending: plan.pending.map((file) => pendingOf(file, survey)),
    held: plan.held.map(lineOf),
    toRollBack: plan.toRollBack.map((file) => rollBackOf(file, survey)),
    violations,
    windows: {
      configured: windows.map(({ text }) => text),
      isOpen: openWindow(windows, now) !== null,
      now: describeWindows(windows, now),
    },
    structure: survey.structure,
    preflight: survey.preflight,
    breakGlass: survey.history.breakGlass,
    verdict: isRefused ? "refused" : work === 0 ? "nothing to do" : "may run",
  };
}
