/**
 * SQL for functions, types, extended statistics, operators and configurations of text search. Pure.
 * Does NOT write ranges and base types: a person does.
 */
import type {
  DomainDefinition,
  EnumDefinition,
  RoutineDefinition,
  StatisticsDefinition,
  WholeDefinition,
} from "./definition";
import {
  commentSql,
  dropping,
  joined,
  literal,
  none,
  nothing,
  sql,
  type Written,
} from "./statement";

const routineWord = ({ kind }: RoutineDefinition): string => kind.toUpperCase();

const routineComment = (from: string | null, routine: RoutineDefinition): Written =>
  commentSql(`${routineWord(routine)} ${routine.name}`, from, routine.comment);

export const createRoutine = (routine: RoutineDefinition): Written =>
  joined(sql(routine.text.trimEnd()), routineComment(null, routine));

export const dropRoutine = (routine: RoutineDefinition): Written =>
  sql(dropping(`DROP ${routineWord(routine)} IF EXISTS ${routine.name}`));

/** Where arguments or result differ, the server wants it dropped first. */
export function changeRoutine(from: RoutineDefinition, to: RoutineDefinition): Written {
  if (from.text === to.text) return routineComment(from.comment, to);
  if (from.signature !== to.signature) return joined(dropRoutine(from), createRoutine(to));
  // What pg_get_functiondef prints replaces already.
  const replacing = to.text.trimEnd().replace(/^CREATE (?=AGGREGATE )/, "CREATE OR REPLACE ");
  return joined(sql(replacing), routineComment(from.comment, to));
}

export const createEnum = ({ name, labels, comment }: EnumDefinition): Written =>
  joined(
    sql(`CREATE TYPE ${name} AS ENUM (${labels.map(literal).join(", ")})`),
    commentSql(`TYPE ${name}`, null, comment),
  );

/**
 * Labels that stand in the place of others, with those, where everything else is in its place: to the rows that hold one
 * it is the same label under another name. Null where labels went, or are elsewhere.
 */
function renamedLabels(
  from: readonly string[],
  to: readonly string[],
): readonly (readonly [before: string, after: string])[] | null {
  if (from.length !== to.length) return null;
  const pairs = from
    .map((label, at) => [label, to[at] ?? ""] as const)
    .filter(([before, after]) => before !== after);
  const isRename = pairs.every(([before, after]) => !to.includes(before) && !from.includes(after));
  return isRename ? pairs : null;
}

const labelsGone =
  "PostgreSQL neither takes a label away from an enum type nor moves one: a new type with the labels that are wanted " +
  "takes its place, and each column is moved to it (ALTER COLUMN … TYPE … USING …::text::…), which rewrites its table";

/** Labels may be added anywhere and renamed; none can be taken away or moved. */
export function changeEnum(from: EnumDefinition, to: EnumDefinition): Written {
  const { name, labels } = to;
  const comment = commentSql(`TYPE ${name}`, from.comment, to.comment);
  const renamed = renamedLabels(from.labels, labels);
  if (renamed !== null) {
    const rename = renamed.map(
      ([before, after]) =>
        `ALTER TYPE ${name} RENAME VALUE ${literal(before)} TO ${literal(after)}`,
    );
    return joined(sql(...rename), comment);
  }
  const kept = labels.filter((label) => from.labels.includes(label));
  if (kept.join("\n") !== from.labels.join("\n")) return none(labelsGone);
  const added = labels.flatMap((label, at) => {
    if (from.labels.includes(label)) return [];
    const before = labels[at - 1];
    const next = from.labels[0];
    const place =
      before !== undefined
        ? ` AFTER ${literal(before)}`
        : next === undefined
          ? ""
          : ` BEFORE ${literal(next)}`;
    return [`ALTER TYPE ${name} ADD VALUE ${literal(label)}${place}`];
  });
  return joined(sql(...added), comment);
}

export function createDomain(domain: DomainDefinition): Written {
  const { name, type, collation, notNull, comment } = domain;
  const parts = [
    `CREATE DOMAIN ${name} AS ${type}`,
    ...(collation === null ? [] : [`COLLATE ${collation}`]),
    ...(domain.default === null ? [] : [`DEFAULT ${domain.default}`]),
    ...(notNull ? ["NOT NULL"] : []),
  ];
  return joined(sql(parts.join(" ")), commentSql(`DOMAIN ${name}`, null, comment));
}

export function changeDomain(from: DomainDefinition, to: DomainDefinition): Written {
  if (from.type !== to.type || from.collation !== to.collation) {
    return none("the type below a domain cannot be changed");
  }
  const alter = (text: string): Written => sql(`ALTER DOMAIN ${to.name} ${text}`);
  return joined(
    from.default === to.default
      ? nothing
      : alter(to.default === null ? "DROP DEFAULT" : `SET DEFAULT ${to.default}`),
    from.notNull === to.notNull ? nothing : alter(`${to.notNull ? "SET" : "DROP"} NOT NULL`),
    commentSql(`DOMAIN ${to.name}`, from.comment, to.comment),
  );
}

export const dropType = (name: string, word: "TYPE" | "DOMAIN"): Written =>
  sql(dropping(`DROP ${word} IF EXISTS ${name}`));

const targetSql = (from: number | null, { name, target }: StatisticsDefinition): Written =>
  from === target ? nothing : sql(`ALTER STATISTICS ${name} SET STATISTICS ${target ?? -1}`);

export const createStatistics = (statistics: StatisticsDefinition): Written =>
  joined(
    sql(statistics.text),
    targetSql(null, statistics),
    commentSql(`STATISTICS ${statistics.name}`, null, statistics.comment),
  );

export const dropStatistics = ({ name }: StatisticsDefinition): Written =>
  sql(`DROP STATISTICS IF EXISTS ${name}`);

export const changeStatistics = (from: StatisticsDefinition, to: StatisticsDefinition): Written =>
  from.text === to.text
    ? joined(
        targetSql(from.target, to),
        commentSql(`STATISTICS ${to.name}`, from.comment, to.comment),
      )
    : joined(dropStatistics(from), createStatistics(to));

export const createWhole = ({ word, name, statements, comment }: WholeDefinition): Written =>
  joined(sql(...statements), commentSql(`${word} ${name}`, null, comment));

export const dropWhole = ({ word, name }: WholeDefinition): Written =>
  sql(dropping(`DROP ${word} IF EXISTS ${name}`));

export const changeWhole = (from: WholeDefinition, to: WholeDefinition): Written =>
  from.statements.join("\n") === to.statements.join("\n")
    ? commentSql(`${to.word} ${to.name}`, from.comment, to.comment)
    : joined(dropWhole(from), createWhole(to));
