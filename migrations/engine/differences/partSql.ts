/**
 * SQL for what belongs to a table beside its columns: constraints, indexes, triggers, policies, rules and the small print of
 * both. Pure.
 * Does NOT know whether the table itself comes or goes.
 */
import type {
  ConstraintDefinition,
  IndexDefinition,
  IndexStatisticsDefinition,
  PolicyDefinition,
  RuleDefinition,
  ToastDefinition,
  TriggerDefinition,
} from "./definition";
import {
  alone,
  commentSql,
  joined,
  none,
  nothing,
  optionsSql,
  sql,
  type Statement,
  type Written,
} from "./statement";

const alterOf = ({ of, relation }: ConstraintDefinition): string => `ALTER ${of} ${relation}`;

const constraintComment = (from: string | null, to: ConstraintDefinition): Written =>
  commentSql(
    `CONSTRAINT ${to.name} ON ${to.of === "DOMAIN" ? "DOMAIN " : ""}${to.relation}`,
    from,
    to.comment,
  );

/** Foreign keys and checks: added without a look at the rows, which then follows under a weak lock. */
const canWait = ({ type, of }: ConstraintDefinition): boolean =>
  of === "TABLE" && (type === "f" || type === "c");

/** @param isNewTable  It has no rows yet, and nobody to wait for it. */
export function addConstraint(constraint: ConstraintDefinition, isNewTable: boolean): Written {
  const { name, text, isValidated, isInherited } = constraint;
  if (isInherited) return nothing;
  const add = `${alterOf(constraint)} ADD CONSTRAINT ${name} ${text}`;
  const isLater = !isNewTable && isValidated && canWait(constraint);
  return joined(
    isLater
      ? sql(`${add} NOT VALID`, alone(`${alterOf(constraint)} VALIDATE CONSTRAINT ${name}`))
      : sql(add),
    constraintComment(null, constraint),
  );
}

export const dropConstraint = (constraint: ConstraintDefinition): Written =>
  constraint.isInherited
    ? nothing
    : sql(`${alterOf(constraint)} DROP CONSTRAINT IF EXISTS ${constraint.name}`);

export function changeConstraint(from: ConstraintDefinition, to: ConstraintDefinition): Written {
  if (to.isInherited) return nothing;
  const bare = ({ text }: ConstraintDefinition): string => text.replace(/ NOT VALID$/, "");
  if (bare(from) !== bare(to) || (from.isValidated && !to.isValidated)) {
    return joined(dropConstraint(from), addConstraint(to, false));
  }
  const isValidated = from.isValidated || !to.isValidated;
  return joined(
    isValidated ? nothing : sql(alone(`${alterOf(to)} VALIDATE CONSTRAINT ${to.name}`)),
    constraintComment(from.comment, to),
  );
}

const indexComment = (from: string | null, { name, comment }: IndexDefinition): Written =>
  commentSql(`INDEX ${name}`, from, comment);

/** @param isNewTable  As for addConstraint. */
export function createIndex(index: IndexDefinition, isNewTable: boolean): Written {
  const { text, constraint, isPartitioned, isPart } = index;
  // Its constraint, or the partitioned index that it is a part of, makes it.
  if (constraint !== null || isPart) return indexComment(null, index);
  const made =
    isNewTable || isPartitioned
      ? sql(text)
      : sql(alone(text.replace(/^(CREATE (?:UNIQUE )?INDEX) /, "$1 CONCURRENTLY IF NOT EXISTS ")));
  const isAlone = made.kind === "sql" && made.statements.some((one) => one.alone === true);
  const said = indexComment(null, index);
  if (!isAlone || said.kind !== "sql") return joined(made, said);
  // There is nothing to speak of before it is made.
  return joined(made, sql(...said.statements.map((one) => alone(one.sql))));
}

