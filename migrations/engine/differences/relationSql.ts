/**
 * SQL for tables, views, sequences and composite types as wholes. Pure.
 * Does NOT write constraints, indexes and triggers (see partSql.ts), or single columns (see columnSql.ts).
 */
import { columnExtras, columnText } from "./columnSql";
import type {
  ColumnDefinition,
  CompositeDefinition,
  SequenceDefinition,
  TableDefinition,
  ViewDefinition,
} from "./definition";
import {
  commentSql,
  dropping,
  joined,
  none,
  nothing,
  optionsSql,
  sql,
  withOptions,
  type Written,
} from "./statement";

const tableComment = (from: string | null, { name, comment }: TableDefinition): Written =>
  commentSql(`TABLE ${name}`, from, comment);

function securitySql(table: TableDefinition): readonly string[] {
  const { name, rowSecurity, forcedRowSecurity } = table;
  return [
    `ALTER TABLE ${name} ${rowSecurity ? "ENABLE" : "DISABLE"} ROW LEVEL SECURITY`,
    `ALTER TABLE ${name} ${forcedRowSecurity ? "" : "NO "}FORCE ROW LEVEL SECURITY`,
  ];
}

/** A table with its columns, in their order. */
export function createTable(table: TableDefinition, columns: readonly ColumnDefinition[]): Written {
  const { name, unlogged, options, partitionBy, parents, bound, rowSecurity } = table;
  const [parent = ""] = parents;
  const body =
    bound === null
      ? ` (\n    ${columns.map(columnText).join(",\n    ")}\n)`
      : ` PARTITION OF ${parent} ${bound}`;
  const inherits =
    bound !== null || parents.length === 0 ? "" : ` INHERITS (${parents.join(", ")})`;
  const partition = partitionBy === null ? "" : ` PARTITION BY ${partitionBy}`;
  return joined(
    sql(
      `CREATE ${unlogged ? "UNLOGGED " : ""}TABLE ${name}${body}${inherits}${partition}${withOptions(options)}`,
    ),
    ...(rowSecurity ? [sql(...securitySql(table))] : []),
    tableComment(null, table),
    ...(bound === null ? columns.map(columnExtras) : []),
  );
}

export const dropTable = ({ name }: TableDefinition): Written =>
  sql(dropping(`DROP TABLE IF EXISTS ${name}`));

export function changeTable(from: TableDefinition, to: TableDefinition): Written {
  const same = (a: readonly string[], b: readonly string[]): boolean =>
    a.join("\n") === b.join("\n");
  if (from.partitionBy !== to.partitionBy) {
    return none("no statement makes a partitioned table of an ordinary one");
  }
  if (!same(from.parents, to.parents) || from.bound !== to.bound) {
    return none("what it inherits from, or is a part of, is changed by a person");
  }
  const { name } = to;
  const isSecured = (one: TableDefinition): string =>
    `${String(one.rowSecurity)} ${String(one.forcedRowSecurity)}`;
  const written = joined(
    from.unlogged === to.unlogged
      ? nothing
      : sql(`ALTER TABLE ${name} SET ${to.unlogged ? "UNLOGGED" : "LOGGED"}`),
    optionsSql(`TABLE ${name}`, from.options, to.options),
    isSecured(from) === isSecured(to) ? nothing : sql(...securitySql(to)),
    tableComment(from.comment, to),
  );
  const isEmpty = written.kind === "sql" && written.statements.length === 0;
  return isEmpty
    ? none("replica identity, access method and the type of a table are set by a person")
    : written;
}

const viewWord = ({ kind }: ViewDefinition): string => kind.toUpperCase();

export function createView(view: ViewDefinition, columns: readonly ColumnDefinition[]): Written {
  const { name, query, options, comment } = view;
  const text = query.trim().replace(/;$/, "");
  return joined(
    sql(`CREATE ${viewWord(view)} ${name}${withOptions(options)} AS\n${text}`),
    commentSql(`${viewWord(view)} ${name}`, null, comment),
    ...columns.map((column) =>
      commentSql(`COLUMN ${column.relation}.${column.name}`, null, column.comment),
    ),
  );
}

export const dropView = (view: ViewDefinition): Written =>
  sql(dropping(`DROP ${viewWord(view)} IF EXISTS ${view.name}`));

/** Options and comment. */
export const changeView = (from: ViewDefinition, to: ViewDefinition): Written =>
  joined(
    optionsSql(`${viewWord(to)} ${to.name}`, from.options, to.options),
    commentSql(`${viewWord(to)} ${to.name}`, from.comment, to.comment),
  );

/** The query. A view that keeps its first columns is replaced; any other one is made anew. */
export function changeQuery(
  view: ViewDefinition,
  before: readonly ColumnDefinition[],
  after: readonly ColumnDefinition[],
): Written {
  const keeps = before.every((column, at) => {
    const now = after[at];
    return now?.name === column.name && now.type === column.type;
  });
  const text = view.query.trim().replace(/;$/, "");
  if (view.kind === "view" && keeps) {
    return sql(`CREATE OR REPLACE VIEW ${view.name}${withOptions(view.options)} AS\n${text}`);
  }
  return joined(dropView(view), createView(view, after));
}

export function createSequence(sequence: SequenceDefinition): Written {
  const { name, numbers, ownedBy, isIdentity, comment } = sequence;
  if (isIdentity) return nothing;
  return joined(
    sql(
      `CREATE SEQUENCE ${name} ${numbers}`,
      ...(ownedBy === null ? [] : [`ALTER SEQUENCE ${name} OWNED BY ${ownedBy}`]),
    ),
    commentSql(`SEQUENCE ${name}`, null, comment),
  );
}

export const dropSequence = ({ name, isIdentity }: SequenceDefinition): Written =>
  isIdentity ? nothing : sql(dropping(`DROP SEQUENCE IF EXISTS ${name}`));

export function changeSequence(from: SequenceDefinition, to: SequenceDefinition): Written {
  if (from.isIdentity !== to.isIdentity) return nothing;
  return joined(
    from.numbers === to.numbers ? nothing : sql(`ALTER SEQUENCE ${to.name} ${to.numbers}`),
    from.ownedBy === to.ownedBy
      ? nothing
      : sql(`ALTER SEQUENCE ${to.name} OWNED BY ${to.ownedBy ?? "NONE"}`),
    commentSql(`SEQUENCE ${to.name}`, from.comment, to.comment),
  );
}

export const createComposite = (
  { name, comment }: CompositeDefinition,
  columns: readonly ColumnDefinition[],
): Written =>
  joined(
    sql(`CREATE TYPE ${name} AS (${columns.map(columnText).join(", ")})`),
    commentSql(`TYPE ${name}`, null, comment),
  );
