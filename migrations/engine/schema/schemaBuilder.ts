/**
 * The schema while statements change it: relations, columns, constraints and indexes, with all that follows such a change.
 * Does NOT read operations (see operationReplay).
 */
import { nameKey, type ObjectName, type ObjectRef, withoutArguments } from "../sql/objectName";
import { constraintName, firstFree, indexName } from "../statements/generatedNames";
import type { BlockOperations, QueryUse } from "../statements/operation";
import type { Column, Constraint } from "../statements/tableOperation";
import { Layer } from "./layer";
import {
  type ConstraintModel,
  type ModelParts,
  type OtherModel,
  type RelationId,
  type RelationModel,
  SchemaModel,
  type SourceLine,
  type TypeModel,
} from "./schemaModel";

type RelationChange = Partial<Omit<RelationModel, "id">>;

/** The list without an item; the same list when it is not there. */
const without = <T>(list: readonly T[], item: T): readonly T[] =>
  list.includes(item) ? list.filter((one) => one !== item) : list;
/** The list with an item, which is not there twice. */
const withItem = <T>(list: readonly T[], item: T): readonly T[] =>
  list.includes(item) ? list : [...list, item];

/** An index to be made. */
export interface NewIndex {
  readonly name: string | null;
  /** What it depends on. */
  readonly columns: readonly string[];
  /** What its name is made up from, where that differs. */
  readonly keys?: readonly string[];
  readonly computed: boolean;
  readonly unique: boolean;
  /** What its expressions call. */
  readonly calls?: readonly string[];
  readonly surely: boolean;
}

/** A model that can be changed; the model below it stays as it is. */
export class SchemaBuilder extends SchemaModel {
  private made = 0;

  /**
   * @param parts   Layers of its own, over those of the model it starts from.
   * @param prefix  Unique among builders built upon each other, so that ids of relations are.
   */
  private constructor(
    parts: ModelParts,
    private readonly prefix: string,
  ) {
    super(parts);
  }

  /**
   * A builder over a model, which stays as it is.
   *
   * @param prefix  Unique among the builders that are built upon each other: the migration's number.
   */
  static over(model: SchemaModel, prefix: string): SchemaBuilder {
    const below = model.parts;
    const parts = {
      relations: new Layer(below.relations),
      names: new Layer(below.names),
      types: new Layer(below.types),
      others: new Layer(below.others),
      routines: new Layer(below.routines),
      routineHomes: new Layer(below.routineHomes),
    };
    return new SchemaBuilder(parts, prefix);
  }

  /** Follows SET search_path; null forgets it. */
  setSearchPath(schemas: readonly string[] | null): void {
    this.searchPath = schemas;
  }

  /** The name that a new object gets: the search path's first schema is where it is made. */
  nameForNew(name: ObjectName): ObjectName {
    const [first] = (this.searchPath ?? []).filter((schema) => schema !== "$user");
    return name.schema === null && first !== undefined ? { schema: first, name: name.name } : name;
  }

  /** Makes a relation; one of the same name is forgotten. */
  add(
    kind: string,
    wanted: ObjectName,
    place: SourceLine,
    surely: boolean,
    more: RelationChange = {},
  ): RelationModel {
    const name = this.nameForNew(wanted);
    this.made += 1;
    const relation: RelationModel = {
      id: `${this.prefix}:${this.made}`,
      ref: { kind, ...name },
      made: place,
      surelyMade: surely,
      renames: [],
      comment: null,
      temporary: false,
      ofType: null,
      columns: new Map(),
      columnsKnown: true,
      constraints: [],
      partitionKey: null,
      isDefaultPartition: false,
      parents: [],
      children: [],
      indexes: [],
      referencedBy: [],
      triggers: [],
      armed: [],
      forcesPolicies: false,
      reads: [],
      readBy: [],
      base: null,
      calls: [],
      table: null,
      column: null,
      sequences: [],
      index: null,
      ...more,
    };
    this.parts.relations.set(relation.id, relation);
    this.parts.names.set(nameKey(name), relation.id);
    return relation;
  }

  /** Replaces parts of a relation. */
  change(id: RelationId, change: (relation: RelationModel) => RelationChange): void {
    const relation = this.byId(id);
    if (relation !== null) this.parts.relations.set(id, { ...relation, ...change(relation) });
  }

  rename(relation: RelationModel, to: ObjectName, place: SourceLine): void {
    const from = { schema: relation.ref.schema, name: relation.ref.name };
    this.parts.names.set(nameKey(from), null);
    this.parts.names.set(nameKey(to), relation.id);
    this.change(relation.id, ({ renames, ref }) => ({
      ref: { kind: ref.kind, ...to },
      renames: [...renames, { place, from }],
    }));
  }

