/**
 * Gate rule renaming-column: its texts, its examples, and what it finds.
 * Does NOT cover what the application really uses: whatever was there before may be in use.
 */
import { quoted, sqlName } from "../../../sql/sqlText";
import { typeSql } from "../../input/remedySql";
import { addsColumn } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";
import { renames, renameWhy } from "./applicationFacts";

export const renamingColumn = fileRule({
  id: "renaming-column",
  problem: "A column, or an attribute of a type, that was there before is renamed.",
  why: renameWhy,
  instead: "a new column beside it, filled and kept equal, and the old one dropped later.",
  source: `Policy, Step 3: QA team validates application behavior; ${docs("sql-altertable.html")}`,
  exception: "reason",
  bad: {
    body: "ALTER TABLE dagapp.jobs RENAME COLUMN owner TO holder;",
    rollback: "ALTER TABLE dagapp.jobs RENAME COLUMN holder TO owner;",
  },
  good: {
    body: "ALTER TABLE dagapp.jobs ADD COLUMN holder TEXT;",
    rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS holder;",
  },
  find: (subject) =>
    renames(subject).flatMap((placed) => {
      const { object, part, to } = placed.operation;
      if (part?.kind === "attribute" && subject.before.type(object) !== null) {
        return [
          atStatement(
            placed,
            `${sqlName(object)}.${quoted(part.name)} is renamed to ${quoted(to)} in every value that is stored.`,
            "leave its name, and put a new attribute beside it.",
          ),
        ];
      }
      if (part?.kind !== "column" || addsColumn(subject, placed, object, part.name)) return [];
      const type = subject.before.relation(object)?.columns.get(part.name)?.type;
      const add =
        type === undefined
          ? `add ${quoted(to)} beside it`
          : `ALTER TABLE ${sqlName(object)} ADD COLUMN ${quoted(to)} ${typeSql(type)};`;
      return [
        atStatement(
          placed,
          `${sqlName(object)}.${quoted(part.name)} is renamed to ${quoted(to)} while it may be in use.`,
          `${add} fill it in batches (-- batch), and drop ${quoted(part.name)} in a later migration.`,
        ),
      ];
    }),
});
