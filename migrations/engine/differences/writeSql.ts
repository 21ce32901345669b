/**
 * The SQL that makes one part of a schema as another schema has it. Pure: what both say of it in, statements out.
 * Does NOT find differences (see history/snapshot.ts), or put the statements of several in order (see order.ts).
 */
import type { SnapshotDifference } from "../history/snapshot";
import { orderOfColumns } from "../history/snapshot";
import {
  changeDomain,
  changeEnum,
  changeRoutine,
  changeStatistics,
  changeWhole,
  createDomain,
  createEnum,
  createRoutine,
  createStatistics,
  createWhole,
  dropRoutine,
  dropStatistics,
  dropType,
  dropWhole,
} from "./codeSql";
import { addColumn, changeColumn, dropColumn } from "./columnSql";
import type { ColumnDefinition, Definition, Definitions, TableDefinition } from "./definition";
import {
  addConstraint,
  changeConstraint,
  changeIndex,
  changeIndexStatistics,
  changeOnTable,
  changeToast,
  changeTrigger,
  createIndex,
  createOnTable,
  createTrigger,
  dropConstraint,
  dropIndex,
  dropOnTable,
  dropTrigger,
} from "./partSql";
import {
  changeQuery,
  changeSequence,
  changeTable,
  changeView,
  createComposite,
  createSequence,
  createTable,
  createView,
  dropSequence,
  dropTable,
  dropView,
} from "./relationSql";
import { commentSql, dropping, joined, none, nothing, sql, type Written } from "./statement";

/** The part of a snapshot that compare makes of owners: they are no part of the structure. */
export const ownerPart = "owner";

type Parts = ReadonlyMap<string, Definition>;
const noParts: Parts = new Map();

/** What both sides say of an object. */
interface Sides {
  readonly from: Parts;
  readonly to: Parts;
}

const columnsOf = (parts: Parts): readonly ColumnDefinition[] =>
  [...parts.values()].filter((one) => one.kind === "column");

type OfKind<K extends Definition["kind"]> = Extract<Definition, { kind: K }>;

/** How each kind is made, taken away and changed. */
type Writers = {
  readonly [K in Definition["kind"]]: {
    readonly create: (to: OfKind<K>, sides: Sides, isNewTable: boolean) => Written;
    readonly drop: (from: OfKind<K>) => Written;
    readonly change: (from: OfKind<K>, to: OfKind<K>, difference: SnapshotDifference) => Written;
  };
};

const noneFor = (what: string): Written => none(`SQL for ${what} is written by a person`);

const inNoSchema = (): Written =>
  none("a cast lies in no schema, and no migration may make or change one: a person does");

const ofItsOwner = (): Written =>
  none("a publication is the database's: its owner makes, changes and drops it, and no migration");

const views: Writers["view"] & Writers["materialized view"] = {
  create: (to, { to: parts }) =>
    joined(createView(to, columnsOf(parts)), ...belongings(parts, true)),
  drop: dropView,
  change: changeView,
};

const routines: Writers["function"] & Writers["procedure"] & Writers["aggregate"] = {
  create: createRoutine,
  drop: dropRoutine,
  change: changeRoutine,
};

const onTables: Writers["policy"] & Writers["rule"] = {
  create: createOnTable,
  drop: dropOnTable,
  change: changeOnTable,
};

const writers: Writers = {
  schema: {
    create: () => none("a schema is declared in the stack, and made by up"),
    drop: () => none("a schema is declared in the stack"),
    change: (from, to) => commentSql(`SCHEMA ${to.name}`, from.comment, to.comment),
  },
  table: {
    create: (to, { to: parts }) =>
      joined(createTable(to, columnsOf(parts)), ...belongings(parts, true)),
    drop: dropTable,
    change: changeTable,
  },
  view: views,
  "materialized view": views,
  sequence: { create: createSequence, drop: dropSequence, change: changeSequence },
  column: { create: addColumn, drop: dropColumn, change: changeColumn },
  constraint: {
    create: (to, _, isNewTable) => addConstraint(to, isNewTable),
    drop: dropConstraint,
    change: changeConstraint,
  },
  index: {
    create: (to, _, isNewTable) => createIndex(to, isNewTable),
    drop: dropIndex,
    change: (from, to, { before, after }) =>
      changeIndex(from, to, withoutComment(before) === withoutComment(after)),
  },
  trigger: { create: createTrigger, drop: dropTrigger, change: changeTrigger },
  policy: onTables,
  rule: onTables,
  function: routines,
  procedure: routines,
  aggregate: routines,
  enum: { create: createEnum, drop: ({ name }) => dropType(name, "TYPE"), change: changeEnum },
  "composite type": {
    create: (to, { to: parts }) => createComposite(to, columnsOf(parts)),
    drop: ({ name }) => dropType(name, "TYPE"),
    change: (from, to) => commentSql(`TYPE ${to.name}`, from.comment, to.comment),
  },
  domain: {
    create: (to, { to: parts }) => joined(createDomain(to), ...belongings(parts, true)),
    drop: ({ name }) => dropType(name, "DOMAIN"),
    change: changeDomain,
  },
  statistics: { create: createStatistics, drop: dropStatistics, change: changeStatistics },
  toast: {
    create: (to) => changeToast(null, to),
    drop: (from) => changeToast(from, null),
    change: changeToast,
  },
  "index statistics": {
    create: (to, _, isNewTable) => changeIndexStatistics(null, to, isNewTable),
    drop: (from) => changeIndexStatistics(from, null),
    change: (from, to) => changeIndexStatistics(from, to),
  },
  whole: { create: createWhole, drop: dropWhole, change: changeWhole },
  cast: {
    create: inNoSchema,
    drop: ({ name }) => sql(dropping(`DROP CAST IF EXISTS ${name}`)),
    change: (from, to) =>
      from.comment === to.comment
        ? inNoSchema()
        : commentSql(`CAST ${to.name}`, from.comment, to.comment),
  },
  publication: { create: ofItsOwner, drop: ofItsOwner, change: ofItsOwner },
  other: {
    create: ({ what }) => noneFor(what),
    drop: ({ what }) => noneFor(what),
    change: (_, { what }) => noneFor(what),
  },
};

