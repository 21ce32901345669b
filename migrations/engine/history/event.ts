/**
 * What an event is as it is read, and what people's decisions are among them. Types only.
 * Does NOT say what events mean together (see history.ts).
 */
import type { EventKind } from "./eventKinds";

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
