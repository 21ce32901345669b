/**
 * What speaks for the drop of a table: its mark and the mark's age.
 * Does NOT look for a column's archive (see archive) nor decide what follows (see destructionRules).
 */
import type { ObjectName } from "../../sql/objectName";
import { sqlName, sqlText } from "../../sql/sqlText";
import { type PlacedOperation } from "./placedOperation";
import { placedOperationsOf, sameName, type Subject } from "./subject";

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

/** What one placed operation says of the name: that it is set apart, that it is not (any more), or nothing. */
function markIn(
  { operation, statement }: PlacedOperation,
  table: ObjectName,
): { date: string | null } | "none" | undefined {
  // A condition around it may have left it out.
  if (statement.kind === "DO") return undefined;
  if (
    operation.kind === "comment" &&
    operation.object.kind === "table" &&
    operation.part === null
  ) {
    if (!sameName(operation.object, table)) return undefined;
    const date = markForm.exec(operation.text ?? "")?.[1];
    return date === undefined || Number.isNaN(Date.parse(date)) ? "none" : { date };
  }
  if (operation.kind === "rename" && operation.object.kind === "table" && operation.part === null) {
    if (sameName({ ...operation.object, name: operation.to }, table)) return { date: null };
    return sameName(operation.object, table) ? "none" : undefined;
  }
  // Another table of that name.
  return operation.kind === "create table" && sameName(operation.table, table) ? "none" : undefined;
}

/** How an earlier file has set the table apart: by a comment with a date, or by another name. The last word counts. */
function markOf(subject: Subject, table: ObjectName): Mark | null {
  for (const file of [...subject.earlier].reverse()) {
    for (const placed of [...placedOperationsOf(file)].reverse()) {
      const mark = markIn(placed, table);
      if (mark === "none") return null;
      if (mark !== undefined) return { ...mark, version: file.header.version };
    }
  }
  return null;
}

/** The statement that marks a table, for an earlier migration. */
export const markStatement = (subject: Subject, table: ObjectName): string => {
  const date = isoDay(new Date(subject.now.getTime() + subject.dropDelayDays * day));
  return `COMMENT ON TABLE ${sqlName(table)} IS ${sqlText(`drop after ${date}: why it goes`)};`;
};

/** What is missing for a delayed drop. */
interface MissingDelay {
  readonly text: string;
  /** Where nothing but time is missing, when it is due: "until 2026-05-01"; null: time alone does not help. */
  readonly waits: string | null;
}

/** Null when it may go. */
export function missingDelay(subject: Subject, table: ObjectName): MissingDelay | null {
  const mark = markOf(subject, table);
  const { now, dropDelayDays, appliedAt } = subject;
  if (mark === null) return { text: "no earlier migration has marked or renamed it", waits: null };
  if (mark.date !== null && Date.parse(mark.date) > now.getTime()) {
    return { text: `its mark says not before ${mark.date}`, waits: `until ${mark.date}` };
  }
  if (appliedAt === null || dropDelayDays === 0) return null;
  const since = appliedAt(mark.version);
  if (since === null) {
    return {
      text: `${mark.version}, which sets it apart, is not applied here`,
      waits: `until ${dropDelayDays} days after ${mark.version} is applied`,
    };
  }
  const due = new Date(since.getTime() + dropDelayDays * day);
  if (due.getTime() <= now.getTime()) return null;
  return {
    text: `it was set apart ${isoDay(since)}, and ${dropDelayDays} days must pass (until ${isoDay(due)})`,
    waits: `until ${isoDay(due)}`,
  };
}
