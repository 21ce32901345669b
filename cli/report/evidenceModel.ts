/**
 * The words of the evidence of a change: facts in, answers out. Types only.
 * Does NOT gather or judge.
 */
import type { MigrationFile } from "../../migrations/engine/files/file";
import type { EventRow } from "../../migrations/engine/history/event";
import type { VersionState } from "../../migrations/engine/history/history";
import type { Tier } from "../../stack/tier";
import type { Window } from "../../stack/window";
import type { StatementReport } from "./statementReport";

/** A commit that git knows. */
export interface Commit {
  /** Short hash. */
  readonly hash: string;
  readonly author: string;
  /** ISO date. */
  readonly date: string;
}

/** yes and no: a machine can tell. unknown: it could, but not now. people: only people can. */
export type Answer = "yes" | "no" | "unknown" | "people";

export interface ChecklistLine {
  /** As the policy words it. */
  readonly item: string;
  readonly answer: Answer;
  /** What the answer rests on. */
  readonly facts: readonly string[];
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
  /** Texts of both files, where they are to be shown. */
  readonly sql?: string;
  readonly rollbackSql?: string | null;
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
