/**
 * What queries lock: the tables they name, those behind views, partitions, and the other ends of foreign keys.
 * Does NOT look into triggers and functions: it notes that they run (see classify).
 */
import type { LockMode } from "../sql/lockModes";
import type { ObjectName } from "../sql/objectName";
import type { QueryUse, RowWrite } from "../statements/action";
import type { EffectDraft, Target } from "./effectDraft";

/** Tables of the system: nobody waits for those who read them. */
const systemSchemas = new Set(["pg_catalog", "information_schema"]);

const isSystem = ({ schema, name }: ObjectName): boolean =>
  schema === null ? name.startsWith("pg_") : systemSchemas.has(schema);

/** A relation, what is below it, and what a view reads, all in one mode; of a materialized view itself only. */
export function lockRead(effects: EffectDraft, name: ObjectName, mode: LockMode): void {
  if (isSystem(name)) return;
  const open: Target[] = [effects.find(name)];
  const seen = new Set<string>();
  for (let target = open.pop(); target !== undefined; target = open.pop()) {
    const { model, ref } = target;
    if (model !== null) {
      if (seen.has(model.id)) continue;
      seen.add(model.id);
      if (ref.kind === "view") open.push(...effects.all(model.reads));
      open.push(...effects.all(model.children));
    }
    effects.lock(target, mode);
  }
}

/** Foreign keys of a table that is written, or of what points at it, look at the other table. */
function lockKeys(
  effects: EffectDraft,
  target: Target,
  { verb, updatesOnConflict, columns: set }: RowWrite,
): void {
  const { model } = target;
  const adds = verb !== "delete";
  // An UPDATE looks at a key only when it sets one of its columns.
  const touches = (columns: readonly string[]): boolean =>
    verb !== "update" || columns.some((column) => set.includes(column));
  const changes = verb !== "insert" || updatesOnConflict;
  if (adds) {
    for (const constraint of model?.constraints ?? []) {
      const { type, target: other, enforced } = constraint;
      if (type !== "foreign key" || other === null || !enforced || !touches(constraint.columns))
        continue;
      for (const one of effects.all([other]).flatMap((each) => effects.family(each))) {
        effects.lock(one, "ROW SHARE");
      }
    }
  }
  if (!changes) return;
  const primary = model?.constraints.find(({ type }) => type === "primary key")?.columns ?? [];
  for (const referencing of effects.all(model?.referencedBy ?? [])) {
    const keys = (referencing.model?.constraints ?? []).filter(
      (one) => one.type === "foreign key" && one.target === model?.id,
    );
    const pointsAt = keys.flatMap(({ referencedColumns }) =>
      referencedColumns.length > 0 ? referencedColumns : primary,
    );
    // Partitions are pointed at through their parent, whose columns are not known here.
    if (pointsAt.length > 0 && !touches(pointsAt)) continue;
    // ON DELETE CASCADE and SET NULL write; the others only look.
    for (const one of effects.family(referencing)) effects.lock(one, "ROW EXCLUSIVE");
  }
}

function write(effects: EffectDraft, use: RowWrite): void {
  const target = effects.find(use.table);
  const reached = effects.family(target);
  for (const one of reached) {
    effects.lock(one, "ROW EXCLUSIVE");
    lockKeys(effects, one, use);
    for (const trigger of one.model?.triggers ?? []) effects.call(trigger.function);
  }
  if (target.model?.ref.kind === "view") {
    for (const read of effects.all(target.model.reads)) effects.lock(read, "ROW EXCLUSIVE");
  }
  if (use.verb !== "insert" || use.updatesOnConflict) effects.loseData(target, !use.filtered);
}

/** Locks of a query that runs. */
export function queryEffect(effects: EffectDraft, query: QueryUse): void {
  for (const name of query.reads) lockRead(effects, name, "ACCESS SHARE");
  for (const name of query.locksRows) lockRead(effects, name, "ROW SHARE");
  for (const use of query.writes) write(effects, use);
  for (const name of query.unknownFunctions) effects.call(name);
}

/** Locks of a query that is only parsed and stored: a view's, a function's. */
export function parsedQueryEffect(effects: EffectDraft, query: QueryUse): void {
  const lock = (name: ObjectName, mode: LockMode): void => {
    if (!isSystem(name)) effects.lock(effects.find(name), mode);
  };
  for (const name of query.reads) lock(name, "ACCESS SHARE");
  for (const name of query.locksRows) lock(name, "ROW SHARE");
  for (const { table } of query.writes) lock(table, "ROW EXCLUSIVE");
}
