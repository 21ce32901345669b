/**
 * What upkeep locks, writes anew and reads: REINDEX, VACUUM, ANALYZE, CLUSTER, REFRESH, TRUNCATE.
 * Does NOT change any definition.
 */
import type { ActionOf } from "../statements/action";
import type { EffectDraft, Target } from "./effectDraft";
import { lockRead } from "./queryEffects";

function rebuild(effects: EffectDraft, index: Target, concurrently: boolean): void {
  for (const one of effects.family(index)) {
    effects.lock(one, concurrently ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE");
    // A partitioned table's index has no entries of its own.
    if (one.model === null || one.model.children.length === 0) effects.rewrite(one);
  }
}

function reindexTable(effects: EffectDraft, named: Target, concurrently: boolean): void {
  effects.assumeAlone(named, "indexes and partitions");
  for (const table of effects.family(named)) {
    effects.lock(table, concurrently ? "SHARE UPDATE EXCLUSIVE" : "SHARE");
    const indexes = effects.all(table.model?.indexes ?? []);
    if (table.model === null || indexes.length > 0) effects.scan(table);
    for (const index of indexes) rebuild(effects, index, concurrently);
  }
}

function reindexIndex(effects: EffectDraft, index: Target, concurrently: boolean): void {
  const mode = concurrently ? "SHARE UPDATE EXCLUSIVE" : "SHARE";
  rebuild(effects, index, concurrently);
  const tables = effects
    .family(index)
    .flatMap(({ model }) => (model?.table == null ? [] : effects.all([model.table])));
  if (tables.length === 0) {
    effects.assume(
      `no file makes the index ${index.ref.name}: its table is locked as well, ${mode}`,
    );
  }
  effects.lockAll(tables, mode);
  effects.scanAll(tables);
}

export function reindexEffect(effects: EffectDraft, action: ActionOf<"reindex">): void {
  const { what, target, concurrently } = action;
  if (target === null || (what !== "index" && what !== "table")) {
    effects.noteUnknown(`it rebuilds the indexes of every table of the ${what}`);
  } else if (what === "table") {
    reindexTable(effects, effects.find(target), concurrently);
  } else reindexIndex(effects, effects.find(target, "index"), concurrently);
}

export function refreshEffect(effects: EffectDraft, action: ActionOf<"refresh">): void {
  const { view, concurrently, withData } = action;
  const target = effects.find(view, "materialized view");
  effects.lock(target, concurrently ? "EXCLUSIVE" : "ACCESS EXCLUSIVE");
  if (concurrently) effects.scan(target);
  else effects.rewrite(target);
  if (!withData) {
    effects.loseData(target, false);
    return;
  }
  for (const { ref } of effects.all(target.model?.reads ?? [])) {
    lockRead(effects, ref, "ACCESS SHARE");
  }
  effects.fire(target.model?.calls ?? [], `view ${view.name}`);
  if (target.model === null) {
    effects.assume(`no file makes ${view.name}, so what it reads is not known`);
  }
}

export function truncateEffect(effects: EffectDraft, action: ActionOf<"truncate">): void {
  const open = action.tables.flatMap(({ name, only }) => effects.family(effects.find(name), only));
  const seen = new Set<string>();
  for (let target = open.pop(); target !== undefined; target = open.pop()) {
    const { model } = target;
    if (model !== null && seen.has(model.id)) continue;
    if (model !== null) seen.add(model.id);
    effects.lock(target, "ACCESS EXCLUSIVE");
    effects.rewrite(target);
    effects.loseData(target, true);
    effects.assumeAlone(target);
    const isNamed = action.tables.some(({ name }) => effects.find(name).model?.id === model?.id);
    const emptied = (): void => {
      effects.write(target, "truncate", true);
    };
    if (isNamed || model === null) emptied();
    else effects.via("TRUNCATE … CASCADE or a partition", emptied);
    for (const trigger of model?.triggers ?? []) {
      if (!trigger.events.includes("truncate")) continue;
      effects.call(trigger.function, `trigger ${trigger.name} of ${target.ref.name}`);
    }
    if (action.restartsSequences) {
      const sequences = effects.all(model?.sequences ?? []);
      effects.lockAll(sequences, "ACCESS EXCLUSIVE");
      for (const sequence of sequences) effects.reset(sequence);
    }
    if (action.cascade) {
      for (const one of effects.all(model?.referencedBy ?? [])) open.push(...effects.family(one));
    }
  }
}

export function vacuumEffect(effects: EffectDraft, action: ActionOf<"vacuum">): void {
  const { tables, full, kind } = action;
  if (tables.length === 0) effects.noteUnknown("it works on every table of the database");
  for (const target of tables.flatMap((name) => effects.family(effects.find(name)))) {
    effects.lock(target, full ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE");
    if (full) effects.rewrite(target);
    else if (kind === "vacuum") effects.scan(target);
  }
}

export function clusterEffect(effects: EffectDraft, { table }: ActionOf<"cluster">): void {
  if (table === null) {
    effects.noteUnknown("it works on every table that was clustered before");
    return;
  }
  for (const target of effects.family(effects.find(table))) {
    effects.lock(target, "ACCESS EXCLUSIVE");
    effects.rewrite(target);
  }
}
