/**
 * What new names and new schemas make of the schema model.
 * Does NOT lock anything (see objectImpacts).
 */
import { isRelation, type ObjectRef } from "../sql/objectName";
import type { OperationOf } from "../statements/operation";
import type { SchemaBuilder } from "./schemaBuilder";
import { type RelationModel } from "./schemaModel";
import type { At } from "./tableReplay";

/** RENAME of an object or a part of it. */
export function rename(
  builder: SchemaBuilder,
  { object, part, to }: OperationOf<"rename">,
  at: At,
): void {
  if (part === null && !isRelation(object.kind)) {
    moveOther(builder, object, { ...object, name: to });
    return;
  }
  const relation = builder.relation(object);
  if (relation === null) return;
  const { schema } = relation.ref;
  if (part === null) {
    builder.rename(relation, { schema, name: to }, at.place);
    return;
  }
  const swap = (name: string): string => (name === part.name ? to : name);
  if (part.kind === "constraint") {
    const index = builder.relation({ schema, name: part.name });
    if (index?.table === relation.id) builder.rename(index, { schema, name: to }, at.place);
    builder.changeConstraint(relation.id, part.name, { name: to });
  }
  if (part.kind === "trigger") {
    builder.change(relation.id, ({ triggers }) => ({
      triggers: triggers.map((trigger) => ({ ...trigger, name: swap(trigger.name) })),
    }));
  }
  if (part.kind === "column") {
    for (const one of builder.family(relation)) renameColumn(builder, one, part.name, to);
  }
}

function renameColumn(
  builder: SchemaBuilder,
  relation: RelationModel,
  from: string,
  to: string,
): void {
  const swap = (name: string): string => (name === from ? to : name);
  const swapPart = (text: string): string =>
    text.startsWith(`${from} `) ? `${to}${text.slice(from.length)}` : text;
  const columns = [...relation.columns.values()].map((column) => ({
    ...column,
    name: swap(column.name),
  }));
  builder.change(relation.id, ({ constraints, partitionKey }) => ({
    columns: new Map(columns.map((column) => [column.name, column])),
    partitionKey: partitionKey?.map(swap) ?? null,
    constraints: constraints.map((one) => ({
      ...one,
      columns: one.columns.map(swap),
      parts: one.parts.map(swapPart),
    })),
  }));
  for (const index of builder.all(relation.indexes)) {
    builder.change(index.id, ({ index: of }) => ({
      index: of === null ? null : { ...of, columns: of.columns.map(swap) },
    }));
  }
  for (const id of relation.referencedBy) {
    builder.change(id, ({ constraints }) => ({
      constraints: constraints.map((one) =>
        one.target === relation.id
          ? { ...one, referencedColumns: one.referencedColumns.map(swap) }
          : one,
      ),
    }));
  }
}

/** Renames or moves an object that is no relation. */
function moveOther(builder: SchemaBuilder, from: ObjectRef, to: ObjectRef): void {
  const type = builder.type(from);
  if (["type", "domain"].includes(from.kind) && type !== null) {
    builder.setType(from, null);
    builder.setType(to, { ...type, ref: to });
  }
  // Under its new name a function is one that no file makes: what it does is then unknown, and that is said.
  if (["function", "procedure", "routine"].includes(from.kind)) builder.setRoutine(from, null);
  const other = builder.other(from);
  builder.setOther(from, null);
  builder.setOther(to, other);
}

/** SET SCHEMA; indexes and owned sequences go along. */
export function setSchema(
  builder: SchemaBuilder,
  { object, schema }: OperationOf<"set schema">,
  at: At,
): void {
  if (!isRelation(object.kind)) {
    moveOther(builder, object, { ...object, schema });
    return;
  }
  const relation = builder.relation(object);
  if (relation === null) return;
  builder.rename(relation, { schema, name: relation.ref.name }, at.place);
  for (const one of builder.all([...relation.indexes, ...relation.sequences])) {
    builder.rename(one, { schema, name: one.ref.name }, at.place);
  }
}
