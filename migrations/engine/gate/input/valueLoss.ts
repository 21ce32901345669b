/**
 * Changes of a column's type or expression, or of a composite type's attributes, after which some of what was stored is gone.
 * Does NOT look for dropped columns (see the rules) nor for an archive (see archive).
 */
import { keepsValues } from "../../impact/typeChanges";
import { domainChain } from "../../schema/calledCode";
import type { SchemaModel } from "../../schema/schemaModel";
import type { ObjectName } from "../../sql/objectName";
import type { TypeRef } from "../../statements/tableOperation";
import { oldHeirs } from "./oldRows";
import type { PlacedOperation } from "./placedOperation";
import { addsColumn, placedOfKind, type Subject } from "./subject";

/** One such change. */
export interface ValueLoss {
  readonly placed: PlacedOperation;
  /** The table, or the composite type. */
  readonly owner: ObjectName;
  readonly column: string;
  readonly why: string;
}

/** What a domain's values are stored as; its own name where it is none. */
const storedAs = (model: SchemaModel, type: TypeRef): TypeRef =>
  domainChain(model, type).at(-1)?.base ?? type;

/** Why an ALTER COLUMN … TYPE may lose values, or null. */
export function typeFault(
  model: SchemaModel,
  old: TypeRef | undefined,
  { type, computed }: { readonly type: TypeRef; readonly computed: boolean },
): string | null {
  if (computed) return "USING makes something else of the values than a cast to the new type";
  if (old === undefined) return "the old type is not known here";
  const isEnum = (one: TypeRef): boolean => model.type(one)?.form === "enum";
  return keepsValues(storedAs(model, old), storedAs(model, type), isEnum)
    ? null
    : `not every value of ${old.name} is kept by ${type.name}`;
}

/** Every change of the forward file that may lose values of what was there before. */
export function valueLosses(subject: Subject): readonly ValueLoss[] {
  return placedOfKind(subject.placedOperations, "alter table").flatMap(
    (placed): readonly ValueLoss[] => {
      const { command, table, relation } = placed.operation;
      if (relation === "type") return attributeLosses(subject, placed);
      if (!/table$/.test(relation)) return [];
      const isRetyped = command.kind === "alter type";
      if (!isRetyped && command.kind !== "set expression") return [];
      const { column } = command;
      const owners =
        subject.isNew(table, placed) || addsColumn(subject, placed, table, column)
          ? oldHeirs(subject, placed, table)
          : [table];
      return owners.flatMap((owner) => {
        const old = subject.before.relation(owner)?.columns.get(column)?.type;
        const why = isRetyped
          ? typeFault(subject.before, old, command)
          : "SET EXPRESSION works every value out anew, over the one that was there";
        return why === null ? [] : [{ placed, owner, column, why }];
      });
    },
  );
}

/** DROP and ALTER of an attribute: columns of the type lose it in every row. */
function attributeLosses(subject: Subject, placed: PlacedOperation): readonly ValueLoss[] {
  const { operation } = placed;
  if (operation.kind !== "alter table") return [];
  const { command, table } = operation;
  const isMadeHere = placedOfKind(subject.placedOperations, "create type").some(
    (one) =>
      one.index < placed.index &&
      one.operation.type.name === table.name &&
      one.operation.type.schema === table.schema,
  );
  if (isMadeHere) return [];
  if (command.kind === "drop column") {
    const why = "every column of the type loses the attribute";
    return [{ placed, owner: table, column: command.column, why }];
  }
  if (command.kind !== "alter type") return [];
  const why = "the attribute gets another type in every column of it";
  return [{ placed, owner: table, column: command.column, why }];
}
