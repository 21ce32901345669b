/**
 * What speaks for a drop: the table's mark and its age, the backup, the archive of a column.
 * Does NOT decide what follows (see destructionRules).
 */
import type { ObjectName } from "../action";
import { parseStatements } from "../parser";
import { asList, dig, names, walk } from "../tree";
import { sqlName, sqlText } from "./sqlText";
import { type Act, actsOf, actsOfKind, sameName, type Subject } from "./subject";

const day = 24 * 60 * 60 * 1000;

/** `COMMENT ON TABLE … IS 'drop after 2026-05-01: why'` */
const markForm = /^drop after (\d{4}-\d{2}-\d{2})\b/i;

const isoDay = (date: Date): string => date.toISOString().slice(0, 10);

/** The mark that an earlier file sets, the last one: its date, and the version of the file. */
function markOf(subject: Subject, table: ObjectName): { date: string; version: string } | null {
  for (const file of [...subject.earlier].reverse()) {
    const comment = actsOfKind(actsOf(file), "comment").findLast(
      ({ action }) =>
        action.object.kind === "table" && action.part === null && sameName(action.object, table),
    );
    if (comment === undefined) continue;
    const date = markForm.exec(comment.action.text ?? "")?.[1];
    return date === undefined ? null : { date, version: file.header.version };
  }
  return null;
}

/** The statement that marks a table, for an earlier migration. */
export const markStatement = (subject: Subject, table: ObjectName): string => {
  const date = isoDay(new Date(subject.now.getTime() + subject.dropDelayDays * day));
  return `COMMENT ON TABLE ${sqlName(table)} IS ${sqlText(`drop after ${date}: why it goes`)};`;
};

/** What is missing for a delayed drop, as a text; null when it may go. */
export function missingDelay(subject: Subject, table: ObjectName): string | null {
  const mark = markOf(subject, table);
  if (mark === null) return "no earlier migration has marked it";
  if (Date.parse(mark.date) > subject.now.getTime()) return `its mark says not before ${mark.date}`;
  if (subject.appliedAt === null) return null;
  const since = subject.appliedAt(mark.version);
  if (since === null) return `the migration that marks it, ${mark.version}, is not applied here`;
  const due = new Date(since.getTime() + subject.dropDelayDays * day);
  return due.getTime() > subject.now.getTime()
    ? `it was marked ${isoDay(since)}, and ${subject.dropDelayDays} days must pass (until ${isoDay(due)})`
    : null;
}

/** True when the statement's query has the column, by name or by `*`, in what it selects. */
function selects(sql: string, column: string): boolean {
  const parsed = parseStatements(sql);
  if ("reason" in parsed) return false;
  let found = false;
  walk(
    parsed.map(({ node }) => node),
    (key, node) => {
      if (key !== "ColumnRef") return;
      const fields = asList(node["fields"]);
      if (dig(fields.at(-1), "A_Star") !== undefined || names(fields).at(-1) === column)
        found = true;
    },
  );
  return found;
}

/** True when a statement before the act, in this or an earlier file, copies the column into another table. */
export function isArchived(subject: Subject, act: Act, table: ObjectName, column: string): boolean {
  const before = [
    ...subject.earlier.flatMap(actsOf),
    ...subject.acts.filter(({ index }) => index < act.index),
  ];
  return before.some(({ action, statement }) => {
    const query =
      action.kind === "create table" ? action.query : action.kind === "query" ? action.query : null;
    const isCopy =
      action.kind === "create table" ||
      query?.writes.some(({ verb }) => verb === "insert") === true;
    if (query === null || !isCopy || !query.reads.some((read) => sameName(read, table)))
      return false;
    return selects(statement.text, column);
  });
}
