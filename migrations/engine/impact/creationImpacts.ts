/**
 * What CREATE locks and reads: tables, views, indexes, and what is put on tables.
 * Does NOT cover objects without a table (see objectImpacts).
 */
import type { CreateTable, OperationOf } from "../statements/operation";
import { foreignKeyImpact } from "./constraintImpacts";
import type { ImpactBuilder } from "./impactBuilder";
import { lockInheritedKeys, lockReferencing, readDefaultPartition } from "./partitionImpacts";
import { parsedQueryImpact, queryImpact } from "./queryImpacts";

export function createTableImpact(impacts: ImpactBuilder, operation: CreateTable): void {
  const { table, ifNotExists, like, inherits, partitionOf, constraints, query, ofType } = operation;
  if (ifNotExists && impacts.find(table).model !== null) return;
  const kind = operation.foreign ? "foreign table" : "table";
  impacts.create({ kind, ...impacts.model.nameForNew(table) });
  for (const name of like) impacts.lock(impacts.find(name), "ACCESS SHARE");
  for (const name of inherits) impacts.lock(impacts.find(name), "SHARE UPDATE EXCLUSIVE");
  if (ofType !== null) impacts.lock(impacts.find(ofType, "type"), "ACCESS SHARE");
  if (partitionOf !== null) {
    const parent = impacts.find(partitionOf);
    impacts.assumeAlone(parent);
    impacts.lock(parent, "ACCESS EXCLUSIVE");
    if (!operation.isDefaultPartition) readDefaultPartition(impacts, parent);
    lockInheritedKeys(impacts, parent);
    lockReferencing(impacts, parent, "SHARE ROW EXCLUSIVE");
  }
  for (const constraint of constraints) {
    if (constraint.type === "foreign key") {
      foreignKeyImpact(impacts, [], constraint, "SHARE ROW EXCLUSIVE");
    }
  }
  for (const name of operation.boundCalls) impacts.call(name);
  if (query !== null) queryImpact(impacts, query);
}

export function createViewImpact(
  impacts: ImpactBuilder,
  operation: OperationOf<"create view">,
): void {
  const { view, materialized, replace, ifNotExists, query } = operation;
  const kind = materialized ? "materialized view" : "view";
  const present = impacts.find(view, kind);
  if (present.model !== null && ifNotExists) return;
  if (present.model !== null && replace) impacts.lock(present, "ACCESS EXCLUSIVE");
  else impacts.create({ kind, ...impacts.model.nameForNew(view) });
  if (replace && present.model === null) {
    impacts.assume(`if the view ${view.name} is there already, it is locked ACCESS EXCLUSIVE`);
  }
  if (materialized) queryImpact(impacts, query);
  else parsedQueryImpact(impacts, query);
}

export function createIndexImpact(
  impacts: ImpactBuilder,
  operation: OperationOf<"create index">,
): void {
  const { name, ifNotExists, concurrently, only, calls } = operation;
  const table = impacts.find(operation.table);
  impacts.assumeAlone(table, "partitions");
  const mode = concurrently ? "SHARE UPDATE EXCLUSIVE" : "SHARE";
  const { schema } = table.ref;
  if (ifNotExists && name !== null && impacts.find({ schema, name }, "index").model !== null) {
    impacts.lock(table, mode);
    return;
  }
  impacts.create({ kind: "index", schema, name: name ?? `(on ${operation.table.name})` });
  const reached = impacts.family(table, only);
  impacts.lockAll(reached, mode);
  impacts.scanAll(reached);
  for (const one of calls) impacts.call(one);
}

/** CREATE TRIGGER, RULE and POLICY. */
export function createOnTableImpact(
  impacts: ImpactBuilder,
  operation: OperationOf<"create on table">,
): void {
  const table = impacts.find(operation.table);
  const { schema, name } = table.ref;
  impacts.create({ kind: operation.what, schema, name: `${name}.${operation.name}` });
  if (operation.what === "trigger") {
    // Heirs have triggers of their own; partitions get those of their table.
    const isPartitioned = table.model?.partitionKey != null;
    impacts.lockAll(isPartitioned ? impacts.family(table) : [table], "SHARE ROW EXCLUSIVE");
  } else impacts.lock(table, "ACCESS EXCLUSIVE");
  if (operation.from !== null) impacts.lock(impacts.find(operation.from), "ACCESS SHARE");
  parsedQueryImpact(impacts, operation.query);
}
