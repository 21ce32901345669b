/**
 * Examples of rules as data: a file that breaks one, or the state of things in which a run breaks one. They stand on the
 * rules' pages and are run by the tests.
 * Does NOT make files or plans of them (see test/support/files).
 */
import type {
  LowerTier,
  PublishedPgstac,
  PublishedProof,
  PublishedVersion,
} from "../../history/promotion";
import type { GateInput } from "./gateInput";
import type { AppliedState } from "./plan";

/** What a rule of files looks like in a file: shown on its page, and the ground of its tests. */
export interface Example {
  /** SQL of the MIGRATION section. */
  readonly body?: string;
  /** SQL of the rollback file, between BEGIN and the ledger statement; null where the file is not there. */
  readonly rollback?: string | null;
  /** DO blocks of the two checks; absent: those that every rule asks for. */
  readonly preflight?: string;
  readonly postflight?: string;
  /** Header lines by their label ("Downtime required") that differ from the usual ones. */
  readonly header?: Readonly<Record<string, string>>;
  /** Body of the migration before this one. */
  readonly before?: string;
  /** Repeatable files, by name. */
  readonly repeatables?: Readonly<Record<string, string>>;
}

/** How things differ from those in which all is in order: 1.0.0 is applied, 1.1.0 is pending and has been through all tiers. */
export interface Situation extends Partial<
  Pick<
    GateInput,
    | "tickets"
    | "targetVersion"
    | "migratorConfigured"
    | "provenRollbacks"
    | "isUpdate"
    | "appliedAt"
    | "windows"
    | "structure"
    | "doubted"
    | "found"
    | "breakGlass"
    | "lower"
    | "pgstac"
  >
> {
  /** The file of 1.1.0. */
  readonly file?: Example;
  /** What ledger and events say; what is left out of a state is as the file has it. */
  readonly states?: readonly (Pick<AppliedState, "version"> & Partial<AppliedState>)[];
  /** What the tier below says otherwise of 1.1.0; null: it does not have it. */
  readonly below?: Partial<PublishedVersion> | null;
  /** What its proof there had rows in. */
  readonly belowRows?: PublishedProof["rows"];
  /** PgSTAC of the tier below; absent: as the stack says. */
  readonly belowPgstac?: Partial<PublishedPgstac>;
  /** In place of all that the tier below says. */
  readonly lower?: LowerTier | null;
}
