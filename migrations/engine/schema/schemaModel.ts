/**
 * What the migration files have made of the schema up to a point: relations, their columns, constraints, partitions.
 * Does NOT ask a database: what came to be by other means is absent, and who asks must assume the worst of it.
 */
import { nameKey, nameOfKey, type ObjectName, type ObjectRef } from "../sql/objectName";
import type { BlockOperations, QueryUse, RowEvent } from "../statements/operation";
import type { Column, Constraint, DefaultKind, TypeRef } from "../statements/tableOperation";
import { Layer } from "./layer";

/** Where a file says something. */
export interface SourceLine {
  /** The migration's number. */
  readonly number: number;
  readonly line: number;
}

/** Stays the same through renames. */
export type RelationId = string;

export interface ConstraintModel extends Constraint {
  /** The name PostgreSQL chooses where the SQL gives none. */
  readonly name: string;
  /** The table that a foreign key points at, when the files made it. */
  readonly target: RelationId | null;
}

/** A user trigger; `function` is dotted. */
interface TriggerModel {
  readonly name: string;
  readonly function: string;
  readonly events: readonly RowEvent[];
  /** INSTEAD OF, on a view. */
  readonly instead: boolean;
  /** It has WHEN or UPDATE OF. */
  readonly filtered: boolean;
  /** What WHEN calls, as of a query. */
  readonly calls: readonly string[];
}

/** A rewrite rule or a row security policy: a query that runs whenever rows are used. */
interface ArmedQuery {
  readonly kind: "rule" | "policy";
  readonly name: string;
  readonly events: readonly RowEvent[];
  readonly instead: boolean;
  readonly query: QueryUse;
}

interface IndexModel {
  /** What it depends on. */
  readonly columns: readonly string[];
  /** It has an expression or a WHERE. */
  readonly computed: boolean;
  /** No two rows have the same keys. */
  readonly unique: boolean;
  /** What those call, as of a query. */
  readonly calls: readonly string[];
}

/** A table, view, index or sequence. Lists of what a kind cannot have are empty. */
export interface RelationModel {
  readonly id: RelationId;
  readonly ref: ObjectRef;
  /** Where it was made. */
  readonly made: SourceLine;
  /** False: by IF NOT EXISTS or inside DO, so that it may have been there before. */
  readonly surelyMade: boolean;
  /** Renames and moves to other schemas, oldest first. */
  readonly renames: readonly { readonly place: SourceLine; readonly from: ObjectName }[];
  readonly comment: { readonly place: SourceLine; readonly text: string } | null;
  readonly temporary: boolean;
  /** Of a typed table. */
  readonly ofType: ObjectName | null;
  readonly columns: ReadonlyMap<string, Column>;
  /** False: LIKE, INHERITS, AS … brought columns that are not listed. */
  readonly columnsKnown: boolean;
  readonly constraints: readonly ConstraintModel[];
  /** Columns it is partitioned by ("" for an expression), or null. */
  readonly partitionKey: readonly string[] | null;
  readonly isDefaultPartition: boolean;
  /** Of partitions and of inheritance; of an index: those of the same index on partitions. */
  readonly parents: readonly RelationId[];
  readonly children: readonly RelationId[];
  readonly indexes: readonly RelationId[];
  /** Tables with a foreign key to this one. */
  readonly referencedBy: readonly RelationId[];
  readonly triggers: readonly TriggerModel[];
  readonly armed: readonly ArmedQuery[];
  /** FORCE ROW LEVEL SECURITY: its policies hold for its owner as well. */
  readonly forcesPolicies: boolean;
  /** Of a view: what it reads. */
  readonly reads: readonly RelationId[];
  /** Of a view: the one relation that a write through it reaches. */
  readonly base: RelationId | null;
  /** What the query of a view, or the key of a partitioned table calls, as of a query. */
  readonly calls: readonly string[];
  /** Views that read it. */
  readonly readBy: readonly RelationId[];
  /** Of an index or an owned sequence: its table. */
  readonly table: RelationId | null;
  /** Of an owned sequence: its column. */
  readonly column: string | null;
  /** Sequences that belong to columns of it. */
  readonly sequences: readonly RelationId[];
  readonly index: IndexModel | null;
}

export interface TypeModel {
  readonly ref: ObjectRef;
  readonly made: SourceLine;
  readonly form: "enum" | "composite" | "domain" | "range" | "base";
  readonly values: readonly string[];
  /** A domain with NOT NULL or CHECK. */
  readonly constrained: boolean;
  /** Of a domain. */
  readonly base: TypeRef | null;
  readonly default: DefaultKind;
  /** What its default and checks call, as of a query. */
  readonly calls: readonly string[];
}

/** An object without rows: function, statistics, publication. */
export interface OtherModel {
  readonly made: SourceLine;
  /** Of statistics. */
  readonly table: RelationId | null;
  /** What the expressions of statistics call, as of a query. */
  readonly calls: readonly string[];
}

