/**
 * Gate rule ban-lossy-change: its texts, its examples, and what it finds.
 * Does NOT cover what the rules beside it do.
 */
import { quoted, sqlName } from "../../../sql/sqlText";
import { isArchived } from "../../input/archive";
import { archiveStatement } from "../../input/remedySql";
import { valueLosses } from "../../input/valueLoss";
import { atStatement, backupNamed, docs, fileRule } from "../fileRule";

export const banLossyChange = fileRule({
  id: "ban-lossy-change",
  problem:
    "A column's type or expression is changed, or an attribute of a type dropped, so that values may be lost.",
  why: "what was stored cannot be had back by changing it again, and no counter of rows shows it.",
  instead:
    "a type that holds every old value; or an archive of key and column in this migration before it (-- see ban-drop-column).",
  source: `Policy, High-Risk Operations: ALTER TYPE; ${docs("sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DATA-TYPE")}`,
  exception: backupNamed,
  bad: {
    header: { "Downtime required": "Yes" },
    body: "ALTER TABLE dagapp.jobs ALTER COLUMN owner TYPE VARCHAR(3) USING owner::VARCHAR(3);",
    rollback: "ALTER TABLE dagapp.jobs ALTER COLUMN owner TYPE TEXT;",
  },
  good: {
    header: { "Downtime required": "Yes" },
    body: "ALTER TABLE dagapp.jobs ALTER COLUMN stage TYPE BIGINT;",
    rollback: "ALTER TABLE dagapp.jobs ALTER COLUMN stage TYPE INTEGER;",
  },
  find: (subject) =>
    valueLosses(subject)
      .filter(({ placed, owner, column }) => !isArchived(subject, placed, owner, column))
      .map(({ placed, owner, column, why }) =>
        atStatement(
          placed,
          `${sqlName(owner)}.${quoted(column)}: ${why}.`,
          `before it: ${archiveStatement(subject, owner, column)}`,
        ),
      ),
});
