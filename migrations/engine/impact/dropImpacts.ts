/**
 * What DROP, DROP COLUMN and DROP CONSTRAINT lock and take along: the object, its table, and the tables at the other
 * ends of foreign keys.
 * Does NOT know what CASCADE takes beyond what the files made.
 */
import { type ConstraintModel, type RelationModel } from "../schema/schemaModel";
import {
  dottedName,
  isRelation,
  type ObjectRef,
  type RelationKind,
  withoutArguments,
} from "../sql/objectName";
import type { OperationOf } from "../statements/operation";
import type { ImpactBuilder, Target } from "./impactBuilder";
import { defaultPartitions, lockReferencing } from "./partitionImpacts";
import type { Reached } from "./reached";

function assumeCascade(impacts: ImpactBuilder, what: string): void {
  impacts.assume(`CASCADE drops what depends on ${what}, which may be more than the files say`);
}

/** A partition has this foreign key from its table, whose triggers stay. */
function isInherited(
  impacts: ImpactBuilder,
  { parents }: RelationModel,
  key: ConstraintModel,
): boolean {
  return impacts.model
    .all(parents)
    .some(({ constraints }) =>
      constraints.some(
        ({ target, columns }) => target === key.target && columns.join() === key.columns.join(),
      ),
    );
}

/** Foreign keys go with the triggers that enforce them, on the other table as well. */
function lockReferenced(impacts: ImpactBuilder, model: RelationModel): void {
  for (const constraint of model.constraints) {
    const { target, enforced } = constraint;
    // One that is not enforced has no triggers on the other table.
    if (target === null || !enforced || isInherited(impacts, model, constraint)) continue;
    for (const other of impacts.all([target])) {
      impacts.lockAll(impacts.family(other), "ACCESS EXCLUSIVE");
    }
  }
}

/** Views on a relation, and views on those: CASCADE takes them all, and rules and policies that mention it. */
function dropReaders(impacts: ImpactBuilder, model: RelationModel): void {
  impacts.lockAll(impacts.armedOver(model.ref), "ACCESS EXCLUSIVE");
  const open = [...model.readBy];
  const seen = new Set<string>();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    for (const view of impacts.all([id])) {
      impacts.lock(view, "ACCESS EXCLUSIVE");
      impacts.dropRelation(view);
      open.push(...(view.model?.readBy ?? []));
    }
  }
}

function dropTable(impacts: ImpactBuilder, target: Target, cascade: boolean): void {
  impacts.assumeAlone(target);
  for (const parent of impacts.all(target.model?.parents ?? [])) {
    if (parent.model?.partitionKey == null) continue;
    impacts.lockAll([parent, ...defaultPartitions(impacts, parent)], "ACCESS EXCLUSIVE");
    if (!cascade || parent.model.referencedBy.length === 0) continue;
    // The foreign keys to the whole table go, and their triggers on every partition.
    impacts.lockAll(impacts.family(parent), "ACCESS EXCLUSIVE");
    lockReferencing(impacts, parent, "ACCESS EXCLUSIVE");
  }
  for (const one of impacts.family(target)) {
    impacts.lock(one, "ACCESS EXCLUSIVE");
    impacts.dropRelation(one);
    impacts.loseData(one, true);
    const { model } = one;
    if (model === null) continue;
    lockReferenced(impacts, model);
    impacts.lockAll(impacts.all(model.sequences), "ACCESS EXCLUSIVE");
    if (!cascade) continue;
    impacts.lockAll(impacts.all(model.referencedBy), "ACCESS EXCLUSIVE");
    dropReaders(impacts, model);
  }
}

function dropIndex(impacts: ImpactBuilder, index: Target, concurrently: boolean): void {
  const mode = concurrently ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE";
  for (const one of impacts.family(index)) {
    impacts.lock(one, mode);
    impacts.dropRelation(one);
    const tables = impacts.all(one.model?.table == null ? [] : [one.model.table]);
    impacts.lockAll(tables, mode);
    if (tables.length > 0) continue;
    impacts.assume(`no file makes the index ${one.ref.name}: its table is locked as well, ${mode}`);
  }
}

function dropRelation(
  impacts: ImpactBuilder,
  object: ObjectRef,
  operation: OperationOf<"drop">,
): void {
  const target = impacts.find(object, object.kind as RelationKind);
  if (target.model === null && operation.ifExists && impacts.model.isGone(object)) return;
  if (object.kind === "index") dropIndex(impacts, target, operation.concurrently);
  else if (object.kind === "table" || object.kind === "foreign table") {
    dropTable(impacts, target, operation.cascade);
  } else {
    impacts.lock(target, "ACCESS EXCLUSIVE");
    impacts.dropRelation(target);
    if (object.kind === "sequence") impacts.loseData(target, false);
    if (operation.cascade && target.model !== null) dropReaders(impacts, target.model);
  }
}

