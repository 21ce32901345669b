/**
 * Gate rule renaming-object: its texts, its examples, and what it finds.
 * Does NOT cover what the application really uses: whatever was there before may be in use.
 */
import { quoted, sqlName, sqlText } from "../../../sql/sqlText";
import { actsOfKind } from "../../input/subject";
import { atStatement, fileRule } from "../fileRule";
import { renames, renameWhy } from "./applicationFacts";

/** Tables have a rule of their own; nobody asks for these by name. */
const silentRenames: ReadonlySet<string> = new Set([
  "table",
  "index",
  "statistics",
  "schema",
  "database",
  "role",
  "tablespace",
]);

export const renamingObject = fileRule({
  id: "renaming-object",
  problem: "A view, function, type, sequence or enum label that was there before is renamed.",
  why: renameWhy,
  instead: "make the new one beside it, and drop the old one later.",
  source: "Policy, Step 3: QA team validates application behavior",
  exception: "reason",
  bad: {
    body: "ALTER FUNCTION dagapp.touch() RENAME TO stamp;",
    rollback: "ALTER FUNCTION dagapp.stamp() RENAME TO touch;",
  },
  good: {
    body: "CREATE FUNCTION dagapp.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
    rollback: "DROP FUNCTION IF EXISTS dagapp.stamp();",
  },
  find: (subject) => [
    ...renames(subject)
      .filter(({ action: { object, part } }) => part === null && !silentRenames.has(object.kind))
      .map((act) =>
        atStatement(
          act,
          `${act.action.object.kind} ${sqlName(act.action.object)} is renamed to ${quoted(act.action.to)} while it may be in use.`,
          `make ${sqlName({ schema: act.action.object.schema, name: act.action.to })} beside it, and drop the old one in a later migration.`,
        ),
      ),
    ...actsOfKind(subject.acts, "rename enum value").map((act) =>
      atStatement(
        act,
        `the label ${sqlText(act.action.value)} of ${sqlName(act.action.type)} gets another name while rows and queries hold it.`,
        `ALTER TYPE ${sqlName(act.action.type)} ADD VALUE …; and move the rows in batches (-- batch).`,
      ),
    ),
  ],
});
