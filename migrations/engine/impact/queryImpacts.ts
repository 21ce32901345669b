/**
 * What queries lock: the tables they name, those behind views, partitions, and the other ends of foreign keys.
 * Does NOT look into functions: it notes that they run (see classify).
 */
import { callsOfType } from "../schema/calledCode";
import type { ConstraintModel } from "../schema/schemaModel";
import type { LockMode } from "../sql/lockModes";
import { dottedName, type ObjectName } from "../sql/objectName";
import type { QueryUse, RowEvent, RowWrite } from "../statements/operation";
import type { RowImpact } from "./impact";
import type { ImpactBuilder, Target } from "./impactBuilder";
import { fireKey } from "./partitionImpacts";

/** Tables of the system: nobody waits for those who read them. */
const systemSchemas = new Set(["pg_catalog", "information_schema"]);

const isSystem = ({ schema, name }: ObjectName): boolean =>
  schema === null ? name.startsWith("pg_") : systemSchemas.has(schema);

/** A relation, what is below it, and what a view reads, all in one mode; of a materialized view itself only. */
export function lockRead(impacts: ImpactBuilder, name: ObjectName, mode: LockMode): void {
  if (!isSystem(name)) lockBelow(impacts, impacts.find(name), mode);
}

function lockBelow(impacts: ImpactBuilder, first: Target, mode: LockMode): void {
  const open: Target[] = [first];
  const seen = new Set<string>();
  for (let target = open.pop(); target !== undefined; target = open.pop()) {
    const { model, ref } = target;
    if (model !== null) {
      if (seen.has(model.id)) continue;
      seen.add(model.id);
      if (ref.kind === "view") open.push(...impacts.all(model.reads));
      open.push(...impacts.all(model.children));
    }
    impacts.lock(target, mode);
  }
}

/** What runs when a relation is read: the functions of a view, the policies of a table. */
function fireRead(impacts: ImpactBuilder, name: ObjectName): void {
  const open: Target[] = isSystem(name) ? [] : [impacts.find(name)];
  const seen = new Set<string>();
  for (let target = open.pop(); target !== undefined; target = open.pop()) {
    const { model, ref } = target;
    if (model === null || seen.has(model.id)) continue;
    seen.add(model.id);
    firePolicies(impacts, target, ["select"]);
    if (ref.kind !== "view") continue;
    impacts.fire(model.calls, `view ${dottedName(ref)}`);
    open.push(...impacts.all(model.reads));
  }
}

/** What a write does to rows. */
const eventsOf = ({ verb, updatesOnConflict }: RowWrite): readonly RowImpact["verb"][] => {
  if (verb === "merge") return updatesOnConflict ? ["insert", "update", "delete"] : ["insert"];
  return verb === "insert" && updatesOnConflict ? ["insert", "update"] : [verb];
};

const meets = (armed: readonly RowEvent[], events: readonly RowEvent[]): boolean =>
  armed.some((event) => events.includes(event));

/** Row security that holds for the owner too. */
function firePolicies(
  impacts: ImpactBuilder,
  { ref, model }: Target,
  events: readonly RowEvent[],
): void {
  if (model?.forcesPolicies !== true) return;
  for (const { kind, name, query, events: on } of model.armed) {
    if (kind !== "policy" || !meets(on, events)) continue;
    const by = `policy ${name} of ${dottedName(ref)}`;
    impacts.fire([...query.unknownFunctions, ...query.shadowable], by);
    for (const read of query.reads) lockRead(impacts, read, "ACCESS SHARE");
  }
}

/** Rules run their statements in addition or instead. True when one runs instead. */
function fireRules(
  impacts: ImpactBuilder,
  { ref, model }: Target,
  events: readonly RowEvent[],
): boolean {
  const rules = (model?.armed ?? []).filter(
    ({ kind, events: on }) => kind === "rule" && meets(on, events),
  );
  for (const { name, query } of rules) {
    impacts.via(`rule ${name} of ${dottedName(ref)}`, () => {
      queryImpact(impacts, query);
    });
  }
  return rules.some(({ instead }) => instead);
}

/** Triggers, and the functions of defaults, expressions, checks and indexes. */
function fireCode(
  impacts: ImpactBuilder,
  { ref, model }: Target,
  events: readonly RowEvent[],
): void {
  if (model === null) return;
  const table = dottedName(ref);
  for (const trigger of model.triggers) {
    if (!meets(trigger.events, events)) continue;
    impacts.call(trigger.function, `trigger ${trigger.name} of ${table}`);
    impacts.fire(trigger.calls, `trigger ${trigger.name} of ${table}`);
  }
  if (!events.includes("insert") && !events.includes("update")) return;
  fireKey(impacts, { ref, model });
  for (const { name, calls, type } of model.columns.values()) {
    impacts.fire(calls, `default or expression of ${table}.${name}`);
    impacts.fire(callsOfType(impacts.model, type), `type of ${table}.${name}`);
  }
  for (const { name, calls } of model.constraints) impacts.fire(calls, `check ${name} of ${table}`);
  for (const index of impacts.all(model.indexes)) {
    impacts.fire(index.model?.index?.calls ?? [], `index ${dottedName(index.ref)}`);
  }
}

