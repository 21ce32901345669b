/**
 * What new names and new schemas make of the schema model.
 * Does NOT lock anything (see objectEffects).
 */
import type { ObjectRef } from "../sql/objectName";
import type { ActionOf } from "../statements/action";
import type { SchemaDraft } from "./schemaDraft";
import { relationKinds, type RelationModel } from "./schemaModel";
import type { At } from "./tableFolds";

/** RENAME of an object or a part of it. */
export function rename(draft: SchemaDraft, { object, part, to }: ActionOf<"rename">, at: At): void {
  if (part === null && !relationKinds.has(object.kind)) {
    move(draft, object, { ...object, name: to });
    return;
  }
  const relation = draft.relation(object);
  if (relation === null) return;
  const { schema } = relation.ref;
  if (part === null) {
    draft.rename(relation, { schema, name: to }, at.place);
    return;
  }
  const swap = (name: string): string => (name === part.name ? to : name);
  if (part.kind === "constraint") {
    const index = draft.relation({ schema, name: part.name });
    if (index?.table === relation.id) draft.rename(index, { schema, name: to }, at.place);
    draft.changeConstraint(relation.id, part.name, { name: to });
  }
  if (part.kind === "trigger") {
    draft.change(relation.id, ({ triggers }) => ({
      triggers: triggers.map((trigger) => ({ ...trigger, name: swap(trigger.name) })),
    }));
  }
  if (part.kind === "column") {
    for (const one of draft.family(relation)) renameColumn(draft, one, part.name, to);
  }
}

function renameColumn(draft: SchemaDraft, relation: RelationModel, from: string, to: string): void {
  const swap = (name: string): string => (name === from ? to : name);
  const swapPart = (text: string): string =>
    text.startsWith(`${from} `) ? `${to}${text.slice(from.length)}` : text;
  const columns = [...relation.columns.values()].map((column) => ({
    ...column,
    name: swap(column.name),
  }));
  draft.change(relation.id, ({ constraints, partitionKey }) => ({
    columns: new Map(columns.map((column) => [column.name, column])),
    partitionKey: partitionKey?.map(swap) ?? null,
    constraints: constraints.map((one) => ({
      ...one,
      columns: one.columns.map(swap),
      parts: one.parts.map(swapPart),
    })),
  }));
  for (const index of draft.all(relation.indexes)) {
    draft.change(index.id, ({ index: of }) => ({
      index: of === null ? null : { ...of, columns: of.columns.map(swap) },
    }));
  }
  for (const id of relation.referencedBy) {
    draft.change(id, ({ constraints }) => ({
      constraints: constraints.map((one) =>
        one.target === relation.id
          ? { ...one, referencedColumns: one.referencedColumns.map(swap) }
          : one,
      ),
    }));
  }
}

/** Renames or moves an object that is no relation. */
function move(draft: SchemaDraft, from: ObjectRef, to: ObjectRef): void {
  const type = draft.type(from);
  if (["type", "domain"].includes(from.kind) && type !== null) {
    draft.setType(from, null);
    draft.setType(to, { ...type, ref: to });
  }
  // Under its new name a function is one that no file makes: what it does is then unknown, and that is said.
  if (["function", "procedure", "routine"].includes(from.kind)) draft.setRoutine(from, null);
  const other = draft.other(from);
  draft.setOther(from, null);
  draft.setOther(to, other);
}

/** SET SCHEMA; indexes and owned sequences go along. */
export function setSchema(
  draft: SchemaDraft,
  { object, schema }: ActionOf<"set schema">,
  at: At,
): void {
  if (!relationKinds.has(object.kind)) {
    move(draft, object, { ...object, schema });
    return;
  }
  const relation = draft.relation(object);
  if (relation === null) return;
  draft.rename(relation, { schema, name: relation.ref.name }, at.place);
  for (const one of draft.all([...relation.indexes, ...relation.sequences])) {
    draft.rename(one, { schema, name: one.ref.name }, at.place);
  }
}
