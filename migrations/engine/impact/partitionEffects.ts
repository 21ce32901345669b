/**
 * What attaching and detaching of partitions, and INHERIT, lock and read.
 * Does NOT cover CREATE TABLE … PARTITION OF (see objectEffects).
 */
import { isProvenNotNull, type RelationModel } from "../schema/schemaModel";
import type { LockMode } from "../sql/lockModes";
import type { EffectDraft, Target } from "./effectDraft";
import type { Reached } from "./reached";

/** The default partitions among the children. */
export const defaultPartitions = (effects: EffectDraft, { model }: Target): readonly Target[] =>
  effects.all(model?.children ?? []).filter((child) => child.model?.isDefaultPartition === true);

/** A default partition may hold rows that now belong elsewhere: it is locked and read. */
export function readDefaultPartition(effects: EffectDraft, parent: Target): void {
  for (const target of defaultPartitions(effects, parent).flatMap((one) => effects.family(one))) {
    effects.lock(target, "ACCESS EXCLUSIVE");
    effects.scan(target);
  }
}

/** Referenced tables of a partitioned table's foreign keys: a partition that comes or goes changes those keys. */
export function lockInheritedKeys(effects: EffectDraft, { model }: Target): readonly Target[] {
  const keys = (model?.constraints ?? []).flatMap(({ type, target }) =>
    type === "foreign key" && target !== null ? [target] : [],
  );
  const reached = effects.all(keys).flatMap((one) => effects.family(one));
  effects.lockAll(reached, "SHARE ROW EXCLUSIVE");
  return reached;
}

/** Tables with a foreign key to a partitioned table: a partition that comes or goes changes those keys too. */
export function lockReferencing(
  effects: EffectDraft,
  { model }: Target,
  mode: LockMode,
): readonly Target[] {
  const reached = effects.all(model?.referencedBy ?? []).flatMap((one) => effects.family(one));
  effects.lockAll(reached, mode);
  return reached;
}

/** A validated CHECK of the table says what the bound demands, so that its rows are not read. */
function isWithinBound(
  parent: RelationModel | null,
  child: RelationModel | null,
  bound: readonly string[] | null,
): boolean {
  const [column, ...others] = parent?.partitionKey ?? [];
  if (child === null || bound === null || column === undefined || column === "") return false;
  if (others.length > 0) return false;
  const said = child.constraints
    .filter(({ type, valid, enforced }) => type === "check" && valid && enforced)
    .flatMap(({ parts }) => parts);
  return bound
    .map((part) => part.replace("?", column))
    .every(
      (part) =>
        said.includes(part) || (part.endsWith("IS NOT NULL") && isProvenNotNull(child, column)),
    );
}

/** The foreign keys that a new partition gets, and that its rows are checked for. */
function lacksKey(parent: Target, child: Target): boolean {
  const own = (child.model?.constraints ?? []).map(({ target, columns }) =>
    [target, ...columns].join(),
  );
  return (parent.model?.constraints ?? []).some(
    ({ type, target, columns }) =>
      type === "foreign key" && !own.includes([target, ...columns].join()),
  );
}

/** Every index of the partitioned table has its like on the new partition. Without it, one is built. */
function lacksIndex(effects: EffectDraft, parent: Target, child: Target): boolean {
  const own = effects
    .all(child.model?.indexes ?? [])
    .map(({ model }) => model?.index?.columns.join());
  return effects
    .all(parent.model?.indexes ?? [])
    .some(({ model }) => !own.includes(model?.index?.columns.join()));
}

export function attachEffect(
  effects: EffectDraft,
  { table, command, relation }: Reached<"attach partition">,
): void {
  if (relation === "index") {
    const index = effects.find(command.partition, "index");
    effects.lockAll([table], "SHARE UPDATE EXCLUSIVE");
    effects.lockAll([index], "ACCESS EXCLUSIVE");
    effects.lockAll(
      effects.all([table.model?.table, index.model?.table].flatMap((id) => id ?? [])),
      "ACCESS SHARE",
    );
    return;
  }
  const child = effects.find(command.partition);
  effects.assumeAlone(child);
  effects.lock(table, "SHARE UPDATE EXCLUSIVE");
  const below = effects.family(child);
  effects.lockAll(below, "ACCESS EXCLUSIVE");
  const proven = isWithinBound(table.model, child.model, command.bound);
  if (!proven || lacksIndex(effects, table, child)) {
    for (const target of below) effects.scan(target);
  }
  if (!command.isDefault) readDefaultPartition(effects, table);
  const referenced = lockInheritedKeys(effects, table);
  lockReferencing(effects, table, "SHARE ROW EXCLUSIVE");
  if (lacksKey(table, child)) effects.scanAll([...below, ...referenced]);
}

export function detachEffect(
  effects: EffectDraft,
  { table, command }: Reached<"detach partition">,
): void {
  const child = effects.find(command.partition);
  const gentle = command.mode !== "plain";
  effects.lock(table, gentle ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE");
  effects.lockAll(effects.family(child), "ACCESS EXCLUSIVE");
  lockInheritedKeys(effects, table);
  const referencing = lockReferencing(effects, table, "ACCESS EXCLUSIVE");
  // No row may point at one that leaves.
  if (referencing.length > 0) effects.scanAll([...effects.family(child), ...referencing]);
  if (!gentle) effects.lockAll(defaultPartitions(effects, table), "ACCESS EXCLUSIVE");
}

export function inheritEffect(
  effects: EffectDraft,
  { table, family, command }: Reached<"inherit" | "no inherit">,
): void {
  effects.lockAll(command.kind === "inherit" ? [table] : family.slice(0, 1), "ACCESS EXCLUSIVE");
  const parent = effects.find(command.parent);
  effects.lock(parent, command.kind === "inherit" ? "SHARE UPDATE EXCLUSIVE" : "ACCESS SHARE");
}
