/**
 * Names that PostgreSQL makes up for constraints, indexes and sequences that the SQL leaves unnamed.
 * Does NOT know which names are taken (see schemaBuilder).
 */
import { longestName } from "../../../stack/identifiers";
import type { Constraint } from "./tableOperation";

/**
 * A name from its parts, which are cut evenly until they fit.
 *
 * @param column  Columns joined by "_"; null for none.
 * Source: PostgreSQL, makeObjectName.
 */
function generatedName(table: string, column: string | null, label: string): string {
  let [first, second] = [table, column ?? ""];
  const overhead = label.length + 1 + (column === null ? 0 : 1);
  const size = (text: string): number => Buffer.byteLength(text);
  while (size(first) + size(second) + overhead > longestName) {
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

/** The name of a constraint, before a number is put behind it because it is taken. */
export function constraintName(table: string, { type, columns }: Constraint): string {
  // A CHECK is named after its column when it has just one.
  const isNameless = type === "primary key" || (type === "check" && columns.length !== 1);
  return generatedName(table, isNameless ? null : columns.join("_"), labels[type]);
}

/** The name of a CHECK that is added to a domain, likewise. */
export const domainConstraintName = (domain: string): string =>
  generatedName(domain, null, labels.check);

/** The name of an index, likewise. */
export const indexName = (table: string, keys: readonly string[]): string =>
  generatedName(table, keys.join("_"), "idx");

/** The sequence of a serial or identity column. */
export const sequenceName = (table: string, column: string): string =>
  generatedName(table, column, "seq");

/** The wanted name, or with the first number behind it that is free. */
export function firstFree(wanted: string, isTaken: (name: string) => boolean): string {
  for (let number = 0; ; number += 1) {
    const name = number === 0 ? wanted : `${wanted}${number}`;
    if (!isTaken(name)) return name;
  }
}
