/**
 * A schema model that can be changed: what making, renaming and dropping mean for what refers to each other.
 * Does NOT read actions (see schemaFold).
 */
import type { ObjectRef } from "./effect";
import { Layer } from "./layer";
import { constraintName, indexName } from "./madeUpNames";
import {
  type ConstraintModel,
  keyOf,
  type ModelParts,
  type OtherModel,
  type Place,
  type RelationId,
  type RelationModel,
  SchemaModel,
  type TypeModel,
} from "./schemaModel";
import type { Column, Constraint, ObjectName } from "./tableAction";

type Change = Partial<Omit<RelationModel, "id">>;

const without = <T>(list: readonly T[], item: T): readonly T[] =>
  list.includes(item) ? list.filter((one) => one !== item) : list;
const withItem = <T>(list: readonly T[], item: T): readonly T[] =>
  list.includes(item) ? list : [...list, item];

/** The wanted name, or with the first number behind it that is free. */
function firstFree(wanted: string, isTaken: (name: string) => boolean): string {
  for (let number = 0; ; number += 1) {
    const name = number === 0 ? wanted : `${wanted}${number}`;
    if (!isTaken(name)) return name;
  }
}

/** An index to be made. */
export interface NewIndex {
  readonly name: string | null;
  /** What it depends on. */
  readonly columns: readonly string[];
  /** What its name is made up from, where that differs. */
  readonly keys?: readonly string[];
  readonly computed: boolean;
  readonly surely: boolean;
}

/** The schema while statements change it. */
export class SchemaDraft extends SchemaModel {
  /** Numbers the relations of this draft; the layer's place makes ids unique. */
  private made = 0;

  private constructor(
    parts: ModelParts,
    private readonly prefix: string,
  ) {
    super(parts);
  }

  /**
   * A draft over a model, which stays as it is.
   *
   * @param prefix  Unique among the drafts that are built upon each other: the migration's number.
   */
  static over(model: SchemaModel, prefix: string): SchemaDraft {
    const below = model.parts;
    const parts = {
      relations: new Layer(below.relations),
      names: new Layer(below.names),
      types: new Layer(below.types),
      others: new Layer(below.others),
    };
    return new SchemaDraft(parts, prefix);
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
    place: Place,
    surely: boolean,
    more: Change = {},
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
      reads: [],
      readBy: [],
      table: null,
      sequences: [],
      index: null,
      ...more,
    };
    this.parts.relations.set(relation.id, relation);
    this.parts.names.set(keyOf(name), relation.id);
    return relation;
  }

  /** Replaces parts of a relation. */
  change(id: RelationId, change: (relation: RelationModel) => Change): void {
    const relation = this.byId(id);
    if (relation !== null) this.parts.relations.set(id, { ...relation, ...change(relation) });
  }

  rename(relation: RelationModel, to: ObjectName, place: Place): void {
    const from = { schema: relation.ref.schema, name: relation.ref.name };
    this.parts.names.set(keyOf(from), null);
    this.parts.names.set(keyOf(to), relation.id);
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
    if (this.parts.names.get(keyOf(relation.ref)) === id) {
      this.parts.names.set(keyOf(relation.ref), null);
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

  setColumn(id: RelationId, column: Column): void {
    this.change(id, ({ columns }) => ({ columns: new Map(columns).set(column.name, column) }));
  }

  changeColumn(id: RelationId, name: string, change: Partial<Column>): void {
    const column = this.byId(id)?.columns.get(name);
    if (column !== undefined) this.setColumn(id, { ...column, ...change });
  }

  /** Removes a column with its constraints and indexes. */
  dropColumn(id: RelationId, name: string): void {
    const relation = this.byId(id);
    if (relation === null) return;
    const columns = new Map(relation.columns);
    columns.delete(name);
    this.change(id, () => ({ columns }));
    for (const constraint of relation.constraints) {
      if (constraint.columns.includes(name)) this.dropConstraint(id, constraint.name);
    }
    for (const index of this.all(relation.indexes)) {
      if (index.index?.columns.includes(name) === true) this.remove(index.id);
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
    place: Place,
    above: RelationId | null = null,
  ): RelationId | null {
    const relation = this.byId(id);
    if (relation === null) return null;
    const { type, columns, valid, usingIndex } = constraint;
    const isNotNull = type === "primary key" || (type === "not null" && valid);
    const target = constraint.references === null ? null : this.relation(constraint.references);
    const name = constraint.name ?? this.chooseName(relation, constraint);
    const model: ConstraintModel = { ...constraint, name, target: target?.id ?? null };
    this.change(id, ({ constraints }) => ({ constraints: [...constraints, model] }));
    for (const column of isNotNull ? columns : []) this.changeColumn(id, column, { notNull: true });
    if (target !== null) {
      this.change(target.id, ({ referencedBy }) => ({ referencedBy: withItem(referencedBy, id) }));
    }
    if (usingIndex !== null) return this.takeIndex(id, usingIndex, name, place);
    if (!["primary key", "unique", "exclusion"].includes(type)) return null;
    return this.addIndex(id, { name, columns, computed: false, surely: true }, place, above);
  }

  /** UNIQUE USING INDEX renames the index to the constraint. */
  private takeIndex(id: RelationId, index: string, name: string, place: Place): RelationId | null {
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
    place: Place,
    above: RelationId | null = null,
  ): RelationId | null {
    const relation = this.byId(table);
    if (relation === null) return null;
    const { schema } = relation.ref;
    const { columns, computed, surely } = index;
    const isTaken = (name: string): boolean => this.relation({ schema, name }) !== null;
    const name =
      index.name ?? firstFree(indexName(relation.ref.name, index.keys ?? columns), isTaken);
    const made = this.add("index", { schema, name }, place, surely, {
      table,
      index: { columns, computed },
    });
    this.change(table, ({ indexes }) => ({ indexes: withItem(indexes, made.id) }));
    if (above !== null) this.link(above, made.id);
    return made.id;
  }

  /** Says what a view reads. */
  setReads(view: RelationId, reads: readonly ObjectName[]): void {
    const ids = reads.flatMap((name) => this.relation(name)?.id ?? []);
    this.change(view, () => ({ reads: ids }));
    for (const id of ids) this.change(id, ({ readBy }) => ({ readBy: withItem(readBy, view) }));
  }

  setType(name: ObjectName, type: TypeModel | null): void {
    this.parts.types.set(keyOf(name), type);
  }

  setOther(object: ObjectRef, model: OtherModel | null): void {
    this.parts.others.set(object.kind + keyOf(object), model);
  }
}
