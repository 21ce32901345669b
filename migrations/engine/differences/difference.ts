/**
 * What differs between the schema of the files and a database: by name, with what both say, and the statements that
 * lead from one to the other. Pure.
 * Does NOT read either of them (see proof/compare.ts), or print (see cli/report/compareText.ts).
 */
import {
  compareSnapshots,
  type SchemaSnapshot,
  type SnapshotDifference,
} from "../history/snapshot";
import { structureOf } from "../history/structureLines";
import type { Definitions } from "./definition";
import type { Written } from "./statement";
import { ownerPart, writeSql } from "./writeSql";

/** One side of a comparison. */
export interface SchemaSide {
  readonly snapshot: SchemaSnapshot;
  readonly definitions: Definitions;
  /** Major version of the server. */
  readonly server: number;
}

/** One difference. `before` is what the files say, `after` what the database has; `new` is in the database alone. */
export interface SchemaDifference extends SnapshotDifference {
  /** `table dagapp.jobs: column note`, `view dagapp.open`: how people name it when they vouch for it. */
  readonly name: string;
  /** Makes the database as the files say. */
  readonly toFiles: Written;
  /** Makes what the files say as the database is. */
  readonly toDatabase: Written;
}

/** `table dagapp.jobs: column note`; an object that is there or not as a whole, by itself. */
const nameOfDifference = ({ object, part }: SnapshotDifference): string =>
  part === "itself" ? object : `${object}: ${part}`;

/** Owners have an owner of their own: privileges are mended by `up`, and nobody vouches for one. */
export const isOfOwner = ({ part }: SnapshotDifference): boolean => part === ownerPart;

const ownerText = /^owner /;
/** PgSTAC's own role may own its schema, as the rules of privileges say. */
const pgstacOwner = "owner pgstac_admin";

/** The structure, and the owners as parts of their own. */
function comparable({ snapshot, server }: SchemaSide): SchemaSnapshot {
  const structure = structureOf(snapshot, server);
  const there = new Set(structure.map(({ object }) => object));
  const owners = snapshot
    .filter(({ object, text }) => ownerText.test(text) && there.has(object))
    .filter(({ object, text }) => object !== "schema pgstac" || text !== pgstacOwner)
    .map((line) => ({ ...line, part: ownerPart }));
  return [...structure, ...owners];
}

/** Everything that differs, each with its statements. */
export function differencesBetween(
  files: SchemaSide,
  database: SchemaSide,
): readonly SchemaDifference[] {
  return compareSnapshots(comparable(files), comparable(database)).map((difference) => ({
    ...difference,
    name: nameOfDifference(difference),
    toFiles: writeSql(reversed(difference), database.definitions, files.definitions),
    toDatabase: writeSql(difference, files.definitions, database.definitions),
  }));
}

const opposite = { new: "gone", gone: "new", changed: "changed" } as const;

/** The same difference, seen from the other side. */
export const reversed = <T extends SnapshotDifference>(difference: T): T => ({
  ...difference,
  change: opposite[difference.change],
  before: difference.after,
  after: difference.before,
});