const withoutComment = (lines: readonly string[]): string =>
  lines.filter((line) => !line.startsWith("comment ")).join("\n");

/** What comes with a whole table, view or domain: constraints before what rests on them. */
function belongings(parts: Parts, isNewTable: boolean): readonly Written[] {
  const sides = { from: noParts, to: parts };
  const of = (...kinds: readonly Definition["kind"][]): readonly Definition[] =>
    [...parts.values()].filter(({ kind }) => kinds.includes(kind));
  const isForeign = (one: Definition): boolean => one.kind === "constraint" && one.type === "f";
  const constraints = of("constraint");
  return [
    ...constraints.filter((one) => !isForeign(one)),
    ...of("index"),
    ...constraints.filter(isForeign),
    ...of("trigger", "policy", "rule", "toast", "index statistics"),
  ].map((one) => create(one, sides, isNewTable));
}

/** The map is total, and each row is of the definition's own kind. */
function create(to: Definition, sides: Sides, isNewTable: boolean): Written {
  const writer = writers[to.kind] as Writers["other"];
  return writer.create(to as OfKind<"other">, sides, isNewTable);
}

function drop(from: Definition): Written {
  const writer = writers[from.kind] as Writers["other"];
  return writer.drop(from as OfKind<"other">);
}

function change(from: Definition, to: Definition, difference: SnapshotDifference): Written {
  if (from.kind !== to.kind) return none(`it is of another kind: ${from.kind} and ${to.kind}`);
  const writer = writers[from.kind] as Writers["other"];
  return writer.change(from as OfKind<"other">, to as OfKind<"other">, difference);
}

const columnsStay =
  "PostgreSQL has none that moves a column: only a table that is made anew, with its rows copied, has another order. " +
  "Who names columns notices nothing of it, so it may stay: vouch for it by its name";

/**
 * The statements that make `from` as `to` in one difference.
 *
 * @param difference  As compareSnapshots found it between `from` and `to`.
 */
export function writeSql(
  difference: SnapshotDifference,
  from: Definitions,
  to: Definitions,
): Written {
  const { object, part, after } = difference;
  const sides = { from: from.get(object) ?? noParts, to: to.get(object) ?? noParts };
  if (part === orderOfColumns) return none(columnsStay);
  if (part === ownerPart) return changeOwner(sides.to.get("itself"), after);
  if (part === "default privileges") return none("default privileges are the stack's to declare");
  const [was, is] = [sides.from.get(part), sides.to.get(part)];
  if (was !== undefined && is !== undefined) return change(was, is, difference);
  if (is !== undefined) return create(is, sides, false);
  return was === undefined ? changeInside(sides, difference) : drop(was);
}

/** A part that is told apart, but made with its object: the query of a view, what an operator does. */
function changeInside({ from, to }: Sides, difference: SnapshotDifference): Written {
  const [was, is] = [from.get("itself"), to.get("itself")];
  if (was === undefined || is === undefined) return none("it is of a kind that is not known");
  if (is.kind !== "view" && is.kind !== "materialized view") return change(was, is, difference);
  return changeQuery(is, columnsOf(from), columnsOf(to));
}

const ownerWords: Readonly<Partial<Record<Definition["kind"], string>>> = {
  schema: "SCHEMA",
  table: "TABLE",
  view: "VIEW",
  "materialized view": "MATERIALIZED VIEW",
  sequence: "SEQUENCE",
  function: "FUNCTION",
  procedure: "PROCEDURE",
  aggregate: "AGGREGATE",
  enum: "TYPE",
  "composite type": "TYPE",
  domain: "DOMAIN",
  statistics: "STATISTICS",
};

/** `owner <name>`, as snapshots say it. */
const ownerLine = /^owner (.+)$/s;

function changeOwner(of: Definition | undefined, lines: readonly string[]): Written {
  const owner = ownerLine.exec(lines[0] ?? "")?.[1];
  const word = of === undefined ? undefined : ownerWords[of.kind];
  if (of === undefined || word === undefined || owner === undefined || !("name" in of)) {
    return noneFor("its owner");
  }
  // A sequence that belongs to a column follows its table.
  if (of.kind === "sequence" && of.ownedBy !== null) return nothing;
  return sql(`ALTER ${word} ${of.name} OWNER TO "${owner.replaceAll('"', '""')}"`);
}

/** The table that a difference is about, where it is there on both sides; null for anything else. */
export function existingTable(object: string, sides: readonly Definitions[]): string | null {
  const found = sides.map((side) => side.get(object)?.get("itself"));
  const tables = found.filter((one): one is TableDefinition => one?.kind === "table");
  return tables.length === sides.length ? (tables[0]?.name ?? null) : null;
}