export function dropIndex({ name, constraint, isPartitioned, isPart }: IndexDefinition): Written {
  if (constraint !== null || isPart) return nothing;
  return sql(
    isPartitioned
      ? `DROP INDEX IF EXISTS ${name}`
      : alone(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`),
  );
}

/** Of an index that is left invalid the text is the same; it is made anew all the same. */
export function changeIndex(from: IndexDefinition, to: IndexDefinition, isSame: boolean): Written {
  if (isSame) return indexComment(from.comment, to);
  if (from.constraint !== null || to.constraint !== null) {
    return from.constraint !== null && to.constraint !== null
      ? nothing
      : none("what a constraint makes and what stands by itself are told apart by a person");
  }
  return joined(dropIndex(from), createIndex(to, false));
}

const enabledWords: Readonly<Record<string, string>> = {
  O: "ENABLE TRIGGER",
  D: "DISABLE TRIGGER",
  R: "ENABLE REPLICA TRIGGER",
  A: "ENABLE ALWAYS TRIGGER",
};

const enabledSql = ({ relation, name, enabled }: TriggerDefinition): string =>
  `ALTER TABLE ${relation} ${enabledWords[enabled] ?? "ENABLE TRIGGER"} ${name}`;

const triggerComment = (from: string | null, trigger: TriggerDefinition): Written =>
  commentSql(`TRIGGER ${trigger.name} ON ${trigger.relation}`, from, trigger.comment);

export function createTrigger(trigger: TriggerDefinition): Written {
  if (trigger.isInherited) return nothing;
  const switched = trigger.enabled === "O" ? [] : [enabledSql(trigger)];
  return joined(sql(trigger.text, ...switched), triggerComment(null, trigger));
}

export const dropTrigger = ({ relation, name, isInherited }: TriggerDefinition): Written =>
  isInherited ? nothing : sql(`DROP TRIGGER IF EXISTS ${name} ON ${relation}`);

export function changeTrigger(from: TriggerDefinition, to: TriggerDefinition): Written {
  if (from.text !== to.text) return joined(dropTrigger(from), createTrigger(to));
  return joined(
    from.enabled === to.enabled ? nothing : sql(enabledSql(to)),
    triggerComment(from.comment, to),
  );
}

type OnTable = PolicyDefinition | RuleDefinition;

const onTable = ({ kind, name, relation }: OnTable): string =>
  `${kind.toUpperCase()} ${name} ON ${relation}`;

export const createOnTable = (one: OnTable): Written =>
  joined(sql(one.text.replace(/;$/, "")), commentSql(onTable(one), null, one.comment));

export const dropOnTable = ({ kind, name, relation }: OnTable): Written =>
  sql(`DROP ${kind.toUpperCase()} IF EXISTS ${name} ON ${relation}`);

export const changeOnTable = (from: OnTable, to: OnTable): Written =>
  from.text === to.text
    ? commentSql(onTable(to), from.comment, to.comment)
    : joined(dropOnTable(from), createOnTable(to));

/** From one set of options to another; null: none. */
export function changeToast(from: ToastDefinition | null, to: ToastDefinition | null): Written {
  const either = to ?? from;
  if (either === null) return nothing;
  return optionsSql(`${either.of} ${either.relation}`, from?.options ?? [], to?.options ?? []);
}

/**
 * From one set of targets to another; null: the server's own.
 *
 * @param isNewTable  As for addConstraint: the index of one that exists is made alone, and these behind it.
 */
export function changeIndexStatistics(
  from: IndexStatisticsDefinition | null,
  to: IndexStatisticsDefinition | null,
  isNewTable = false,
): Written {
  const [was, is] = [from?.targets ?? {}, to?.targets ?? {}];
  const columns = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  // Where the index itself goes too, they go with it.
  const index = to === null ? "INDEX IF EXISTS" : "INDEX";
  const alter = (column: string): Statement => ({
    sql: `ALTER ${index} ${(to ?? from)?.name ?? ""} ALTER COLUMN ${column} SET STATISTICS ${is[column] ?? -1}`,
    ...(isNewTable ? {} : { alone: true }),
  });
  return sql(...columns.filter((column) => was[column] !== is[column]).map(alter));
}
