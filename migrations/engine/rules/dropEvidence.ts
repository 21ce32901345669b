/**
 * What speaks for a drop: the table's mark and its age, the backup, the archive of a column.
 * Does NOT decide what follows (see destructionRules).
 */
import { parseStatements } from "../parser";
import type { ObjectName } from "../tableAction";
import { asList, dig, names, walk } from "../tree";
import { sqlName, sqlText } from "./sqlText";
import { type Act, actsOf, actsOfKind, sameName, type Subject } from "./subject";

const day = 24 * 60 * 60 * 1000;

/** `COMMENT ON TABLE … IS 'drop after 2026-05-01: why'` */
const markForm = /^drop after (\d{4}-\d{2}-\d{2})\b/i;

const isoDay = (date: Date): string => date.toISOString().slice(0, 10);

interface Mark {
  /** Not before this day; null where the table was renamed instead. */
  readonly date: string | null;
  /** Version of the file. */
  readonly version: string;
}

/** How an earlier file has set the table apart, the last one: by a comment with a date, or by another name. */
function markOf(subject: Subject, table: ObjectName): Mark | null {
  for (const file of [...subject.earlier].reverse()) {
    const { version } = file.header;
    const acts = actsOf(file);
    for (const { action } of [...actsOfKind(acts, "comment")].reverse()) {
      if (action.object.kind !== "table" || action.part !== null) continue;
      const date = sameName(action.object, table)
        ? markForm.exec(action.text ?? "")?.[1]
        : undefined;
      if (date !== undefined) return { date, version };
    }
    const isRenamed = actsOfKind(acts, "rename").some(
      ({ action: { object, part, to } }) =>
        object.kind === "table" && part === null && sameName({ ...object, name: to }, table),
    );
    if (isRenamed) return { date: null, version };
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
  if (mark === null) return "no earlier migration has marked or renamed it";
  if (mark.date !== null && Date.parse(mark.date) > subject.now.getTime()) {
    return `its mark says not before ${mark.date}`;
  }
  if (subject.appliedAt === null) return null;
  const since = subject.appliedAt(mark.version);
  if (since === null) return `${mark.version}, which sets it apart, is not applied here`;
  const due = new Date(since.getTime() + subject.dropDelayDays * day);
  return due.getTime() > subject.now.getTime()
    ? `it was set apart ${isoDay(since)}, and ${subject.dropDelayDays} days must pass (until ${isoDay(due)})`
    : null;
}

/** True when the expressions below the value have the column, by name or by `*`. */
function mentionsColumn(value: unknown, column: string): boolean {
  let found = false;
  walk({ value }, (key, node) => {
    if (key !== "ColumnRef") return;
    const fields = asList(node["fields"]);
    if (dig(fields.at(-1), "A_Star") !== undefined || names(fields).at(-1) === column) found = true;
  });
  return found;
}

/** True for the column itself, cast or not: anything else may lose some of what it holds. */
function isColumn(value: unknown, column: string): boolean {
  const inner = dig(value, "TypeCast", "arg");
  if (inner !== undefined) return isColumn(inner, column);
  return names(dig(value, "ColumnRef", "fields")).at(-1) === column;
}

/** True when the statement stores the column elsewhere: in another table, or in another column. */
function copies({ action, statement }: Act, table: ObjectName, column: string): boolean {
  if (action.kind !== "create table" && action.kind !== "query") return false;
  const parsed = parseStatements(statement.text);
  const node = "reason" in parsed ? undefined : parsed[0]?.node;
  const reads = (action.query?.reads ?? []).some((read) => sameName(read, table));
  if (action.kind === "create table") return reads && mentionsColumn(node, column);
  return action.query.writes.some((write) => {
    if (write.verb === "insert") return reads && mentionsColumn(node, column);
    const isOther = write.verb === "update" && !write.columns.includes(column);
    const from = reads || sameName(write.table, table);
    const sets = asList(node?.["targetList"]).map((item) => dig(item, "ResTarget", "val"));
    return isOther && from && sets.some((value) => isColumn(value, column));
  });
}

/** True when a statement before the act, in this or an earlier file, keeps what the column holds. */
export function isArchived(subject: Subject, act: Act, table: ObjectName, column: string): boolean {
  const before = [
    ...subject.earlier.flatMap(actsOf),
    ...subject.acts.filter(({ index }) => index < act.index),
  ];
  return before.some((one) => copies(one, table, column));
}
