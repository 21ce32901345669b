/**
 * What a decision of the gate rests on: files, plan, history, other tiers, people.
 * Does NOT read any of it (see survey/) and does not judge.
 */
import type { PgstacPlan } from "../../../../pgstac/hardening/plan";
import type { Tier } from "../../../../stack/tier";
import type { Window } from "../../../../stack/window";
import type { MigrationFile } from "../../files/file";
import type { RepeatableFile } from "../../files/repeatable";
import type { DoubtedVersion } from "../../history/doubted";
import type { BreakGlass } from "../../history/history";
import type { LowerTier } from "../../history/promotion";
import type { Comparison } from "../../history/structureRecord";
import type { Plan } from "./plan";

/** What a decision rests on. */
export interface GateInput {
  readonly tier: Tier;
  readonly plan: Plan<MigrationFile>;
  /** Tickets named for this run. */
  readonly tickets: readonly string[];
  /** As configured: a version or "latest". */
  readonly targetVersion: string;
  /** Whether migrations would run on a login of their own. */
  readonly migratorConfigured: boolean;
  /** Versions whose rollback was proven on this server, for the texts that both files have now. */
  readonly provenRollbacks?: ReadonlySet<string>;
  /** All files of the folder: those before a pending one say what it finds in the database. */
  readonly files: readonly MigrationFile[];
  /** Files that say how views and functions shall be now; absent: there are none. */
  readonly repeatables?: readonly RepeatableFile[];
  /** Files that are no whole migrations yet, as far as they can be read; absent: there are none. */
  readonly drafts?: readonly MigrationFile[];
  /** Schemas that migrations may change. */
  readonly schemas: readonly string[];
  /** By the server's clock, where there is a server. */
  readonly now: Date;
  /** When a version was applied here, null when it is not; null altogether where no ledger is at hand. */
  readonly appliedAt: ((version: string) => Date | null) | null;
  /** False while nothing is to be run yet. */
  readonly isUpdate: boolean;
  /** Null when the stack does not say what it promotes from. */
  readonly lower: LowerTier | null;
  /** Maintenance windows. */
  readonly windows: readonly Window[];
  /** How the live schemas compare with what was recorded; absent where no database is at hand. */
  readonly structure?: Comparison;
  /** Versions of which somebody has written what no run has; absent: none. */
  readonly doubted?: readonly DoubtedVersion[];
  /** What pending files would make and is there already, where nothing at all is recorded; absent: nothing. */
  readonly found?: readonly FoundAlready[];
  /** The emergency that is open. */
  readonly breakGlass: BreakGlass | null;
  /** Where the stack has PgSTAC: to which version, under which ticket, and what leads there. */
  readonly pgstac?: GatedPgstac | null;
}

/** A file, and names of what it would make that is there. */
export interface FoundAlready {
  readonly fileName: string;
  readonly objects: readonly string[];
}

/** What is to become of PgSTAC. */
export interface GatedPgstac {
  readonly version: string;
  readonly ticket: string | null;
  readonly plan: PgstacPlan;
}
