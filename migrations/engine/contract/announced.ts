/**
 * What operations announce, by kind: whose rows come, change or go, what is dropped, altered or replaced.
 * Does NOT know files and segments (see claims.ts), or what was measured (see compare.ts).
 */
import type { StatementImpact } from "../impact/impact";
import { type ObjectName, withoutArguments } from "../sql/objectName";
import { answerOf } from "../statements/answerOf";
import type { Operation, OperationOf } from "../statements/operation";
import {
  columnCommands,
  type CommandOf,
  forAll,
  plainCommands,
  type TableCommand,
} from "../statements/tableOperation";
import { NameSet } from "./nameSet";

/** What is announced, by kind. Names are as the text has them. */
export interface Claims {
  readonly inserts: NameSet;
  readonly updates: NameSet;
  readonly deletes: NameSet;
  /** TRUNCATE. */
  readonly empties: NameSet;
  /** Written anew, all rows kept. */
  readonly rewrites: NameSet;
  readonly drops: NameSet;
  readonly dropsSchemas: ReadonlySet<string>;
  /** Columns by the name of their relation: dropped, of another type. */
  readonly columnsDropped: readonly (ObjectName & { readonly column: string })[];
  readonly columnsRetyped: readonly (ObjectName & { readonly column: string })[];
  /** Functions and types that are made, replaced, altered or dropped. */
  readonly routines: NameSet;
  readonly types: NameSet;
  /** Triggers, rules and policies that are made or altered; and views whose query is replaced. */
  readonly parts: readonly (ObjectName & { readonly part: string })[];
  /** ALTER TABLE or a rename changes triggers and rules of these. */
  readonly altered: NameSet;
  readonly views: NameSet;
  /** Something is dropped or altered that may take triggers, rules and policies with it. */
  readonly dropsParts: boolean;
  /** Everything that is locked, made, dropped, written or named in `Tables affected`. */
  readonly touched: NameSet;
  /** Named in `Tables affected`: rows may come into them. */
  readonly affected: NameSet;
  /** Named in an exception to the contract's rule. */
  readonly excepted: NameSet;
  /** Other names of relations, as the text gives them: from, to. */
  readonly renames: readonly (readonly [from: ObjectName, to: ObjectName])[];
  /** What a part of it does cannot be read. */
  readonly isOpaque: boolean;
}

const routineKinds = /^(function|procedure|routine|aggregate)$/;
const typeKinds = /^(type|domain)$/;

/** Gathers what operations announce. */
export class Gathering {
  readonly inserts = new NameSet();
  readonly updates = new NameSet();
  readonly deletes = new NameSet();
  readonly empties = new NameSet();
  readonly rewrites = new NameSet();
  readonly drops = new NameSet();
  readonly dropsSchemas = new Set<string>();
  readonly columnsDropped: (ObjectName & { column: string })[] = [];
  readonly columnsRetyped: (ObjectName & { column: string })[] = [];
  readonly routines = new NameSet();
  readonly types = new NameSet();
  readonly parts: (ObjectName & { part: string })[] = [];
  readonly altered = new NameSet();
  readonly views = new NameSet();
  dropsParts = false;
  readonly touched = new NameSet();
  readonly renames: [ObjectName, ObjectName][] = [];
  isOpaque = false;

  /** @param temporary  Names of temporary tables: what is said of them is not said of others. */
  constructor(private readonly temporary: ReadonlySet<string>) {}

  /** What a rollback takes beyond its migration: the text says so, and yet nobody has announced it. */
  private isBeyond = false;

  /** @param isBeyond  Whether the operations that follow are of such a statement. */
  read(operation: Operation, isBeyond: boolean): void {
    this.isBeyond = isBeyond;
    answerOf(announcements, operation, this);
  }

  /** Rows are taken: counts only where the migration had brought them. */
  take(set: NameSet, name: ObjectName): void {
    if (!this.isBeyond) this.put(set, name);
  }

  private isTemporary({ schema, name }: ObjectName): boolean {
    return schema === "pg_temp" || (schema === null && this.temporary.has(name));
  }

  /** Rows of it are written, or it is gone: named, and so touched. */
  put(set: NameSet, name: ObjectName): void {
    if (this.isTemporary(name)) return;
    set.add(name);
    this.touched.add(name);
  }

  impact({ rewrites, locks, drops, unknown }: StatementImpact): void {
    for (const name of rewrites) this.put(this.rewrites, name);
    for (const { object } of locks) if (!this.isTemporary(object)) this.touched.add(object);
    for (const object of drops) this.drop(object.kind, object);
    if (unknown !== null) this.isOpaque = true;
  }

  drop(kind: string, object: ObjectName): void {
    const own = { schema: object.schema, name: withoutArguments(object.name) };
    if (kind === "schema") this.dropsSchemas.add(object.name);
    else if (routineKinds.test(kind)) this.routines.add(own);
    else if (typeKinds.test(kind)) this.types.add(own);
    else this.put(this.drops, object);
    this.dropsParts = true;
  }

