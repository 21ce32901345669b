/**
 * Asks the server what the open transaction has done, in an order in which nothing of the file can run in between or
 * afterwards: what was put off to the COMMIT first, then cursors, then the measurement; and a session beside it for what
 * was there before.
 * Does NOT compare (see compare.ts), record or commit.
 */
import { type Client, escapeIdentifier } from "pg";

import { MigrationError } from "../../../stack/errors";
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
  TypeBefore,
} from "./measured";
import { flush, mayLeave, measure, pictureBefore, settle, transactionMark } from "./measureQueries";

/** What was put off to the COMMIT puts off more, again and again. */
class NeverSettledError extends MigrationError {
  readonly code = "NEVER_SETTLED";
}

/** So often: deferred triggers that wake each other were 30 deep in the worst case tried. */
const mostRounds = 20;

/** Results of a text with several statements: the driver's types know one only. */
const resultsOf = (value: unknown): readonly { readonly rows: readonly unknown[] }[] =>
  (Array.isArray(value) ? value : [value]) as readonly { readonly rows: readonly unknown[] }[];

/** Makes the counters start at zero. Outside of a transaction, as a message of its own. */
export const startCounting = async (client: Client): Promise<void> => {
  await client.query(flush);
};

/** The mark of the transaction that has just begun. */
export async function markOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ mark: string }>(transactionMark);
  return rows[0]?.mark ?? "";
}

/** Whether the open transaction may leave anything behind when it commits. */
export async function mayLeaveSomething(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(mayLeave);
  return rows[0]?.may === true;
}

/**
 * Runs what was put off to the COMMIT, until nothing more happens.
 *
 * @throws {NeverSettledError} it does not come to an end.
 */
export async function settleDeferred(client: Client): Promise<void> {
  for (let round = 0; round < mostRounds; round += 1) {
    const results = resultsOf(await client.query(settle));
    const [first, second] = results
      .flatMap(({ rows }) => rows as readonly { readonly counts?: string }[])
      .map(({ counts }) => counts);
    if (first === second) return;
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

type Raw = Omit<Measured, "relations"> & { readonly relations: readonly RawRelation[] };

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

/** Reads the answer of the measurement. */
function readMeasured(answer: unknown): Measured {
  const raw = answer as Raw;
  return { ...raw, relations: raw.relations.map(relationOf) };
}

/** Measures the open transaction; the last thing before its own record and the COMMIT. */
export async function measureTransaction(client: Client): Promise<Measured> {
  const rows = resultsOf(await client.query(measure)).at(-1)?.rows as
    readonly { readonly measured: unknown }[] | undefined;
  return readMeasured(rows?.[0]?.measured);
}

const byOid = <T extends { readonly oid: number }>(rows: readonly T[]): ReadonlyMap<number, T> =>
  new Map(rows.map((row) => [row.oid, row]));

/**
 * Object ids in a text of their own. Not as parameters: those would leave a portal open in the transaction of the session
 * beside, with a snapshot, and every CONCURRENTLY would wait for it.
 */
const oids = (numbers: readonly number[]): string =>
  `('{${[...new Set(numbers.filter(Number.isSafeInteger))].join(",")}}'::pg_catalog.oid[])`;

/**
 * What was there before of all that was measured.
 *
 * @param beside  A session of the same role that sees only what is committed, and waits for nobody's locks.
 */
export async function lookBefore(beside: Client, measured: Measured): Promise<Before> {
  const { relations, columns, rights, routines, parts, goneObjects } = measured;
  const gone = (catalog: string): number[] =>
    goneObjects.filter(([name]) => name === catalog).map(([, oid]) => oid);
  const { rows } = await beside.query<{
    relations: RelationBefore[];
    columns: ColumnBefore[];
    routines: RoutineBefore[];
    types: TypeBefore[];
  }>(
    pictureBefore(
      oids([
        ...relations.map(({ oid }) => oid),
        ...rights.map(({ oid }) => oid),
        ...columns.map(({ relation }) => relation),
        ...parts.map(({ relation }) => relation),
      ]),
      oids(columns.map(({ relation }) => relation)),
      oids([...routines.map(({ oid }) => oid), ...gone("pg_proc")]),
      oids(gone("pg_type")),
    ),
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
