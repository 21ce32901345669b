/**
 * What `ddl compare --json` prints, and what its text is made from. Pure.
 * Does NOT compare, or read who vouched for what: both are given.
 */
import { isOfOwner, type SchemaDifference } from "../../migrations/engine/differences/difference";
import type { Written } from "../../migrations/engine/differences/statement";
import type { VouchedDifference, Vouching } from "../../migrations/engine/history/vouched";
import type { SchemaComparison } from "../../migrations/engine/proof/compare";
import type { Settings } from "../../stack/settings";
import type { Tier } from "../../stack/tier";

/** Statements, or why a person has to write them. */
type ReportedSql =
  | { readonly statements: readonly string[] }
  | { readonly statements: null; readonly reason: string };

interface ReportedDifference {
  /** By which it is vouched for: `table dagapp.jobs: column note`. */
  readonly name: string;
  readonly object: string;
  readonly part: string;
  /** Where it is: in the files alone, in the database alone, or in both and not the same. */
  readonly where: "files" | "database" | "both";
  /** What both say of it, in the words of the catalog; empty where it is not there. */
  readonly files: readonly string[];
  readonly database: readonly string[];
  /** Makes the database as the files say. */
  readonly toFiles: ReportedSql;
  /** Makes what the files say as the database is: what ddl new --from-drift writes. */
  readonly toDatabase: ReportedSql;
  /** Something is thrown away by making the database as the files say. */
  readonly losesSomething: boolean;
  /** Who owns it: mended by up, and nobody vouches for it. */
  readonly isOwner: boolean;
  readonly vouched: {
    readonly by: string;
    readonly at: Date;
    readonly reason: string;
  } | null;
}

/** A key changes its meaning or goes only with a new schemaVersion; new keys may come at any time. */
export interface CompareReport {
  readonly schemaVersion: 1;
  readonly stack: string;
  readonly tier: Tier;
  /** `host:port/database` */
  readonly database: string;
  /** Up to which version the files were run; null for none. */
  readonly version: string | null;
  readonly isEqual: boolean;
  readonly differences: readonly ReportedDifference[];
}

const reported = (written: Written): ReportedSql =>
  written.kind === "none"
    ? { statements: null, reason: written.reason }
    : { statements: written.statements.map(({ sql }) => sql) };

/** The newest word on a difference, among those that still stand. */
export function wordOn(
  { object, part }: SchemaDifference,
  vouchings: readonly Vouching[],
): ReportedDifference["vouched"] {
  const isIt = (one: VouchedDifference): boolean => one.object === object && one.part === part;
  const vouching = vouchings.findLast(({ differences }) => differences.some(isIt));
  if (vouching === undefined) return null;
  const own = vouching.differences.find(isIt)?.reason ?? "";
  return { by: vouching.by, at: vouching.at, reason: own === "" ? vouching.reason : own };
}

const places = { new: "database", gone: "files", changed: "both" } as const;

export function compareReport(
  stack: string,
  settings: Settings,
  { version, differences }: SchemaComparison,
  vouchings: readonly Vouching[],
): CompareReport {
  const { host, port, database } = settings.server;
  return {
    schemaVersion: 1,
    stack,
    tier: settings.tier,
    database: `${host}:${port}/${database}`,
    version,
    isEqual: differences.length === 0,
    differences: differences.map((one) => ({
      name: one.name,
      object: one.object,
      part: one.part,
      where: places[one.change],
      files: one.before,
      database: one.after,
      toFiles: reported(one.toFiles),
      toDatabase: reported(one.toDatabase),
      losesSomething:
        one.toFiles.kind === "sql" && one.toFiles.statements.some(({ drops }) => drops === true),
      isOwner: isOfOwner(one),
      vouched: wordOn(one, vouchings),
    })),
  };
}
