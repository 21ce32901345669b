/**
 * What an event is as it is read, which of them are of runs, and what people's decisions are among them. Pure.
 * Does NOT say what events mean together (see history.ts).
 */
import { type EventKind, runKinds } from "./eventKinds";

/** A row of public.schema_migration_events. */
export interface EventRow {
  readonly id: number;
  readonly happenedAt: Date;
  readonly login: string;
  readonly kind: EventKind;
  readonly version: string | null;
  /** Which run wrote it; null: none. */
  readonly run: string | null;
  readonly segment: number | null;
  readonly checksum: string | null;
  readonly rollbackChecksum: string | null;
  readonly ticket: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What a person decided about a version as it is applied now. */
export interface Decision {
  readonly at: Date;
  /** The login that wrote it: the server's word. */
  readonly login: string;
  /** The person, as the login gave it. */
  readonly by: string;
  /** Why, or what else was said; "" for nothing. */
  readonly reason: string;
}

const ofRuns: ReadonlySet<EventKind> = new Set<EventKind>(runKinds);

/** Whether it is a fact about a run, which whoever may run migrations could write. */
export const isOfRun = ({ kind }: Pick<EventRow, "kind">): boolean => ofRuns.has(kind);

/** Whether a run came to its end by it: the version is whole, or gone. */
export const isEnd = ({ kind }: Pick<EventRow, "kind">): boolean =>
  kind === "applied" || kind === "rolled-back";
