/**
 * What attaching and detaching of partitions, and INHERIT, lock and read.
 * Does NOT cover CREATE TABLE … PARTITION OF (see objectImpacts).
 */
import { isProvenNotNull, type RelationModel } from "../schema/schemaModel";
import type { LockMode } from "../sql/lockModes";
import { dottedName } from "../sql/objectName";
import type { ImpactBuilder, Target } from "./impactBuilder";
import type { Reached } from "./reached";

/** The default partitions among the children. */
export const defaultPartitions = (impacts: ImpactBuilder, { model }: Target): readonly Target[] =>
  impacts.all(model?.children ?? []).filter((child) => child.model?.isDefaultPartition === true);

/** A default partition may hold rows that now belong elsewhere: it is locked and read. */
export function readDefaultPartition(impacts: ImpactBuilder, parent: Target): void {
  for (const target of defaultPartitions(impacts, parent).flatMap((one) => impacts.family(one))) {
    impacts.lock(target, "ACCESS EXCLUSIVE");
    impacts.scan(target);
  }
}

/** Referenced tables of a partitioned table's foreign keys: a partition that comes or goes changes those keys. */
export function lockInheritedKeys(impacts: ImpactBuilder, { model }: Target): readonly Target[] {
  const keys = (model?.constraints ?? []).flatMap(({ type, target }) =>
    type === "foreign key" && target !== null ? [target] : [],
  );
  const reached = impacts.all(keys).flatMap((one) => impacts.family(one));
  impacts.lockAll(reached, "SHARE ROW EXCLUSIVE");
  return reached;
}

/** Tables with a foreign key to a partitioned table: a partition that comes or goes changes those keys too. */
export function lockReferencing(
  impacts: ImpactBuilder,
  { model }: Target,
  mode: LockMode,
): readonly Target[] {
  const reached = impacts.all(model?.referencedBy ?? []).flatMap((one) => impacts.family(one));
  impacts.lockAll(reached, mode);
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
function lacksIndex(impacts: ImpactBuilder, parent: Target, child: Target): boolean {
  const own = impacts
    .all(child.model?.indexes ?? [])
    .map(({ model }) => model?.index?.columns.join());
  return impacts
    .all(parent.model?.indexes ?? [])
    .some(({ model }) => !own.includes(model?.index?.columns.join()));
}

/** The key of a partitioned table is worked out for each row that comes into it. */
export function fireKey(impacts: ImpactBuilder, { ref, model }: Target): void {
  if (model?.partitionKey == null) return;
  impacts.fire(model.calls, `partition key of ${dottedName(ref)}`);
}

export function attachImpact(
  impacts: ImpactBuilder,
  { table, command, relation }: Reached<"attach partition">,
): void {
  if (relation === "index") {
    const index = impacts.find(command.partition, "index");
    impacts.lockAll([table], "SHARE UPDATE EXCLUSIVE");
    impacts.lockAll([index], "ACCESS EXCLUSIVE");
    impacts.lockAll(
      impacts.all([table.model?.table, index.model?.table].flatMap((id) => id ?? [])),
      "ACCESS SHARE",
    );
    return;
  }
  const child = impacts.find(command.partition);
  impacts.assumeAlone(child);
  impacts.lock(table, "SHARE UPDATE EXCLUSIVE");
  const below = impacts.family(child);
  impacts.lockAll(below, "ACCESS EXCLUSIVE");
  const proven = isWithinBound(table.model, child.model, command.bound);
  if (!proven || lacksIndex(impacts, table, child)) {
    for (const target of below) impacts.scan(target);
  }
  for (const name of command.calls) impacts.call(name);
  fireKey(impacts, table);
  if (!command.isDefault) readDefaultPartition(impacts, table);
  const referenced = lockInheritedKeys(impacts, table);
  lockReferencing(impacts, table, "SHARE ROW EXCLUSIVE");
  if (lacksKey(table, child)) impacts.scanAll([...below, ...referenced]);
}

export function detachImpact(
  impacts: ImpactBuilder,
  { table, command }: Reached<"detach partition">,
): void {
  const child = impacts.find(command.partition);
  const gentle = command.mode !== "plain";
  impacts.lock(table, gentle ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE");
  impacts.lockAll(impacts.family(child), "ACCESS EXCLUSIVE");
  lockInheritedKeys(impacts, table);
  const referencing = lockReferencing(impacts, table, "ACCESS EXCLUSIVE");
  // No row may point at one that leaves.
  if (referencing.length > 0) impacts.scanAll([...impacts.family(child), ...referencing]);
  if (!gentle) impacts.lockAll(defaultPartitions(impacts, table), "ACCESS EXCLUSIVE");
}

export function inheritImpact(
  impacts: ImpactBuilder,
  { table, family, command }: Reached<"inherit" | "no inherit">,
): void {
  impacts.lockAll(command.kind === "inherit" ? [table] : family.slice(0, 1), "ACCESS EXCLUSIVE");
  const parent = impacts.find(command.parent);
  impacts.lock(parent, command.kind === "inherit" ? "SHARE UPDATE EXCLUSIVE" : "ACCESS SHARE");
}