/** The parts of a state, for who changes it (see schemaBuilder). */
export interface ModelParts {
  readonly relations: Layer<RelationModel>;
  /** Key of a name (see nameKey) to the relation's id. */
  readonly names: Layer<RelationId>;
  readonly types: Layer<TypeModel>;
  /** Functions and the rest, by kind and key. */
  readonly others: Layer<OtherModel>;
  /** Key of a function's name without arguments to its bodies by signature. Operators too, as `operator ===`. */
  readonly routines: Layer<ReadonlyMap<string, BlockOperations>>;
  /** Bare name of a function or operator to the schemas where files make one. */
  readonly routineHomes: Layer<readonly (string | null)[]>;
}

const emptyParts = (): ModelParts => ({
  relations: new Layer(),
  names: new Layer(),
  types: new Layer(),
  others: new Layer(),
  routines: new Layer(),
  routineHomes: new Layer(),
});

/** The schema at one point of the files, to be read only. */
export class SchemaModel {
  /** Of SET search_path in the same file; null where nothing was said. */
  protected searchPath: readonly string[] | null = null;

  /** @param parts  For SchemaBuilder alone; others ask the methods. */
  constructor(readonly parts: ModelParts = emptyParts()) {}

  /** The name with the schema that the search path gives it, as far as the files tell. */
  qualify(name: ObjectName): ObjectName {
    if (name.schema !== null || this.searchPath === null) return name;
    for (const schema of this.searchPath) {
      const candidate = { schema, name: name.name };
      if (this.parts.names.get(nameKey(candidate)) !== undefined) return candidate;
    }
    return name;
  }

  /** The table, view, index or sequence of that name, or null when the files did not make it. */
  relation(name: ObjectName): RelationModel | null {
    const id = this.parts.names.get(nameKey(this.qualify(name)));
    return id === undefined ? null : this.byId(id);
  }

  byId(id: RelationId): RelationModel | null {
    return this.parts.relations.get(id) ?? null;
  }

  all(ids: readonly RelationId[]): readonly RelationModel[] {
    return ids.flatMap((id) => this.byId(id) ?? []);
  }

  /** Every relation. */
  relations(): readonly RelationModel[] {
    return this.parts.relations.values();
  }

  /** The relation and all below it: partitions and what inherits. */
  family(relation: RelationModel): readonly RelationModel[] {
    const found = new Map<RelationId, RelationModel>();
    const open: RelationModel[] = [relation];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (found.has(next.id)) continue;
      found.set(next.id, next);
      open.push(...this.all(next.children));
    }
    return [...found.values()];
  }

  type(name: ObjectName): TypeModel | null {
    return this.parts.types.get(nameKey(name)) ?? null;
  }

  /** A function or another object without rows, by kind and name as in ObjectRef. */
  other(object: ObjectRef): OtherModel | null {
    return this.parts.others.get(object.kind + nameKey(object)) ?? null;
  }

  /** Extended statistics whose expressions call something whenever their table is analyzed. */
  callingStatistics(): readonly OtherModel[] {
    return this.parts.others
      .values()
      .filter(({ table, calls }) => table !== null && calls.length > 0);
  }

  /** Bodies of all functions and procedures of that name, or null when no file makes one. */
  routines(name: ObjectName): readonly BlockOperations[] | null {
    const schemas = name.schema !== null ? [name.schema] : (this.searchPath ?? [null]);
    for (const schema of schemas) {
      const bodies = this.parts.routines.get(nameKey({ schema, name: name.name }));
      if (bodies !== undefined && bodies.size > 0) return [...bodies.values()];
    }
    return null;
  }

  /** The same for a bare name, wherever files make one. */
  routinesAnywhere(name: string): readonly BlockOperations[] {
    const homes = this.parts.routineHomes.get(name) ?? [];
    return homes.flatMap((schema) => this.routines({ schema, name }) ?? []);
  }

  /** Every function, procedure and operator that files make, with all bodies of its name. */
  everyRoutine(): readonly {
    readonly name: ObjectName;
    readonly bodies: readonly BlockOperations[];
  }[] {
    return this.parts.routines.entries().map(([key, bodies]) => ({
      name: nameOfKey(key),
      bodies: [...bodies.values()],
    }));
  }

  /** Every type and domain. */
  everyType(): readonly TypeModel[] {
    return this.parts.types.values();
  }

  /** True when files made it and dropped it again. */
  isGone(name: ObjectName): boolean {
    return this.parts.names.isGone(nameKey(this.qualify(name)));
  }
}

/** The table's validated constraints say that the column holds no NULL. Source: PostgreSQL, ALTER TABLE … SET NOT NULL. */
export function isProvenNotNull(table: RelationModel, column: string): boolean {
  if (table.columns.get(column)?.notNull === true) return true;
  return table.constraints.some(
    ({ type, valid, enforced, parts }) =>
      type === "check" && valid && enforced && parts.includes(`${column} IS NOT NULL`),
  );
}
