/**
 * A schema model whose relations can be made, renamed and dropped, and what refers to them follows.
 * Does NOT know columns, constraints and indexes (see schemaBuilder).
 */
import type { ObjectRef } from "../sql/objectName";
import type { ObjectName } from "../sql/objectName";
import type { BlockOperations, QueryUse } from "../statements/operation";
import {
  keyOf,
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
export const without = <T>(list: readonly T[], item: T): readonly T[] =>
  list.includes(item) ? list.filter((one) => one !== item) : list;
/** The list with an item, which is not there twice. */
export const withItem = <T>(list: readonly T[], item: T): readonly T[] =>
  list.includes(item) ? list : [...list, item];

/** Relations, types and other objects while statements change them. */
export class RelationBuilder extends SchemaModel {
  private made = 0;

  /**
   * @param parts   Layers of its own, over those of the model it starts from.
   * @param prefix  Unique among builders built upon each other, so that ids of relations are.
   */
  constructor(
    parts: ModelParts,
    private readonly prefix: string,
  ) {
    super(parts);
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
    this.parts.names.set(keyOf(name), relation.id);
    return relation;
  }

  /** Replaces parts of a relation. */
  change(id: RelationId, change: (relation: RelationModel) => RelationChange): void {
    const relation = this.byId(id);
    if (relation !== null) this.parts.relations.set(id, { ...relation, ...change(relation) });
  }

  rename(relation: RelationModel, to: ObjectName, place: SourceLine): void {
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
    this.parts.types.set(keyOf(name), type);
  }

  /** Remembers what a function does, or with null forgets it; a name without arguments stands for all of that name. */
  setRoutine({ schema, name: signature }: ObjectName, body: BlockOperations | null): void {
    const key = keyOf({ schema, name: signature.replace(/\(.*$/, "") });
    const bodies = new Map(signature.includes("(") ? this.parts.routines.get(key) : []);
    if (body === null) bodies.delete(signature);
    else bodies.set(signature, body);
    this.parts.routines.set(key, bodies);
    const bare = signature.replace(/\(.*$/, "");
    const homes = this.parts.routineHomes.get(bare) ?? [];
    if (!homes.includes(schema)) this.parts.routineHomes.set(bare, [...homes, schema]);
  }

  setOther(object: ObjectRef, model: OtherModel | null): void {
    this.parts.others.set(object.kind + keyOf(object), model);
  }
}
