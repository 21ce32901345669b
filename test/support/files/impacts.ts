/**
 * Impacts of SQL that stands in no file: earlier files as one text each, then the text that is asked about.
 * Does NOT touch the disk or a database.
 */
import type { MigrationFile } from "../../../migrations/engine/files/file";
import { buildSegments } from "../../../migrations/engine/files/segments";
import { impactsOf } from "../../../migrations/engine/impact/classify";
import type { StatementImpact } from "../../../migrations/engine/impact/impact";
import type { SchemaModel } from "../../../migrations/engine/schema/schemaModel";
import { modelBefore } from "../../../migrations/engine/schema/schemaReplay";
import type { ObjectRef } from "../../../migrations/engine/sql/objectName";
import { splitSql } from "../../../migrations/engine/statements/statements";
import { makeMigration } from "./makeMigration";

/** A migration of which only number and statements matter. The parser must be loaded. */
export function fileOf(number: number, sql: string): MigrationFile {
  const { segments } = buildSegments("x.sql", [
    { section: "migration", statements: splitSql(sql) },
  ]);
  return { ...template(), number, segments };
}

let made: MigrationFile | undefined;
const template = (): MigrationFile => (made ??= makeMigration());

/** The model after earlier files, one text each. */
export const modelOf = (...before: readonly string[]): SchemaModel =>
  modelBefore(
    before.map((sql, index) => fileOf(index + 1, sql)),
    before.length + 1,
  );

/** Impacts of `sql` as the file behind those. */
export const impactsIn = (sql: string, ...before: readonly string[]): readonly StatementImpact[] =>
  impactsOf(fileOf(before.length + 1, sql), modelOf(...before));

/** `schema.name`, or the name alone. */
export const nameOf = ({ schema, name }: ObjectRef): string =>
  schema === null ? name : `${schema}.${name}`;
