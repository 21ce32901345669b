/**
 * Reads a sample of the governed database's own rows: some of each table, and those that they refer to.
 * Does NOT write, and shows nobody what it reads: the values go into a scratch database of the same server and nowhere else.
 */
import { type Client, escapeIdentifier } from "pg";

import { type Access, withClient } from "../../../stack/connection";
import type { Row } from "./rowFiller";
import { inKeyOrder, readShapes, type TableShape } from "./tableShape";

/** Rows by the qualified and quoted name of their table. */
export type RowSample = ReadonlyMap<string, readonly Row[]>;

/** So many rows of a table are taken as they come, and so many of those with most values among the first ones. */
const mostFirst = 20;
const mostFullest = 10;
const lookedThrough = 2_000;
/** With those that others refer to a table gives so many at most. */
const mostOfTable = 100;
/** A longer value is left out, and made up where the column must have one. Bytes as stored. */
const longestValue = 16_384;
const mostTables = 500;

/** Where a row stands: partition and place. */
type Place = string;

const placeOf = "tableoid::BIGINT || ' ' || ctid::TEXT";
const only = (table: TableShape): string => (table.partitionKey.length > 0 ? "" : "ONLY ");

/** Takes the sample in one read-only transaction with one snapshot, as the role that owns the tables. */
export async function sampleRows(access: Access): Promise<RowSample> {
  const purpose = { account: "migrator", activity: "proof rows", readOnly: true } as const;
  return withClient(access, purpose, async (client) => {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const { tables } = await readShapes(client, access.settings.schemas);
    const ordered = inKeyOrder(await readable(client, tables)).slice(0, mostTables);
    const chosen = new Map<string, Set<Place>>();
    for (const table of ordered) chosen.set(table.name, new Set(await choose(client, table)));
    // Children before those that they refer to: a second round is only needed where keys form a circle.
    for (let round = 0, moved = true; moved && round < mostFirst; round += 1) {
      moved = false;
      for (const table of ordered.toReversed()) {
        if (await addParents(client, table, chosen)) moved = true;
      }
    }
    const sample = new Map<string, readonly Row[]>();
    for (const table of ordered) {
      const rows = await readRows(client, table, [...(chosen.get(table.name) ?? [])]);
      if (rows.length > 0) sample.set(table.name, rows);
    }
    await client.query("COMMIT");
    return sample;
  });
}

/** Those that the role may read: a governed schema holds tables of others, too, such as PgSTAC's own. */
async function readable(
  client: Client,
  tables: readonly TableShape[],
): Promise<readonly TableShape[]> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT name FROM unnest($1::TEXT[]) AS name WHERE has_table_privilege(name, 'SELECT')",
    [tables.map(({ name }) => name)],
  );
  const names = new Set(rows.map(({ name }) => name));
  return tables.filter(({ name }) => names.has(name));
}

async function choose(client: Client, table: TableShape): Promise<readonly Place[]> {
  const from = `FROM ${only(table)}${table.name}`;
  const names = table.columns.map(({ name }) => escapeIdentifier(name)).join(", ");
  const fullest =
    names === ""
      ? ""
      : `UNION (SELECT place FROM (SELECT ${placeOf} AS place, num_nonnulls(${names}) AS full ${from} LIMIT ${lookedThrough}) AS s
           ORDER BY s.full DESC LIMIT ${mostFullest})`;
  const { rows } = await client.query<{ place: Place }>(
    `(SELECT ${placeOf} AS place ${from} LIMIT ${mostFirst}) ${fullest}`,
  );
  return rows.map(({ place }) => place);
}

/** By place alone, so that the server goes straight there; then by partition. */
const isPlaced = (alias: string): string =>
  `${alias}.ctid = ANY ($1::TID[]) AND ${alias}.tableoid::BIGINT || ' ' || ${alias}.ctid::TEXT = ANY ($2::TEXT[])`;
const placesOf = (places: readonly Place[]): readonly (readonly string[])[] => [
  places.map((place) => place.slice(place.indexOf(" ") + 1)),
  places,
];

/** Adds the rows that the chosen ones refer to. */
async function addParents(
  client: Client,
  table: TableShape,
  chosen: ReadonlyMap<string, Set<Place>>,
): Promise<boolean> {
  const own = chosen.get(table.name) ?? new Set();
  if (own.size === 0) return false;
  let moved = false;
  for (const { columns, target, targetColumns } of table.foreignKeys) {
    const parents = chosen.get(target);
    if (parents === undefined || parents.size >= mostOfTable) continue;
    const joined = columns
      .map(
        (column, place) =>
          `c.${escapeIdentifier(column)} = r.${escapeIdentifier(targetColumns[place] ?? "")}`,
      )
      .join(" AND ");
    const { rows } = await client.query<{ place: Place }>(
      `SELECT DISTINCT r.tableoid::BIGINT || ' ' || r.ctid::TEXT AS place
         FROM ${table.name} AS c JOIN ${target} AS r ON ${joined} WHERE ${isPlaced("c")} LIMIT ${mostOfTable}`,
      placesOf([...own]) as unknown[],
    );
    for (const { place } of rows) {
      if (!parents.has(place)) moved = true;
      parents.add(place);
    }
  }
  return moved;
}

/** The values of rows as texts; columns that the server computes, and what is too long, are left out. */
async function readRows(
  client: Client,
  table: TableShape,
  places: readonly Place[],
): Promise<readonly Row[]> {
  if (places.length === 0) return [];
  const names = table.columns.filter(({ isGenerated }) => !isGenerated).map(({ name }) => name);
  if (names.length === 0) return [];
  const quoted = names.map((name) => `t.${escapeIdentifier(name)}`);
  const { rows } = await client.query<{
    values: readonly (string | null)[];
    long: readonly boolean[];
  }>(
    `SELECT ARRAY[${quoted
      .map((name) => `CASE WHEN pg_column_size(${name}) <= ${longestValue} THEN ${name}::TEXT END`)
      .join(", ")}] AS values,
       ARRAY[${quoted.map((name) => `coalesce(pg_column_size(${name}) > ${longestValue}, false)`).join(", ")}] AS long
       FROM ${table.name} AS t WHERE ${isPlaced("t")}`,
    placesOf(places) as unknown[],
  );
  return rows.map(({ values, long }) =>
    Object.fromEntries(
      names.flatMap((name, index) => (long[index] === true ? [] : [[name, values[index] ?? null]])),
    ),
  );
}