/** The referencing rows follow those that are deleted, or whose key changes. */
function followKeys(
  impacts: ImpactBuilder,
  referencing: Target,
  key: ConstraintModel,
  use: RowWrite,
): void {
  const by = `foreign key ${key.name} of ${dottedName(referencing.ref)}`;
  const follow = (verb: "update" | "delete", columns: readonly string[]): void => {
    impacts.via(by, () => {
      const row = { filtered: true, updatesOnConflict: false, listed: false };
      writeTarget(impacts, referencing, { ...row, verb, table: referencing.ref, columns });
    });
  };
  const events = eventsOf(use);
  if (events.includes("delete")) {
    if (key.onDelete === "cascade") follow("delete", []);
    if (key.onDelete === "set") follow("update", key.columns);
  }
  if (events.includes("update") && key.onUpdate !== "keep") follow("update", key.columns);
}

/** Foreign keys of a table that is written, or of what points at it, look at the other table. */
function lockKeys(impacts: ImpactBuilder, target: Target, use: RowWrite): void {
  const { verb, updatesOnConflict, columns: set } = use;
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
      for (const one of impacts.all([other]).flatMap((each) => impacts.family(each))) {
        impacts.lock(one, "ROW SHARE");
      }
    }
  }
  if (!changes) return;
  const primary = model?.constraints.find(({ type }) => type === "primary key")?.columns ?? [];
  for (const referencing of impacts.all(model?.referencedBy ?? [])) {
    const all = (referencing.model?.constraints ?? []).filter(
      (one) => one.type === "foreign key" && one.target === model?.id,
    );
    // One that is not enforced has no triggers that would look.
    const keys = all.filter(({ enforced }) => enforced);
    if (all.length > 0 && keys.length === 0) continue;
    const hit = keys.filter(({ referencedColumns }) => {
      const pointsAt = referencedColumns.length > 0 ? referencedColumns : primary;
      // Partitions are pointed at through their parent, whose columns are not known here.
      return pointsAt.length === 0 || touches(pointsAt);
    });
    if (keys.length > 0 && hit.length === 0) continue;
    // ON DELETE CASCADE and SET NULL write; the others only look.
    for (const one of impacts.family(referencing)) impacts.lock(one, "ROW EXCLUSIVE");
    for (const key of hit) followKeys(impacts, referencing, key, use);
  }
}

function writeTarget(impacts: ImpactBuilder, target: Target, use: RowWrite): void {
  const events = eventsOf(use);
  const { model, ref } = target;
  const by = use.columns.join();
  if (!impacts.enters(`${events.join()} ${by} ${use.filtered} ${model?.id ?? dottedName(ref)}`))
    return;
  if (use.verb !== "insert" || use.updatesOnConflict) impacts.loseData(target, !use.filtered);
  if (ref.kind === "view") {
    writeView(impacts, target, use);
    return;
  }
  fireRules(impacts, target, events);
  firePolicies(impacts, target, events);
  for (const one of impacts.family(target)) {
    impacts.lock(one, "ROW EXCLUSIVE");
    for (const verb of events) impacts.write(one, verb, !use.filtered);
    lockKeys(impacts, one, use);
    fireCode(impacts, one, events);
  }
}

/** A write through a view reaches its one relation, unless a rule or a trigger stands in its place. */
function writeView(impacts: ImpactBuilder, target: Target, use: RowWrite): void {
  const { model, ref } = target;
  const events = eventsOf(use);
  impacts.lock(target, "ROW EXCLUSIVE");
  const isRuled = fireRules(impacts, target, events);
  fireCode(impacts, target, events);
  const isCaught = model?.triggers.some((one) => one.instead && meets(one.events, events)) === true;
  const [base] = impacts.all(model?.base == null ? [] : [model.base]);
  const isReached = base !== undefined && !isRuled && !isCaught;
  // INSERT asks the view for no row.
  for (const read of use.verb === "insert" ? [] : impacts.all(model?.reads ?? [])) {
    if (!isReached || read.model?.id !== base.model?.id) lockBelow(impacts, read, "ACCESS SHARE");
  }
  if (!isReached) return;
  impacts.via(`view ${dottedName(ref)}`, () => {
    writeTarget(impacts, base, use);
  });
}

/** Locks of a query that runs. */
export function queryImpact(impacts: ImpactBuilder, query: QueryUse): void {
  for (const name of query.reads) lockRead(impacts, name, "ACCESS SHARE");
  for (const name of query.locksRows) lockRead(impacts, name, "ROW SHARE");
  for (const name of query.resets) impacts.reset(impacts.find(name, "sequence"));
  for (const name of [...query.reads, ...query.locksRows]) fireRead(impacts, name);
  for (const use of query.writes) writeTarget(impacts, impacts.find(use.table), use);
  for (const name of [...query.unknownFunctions, ...query.shadowable]) impacts.call(name);
}

/** Locks of a query that is only parsed and stored: a view's, a function's. */
export function parsedQueryImpact(impacts: ImpactBuilder, query: QueryUse): void {
  const lock = (name: ObjectName, mode: LockMode): void => {
    if (!isSystem(name)) impacts.lock(impacts.find(name), mode);
  };
  for (const name of query.reads) lock(name, "ACCESS SHARE");
  for (const name of query.locksRows) lock(name, "ROW SHARE");
  for (const { table } of query.writes) lock(table, "ROW EXCLUSIVE");
}
