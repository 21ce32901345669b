/**
 * What one segment announces: what its text, as the gate has read it, says it does to objects that may have been there,
 * and what the header adds to that.
 * Pure. Does NOT measure or judge (see compare.ts).
 */
import { exceptedNames, namesIn } from "../files/exceptedNames";
import type { MigrationFile } from "../files/file";
import type { Segment } from "../files/segments";
import { withCalls } from "../gate/input/calledOperations";
import type { PlacedOperation } from "../gate/input/placedOperation";
import { operationsOfSegments, temporaryTables } from "../gate/input/subject";
import { takenBeyond } from "../gate/input/takenBeyond";
import { impactsOf, rollbackImpactsOf } from "../impact/classify";
import type { StatementImpact } from "../impact/impact";
import type { SchemaModel } from "../schema/schemaModel";
import { modelAfter } from "../schema/schemaReplay";
import type { ObjectName, ObjectRef } from "../sql/objectName";
import type { Operation } from "../statements/operation";
import type { Statement } from "../statements/statements";
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

/** By statement: tables of which it says that they are written anew and keep their rows. */
type Rewrites = ReadonlyMap<Statement, readonly ObjectRef[]>;

/** A file's claims, segment by segment. */
export interface FileClaims {
  readonly of: (segment: Segment) => Claims;
  readonly rewrites: Rewrites;
}