/** Triggers, rules and policies. */
function dropOfTable(impacts: ImpactBuilder, object: ObjectRef, owner: Target): void {
  const isTrigger = object.kind === "trigger" && owner.model?.partitionKey != null;
  impacts.lockAll(isTrigger ? impacts.family(owner) : [owner], "ACCESS EXCLUSIVE");
  impacts.drop(object, true);
}

/** CASCADE of a type takes columns, of a function triggers. */
function lockUsers(impacts: ImpactBuilder, object: ObjectRef): void {
  if (object.kind === "type" || object.kind === "domain") {
    const tables = impacts.tablesWith(object);
    impacts.lockAll(tables, "ACCESS EXCLUSIVE");
    for (const table of tables) impacts.loseData(table, true);
  }
  if (object.kind === "function") {
    const name = withoutArguments(object.name);
    const dotted = dottedName({ schema: object.schema, name });
    impacts.lockAll(impacts.tablesTriggering(dotted), "ACCESS EXCLUSIVE");
  }
}

export function dropImpact(impacts: ImpactBuilder, operation: OperationOf<"drop">): void {
  const { objects, table, cascade } = operation;
  for (const object of objects) {
    if (isRelation(object.kind)) dropRelation(impacts, object, operation);
    else if (table !== null) dropOfTable(impacts, object, impacts.find(table));
    else {
      const of = impacts.model.other(object)?.table ?? null;
      if (of !== null) impacts.lockAll(impacts.all([of]), "SHARE UPDATE EXCLUSIVE");
      if (object.kind === "type") impacts.lockComposite(object);
      if (cascade) lockUsers(impacts, object);
      impacts.dropOther(object);
    }
  }
  if (cascade) {
    const what = objects.map(({ name }) => name).join(", ");
    assumeCascade(impacts, what);
  }
}

/** Dropping a foreign key drops the triggers that enforce it, on both tables. */
function lockOtherEnd(impacts: ImpactBuilder, constraint: ConstraintModel): void {
  if (constraint.references === null) return;
  const other =
    constraint.target === null
      ? [impacts.find(constraint.references)]
      : impacts.all([constraint.target]);
  for (const target of other.flatMap((one) => impacts.family(one))) {
    impacts.lock(target, "ACCESS EXCLUSIVE");
  }
}

/**
 * CASCADE takes the foreign keys that point here.
 *
 * @param columns  The key they would point at; a foreign key that names none points at the primary key.
 */
function lockPointingAt(
  impacts: ImpactBuilder,
  { model }: Target,
  columns: readonly string[],
  isPrimary: boolean,
): void {
  for (const referencing of impacts.all(model?.referencedBy ?? [])) {
    const keys = referencing.model?.constraints.filter(({ target }) => target === model?.id) ?? [];
    const isHit = keys.some(
      ({ referencedColumns }) =>
        (isPrimary && referencedColumns.length === 0) ||
        referencedColumns.some((column) => columns.includes(column)),
    );
    if (isHit) impacts.lock(referencing, "ACCESS EXCLUSIVE");
  }
}

export function dropColumnImpact(
  impacts: ImpactBuilder,
  { table, family, command }: Reached<"drop column">,
): void {
  for (const target of family) {
    impacts.lock(target, "ACCESS EXCLUSIVE");
    for (const constraint of target.model?.constraints ?? []) {
      if (constraint.columns.includes(command.column)) lockOtherEnd(impacts, constraint);
    }
    const sequences = impacts.all(target.model?.sequences ?? []);
    for (const sequence of sequences) {
      if (sequence.model?.column !== command.column) continue;
      impacts.lock(sequence, "ACCESS EXCLUSIVE");
      impacts.dropRelation(sequence);
    }
    if (!command.cascade) continue;
    lockPointingAt(impacts, target, [command.column], true);
    // Which columns a view uses is not known: all views of the table.
    if (target.model !== null) dropReaders(impacts, target.model);
  }
  if (command.cascade) assumeCascade(impacts, `column ${command.column}`);
  const { schema, name } = table.ref;
  impacts.drop({ kind: "column", schema, name: `${name}.${command.column}` }, true);
  impacts.loseData(table, true);
}

export function dropConstraintImpact(
  impacts: ImpactBuilder,
  { table, family, command }: Reached<"drop constraint">,
): void {
  for (const target of family) {
    impacts.lock(target, "ACCESS EXCLUSIVE");
    const found = target.model?.constraints.find(({ name }) => name === command.constraint);
    if (found === undefined) {
      if (!command.ifExists) {
        impacts.assume(
          `no file makes the constraint ${command.constraint}: a foreign key locks its other table as well`,
        );
      }
      continue;
    }
    lockOtherEnd(impacts, found);
    if (command.cascade) {
      lockPointingAt(impacts, target, found.columns, found.type === "primary key");
    }
  }
  if (command.cascade) assumeCascade(impacts, `constraint ${command.constraint}`);
  const { schema, name } = table.ref;
  impacts.drop({ kind: "constraint", schema, name: `${name}.${command.constraint}` }, true);
}
