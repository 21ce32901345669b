/**
 * A schema model that can be changed: columns, constraints and indexes, with what they bring along.
 * Does NOT read operations (see operationReplay).
 */
import { constraintName, firstFree, indexName } from "../statements/generatedNames";
import type { Column, Constraint } from "../statements/tableOperation";
import { Layer } from "./layer";
import { RelationBuilder, withItem, without } from "./relationBuilder";
import type {
  ConstraintModel,
  RelationId,
  RelationModel,
  SchemaModel,
  SourceLine,
} from "./schemaModel";

/** An index to be made. */
export interface NewIndex {
  readonly name: string | null;
  /** What it depends on. */
  readonly columns: readonly string[];
  /** What its name is made up from, where that differs. */
  readonly keys?: readonly string[];
  readonly computed: boolean;
  /** What its expressions call. */
  readonly calls?: readonly string[];
  readonly surely: boolean;
}

/** The schema while statements change it. */
export class SchemaBuilder extends RelationBuilder {
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
    return this.addIndex(id, { name, columns, computed: false, surely: true }, place, above);
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
    const { columns, computed, surely, calls = [] } = index;
    const isTaken = (name: string): boolean => this.relation({ schema, name }) !== null;
    const name =
      index.name ?? firstFree(indexName(relation.ref.name, index.keys ?? columns), isTaken);
    const made = this.add("index", { schema, name }, place, surely, {
      table,
      index: { columns, computed, calls },
    });
    this.change(table, ({ indexes }) => ({ indexes: withItem(indexes, made.id) }));
    if (above !== null) this.link(above, made.id);
    return made.id;
  }
}
