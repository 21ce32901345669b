/**
 * SQL for columns of tables: added, dropped, changed. Pure.
 * Does NOT write those of views, which come with their query, or move a column to another place, which no SQL can.
 */
import type { ColumnDefinition } from "./definition";
import { commentSql, dropping, joined, none, nothing, sql, type Written } from "./statement";

const isOwn = ({ of }: ColumnDefinition): boolean => of === "TABLE" || of === "TYPE";

const comment = (from: ColumnDefinition | null, to: ColumnDefinition): Written =>
  commentSql(`COLUMN ${to.relation}.${to.name}`, from?.comment ?? null, to.comment);

/** As it stands in CREATE TABLE and behind ADD COLUMN. */
export function columnText(column: ColumnDefinition): string {
  const { name, type, collation, identity, generated, notNull } = column;
  return [
    `${name} ${type}`,
    ...(collation === null ? [] : [`COLLATE ${collation}`]),
    ...(identity === null ? [] : [`GENERATED ${identity} AS IDENTITY`]),
    ...(generated === null ? [] : [`GENERATED ALWAYS AS (${column.default ?? ""}) ${generated}`]),
    ...(generated === null && column.default !== null ? [`DEFAULT ${column.default}`] : []),
    ...(notNull && identity === null ? ["NOT NULL"] : []),
  ].join(" ");
}

/** What CREATE TABLE does not say of a column: comment, storage, statistics. */
export function columnExtras(column: ColumnDefinition): Written {
  const plain = { ...column, storage: null, compression: null, statistics: null, comment: null };
  return joined(tuning(plain, column), comment(null, column));
}

export function addColumn(column: ColumnDefinition): Written {
  if (!isOwn(column)) return nothing;
  const word = column.of === "TYPE" ? "ATTRIBUTE" : "COLUMN";
  return joined(
    sql(`ALTER ${column.of} ${column.relation} ADD ${word} ${columnText(column)}`),
    columnExtras(column),
  );
}

export function dropColumn(column: ColumnDefinition): Written {
  if (!isOwn(column)) return nothing;
  const word = column.of === "TYPE" ? "ATTRIBUTE" : "COLUMN";
  return sql(
    dropping(`ALTER ${column.of} ${column.relation} DROP ${word} IF EXISTS ${column.name}`),
  );
}

/** `ALTER TABLE t ALTER COLUMN c …` for each part that differs. */
export function changeColumn(from: ColumnDefinition, to: ColumnDefinition): Written {
  if (!isOwn(to)) return comment(from, to);
  if (to.of === "TYPE") return none("an attribute of a composite type is changed by a person");
  if (from.generated !== to.generated || (to.generated !== null && from.default !== to.default)) {
    return none("how a generated column is made is changed by dropping and adding it");
  }
  const alter = (text: string): string =>
    `ALTER TABLE ${to.relation} ALTER COLUMN ${to.name} ${text}`;
  const isRetyped = from.type !== to.type || from.collation !== to.collation;
  const hasDefault = from.default !== null && from.generated === null;
  // A default may not fit the new type, and is then in the way of it.
  const isReset = isRetyped && hasDefault;
  const collate = to.collation === null ? "" : ` COLLATE ${to.collation}`;
  const defaultNow = isReset ? null : from.default;
  return joined(
    sql(
      ...(isReset ? [alter("DROP DEFAULT")] : []),
      ...(isRetyped ? [alter(`TYPE ${to.type}${collate} USING ${to.name}::${to.type}`)] : []),
      ...(from.identity !== null && to.identity === null ? [alter("DROP IDENTITY IF EXISTS")] : []),
      ...(to.generated === null && defaultNow !== to.default
        ? [alter(to.default === null ? "DROP DEFAULT" : `SET DEFAULT ${to.default}`)]
        : []),
      ...(from.notNull === to.notNull ? [] : [alter(`${to.notNull ? "SET" : "DROP"} NOT NULL`)]),
      ...(from.identity === null && to.identity !== null
        ? [alter(`ADD GENERATED ${to.identity} AS IDENTITY`)]
        : []),
      ...(from.identity !== null && to.identity !== null && from.identity !== to.identity
        ? [alter(`SET GENERATED ${to.identity}`)]
        : []),
    ),
    tuning(from, to),
    comment(from, to),
  );
}

function tuning(from: ColumnDefinition, to: ColumnDefinition): Written {
  const alter = (text: string): string =>
    `ALTER TABLE ${to.relation} ALTER COLUMN ${to.name} ${text}`;
  return sql(
    ...(from.storage === to.storage ? [] : [alter(`SET STORAGE ${to.storage ?? "DEFAULT"}`)]),
    ...(from.compression === to.compression
      ? []
      : [alter(`SET COMPRESSION ${to.compression ?? "DEFAULT"}`)]),
    ...(from.statistics === to.statistics
      ? []
      : [alter(`SET STATISTICS ${String(to.statistics ?? -1)}`)]),
  );
}
