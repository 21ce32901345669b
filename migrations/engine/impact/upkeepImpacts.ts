/**
 * What upkeep locks, writes anew and reads: REINDEX, VACUUM, ANALYZE, CLUSTER, REFRESH, TRUNCATE.
 * Does NOT change any definition.
 */
import type { OtherModel } from "../schema/schemaModel";
import { dottedName } from "../sql/objectName";
import type { OperationOf } from "../statements/operation";
import type { ImpactBuilder, Target } from "./impactBuilder";
import { lockRead } from "./queryImpacts";

function rebuild(impacts: ImpactBuilder, index: Target, concurrently: boolean): void {
  for (const one of impacts.family(index)) {
    impacts.lock(one, concurrently ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE");
    // A partitioned table's index has no entries of its own.
    if (one.model === null || one.model.children.length === 0) impacts.rewrite(one);
  }
}

function reindexTable(impacts: ImpactBuilder, named: Target, concurrently: boolean): void {
  impacts.assumeAlone(named, "indexes and partitions");
  for (const table of impacts.family(named)) {
    impacts.lock(table, concurrently ? "SHARE UPDATE EXCLUSIVE" : "SHARE");
    const indexes = impacts.all(table.model?.indexes ?? []);
    if (table.model === null || indexes.length > 0) impacts.scan(table);
    for (const index of indexes) rebuild(impacts, index, concurrently);
  }
}

function reindexIndex(impacts: ImpactBuilder, index: Target, concurrently: boolean): void {
  const mode = concurrently ? "SHARE UPDATE EXCLUSIVE" : "SHARE";
  rebuild(impacts, index, concurrently);
  const tables = impacts
    .family(index)
    .flatMap(({ model }) => (model?.table == null ? [] : impacts.all([model.table])));
  if (tables.length === 0) {
    impacts.assume(
      `no file makes the index ${index.ref.name}: its table is locked as well, ${mode}`,
    );
  }
  impacts.lockAll(tables, mode);
  impacts.scanAll(tables);
}

export function reindexImpact(impacts: ImpactBuilder, operation: OperationOf<"reindex">): void {
  const { what, target, concurrently } = operation;
  if (target === null || (what !== "index" && what !== "table")) {
    impacts.noteUnknown(`it rebuilds the indexes of every table of the ${what}`);
  } else if (what === "table") {
    reindexTable(impacts, impacts.find(target), concurrently);
  } else reindexIndex(impacts, impacts.find(target, "index"), concurrently);
}

export function refreshImpact(impacts: ImpactBuilder, operation: OperationOf<"refresh">): void {
  const { view, concurrently, withData } = operation;
  const target = impacts.find(view, "materialized view");
  impacts.lock(target, concurrently ? "EXCLUSIVE" : "ACCESS EXCLUSIVE");
  if (concurrently) impacts.scan(target);
  else impacts.rewrite(target);
  if (!withData) {
    impacts.loseData(target, false);
    return;
  }
  for (const { ref } of impacts.all(target.model?.reads ?? [])) {
    lockRead(impacts, ref, "ACCESS SHARE");
  }
  impacts.fire(target.model?.calls ?? [], `view ${view.name}`);
  if (target.model === null) {
    impacts.assume(`no file makes ${view.name}, so what it reads is not known`);
  }
}

export function truncateImpact(impacts: ImpactBuilder, operation: OperationOf<"truncate">): void {
  const open = operation.tables.flatMap(({ name, only }) =>
    impacts.family(impacts.find(name), only),
  );
  const seen = new Set<string>();
  for (let target = open.pop(); target !== undefined; target = open.pop()) {
    const { model } = target;
    if (model !== null && seen.has(model.id)) continue;
    if (model !== null) seen.add(model.id);
    impacts.lock(target, "ACCESS EXCLUSIVE");
    impacts.rewrite(target);
    impacts.loseData(target, true);
    impacts.assumeAlone(target);
    const isNamed = operation.tables.some(({ name }) => impacts.find(name).model?.id === model?.id);
    const emptied = (): void => {
      impacts.write(target, "truncate", true);
    };
    if (isNamed || model === null) emptied();
    else impacts.via("TRUNCATE … CASCADE or a partition", emptied);
    for (const trigger of model?.triggers ?? []) {
      if (!trigger.events.includes("truncate")) continue;
      impacts.call(trigger.function, `trigger ${trigger.name} of ${target.ref.name}`);
    }
    if (operation.restartsSequences) {
      const sequences = impacts.all(model?.sequences ?? []);
      impacts.lockAll(sequences, "ACCESS EXCLUSIVE");
      for (const sequence of sequences) impacts.reset(sequence);
    }
    if (operation.cascade) {
      for (const one of impacts.all(model?.referencedBy ?? [])) open.push(...impacts.family(one));
    }
  }
}

/** What ANALYZE, by itself or in VACUUM, works out of rows: the expressions of indexes and of statistics. */
function fireStatistics(
  impacts: ImpactBuilder,
  { ref, model }: Target,
  statistics: readonly OtherModel[],
): void {
  if (model === null) return;
  const of = dottedName(ref);
  for (const { table, calls } of statistics) {
    if (table === model.id) impacts.fire(calls, `statistics of ${of}`);
  }
  for (const index of impacts.all(model.indexes)) {
    impacts.fire(index.model?.index?.calls ?? [], `index ${dottedName(index.ref)}`);
  }
}

export function vacuumImpact(impacts: ImpactBuilder, operation: OperationOf<"vacuum">): void {
  const { tables, full, kind } = operation;
  if (tables.length === 0) impacts.noteUnknown("it works on every table of the database");
  const statistics = impacts.model.callingStatistics();
  for (const target of tables.flatMap((name) => impacts.family(impacts.find(name)))) {
    impacts.lock(target, full ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE");
    if (full) impacts.rewrite(target);
    else if (kind === "vacuum") impacts.scan(target);
    fireStatistics(impacts, target, statistics);
  }
}

export function clusterImpact(impacts: ImpactBuilder, { table }: OperationOf<"cluster">): void {
  if (table === null) {
    impacts.noteUnknown("it works on every table that was clustered before");
    return;
  }
  for (const target of impacts.family(impacts.find(table))) {
    impacts.lock(target, "ACCESS EXCLUSIVE");
    impacts.rewrite(target);
  }
}
