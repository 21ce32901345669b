/**
 * Asks the server what the open transaction has done, in an order in which nothing of the file can run in between or
 * afterwards: what was put off to the COMMIT first, then cursors, then the measurement; and a session beside it for what
 * was there before.
 * Does NOT compare (see compare.ts), record or commit.
 */
import { type Client, escapeIdentifier } from "pg";

import { MigrationError } from "../../../stack/errors";
import { runTogether } from "../../../stack/together";
import { lockModes } from "../sql/lockModes";
import type { ObjectName } from "../sql/objectName";
import type {
  Before,
  ColumnBefore,
  CountedTable,
  Measured,
  MeasuredRelation,
  RelationBefore,
  RoutineBefore,
  Traces,
  TypeBefore,
} from "./measured";
import {
  type Detail,
  detailsOf,
  flush,
  foreignCatalogs,
  mayLeave,
  measure,
  pictureBefore,
  settle,
} from "./measureQueries";

/** What was put off to the COMMIT puts off more, again and again. */
class NeverSettledError extends MigrationError {
  readonly code = "NEVER_SETTLED";
}

/** So often: deferred triggers that wake each other were 30 deep in the worst case tried. */
const mostRounds = 20;

type Answers = Awaited<ReturnType<typeof runTogether>>;

/** Makes the counters start at zero. Outside of a transaction, as a message of its own. */
export const startCounting = async (client: Client): Promise<void> => {
  await client.query(flush);
};

/** Whether the open transaction may leave anything behind when it commits. */
export async function mayLeaveSomething(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(mayLeave);
  return rows[0]?.may === true;
}

/** Runs a statement of the open transaction, and asks the same in one go: true where it may leave something behind. */
export async function runLooking(client: Client, text: string): Promise<boolean> {
  const [, may] = await runTogether(client, [text, mayLeave]);
  return may?.[0]?.[0] === "t";
}

/**
 * Runs what was put off to the COMMIT, until nothing more happens; and measures the open transaction, the last thing before
 * its own record and the COMMIT.
 *
 * @param inside  Runs what may wait for a lock.
 * @throws {NeverSettledError} it does not come to an end.
 */
export async function measureTransaction(
  client: Client,
  inside: (work: () => Promise<unknown>) => Promise<unknown>,
): Promise<Measured> {
  for (let round = 0; round < mostRounds; round += 1) {
    const texts = [...settle, ...measure];
    const answers = (await inside(() => runTogether(client, texts))) as Answers;
    const textOf = (index: number): string | null => answers[index]?.[0]?.[0] ?? null;
    if (textOf(1) !== textOf(3)) continue;
    const core = JSON.parse(textOf(texts.length - 1) ?? "null") as RawCore;
    return readMeasured(core, await readDetails(client, core));
  }
  throw new NeverSettledError(
    `Deferred triggers put off more work in each of ${2 * mostRounds} rounds.`,
    "Look at the constraint triggers of the tables it writes: one of them wakes itself.",
  );
}

