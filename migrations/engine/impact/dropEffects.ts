/**
 * What DROP locks: the object, its table, and the tables at the other ends of foreign keys.
 * Does NOT know what CASCADE takes beyond what the files made.
 */
import { type ConstraintModel, relationKinds, type RelationModel } from "../schema/schemaModel";
import type { ObjectRef } from "../sql/objectName";
import type { ActionOf, RelationKind } from "../statements/action";
import type { EffectDraft, Target } from "./effectDraft";
import { defaultPartitions, lockReferencing } from "./partitionEffects";

/** A partition has this foreign key from its table, whose triggers stay. */
function isInherited(
  effects: EffectDraft,
  { parents }: RelationModel,
  key: ConstraintModel,
): boolean {
  return effects.model
    .all(parents)
    .some(({ constraints }) =>
      constraints.some(
        ({ target, columns }) => target === key.target && columns.join() === key.columns.join(),
      ),
    );
}

/** Foreign keys go with the triggers that enforce them, on the other table as well. */
function lockReferenced(effects: EffectDraft, model: RelationModel): void {
  for (const constraint of model.constraints) {
    const { target } = constraint;
    if (target === null || isInherited(effects, model, constraint)) continue;
    for (const other of effects.all([target])) {
      effects.lockAll(effects.family(other), "ACCESS EXCLUSIVE");
    }
  }
}

/** Views on a relation, and views on those: CASCADE takes them all, and rules and policies that mention it. */
export function dropReaders(effects: EffectDraft, model: RelationModel): void {
  effects.lockAll(effects.armedOver(model.ref), "ACCESS EXCLUSIVE");
  const open = [...model.readBy];
  const seen = new Set<string>();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    for (const view of effects.all([id])) {
      effects.lock(view, "ACCESS EXCLUSIVE");
      effects.dropRelation(view);
      open.push(...(view.model?.readBy ?? []));
    }
  }
}

function dropTable(effects: EffectDraft, target: Target, cascade: boolean): void {
  effects.assumeAlone(target);
  for (const parent of effects.all(target.model?.parents ?? [])) {
    if (parent.model?.partitionKey == null) continue;
    effects.lockAll([parent, ...defaultPartitions(effects, parent)], "ACCESS EXCLUSIVE");
    if (!cascade || parent.model.referencedBy.length === 0) continue;
    // The foreign keys to the whole table go, and their triggers on every partition.
    effects.lockAll(effects.family(parent), "ACCESS EXCLUSIVE");
    lockReferencing(effects, parent, "ACCESS EXCLUSIVE");
  }
  for (const one of effects.family(target)) {
    effects.lock(one, "ACCESS EXCLUSIVE");
    effects.dropRelation(one);
    effects.loseData(one, true);
    const { model } = one;
    if (model === null) continue;
    lockReferenced(effects, model);
    effects.lockAll(effects.all(model.sequences), "ACCESS EXCLUSIVE");
    if (!cascade) continue;
    effects.lockAll(effects.all(model.referencedBy), "ACCESS EXCLUSIVE");
    dropReaders(effects, model);
  }
}

function dropIndex(effects: EffectDraft, index: Target, concurrently: boolean): void {
  const mode = concurrently ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE";
  for (const one of effects.family(index)) {
    effects.lock(one, mode);
    effects.dropRelation(one);
    const tables = effects.all(one.model?.table == null ? [] : [one.model.table]);
    effects.lockAll(tables, mode);
    if (tables.length > 0) continue;
    effects.assume(`no file makes the index ${one.ref.name}: its table is locked as well, ${mode}`);
  }
}

function dropRelation(effects: EffectDraft, object: ObjectRef, action: ActionOf<"drop">): void {
  const target = effects.find(object, object.kind as RelationKind);
  if (target.model === null && action.ifExists && effects.model.isGone(object)) return;
  if (object.kind === "index") dropIndex(effects, target, action.concurrently);
  else if (object.kind === "table" || object.kind === "foreign table") {
    dropTable(effects, target, action.cascade);
  } else {
    effects.lock(target, "ACCESS EXCLUSIVE");
    effects.dropRelation(target);
    if (object.kind === "sequence") effects.loseData(target, false);
    if (action.cascade && target.model !== null) dropReaders(effects, target.model);
  }
}

/** Triggers, rules and policies. */
function dropOfTable(effects: EffectDraft, object: ObjectRef, owner: Target): void {
  const isTrigger = object.kind === "trigger" && owner.model?.partitionKey != null;
  effects.lockAll(isTrigger ? effects.family(owner) : [owner], "ACCESS EXCLUSIVE");
  effects.drop(object, true);
}

/** CASCADE of a type takes columns, of a function triggers. */
function lockUsers(effects: EffectDraft, object: ObjectRef): void {
  if (object.kind === "type" || object.kind === "domain") {
    const tables = effects.tablesWith(object);
    effects.lockAll(tables, "ACCESS EXCLUSIVE");
    for (const table of tables) effects.loseData(table, true);
  }
  if (object.kind === "function") {
    const name = object.name.replace(/\(.*$/, "");
    const dotted = object.schema === null ? name : `${object.schema}.${name}`;
    effects.lockAll(effects.tablesTriggering(dotted), "ACCESS EXCLUSIVE");
  }
}

export function dropEffect(effects: EffectDraft, action: ActionOf<"drop">): void {
  const { objects, table, cascade } = action;
  for (const object of objects) {
    if (relationKinds.has(object.kind)) dropRelation(effects, object, action);
    else if (table !== null) dropOfTable(effects, object, effects.find(table));
    else {
      const of = effects.model.other(object)?.table ?? null;
      if (of !== null) effects.lockAll(effects.all([of]), "SHARE UPDATE EXCLUSIVE");
      if (object.kind === "type") effects.lockComposite(object);
      if (cascade) lockUsers(effects, object);
      effects.dropOther(object);
    }
  }
  if (cascade) {
    const what = objects.map(({ name }) => name).join(", ");
    effects.assume(`CASCADE drops what depends on ${what}, which may be more than the files say`);
  }
}
