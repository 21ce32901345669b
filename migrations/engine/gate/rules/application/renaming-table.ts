/**
 * Gate rule renaming-table: its texts, its examples, and what it finds.
 * Does NOT cover what the application really uses: whatever was there before may be in use.
 */
import { quoted, sqlName } from "../../../sql/sqlText";
import { atStatement, docs, fileRule } from "../fileRule";
import { renames, renameWhy } from "./applicationFacts";

export const renamingTable = fileRule({
  id: "renaming-table",
  problem: "A table that was there before is renamed.",
  why: renameWhy,
  instead:
    "a view of the new name, until nothing uses the old one; or an exception that says what uses it.",
  source: `Policy, Step 3: QA team validates application behavior; ${docs("sql-altertable.html")}`,
  exception: "reason",
  bad: {
    body: "ALTER TABLE dagapp.notes RENAME TO remarks;",
    rollback: "ALTER TABLE IF EXISTS dagapp.remarks RENAME TO notes;",
  },
  good: {
    body: "CREATE VIEW dagapp.remarks AS SELECT note_id, body FROM dagapp.notes;",
    rollback: "DROP VIEW IF EXISTS dagapp.remarks;",
  },
  find: (subject) =>
    renames(subject)
      .filter(({ operation }) => operation.object.kind === "table" && operation.part === null)
      .map((placed) => {
        const { object, to } = placed.operation;
        const view = sqlName({ schema: object.schema, name: to });
        return atStatement(
          placed,
          `${sqlName(object)} is renamed to ${quoted(to)} while it may be in use.`,
          `CREATE VIEW ${view} AS SELECT * FROM ${sqlName(object)}; and rename once nothing asks for the table.`,
        );
      }),
});
