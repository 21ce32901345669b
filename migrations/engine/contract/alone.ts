/**
 * Runs a statement that no transaction may hold and measures what it did: rows by the server's counters, in one batch with
 * it and before the server becomes idle; tables that are gone or have a new file by a look before and after.
 * Does NOT judge (see compare.ts). Locks and the rest of the catalogs are not measured: the locks are gone when it ends.
 */
import type { Client } from "pg";

import { runTogether } from "../../../stack/together";
import { startCounting } from "./measure";
import type { Before, CountedTable, Measured, MeasuredRelation } from "./measured";
import { filesOfTables, measureAlone } from "./measureQueries";

interface FileOfTable {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly file: number;
}

/** What was measured, and the tables that were there before. */
export interface MeasuredAlone {
  readonly measured: Measured;
  readonly tablesBefore: ReadonlyMap<number, FileOfTable>;
  readonly startedAt: number;
}

/** As the query gives it. */
interface Raw extends Pick<Measured, "counts" | "catalogs"> {
  readonly written: readonly Pick<MeasuredRelation, "oid" | "inserted" | "updated" | "deleted">[];
}

const readFiles = async (client: Client): Promise<ReadonlyMap<number, FileOfTable>> => {
  const { rows } = await client.query<FileOfTable>(filesOfTables);
  return new Map(rows.map((row) => [row.oid, row]));
};

/** @throws whatever the statement fails with. */
export async function runMeasured(client: Client, text: string): Promise<MeasuredAlone> {
  const tablesBefore = await readFiles(client);
  await startCounting(client);
  const startedAt = Date.now();
  const results = await runTogether(client, [text, measureAlone]);
  const raw = JSON.parse(results[1]?.[0]?.[0] ?? "null") as Raw | null;
  if (raw === null) throw new Error("the server did not tell what the statement did");
  const tablesAfter = await readFiles(client);
  const rows = new Map(raw.written.map((one) => [one.oid, one]));
  const touched = new Set([
    ...rows.keys(),
    ...[...tablesBefore.values()]
      .filter(({ oid, file }) => tablesAfter.get(oid)?.file !== file)
      .map(({ oid }) => oid),
    ...[...tablesAfter.keys()].filter((oid) => !tablesBefore.has(oid)),
  ]);
  const relations = [...touched].map((oid): MeasuredRelation => {
    const { inserted = 0, updated = 0, deleted = 0 } = rows.get(oid) ?? {};
    // The locks are gone: what writes rows has had this one at least.
    return {
      oid,
      lock: "ROW EXCLUSIVE",
      now: tablesAfter.get(oid) ?? null,
      inserted,
      updated,
      deleted,
    };
  });
  const nothing = { columns: [], parts: [], rights: [], routines: [], goneObjects: [], gone: [] };
  const { counts, catalogs } = raw;
  const measured = {
    ...{ counts, catalogs, transaction: "", relations, ...nothing },
    traces: null,
  };
  return { measured, tablesBefore, startedAt };
}

/**
 * What there was before, where the session beside sees the end already: names of parents and views as they are now, tables
 * and their files as they were.
 */
export function asBefore(
  { measured, tablesBefore }: MeasuredAlone,
  seen: Before,
): {
  readonly measured: Measured;
  readonly before: Before;
  readonly counted: readonly CountedTable[];
} {
  const relations = [...tablesBefore.values()]
    .filter(({ oid }) => measured.relations.some((one) => one.oid === oid))
    .map((was) => {
      const now = seen.relations.get(was.oid);
      const rest = { owner: now?.owner ?? 0, acl: now?.acl ?? null, through: now?.through ?? [] };
      return [was.oid, { ...was, ...rest, of: null }] as const;
    });
  // Others may write while it runs, so that rows of a table that is written anew, as announced, are not counted.
  const counted = relations.map(([relation, { schema, name }]): CountedTable => ({
    ...{ relation, name: { schema, name } },
    ...{ base: 0, deletedThen: 0, updatedThen: 0, after: null },
  }));
  return { measured, before: { ...seen, relations: new Map(relations) }, counted };
}