  /** Drops a relation with its indexes and sequences; views on it go as well (they must, by CASCADE). */
  remove(id: RelationId): void {
    const relation = this.byId(id);
    if (relation === null) return;
    this.parts.relations.set(id, null);
    if (this.parts.names.get(nameKey(relation.ref)) === id) {
      this.parts.names.set(nameKey(relation.ref), null);
    }
    for (const parent of relation.parents) {
      this.change(parent, ({ children }) => ({ children: without(children, id) }));
    }
    for (const { target } of relation.constraints) {
      if (target === null) continue;
      this.change(target, ({ referencedBy }) => ({ referencedBy: without(referencedBy, id) }));
    }
    for (const referencing of relation.referencedBy) {
      this.change(referencing, ({ constraints }) => ({
        constraints: constraints.filter(({ target }) => target !== id),
      }));
    }
    for (const read of relation.reads) {
      this.change(read, ({ readBy }) => ({ readBy: without(readBy, id) }));
    }
    if (relation.table !== null) {
      const isIndex = relation.ref.kind === "index";
      this.change(relation.table, ({ indexes, sequences, constraints }) => ({
        indexes: without(indexes, id),
        sequences: without(sequences, id),
        constraints: isIndex
          ? constraints.filter(({ name }) => name !== relation.ref.name)
          : constraints,
      }));
    }
    const dependents = [...relation.indexes, ...relation.sequences, ...relation.readBy];
    for (const dependent of [...dependents, ...relation.children]) this.remove(dependent);
  }

  link(parent: RelationId, child: RelationId): void {
    this.change(parent, ({ children }) => ({ children: withItem(children, child) }));
    this.change(child, ({ parents }) => ({ parents: withItem(parents, parent) }));
  }

  unlink(parent: RelationId, child: RelationId): void {
    this.change(parent, ({ children }) => ({ children: without(children, child) }));
    this.change(child, ({ parents }) => ({
      parents: without(parents, parent),
      isDefaultPartition: false,
    }));
  }

  /** Says what a view reads and calls, and what a write through it reaches. */
  setQuery(view: RelationId, query: QueryUse, base: ObjectName | null): void {
    const ids = query.reads.flatMap((name) => this.relation(name)?.id ?? []);
    this.change(view, () => ({
      reads: ids,
      base: base === null ? null : (this.relation(base)?.id ?? null),
      calls: [...query.unknownFunctions, ...query.shadowable],
    }));
    for (const id of ids) this.change(id, ({ readBy }) => ({ readBy: withItem(readBy, view) }));
  }

  setType(name: ObjectName, type: TypeModel | null): void {
    this.parts.types.set(nameKey(name), type);
  }

  /** Remembers what a function does, or with null forgets it; a name without arguments stands for all of that name. */
  setRoutine({ schema, name: signature }: ObjectName, body: BlockOperations | null): void {
    const key = nameKey({ schema, name: withoutArguments(signature) });
    const bodies = new Map(signature.includes("(") ? this.parts.routines.get(key) : []);
    if (body === null) bodies.delete(signature);
    else bodies.set(signature, body);
    this.parts.routines.set(key, bodies);
    const bare = withoutArguments(signature);
    const homes = this.parts.routineHomes.get(bare) ?? [];
    if (!homes.includes(schema)) this.parts.routineHomes.set(bare, [...homes, schema]);
  }

  setOther(object: ObjectRef, model: OtherModel | null): void {
    this.parts.others.set(object.kind + nameKey(object), model);
  }

  setColumn(id: RelationId, column: Column): void {
    this.change(id, ({ columns }) => ({ columns: new Map(columns).set(column.name, column) }));
  }

  changeColumn(id: RelationId, name: string, change: Partial<Column>): void {
    const column = this.byId(id)?.columns.get(name);
    if (column !== undefined) this.setColumn(id, { ...column, ...change });
  }

  /**
   * Drops the foreign keys that point at a key of a table, as CASCADE does.
   *
   * @param points  Whether a foreign key with these columns, [] for the primary key's, is one of them.
   */
  dropReferencing(id: RelationId, points: (columns: readonly string[]) => boolean): void {
    for (const { id: other, constraints } of this.all(this.byId(id)?.referencedBy ?? [])) {
      for (const { name, target, referencedColumns } of constraints) {
        if (target === id && points(referencedColumns)) this.dropConstraint(other, name);
      }
    }
  }

  /** Removes a column with its constraints and indexes, and foreign keys that point at it. */
  dropColumn(id: RelationId, name: string): void {
    const relation = this.byId(id);
    if (relation === null) return;
    const isInKey = relation.constraints.some(
      ({ type, columns }) => type === "primary key" && columns.includes(name),
    );
    this.dropReferencing(id, (columns) =>
      columns.length === 0 ? isInKey : columns.includes(name),
    );
    const columns = new Map(relation.columns);
    columns.delete(name);
    this.change(id, () => ({ columns }));
    for (const constraint of relation.constraints) {
      if (constraint.columns.includes(name)) this.dropConstraint(id, constraint.name);
    }
    for (const index of this.all(relation.indexes)) {
      if (index.index?.columns.includes(name) === true) this.remove(index.id);
    }
    for (const sequence of this.all(relation.sequences)) {
      if (sequence.column === name) this.remove(sequence.id);
    }
  }

