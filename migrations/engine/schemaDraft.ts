/**
 * A schema model that can be changed: what making, renaming and dropping mean for what refers to each other.
 * Does NOT read actions (see schemaFold).
 */
import type { Column, Constraint, ObjectName } from "./action";
import type { ObjectRef } from "./effect";
import { Layer } from "./layer";
import {
  type ConstraintModel,
  keyOf,
  type ModelParts,
  type Place,
  type RelationId,
  type RelationModel,
  SchemaModel,
  type TypeModel,
} from "./schemaModel";

type Change = Partial<Omit<RelationModel, "id">>;

const without = <T>(list: readonly T[], item: T): readonly T[] =>
  list.includes(item) ? list.filter((one) => one !== item) : list;
const withItem = <T>(list: readonly T[], item: T): readonly T[] =>
  list.includes(item) ? list : [...list, item];

/** Longest name that PostgreSQL keeps, in bytes. */
const maxNameBytes = 63;

/** A name as PostgreSQL makes it up: parts are cut evenly until they fit. Source: PostgreSQL, makeObjectName. */
function madeUpName(table: string, column: string | null, label: string): string {
  let [first, second] = [table, column ?? ""];
  const overhead = label.length + 1 + (column === null ? 0 : 1);
  const size = (text: string): number => Buffer.byteLength(text);
  while (size(first) + size(second) + overhead > maxNameBytes) {
    if (size(first) > size(second)) first = first.slice(0, -1);
    else second = second.slice(0, -1);
  }
  return [first, ...(column === null ? [] : [second]), label].join("_");
}

const labels: Readonly<Record<Constraint["type"], string>> = {
  check: "check",
  "foreign key": "fkey",
  unique: "key",
  "primary key": "pkey",
  exclusion: "excl",
  "not null": "not_null",
};

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
      this.change(relation.table, ({ indexes, sequences }) => ({
        indexes: without(indexes, id),
        sequences: without(sequences, id),
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

  addConstraint(id: RelationId, constraint: Constraint, place: Place): void {
    const relation = this.byId(id);
    if (relation === null) return;
    if (constraint.type === "not null") {
      for (const name of constraint.columns) {
        if (constraint.valid) this.changeColumn(id, name, { notNull: true });
      }
    }
    const target = constraint.references === null ? null : this.relation(constraint.references);
    const name = constraint.name ?? this.chooseName(relation, constraint);
    const model: ConstraintModel = { ...constraint, name, target: target?.id ?? null };
    this.change(id, ({ constraints }) => ({ constraints: [...constraints, model] }));
    if (target !== null) {
      this.change(target.id, ({ referencedBy }) => ({ referencedBy: withItem(referencedBy, id) }));
    }
    if (constraint.type === "primary key") {
      for (const column of constraint.columns) this.changeColumn(id, column, { notNull: true });
    }
    if (constraint.usingIndex !== null) this.takeIndex(id, constraint.usingIndex, name, place);
    else if (["primary key", "unique", "exclusion"].includes(constraint.type)) {
      this.addIndex(id, name, constraint.columns, false, place, true);
    }
  }

  /** UNIQUE USING INDEX renames the index to the constraint. */
  private takeIndex(id: RelationId, index: string, name: string, place: Place): void {
    const schema = this.byId(id)?.ref.schema ?? null;
    const found = this.relation({ schema, name: index });
    if (found !== null && name !== index) this.rename(found, { schema, name }, place);
  }

  private chooseName(relation: RelationModel, { type, columns }: Constraint): string {
    const column =
      type === "primary key"
        ? null
        : type === "check"
          ? columns.length === 1
            ? (columns[0] ?? null)
            : null
          : columns.join("_");
    const taken = new Set(relation.constraints.map(({ name }) => name));
    const wanted = madeUpName(relation.ref.name, column, labels[type]);
    for (let number = 0; ; number += 1) {
      const name = number === 0 ? wanted : `${wanted}${number}`;
      if (!taken.has(name)) return name;
    }
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

  /** Makes an index of a table; `name` null is one that PostgreSQL chooses and nobody drops by name here. */
  addIndex(
    table: RelationId,
    name: string | null,
    columns: readonly string[],
    computed: boolean,
    place: Place,
    surely: boolean,
  ): void {
    const relation = this.byId(table);
    if (relation === null) return;
    const chosen = name ?? madeUpName(relation.ref.name, columns.join("_") || "expr", "idx");
    const indexName = { schema: relation.ref.schema, name: chosen };
    const index = this.add("index", indexName, place, surely, {
      table,
      index: { columns, computed },
    });
    this.change(table, ({ indexes }) => ({ indexes: withItem(indexes, index.id) }));
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

  setPlace(object: ObjectRef, place: Place | null): void {
    this.parts.others.set(object.kind + keyOf(object), place);
  }
}
