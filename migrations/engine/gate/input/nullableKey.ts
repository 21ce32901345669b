/**
 * Whether a primary key over an index makes a column NOT NULL that may hold NULL now.
 * Does NOT judge (see the rules about columns).
 */
import { isProvenNotNull } from "../../schema/schemaModel";
import type { ObjectName } from "../../sql/objectName";
import { placedOfKind, type Subject } from "./subject";

/** The first column of an index that may hold NULL, or null: a primary key over it sets NOT NULL. */
export function nullableKey(subject: Subject, table: ObjectName, index: string): string | null {
  const made = placedOfKind(subject.placedOperations, "create index").find(
    ({ operation }) => operation.name === index,
  );
  const model = subject.before.relation({ schema: table.schema, name: index });
  const columns = made?.operation.columns ?? model?.index?.columns ?? [];
  const owner = subject.before.relation(table);
  return columns.find((column) => owner === null || !isProvenNotNull(owner, column)) ?? null;
}
