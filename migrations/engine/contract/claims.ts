/**
 * What one segment announces: what its text, as the gate has read it, says it does to objects that may have been there,
 * and what the header adds to that.
 * Pure. Does NOT measure or judge (see compare.ts).
 */
import type { MigrationFile } from "../files/file";
import type { Segment } from "../files/segments";
import type { Act } from "../gate/input/act";
import { withCalls } from "../gate/input/calledActs";
import { actsOfSegments, temporaryTables } from "../gate/input/subject";
import { effectsOf, rollbackEffectsOf } from "../impact/classify";
import type { StatementEffect } from "../impact/effect";
import { modelAfter } from "../schema/schemaFold";
import type { SchemaModel } from "../schema/schemaModel";
import type { ObjectName, ObjectRef } from "../sql/objectName";
import type { Action } from "../statements/action";
import type { Statement } from "../statements/statements";
import { NameSet } from "./nameSet";

/** The rule of the gate whose exceptions also speak for what is measured. */
export const contractRule = "unannounced-effect";

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
export type Rewrites = ReadonlyMap<Statement, readonly ObjectRef[]>;

/** A file's claims, segment by segment. */
export interface FileClaims {
  readonly of: (segment: Segment) => Claims;
  readonly rewrites: Rewrites;
}

/** `dagapp.jobs` or `"My schema".t` in a text. */
const nameInText =
  /(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)\.(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)/gu;

const unquoted = (part: string): string =>
  part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.toLowerCase();

/** The names with a schema that a text holds. */
export function namesIn(text: string): readonly ObjectName[] {
  return [...text.matchAll(nameInText)].map(([whole]) => {
    const parts = whole.match(/"(?:[^"]|"")+"|[^.]+/gu) ?? [];
    return { schema: unquoted(parts[0] ?? ""), name: unquoted(parts[1] ?? "") };
  });
}

/** What the header of a file excepts from the contract: only what a reason names, with its schema. */
export const exceptedBy = ({ header }: Pick<MigrationFile, "header">): NameSet =>
  new NameSet(
    header.exceptions
      .filter(({ rule }) => rule === contractRule)
      .flatMap(({ reason }) => namesIn(reason)),
  );

const bare = (name: string): string => name.replace(/\(.*$/s, "");
const routineKinds = /^(function|procedure|routine|aggregate)$/;
const typeKinds = /^(type|domain)$/;

/** Gathers what actions announce. */
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

  private isTemporary({ schema, name }: ObjectName): boolean {
    return schema === "pg_temp" || (schema === null && this.temporary.has(name));
  }

  private put(set: NameSet, name: ObjectName): void {
    if (this.isTemporary(name)) return;
    set.add(name);
    this.touched.add(name);
  }

  effect({ rewrites, locks, drops, unknown }: StatementEffect): void {
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

  action(action: Action): void {
    switch (action.kind) {
      case "query":
        for (const write of action.query.writes) {
          const { verb, table, updatesOnConflict } = write;
          if (verb === "insert" || verb === "merge") this.put(this.inserts, table);
          if (verb === "update" || updatesOnConflict) this.put(this.updates, table);
          if (verb === "delete" || (verb === "merge" && updatesOnConflict)) {
            this.put(this.deletes, table);
          }
        }
        return;
      case "copy":
        if (action.from) this.put(this.inserts, action.table);
        return;
      case "truncate":
        for (const { name } of action.tables) this.put(this.empties, name);
        return;
      case "refresh":
        this.put(this.rewrites, action.view);
        this.put(this.inserts, action.view);
        this.put(this.updates, action.view);
        this.put(this.deletes, action.view);
        return;
      case "drop":
        for (const object of action.objects) this.drop(object.kind, object);
        return;
      case "rename": {
        const { object, part, to } = action;
        const own = { schema: object.schema, name: bare(object.name) };
        if (part === null) this.renames.push([own, { schema: object.schema, name: to }]);
        this.other(object.kind, own);
        this.altered.add(own);
        return;
      }
      case "set schema": {
        const own = { schema: action.object.schema, name: bare(action.object.name) };
        this.renames.push([own, { schema: action.schema, name: own.name }]);
        this.other(action.object.kind, own);
        return;
      }
      case "set owner":
        this.other(action.object.kind, {
          schema: action.object.schema,
          name: bare(action.object.name),
        });
        return;
      case "create function":
        this.routines.add({ schema: action.function.schema, name: bare(action.function.name) });
        return;
      case "create":
        this.other(action.object.kind, {
          schema: action.object.schema,
          name: bare(action.object.name),
        });
        return;
      case "create view":
        this.views.add(action.view);
        return;
      case "create on table":
        this.parts.push({ ...action.table, part: action.name });
        return;
      case "alter policy":
        this.parts.push({ ...action.table, part: action.name });
        return;
      case "alter table":
        this.alterTable(action);
        return;
      case "alter sequence":
        this.put(this.rewrites, action.sequence);
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

  private alterTable({ table, command }: Extract<Action, { kind: "alter table" }>): void {
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
  acts: readonly Act[],
  effects: readonly StatementEffect[],
  temporary: ReadonlySet<string>,
  file: MigrationFile,
): Claims {
  const found = new Gathering(temporary);
  for (const effect of effects) found.effect(effect);
  for (const { action, statement } of acts) if (statement.ledger === null) found.action(action);
  const affected = new NameSet(file.header.impact.tablesAffected.flatMap(namesIn));
  for (const name of file.header.impact.tablesAffected.flatMap(namesIn)) found.touched.add(name);
  return { ...members(found), affected, excepted: exceptedBy(file) };
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

/**
 * The claims of a migration's file or its rollback's.
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
  const acts = withCalls(actsOfSegments(segments), before);
  const effects = isRollback ? rollbackEffectsOf(file, model) : effectsOf(file, model);
  const temporary = temporaryTables(acts);
  const effectOf = new Map(effects.map((effect) => [effect.statement, effect]));
  const rewrites = new Map(
    effects
      .filter(({ rewrites }) => rewrites.length > 0)
      .map(({ statement, rewrites }) => [statement, rewrites] as const),
  );
  return {
    rewrites,
    of: (segment) =>
      gather(
        acts.filter((act) => act.segment === segment),
        segment.statements.flatMap((statement) => effectOf.get(statement) ?? []),
        temporary,
        file,
      ),
  };
}
