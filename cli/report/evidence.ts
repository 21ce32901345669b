/**
 * The evidence of a change ticket: the policy's checklist before a production deployment, each line answered from files,
 * git, ledgers and events where a machine can answer it, and left to people where it cannot. Pure.
 * Does NOT gather the facts (see evidenceFacts.ts) or write them down (see evidenceText.ts).
 */
import type { MigrationFile } from "../../migrations/engine/files/file";
import type { EventRow, VersionState } from "../../migrations/engine/history/history";
import type { Tier } from "../../stack/tier";
import type { Window } from "../../stack/window";
import { answerChecklist } from "./checklist";
import { eventText } from "./eventText";
import type { StatementReport } from "./statementReport";

/** A commit that git knows. */
export interface Commit {
  /** Short hash. */
  readonly hash: string;
  readonly author: string;
  /** ISO date. */
  readonly date: string;
}

/** What git says of a file; null altogether where there is no git. */
export interface GitFacts {
  /** The commit that brought it in; null: never committed. */
  readonly added: Commit | null;
  /** The newest commit that touched it. */
  readonly changed: Commit | null;
  /** What is on disk is not what is committed. */
  readonly isDirty: boolean;
}

/** One migration under the ticket. */
export interface MigrationFacts {
  readonly file: MigrationFile;
  readonly git: GitFacts | null;
  readonly rollbackGit: GitFacts | null;
  /** Text of the rollback file's WARNING; null when there is none. */
  readonly warning: string | null;
  readonly statements: readonly StatementReport[];
}

/** What a stack's file and its database say, or why the database could not be asked. */
export type StackFacts = {
  readonly stack: string;
  readonly tier: Tier | null;
  /** Maintenance windows of the stack's file; null when it could not be read. */
  readonly windows: readonly Window[] | null;
} & (
  | {
      readonly reached: true;
      readonly versions: readonly VersionState[];
      readonly events: readonly EventRow[];
    }
  | { readonly reached: false; readonly reason: string }
);

/** yes and no: a machine can tell. unknown: it could, but not now. people: only people can. */
export type Answer = "yes" | "no" | "unknown" | "people";

export interface ChecklistLine {
  /** As the policy words it. */
  readonly item: string;
  readonly answer: Answer;
  /** What the answer rests on. */
  readonly facts: readonly string[];
}

export interface MigrationEvidence {
  readonly version: string;
  readonly file: string;
  readonly checksum: string;
  readonly description: string;
  readonly author: string;
  readonly reviewedBy: string | null;
  readonly reviewedOn: string | null;
  readonly estimatedDuration: string;
  readonly downtimeRequired: boolean;
  readonly lockEscalationRisk: string;
  readonly rollback: {
    readonly file: string;
    readonly checksum: string;
    readonly warning: string | null;
  } | null;
  readonly dataRecovery: string;
  readonly statements: readonly StatementReport[];
  /** What happened to it, by stack, oldest first. */
  readonly record: readonly { readonly stack: string; readonly events: readonly string[] }[];
}

/** A key changes its meaning or goes only with a new schemaVersion; new keys may come at any time. */
export interface EvidenceReport {
  readonly schemaVersion: 1;
  readonly ticket: string;
  readonly checklist: readonly ChecklistLine[];
  readonly migrations: readonly MigrationEvidence[];
}

function evidenceOf(
  { file, warning, statements }: MigrationFacts,
  stacks: readonly StackFacts[],
): MigrationEvidence {
  const { header, rollback } = file;
  const record = stacks.flatMap((one) => {
    if (!one.reached) return [];
    const own = one.events.filter(({ version }) => version === header.version);
    const events = own.flatMap((event) => eventText(event, file) ?? []);
    return events.length === 0 ? [] : [{ stack: one.stack, events }];
  });
  return {
    version: header.version,
    file: file.fileName,
    checksum: file.checksum,
    description: header.description,
    author: header.author,
    reviewedBy: header.reviewedBy,
    reviewedOn: header.reviewedOn,
    ...header.impact,
    rollback:
      rollback === null ? null : { file: rollback.fileName, checksum: rollback.checksum, warning },
    dataRecovery: header.rollback.dataRecovery,
    statements,
    record,
  };
}

/**
 * Builds the evidence.
 *
 * @param migrations  Those under the ticket, lowest number first; at least one.
 * @param stacks      In the order of promotion.
 * @param now         Tells windows that are past from those to come.
 */
export function evidenceReport(
  ticket: string,
  migrations: readonly MigrationFacts[],
  stacks: readonly StackFacts[],
  now: Date,
): EvidenceReport {
  return {
    schemaVersion: 1,
    ticket,
    checklist: answerChecklist(migrations, stacks, now),
    migrations: migrations.map((one) => evidenceOf(one, stacks)),
  };
}