/** As the measurement's query gives it. */
interface RawRelation {
  readonly oid: number;
  readonly level: number;
  readonly schema: string | null;
  readonly name: string | null;
  readonly kind: string | null;
  readonly file: number | null;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** What is looked at only where the counters say that there is something to see. */
type Details = Pick<Measured, Detail>;

interface RawCore
  extends Omit<Measured, "relations" | "traces" | "gone" | "catalogs" | keyof Details>, Traces {
  readonly relations: readonly RawRelation[];
}

function relationOf(raw: RawRelation): MeasuredRelation {
  const { oid, level, inserted, updated, deleted, schema, name, kind, file } = raw;
  return {
    oid,
    lock: lockModes[level - 1] ?? "ACCESS EXCLUSIVE",
    now: name === null || kind === null ? null : { schema, name, kind, file: file ?? 0 },
    inserted,
    updated,
    deleted,
  };
}

/** Catalogs of which it is told that a row was taken away. */
const toldGone = ["pg_trigger", "pg_policy", "pg_rewrite"];

function readMeasured(core: RawCore, details: Details): Measured {
  const { written, locked, marked, domains, relations, ...rest } = core;
  const names = Object.keys(written);
  return {
    ...{ ...rest, ...details, relations: relations.map(relationOf) },
    gone: toldGone.filter((catalog) => (written[catalog]?.[2] ?? 0) > 0),
    catalogs: foreignCatalogs.filter((catalog) => names.includes(catalog)),
    traces: { written, locked, marked, domains },
  };
}

const noDetails: Details = { columns: [], rights: [], routines: [], parts: [], goneObjects: [] };

/**
 * What of single rows can be seen. A row that was there before is updated or deleted; but triggers, rules and policies come
 * new to what was there.
 */
function wantedDetails({ written }: RawCore): readonly Detail[] {
  const isWritten = (catalog: string, how: readonly (0 | 1 | 2)[]): boolean =>
    how.some((index) => (written[catalog]?.[index] ?? 0) > 0);
  const isWanted: Readonly<Record<Detail, boolean>> = {
    columns: isWritten("pg_attribute", [1]),
    rights: isWritten("pg_class", [1]),
    routines: isWritten("pg_proc", [1]),
    parts: toldGone.some((catalog) => isWritten(catalog, [0, 1, 2])),
    goneObjects: isWritten("pg_proc", [2]) || isWritten("pg_type", [2]),
  };
  return (Object.keys(isWanted) as Detail[]).filter((name) => isWanted[name]);
}

async function readDetails(client: Client, core: RawCore): Promise<Details> {
  const wanted = wantedDetails(core);
  if (wanted.length === 0) return noDetails;
  const { rows } = await client.query<{ details: Partial<Details> }>(detailsOf(wanted));
  return { ...noDetails, ...rows[0]?.details };
}

const byOid = <T extends { readonly oid: number }>(rows: readonly T[]): ReadonlyMap<number, T> =>
  new Map(rows.map((row) => [row.oid, row]));

/**
 * Object ids in a text of their own. Not as parameters: those would leave a portal open in the transaction of the session
 * beside, with a snapshot, and every CONCURRENTLY would wait for it.
 */
const oids = (numbers: readonly number[]): string =>
  `('{${[...new Set(numbers.filter(Number.isSafeInteger))].join(",")}}'::pg_catalog.oid[])`;

const preparedPicture = "picture_before";
const prepared = new WeakSet<Client>();

/** Planned once for a run: no file ever runs in this session. In plain texts too (see oids). */
async function preparePicture(beside: Client): Promise<void> {
  if (prepared.has(beside)) return;
  const text = pictureBefore("$1", "$2", "$3", "$4");
  await beside.query(
    `PREPARE ${preparedPicture} (pg_catalog.oid[], pg_catalog.oid[], pg_catalog.oid[], pg_catalog.oid[]) AS ${text}`,
  );
  prepared.add(beside);
}

/**
 * What was there before of all that was measured.
 *
 * @param beside  A session of the same role that sees only what is committed, and waits for nobody's locks.
 */
export async function lookBefore(beside: Client, measured: Measured): Promise<Before> {
  const { relations, columns, rights, routines, parts, goneObjects } = measured;
  const gone = (catalog: string): number[] =>
    goneObjects.filter(([name]) => name === catalog).map(([, oid]) => oid);
  await preparePicture(beside);
  const { rows } = await beside.query<{
    relations: RelationBefore[];
    columns: ColumnBefore[];
    routines: RoutineBefore[];
    types: TypeBefore[];
  }>(
    `EXECUTE ${preparedPicture} (${[
      oids([
        ...relations.map(({ oid }) => oid),
        ...rights.map(({ oid }) => oid),
        ...columns.map(({ relation }) => relation),
        ...parts.map(({ relation }) => relation),
      ]),
      oids(columns.map(({ relation }) => relation)),
      oids([...routines.map(({ oid }) => oid), ...gone("pg_proc")]),
      oids(gone("pg_type")),
    ].join(", ")})`,
  );
  const [found] = rows;
  return {
    relations: byOid(found?.relations ?? []),
    columns: found?.columns ?? [],
    routines: byOid(found?.routines ?? []),
    types: byOid(found?.types ?? []),
  };
}

const quoted = ({ schema, name }: ObjectName): string =>
  [schema, name].flatMap((part) => (part === null ? [] : escapeIdentifier(part))).join(".");

/** What has to be known of a table before its rows are counted. */
interface Standing {
  readonly oid: number;
  readonly kind: string;
  readonly file: number;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

async function standingOf(client: Client, name: ObjectName): Promise<Standing | null> {
  const { rows } = await client.query<Standing>(
    `SELECT c.oid::int8::float8 AS oid, c.relkind::text AS kind, c.relfilenode::int8::float8 AS file,
            pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid)::float8 AS inserted,
            pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)::float8 AS updated,
            pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)::float8 AS deleted
       FROM pg_catalog.pg_class AS c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1)`,
    [quoted(name)],
  );
  return rows[0] ?? null;
}

const countRows = async (client: Client, name: ObjectName): Promise<number> => {
  const { rows } = await client.query<{ rows: number }>(
    `SELECT pg_catalog.count(*)::float8 AS rows FROM ONLY ${quoted(name)}`,
  );
  return rows[0]?.rows ?? 0;
};

/** A table that was counted before it is written anew; its end is still open. */
export type Counting = Omit<CountedTable, "after">;

/**
 * Counts the rows of a table that the next statement announces to write anew, under the lock that the statement would take.
 *
 * @param look    Looks from the session beside (see lookBefore).
 * @param inside  Runs what may wait for a lock.
 * @returns       Null where there is nothing to hold on to: it is new, no table, or was written anew already.
 */
export async function countBeforeRewrite(
  client: Client,
  look: <T>(work: (beside: Client) => Promise<T>) => Promise<T>,
  name: ObjectName,
  inside: (work: () => Promise<unknown>) => Promise<unknown>,
): Promise<Counting | null> {
  const now = await standingOf(client, name);
  if (now?.kind !== "r") return null;
  const { rows } = await look((beside) =>
    beside.query<{ file: number }>(
      `SELECT c.relfilenode::int8::float8 AS file FROM pg_catalog.pg_class AS c WHERE c.oid = ${oids([now.oid])}[1]`,
    ),
  );
  if (rows[0]?.file !== now.file) return null;
  await inside(() => client.query(`LOCK TABLE ONLY ${quoted(name)} IN ACCESS EXCLUSIVE MODE`));
  const count = await countRows(client, name);
  return {
    relation: now.oid,
    name,
    base: count - now.inserted + now.deleted,
    deletedThen: now.deleted,
    updatedThen: now.updated,
  };
}

/** Counts again what was counted before, at the end. */
export async function countAfter(
  client: Client,
  counting: readonly Counting[],
  { relations }: Measured,
): Promise<readonly CountedTable[]> {
  const counted: CountedTable[] = [];
  for (const one of counting) {
    const now = relations.find(({ oid }) => oid === one.relation)?.now ?? null;
    const after = now?.kind === "r" ? await countRows(client, now) : null;
    counted.push({ ...one, after });
  }
  return counted;
}
