/**
 * What ADD COLUMN, ALTER COLUMN … TYPE and SET NOT NULL lock, rewrite and read.
 * Does NOT know which types are stored alike (see typeChanges).
 */
import { callsOfType, domainChain, isChecked } from "../schema/calledCode";
import { isProvenNotNull } from "../schema/schemaModel";
import { dottedName } from "../sql/objectName";
import type { Column, TypeRef } from "../statements/tableOperation";
import { addConstraint } from "./constraintImpacts";
import type { ImpactBuilder, Target } from "./impactBuilder";
import type { Reached } from "./reached";
import { isBaseType, keepsRows } from "./typeChanges";

/** Kinds of default for which PostgreSQL writes every row anew. */
const rewritingDefaults: readonly Column["default"][] = [
  "volatile",
  "serial",
  "identity",
  "stored",
];

/** The column's type checks every value: it is a domain with a constraint at any depth, or may be one. */
function checksDomain(impacts: ImpactBuilder, { type }: Column): boolean {
  if (type.isArray || isBaseType(type)) return false;
  if (impacts.model.type(type) !== null) return isChecked(impacts.model, type);
  impacts.assume(
    `no file makes the type ${dottedName(type)}: it may be a domain with a constraint`,
  );
  return true;
}

/** Where the column's values come from: a domain's default where it has none of its own. */
function sourceOf(impacts: ImpactBuilder, { default: own, type }: Column): Column["default"] {
  if (own !== "none") return own;
  const given = domainChain(impacts.model, type).find((domain) => domain.default !== "none");
  return given?.default ?? "none";
}

export function addColumn(
  impacts: ImpactBuilder,
  { table, family, command, relation }: Reached<"add column">,
): void {
  const { constraints, ifNotExists } = command;
  const column = { ...command.column, default: sourceOf(impacts, command.column) };
  impacts.lockAll(family, "ACCESS EXCLUSIVE");
  const isThere = ifNotExists && table.model?.columns.has(column.name) === true;
  if (relation !== "table" || isThere) return;
  if (rewritingDefaults.includes(column.default) || checksDomain(impacts, column)) {
    for (const target of family) impacts.rewrite(target);
  }
  // The values are worked out here for the rows that are there.
  for (const name of column.calls) impacts.call(name);
  impacts.fire(callsOfType(impacts.model, column.type), `type of ${column.name}`);
  // Without a value every row would be NULL, and is asked; so is a value that is worked out when it is read.
  if (column.notNull && ["none", "virtual"].includes(column.default)) impacts.scanAll(family);
  for (const constraint of constraints.filter(({ type }) => type !== "not null")) {
    const isNull = constraint.type === "foreign key" && column.default === "none";
    addConstraint(impacts, family, isNull ? { ...constraint, valid: false } : constraint);
  }
}

/** A domain's base, which is how its values are stored; domains of domains included. */
function storedType(impacts: ImpactBuilder, type: TypeRef): TypeRef {
  const base = type.isArray ? null : (impacts.model.type(type)?.base ?? null);
  return base === null ? type : storedType(impacts, base);
}

/** True when PostgreSQL leaves the rows as they are. */
function isSameStorage(impacts: ImpactBuilder, from: TypeRef, to: TypeRef): boolean {
  if (keepsRows(from, to)) return true;
  return (
    !isChecked(impacts.model, to) && keepsRows(storedType(impacts, from), storedType(impacts, to))
  );
}

export function alterType(
  impacts: ImpactBuilder,
  { table, family, command, relation }: Reached<"alter type">,
): void {
  const { column, type, collation, computed, calls } = command;
  impacts.lockAll(family, "ACCESS EXCLUSIVE");
  if (relation !== "table") return;
  for (const name of calls) impacts.call(name);
  let anew = false;
  for (const target of family) {
    const { model, ref } = target;
    const old = model?.columns.get(column);
    if (old === undefined) {
      impacts.assume(
        `the type of ${dottedName(ref)}.${column} is not known, so a rewrite is taken for granted`,
      );
    }
    if (old === undefined || computed || !isSameStorage(impacts, old.type, type)) {
      impacts.rewrite(target);
      impacts.loseData(table, false);
      anew = true;
    } else checkAnew(impacts, target, column, old.collation !== collation);
  }
  remakeForeignKeys(impacts, family, column, anew);
}

/** Constraints and indexes on a column are made anew with its type; most indexes are kept as they are. */
function checkAnew(
  impacts: ImpactBuilder,
  target: Target,
  column: string,
  recollated: boolean,
): void {
  const { model } = target;
  const uses = model?.constraints.filter(({ columns }) => columns.includes(column)) ?? [];
  if (uses.some(({ type, valid, enforced }) => type === "check" && valid && enforced)) {
    impacts.scan(target);
  }
  for (const index of impacts.all(model?.indexes ?? [])) {
    const definition = index.model?.index;
    if (definition?.columns.includes(column) !== true) continue;
    if (!recollated && !definition.computed) continue;
    impacts.rewrite(index);
    impacts.scan(target);
  }
}

/** Foreign keys on a column whose type changes are made anew, at both ends; checked where values may differ. */
function remakeForeignKeys(
  impacts: ImpactBuilder,
  family: readonly Target[],
  column: string,
  anew: boolean,
): void {
  const remake = (others: readonly Target[]): void => {
    impacts.lockAll(others, "ACCESS EXCLUSIVE");
    if (anew) impacts.scanAll(others);
  };
  for (const { model } of family) {
    for (const { type, columns, target, enforced } of model?.constraints ?? []) {
      if (type !== "foreign key" || target === null || !columns.includes(column)) continue;
      // One that is not enforced has no triggers to drop, and checks nothing.
      if (enforced) remake(impacts.all([target]));
      else impacts.lockAll(impacts.all([target]), "SHARE ROW EXCLUSIVE");
    }
    for (const referencing of impacts.all(model?.referencedBy ?? [])) {
      const keys = referencing.model?.constraints.filter((one) => one.target === model?.id) ?? [];
      const hit = keys.filter(
        ({ referencedColumns }) =>
          referencedColumns.length === 0 || referencedColumns.includes(column),
      );
      if (hit.some(({ enforced }) => enforced)) remake([referencing]);
      else if (hit.length > 0) impacts.lock(referencing, "ACCESS EXCLUSIVE");
    }
  }
}

export function setNotNull(
  impacts: ImpactBuilder,
  { family, command }: Reached<"set not null">,
): void {
  impacts.lockAll(family, "ACCESS EXCLUSIVE");
  const isRead = ({ model }: Target): boolean =>
    model === null || !isProvenNotNull(model, command.column);
  impacts.scanAll(family.filter(isRead));
}

export function setExpression(
  impacts: ImpactBuilder,
  { family, command }: Reached<"set expression">,
): void {
  impacts.lockAll(family, "ACCESS EXCLUSIVE");
  for (const target of family) {
    if (target.model?.columns.get(command.column)?.default !== "virtual") impacts.rewrite(target);
  }
}
