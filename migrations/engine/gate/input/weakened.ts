/**
 * Constraints of tables that were there before and hold less after the file, whatever statement brings that about.
 * Does NOT count a constraint that is dropped by name, which whoever reads the file sees, nor judge (see the rules).
 */
import type { ConstraintModel, RelationModel, SchemaModel } from "../../schema/schemaModel";
import { modelAfter } from "../../schema/schemaReplay";
import { quoted, sqlName } from "../../sql/sqlText";
import type { Constraint, KeyOperation } from "../../statements/tableOperation";
import type { PlacedOperation } from "./placedOperation";
import { placedOfKind, type Subject } from "./subject";

/** One such constraint, and the statement that did it. */
export interface Weakened {
  readonly placed: PlacedOperation;
  /** What happens from then on, as a sentence. */
  readonly message: string;
}

type Altered = ReturnType<typeof placedOfKind<"alter table">>[number];

const force: Readonly<Record<KeyOperation, number>> = { keep: 0, set: 1, cascade: 2 };

/** It deletes or empties what points at a row that goes, or whose key changes. */
const reachesRows = ({ type, enforced, onDelete, onUpdate }: Constraint): boolean =>
  type === "foreign key" && enforced && (onDelete !== "keep" || onUpdate === "set");

const canWeaken = ({ type, enforced, ...more }: Constraint): boolean =>
  reachesRows({ type, enforced, ...more }) || !enforced;

/** Statements after which a constraint of an old table may hold less than before, whatever they name. */
const candidates = (subject: Subject): readonly Altered[] =>
  placedOfKind(subject.placedOperations, "alter table").filter(({ operation: { command } }) => {
    if (command.kind === "attach partition") return true;
    if (command.kind === "alter constraint") return command.enforced === false;
    if (command.kind === "add column") return command.constraints.some(canWeaken);
    return command.kind === "add constraint" && canWeaken(command.constraint);
  });

const columnsOf = ({ columns }: Constraint): string => [...columns].sort().join();

/** Same kind, same columns, and the same other table. */
const isAlike = (a: ConstraintModel, b: ConstraintModel): boolean =>
  a.type === b.type && a.target === b.target && columnsOf(a) === columnsOf(b);

/** What a foreign key does to rows of an old table that nothing did before; null where something did, or no row is hit. */
function newReach(old: RelationModel, now: ConstraintModel): string | null {
  if (!reachesRows(now)) return null;
  const did = old.constraints.filter((one) => one.enforced && isAlike(one, now));
  // A new column points at nothing until it is set.
  const isNew = now.columns.every((name) => old.columnsKnown && !old.columns.has(name));
  if (isNew) return null;
  const table = sqlName(old.ref);
  const columns = now.columns.map(quoted).join(", ");
  if (did.every(({ onDelete }) => force[onDelete] < force[now.onDelete])) {
    if (now.onDelete === "cascade") {
      return `rows of ${table} go with the row that ${columns} points at (ON DELETE CASCADE of ${now.name}), which they did not before.`;
    }
    if (now.onDelete === "set") {
      return `${columns} of ${table} is overwritten when the row that it points at goes (ON DELETE SET of ${now.name}), which it was not before.`;
    }
  }
  return now.onUpdate === "set" && did.every(({ onUpdate }) => onUpdate !== "set")
    ? `${columns} of ${table} is overwritten when the key that it points at changes (ON UPDATE SET of ${now.name}), which it was not before.`
    : null;
}

/** The constraint that stands in the place of an enforced one and is not; null where there is none. */
function unenforced(old: ConstraintModel, now: readonly ConstraintModel[]): ConstraintModel | null {
  if (!old.enforced) return null;
  const alike = now.filter((one) => isAlike(one, old));
  return alike.some(({ enforced }) => enforced) ? null : (alike.at(-1) ?? null);
}

function weaknesses(old: RelationModel, now: RelationModel): readonly string[] {
  const reach = now.constraints.flatMap((one) => newReach(old, one) ?? []);
  const idle = old.constraints.flatMap((one) => {
    const found = unenforced(one, now.constraints);
    if (found === null) return [];
    return [
      `${quoted(found.name)} of ${sqlName(old.ref)} is there and no longer enforced: rows that break it come in.`,
    ];
  });
  return [...reach, ...idle];
}

/** The statement that did it: the last candidate that names the table, or one above it. */
function cause(
  all: readonly Altered[],
  relation: RelationModel,
  models: readonly SchemaModel[],
): PlacedOperation | undefined {
  const homes = new Set([relation.id, ...relation.parents]);
  return (
    all.findLast(({ operation: { table, command } }) =>
      [table, ...(command.kind === "attach partition" ? [command.partition] : [])].some((name) =>
        models.some((model) => homes.has(model.relation(name)?.id ?? "")),
      ),
    ) ?? all.at(-1)
  );
}

/** Every constraint of an old table that the file weakens. */
export function weakenedBy(subject: Subject): readonly Weakened[] {
  const all = candidates(subject);
  if (all.length === 0) return [];
  const after = modelAfter(subject.before, subject.file);
  return subject.before.relations().flatMap((old) => {
    const now = after.byId(old.id);
    if (now === null || now.constraints === old.constraints) return [];
    const placed = cause(all, now, [subject.before, after]);
    return placed === undefined ? [] : weaknesses(old, now).map((message) => ({ placed, message }));
  });
}