  /** A function or type is made, altered or called otherwise; of other kinds nothing is kept here. */
  other(kind: string, name: ObjectName): void {
    if (routineKinds.test(kind)) this.routines.add(name);
    if (typeKinds.test(kind)) this.types.add(name);
  }

  /** What was gathered so far. */
  announced(): Omit<Claims, "affected" | "excepted"> {
    const { inserts, updates, deletes, empties, rewrites, drops, dropsSchemas } = this;
    const { columnsDropped, columnsRetyped, routines, types, parts, altered, views } = this;
    const { dropsParts, touched, renames, isOpaque } = this;
    return {
      ...{ inserts, updates, deletes, empties, rewrites, drops, dropsSchemas, columnsDropped },
      ...{ columnsRetyped, routines, types, parts, altered, views, dropsParts, touched, renames },
      isOpaque,
    };
  }
}

type Announcement<K extends Operation["kind"]> = (
  found: Gathering,
  operation: OperationOf<K>,
) => void;

type CommandAnnouncements = {
  readonly [K in TableCommand["kind"]]: (
    found: Gathering,
    table: ObjectName,
    command: CommandOf<K>,
  ) => void;
};

/** It announces nothing beside what its impact says: locks, rewrites, what it makes. */
const none = (): void => undefined;

/** An object without the arguments of a function. */
const own = ({ schema, name }: ObjectName): ObjectName => ({
  schema,
  name: withoutArguments(name),
});

const commandAnnouncements: CommandAnnouncements = {
  ...forAll(columnCommands, none),
  ...forAll(plainCommands, none),
  "drop column": (found, table, { column }) => {
    found.columnsDropped.push({ ...table, column });
  },
  "alter type": (found, table, { column }) => {
    found.columnsRetyped.push({ ...table, column });
  },
  "add column": none,
  "set default": none,
  "add constraint": none,
  "drop constraint": none,
  "validate constraint": none,
  "alter constraint": none,
  "attach partition": none,
  "detach partition": none,
  inherit: none,
  "no inherit": none,
  "of type": none,
  "set options": none,
  "reset options": none,
  "unknown command": none,
};

const announcements: { readonly [K in Operation["kind"]]: Announcement<K> } = {
  query: (found, { query }) => {
    for (const { verb, table, updatesOnConflict } of query.writes) {
      if (verb === "insert" || verb === "merge") found.put(found.inserts, table);
      if (verb === "update" || updatesOnConflict) found.take(found.updates, table);
      if (verb === "delete" || (verb === "merge" && updatesOnConflict)) {
        found.take(found.deletes, table);
      }
    }
  },
  copy: (found, { from, table }) => {
    if (from) found.put(found.inserts, table);
  },
  truncate: (found, { tables }) => {
    for (const { name } of tables) found.take(found.empties, name);
  },
  refresh: (found, { view }) => {
    for (const set of [found.rewrites, found.inserts, found.updates, found.deletes]) {
      found.put(set, view);
    }
  },
  drop: (found, { objects }) => {
    for (const object of objects) found.drop(object.kind, object);
  },
  rename: (found, { object, part, to }) => {
    if (part === null) found.renames.push([own(object), { schema: object.schema, name: to }]);
    found.other(object.kind, own(object));
    found.altered.add(own(object));
  },
  "set schema": (found, { object, schema }) => {
    found.renames.push([own(object), { schema, name: withoutArguments(object.name) }]);
    found.other(object.kind, own(object));
  },
  "set owner": (found, { object }) => {
    found.other(object.kind, own(object));
  },
  "create function": (found, operation) => {
    found.routines.add(own(operation.function));
  },
  create: (found, { object }) => {
    found.other(object.kind, own(object));
  },
  "create view": (found, { view }) => {
    found.views.add(view);
  },
  "create on table": (found, { table, name }) => {
    found.parts.push({ ...table, part: name });
  },
  "alter policy": (found, { table, name }) => {
    found.parts.push({ ...table, part: name });
  },
  "alter table": (found, { table, command }) => {
    found.altered.add(table);
    found.dropsParts = true;
    answerOf(commandAnnouncements, command, found, table);
  },
  "alter sequence": (found, { sequence }) => {
    found.put(found.rewrites, sequence);
  },
  unknown: (found) => {
    found.isOpaque = true;
  },
  "create table": none,
  "create index": none,
  reindex: none,
  comment: none,
  "create type": none,
  "add enum value": none,
  "rename enum value": none,
  "alter domain": none,
  "create sequence": none,
  "create statistics": none,
  publication: none,
  vacuum: none,
  analyze: none,
  cluster: none,
  lock: none,
  call: none,
  do: none,
  "search path": none,
  privileges: none,
  session: none,
};