  /**
   * Adds a constraint to one table.
   *
   * @param above  The index of the same constraint on the partitioned table.
   * @returns      The index that comes with it, or null.
   */
  addConstraint(
    id: RelationId,
    constraint: Constraint,
    place: SourceLine,
    above: RelationId | null = null,
  ): RelationId | null {
    const relation = this.byId(id);
    if (relation === null) return null;
    const { type, columns, valid, usingIndex } = constraint;
    const isNotNull = type === "primary key" || (type === "not null" && valid);
    const target = constraint.references === null ? null : this.relation(constraint.references);
    const name = constraint.name ?? this.chooseName(relation, constraint);
    const primary = target?.constraints.find((one) => one.type === "primary key");
    const { referencedColumns: named } = constraint;
    const referencedColumns = named.length > 0 ? named : (primary?.columns ?? []);
    const model = { ...constraint, name, target: target?.id ?? null, referencedColumns };
    this.change(id, ({ constraints }) => ({ constraints: [...constraints, model] }));
    for (const column of isNotNull ? columns : []) this.changeColumn(id, column, { notNull: true });
    if (target !== null) {
      this.change(target.id, ({ referencedBy }) => ({ referencedBy: withItem(referencedBy, id) }));
    }
    if (usingIndex !== null) return this.takeIndex(id, usingIndex, name, place);
    if (!["primary key", "unique", "exclusion"].includes(type)) return null;
    return this.addIndex(
      id,
      { name, columns, computed: false, unique: type !== "exclusion", surely: true },
      place,
      above,
    );
  }

  /** UNIQUE USING INDEX renames the index to the constraint. */
  private takeIndex(
    id: RelationId,
    index: string,
    name: string,
    place: SourceLine,
  ): RelationId | null {
    const schema = this.byId(id)?.ref.schema ?? null;
    const found = this.relation({ schema, name: index });
    if (found !== null && name !== index) this.rename(found, { schema, name }, place);
    const keys = found?.index?.columns ?? [];
    this.changeConstraint(id, name, { columns: keys });
    const isKey = this.byId(id)?.constraints.some(
      (one) => one.name === name && one.type === "primary key",
    );
    for (const column of isKey === true ? keys : []) {
      this.changeColumn(id, column, { notNull: true });
    }
    return found?.id ?? null;
  }

  private chooseName(relation: RelationModel, constraint: Constraint): string {
    const taken = new Set(relation.constraints.map(({ name }) => name));
    return firstFree(constraintName(relation.ref.name, constraint), (name) => taken.has(name));
  }

  dropConstraint(id: RelationId, name: string): void {
    const constraint = this.byId(id)?.constraints.find((one) => one.name === name);
    if (constraint === undefined) return;
    this.change(id, ({ constraints }) => ({ constraints: without(constraints, constraint) }));
    const { target } = constraint;
    const stillThere = this.byId(id)?.constraints.some((one) => one.target === target);
    if (target !== null && stillThere !== true) {
      this.change(target, ({ referencedBy }) => ({ referencedBy: without(referencedBy, id) }));
    }
    const schema = this.byId(id)?.ref.schema ?? null;
    const index = this.relation({ schema, name });
    if (index?.table === id) this.remove(index.id);
  }

  changeConstraint(id: RelationId, name: string, change: Partial<ConstraintModel>): void {
    this.change(id, ({ constraints }) => ({
      constraints: constraints.map((one) => (one.name === name ? { ...one, ...change } : one)),
    }));
  }

  /**
   * Makes an index of a table.
   *
   * @param index  `name` null: PostgreSQL makes it up from `keys`.
   * @param above  The same index of the partitioned table.
   */
  addIndex(
    table: RelationId,
    index: NewIndex,
    place: SourceLine,
    above: RelationId | null = null,
  ): RelationId | null {
    const relation = this.byId(table);
    if (relation === null) return null;
    const { schema } = relation.ref;
    const { columns, computed, unique, surely, calls = [] } = index;
    const isTaken = (name: string): boolean => this.relation({ schema, name }) !== null;
    const name =
      index.name ?? firstFree(indexName(relation.ref.name, index.keys ?? columns), isTaken);
    const made = this.add("index", { schema, name }, place, surely, {
      table,
      index: { columns, computed, unique, calls },
    });
    this.change(table, ({ indexes }) => ({ indexes: withItem(indexes, made.id) }));
    if (above !== null) this.link(above, made.id);
    return made.id;
  }
}