const bare = (name: string): string => name.replace(/\(.*$/s, "");
const routineKinds = /^(function|procedure|routine|aggregate)$/;
const typeKinds = /^(type|domain)$/;

/** Gathers what operations announce. */
class Gathering {
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
    this.operation(operation);
  }

  private take(set: NameSet, name: ObjectName): void {
    if (!this.isBeyond) this.put(set, name);
  }

  private isTemporary({ schema, name }: ObjectName): boolean {
    return schema === "pg_temp" || (schema === null && this.temporary.has(name));
  }

  private put(set: NameSet, name: ObjectName): void {
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

  private drop(kind: string, object: ObjectName): void {
    const own = { schema: object.schema, name: bare(object.name) };
    if (kind === "schema") this.dropsSchemas.add(object.name);
    else if (routineKinds.test(kind)) this.routines.add(own);
    else if (typeKinds.test(kind)) this.types.add(own);
    else this.put(this.drops, object);
    this.dropsParts = true;
  }

  private operation(operation: Operation): void {
    switch (operation.kind) {
      case "query":
        for (const write of operation.query.writes) {
          const { verb, table, updatesOnConflict } = write;
          if (verb === "insert" || verb === "merge") this.put(this.inserts, table);
          if (verb === "update" || updatesOnConflict) this.take(this.updates, table);
          if (verb === "delete" || (verb === "merge" && updatesOnConflict)) {
            this.take(this.deletes, table);
          }
        }
        return;
      case "copy":
        if (operation.from) this.put(this.inserts, operation.table);
        return;
      case "truncate":
        for (const { name } of operation.tables) this.take(this.empties, name);
        return;
      case "refresh":
        this.put(this.rewrites, operation.view);
        this.put(this.inserts, operation.view);
        this.put(this.updates, operation.view);
        this.put(this.deletes, operation.view);
        return;
      case "drop":
        for (const object of operation.objects) this.drop(object.kind, object);
        return;
      case "rename": {
        const { object, part, to } = operation;
        const own = { schema: object.schema, name: bare(object.name) };
        if (part === null) this.renames.push([own, { schema: object.schema, name: to }]);
        this.other(object.kind, own);
        this.altered.add(own);
        return;
      }
      case "set schema": {
        const own = { schema: operation.object.schema, name: bare(operation.object.name) };
        this.renames.push([own, { schema: operation.schema, name: own.name }]);
        this.other(operation.object.kind, own);
        return;
      }
      case "set owner":
        this.other(operation.object.kind, {
          schema: operation.object.schema,
          name: bare(operation.object.name),
        });
        return;
      case "create function":
        this.routines.add({
          schema: operation.function.schema,
          name: bare(operation.function.name),
        });
        return;
      case "create":
        this.other(operation.object.kind, {
          schema: operation.object.schema,
          name: bare(operation.object.name),
        });
        return;
      case "create view":
        this.views.add(operation.view);
        return;
      case "create on table":
        this.parts.push({ ...operation.table, part: operation.name });
        return;
      case "alter policy":
        this.parts.push({ ...operation.table, part: operation.name });
        return;
      case "alter table":
        this.alterTable(operation);
        return;
      case "alter sequence":
        this.put(this.rewrites, operation.sequence);
        return;
      case "unknown":
        this.isOpaque = true;
        return;
      default:
        return;
    }
  }

  private other(kind: string, name: ObjectName): void {
    if (routineKinds.test(kind)) this.routines.add(name);
    if (typeKinds.test(kind)) this.types.add(name);
  }

  private alterTable({ table, command }: Extract<Operation, { kind: "alter table" }>): void {
    this.altered.add(table);
    this.dropsParts = true;
    if (command.kind === "drop column") {
      this.columnsDropped.push({ ...table, column: command.column });
    }
    if (command.kind === "alter type") {
      this.columnsRetyped.push({ ...table, column: command.column });
    }
  }
}

function gather(
  acts: readonly PlacedOperation[],
  impacts: readonly StatementImpact[],
  temporary: ReadonlySet<string>,
  file: MigrationFile,
  beyond: ReadonlySet<Statement>,
): Claims {
  const found = new Gathering(temporary);
  for (const impact of impacts) found.impact(impact);
  for (const { operation, statement } of acts)
    if (statement.ledger === null) found.read(operation, beyond.has(statement));
  const affected = new NameSet(file.header.impact.tablesAffected.flatMap(namesIn));
  for (const name of file.header.impact.tablesAffected.flatMap(namesIn)) found.touched.add(name);
  return { ...members(found), affected, excepted: new NameSet(exceptedNames(file)) };
}

const members = ({
  inserts,
  updates,
  deletes,
  empties,
  rewrites,
  drops,
  dropsSchemas,
  columnsDropped,
  columnsRetyped,
  routines,
  types,
  parts,
  altered,
  views,
  dropsParts,
  touched,
  renames,
  isOpaque,
}: Gathering): Omit<Claims, "affected" | "excepted"> => ({
  ...{ inserts, updates, deletes, empties, rewrites, drops, dropsSchemas, columnsDropped },
  ...{ columnsRetyped, routines, types, parts, altered, views, dropsParts, touched, renames },
  isOpaque,
});

/** The rule whose exception lets a rollback take more than its migration brings. */
const beyondRule = "rollback-takes-more";

/** Statements of the rollback that take rows, which the migration has not brought and no exception names. */
function takingBeyond(file: MigrationFile, before: SchemaModel): ReadonlySet<Statement> {
  if (file.header.exceptions.some(({ rule }) => rule === beyondRule)) return new Set();
  const losses = takenBeyond({
    before,
    placedOperations: withCalls(operationsOfSegments(file.segments), before),
    rollbackOperations: withCalls(
      operationsOfSegments(file.rollback?.segments ?? []),
      modelAfter(before, file),
    ),
    impacts: impactsOf(file, before),
    rollbackImpacts: rollbackImpactsOf(file, before),
  });
  return new Set(losses.map(({ placed }) => placed.statement));
}

/**
 * The claims of a migration's file or its rollback's. What a rollback takes beyond its migration is none of them.
 *
 * @param model  What the files before the migration make.
 */
export function claimsOf(
  file: MigrationFile,
  direction: "forward" | "rollback",
  model: SchemaModel,
): FileClaims {
  const isRollback = direction === "rollback";
  const segments = isRollback ? (file.rollback?.segments ?? []) : file.segments;
  const before = isRollback ? modelAfter(model, file) : model;
  const acts = withCalls(operationsOfSegments(segments), before);
  const impacts = isRollback ? rollbackImpactsOf(file, model) : impactsOf(file, model);
  const beyond = isRollback ? takingBeyond(file, model) : new Set<Statement>();
  const temporary = temporaryTables(acts);
  const impactOf = new Map(impacts.map((impact) => [impact.statement, impact]));
  const rewrites = new Map(
    impacts
      .filter(({ rewrites }) => rewrites.length > 0)
      .map(({ statement, rewrites }) => [statement, rewrites] as const),
  );
  return {
    rewrites,
    of: (segment) =>
      gather(
        acts.filter((act) => act.segment === segment),
        segment.statements.flatMap((statement) => impactOf.get(statement) ?? []),
        temporary,
        file,
        beyond,
      ),
  };
}
