/**
 * One object of every kind that privileges can be given on, for a governed schema.
 * Does NOT make foreign tables: only a superuser can make the server that they need (see addForeignTable).
 */
import { escapeIdentifier } from "pg";

import type { ProgramDatabase } from "../servers/programDatabase";

/** Statements for the infrastructure role, in order. Every kind is there, tables with serial and identity included. */
export function sampleObjects(schema: string): readonly string[] {
  const s = escapeIdentifier(schema);
  return [
    `CREATE TYPE ${s}.mood AS ENUM ('fine', 'failed')`,
    `CREATE DOMAIN ${s}.code AS TEXT CHECK (value <> '')`,
    `CREATE TYPE ${s}.pair AS (a INTEGER, b INTEGER)`,
    `CREATE TYPE ${s}.span AS RANGE (subtype = integer)`,
    `CREATE TABLE ${s}.item (id SERIAL PRIMARY KEY, mood ${s}.mood NOT NULL DEFAULT 'fine', note TEXT)`,
    `CREATE TABLE ${s}.visit (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note TEXT)`,
    `CREATE TABLE ${s}.measure (id INTEGER, day DATE NOT NULL) PARTITION BY RANGE (day)`,
    `CREATE TABLE ${s}.measure_2026 PARTITION OF ${s}.measure FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')`,
    `CREATE VIEW ${s}.item_view AS SELECT id, mood, note FROM ${s}.item`,
    `CREATE MATERIALIZED VIEW ${s}.item_count AS SELECT count(*) AS items FROM ${s}.item`,
    `CREATE SEQUENCE ${s}.ticket`,
    `CREATE FUNCTION ${s}.twice(n INTEGER) RETURNS INTEGER LANGUAGE sql AS 'SELECT n * 2'`,
    `CREATE FUNCTION ${s}.twice(n NUMERIC) RETURNS NUMERIC LANGUAGE sql AS 'SELECT n * 2'`,
    `CREATE PROCEDURE ${s}.annotate(text) LANGUAGE sql AS 'UPDATE ${s}.item SET note = $1'`,
    `CREATE AGGREGATE ${s}.total (INTEGER) (sfunc = int4pl, stype = integer, initcond = '0')`,
  ];
}

/** Makes the sample objects in every governed schema, as a migration would. */
export async function addSampleObjects(database: ProgramDatabase): Promise<void> {
  const client = await database.connect("infrastructure");
  for (const schema of database.settings.schemas) {
    for (const statement of sampleObjects(schema)) await client.query(statement);
  }
  await client.end();
}

/** Makes `remote` in the first schema: a foreign table that has no data behind it. */
export async function addForeignTable(database: ProgramDatabase): Promise<void> {
  const { settings } = database;
  const table = `${escapeIdentifier(settings.schemas[0] ?? "")}.remote`;
  await database.rows("CREATE FOREIGN DATA WRAPPER nothing");
  await database.rows("CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing");
  await database.rows(`CREATE FOREIGN TABLE ${table} (id INTEGER) SERVER nowhere`);
  await database.rows(
    `ALTER FOREIGN TABLE ${table} OWNER TO ${escapeIdentifier(settings.roles.infrastructure)}`,
  );
}
