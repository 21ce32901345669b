/**
 * Gate rule renaming-object: its texts, its examples, and what it finds.
 * Does NOT cover what the application really uses: whatever was there before may be in use.
 */
import { quoted, sqlName, sqlText } from "../../../sql/sqlText";
import { placedOfKind } from "../../input/subject";
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
      .filter(({ operation: { object, part } }) => part === null && !silentRenames.has(object.kind))
      .map((placed) =>
        atStatement(
          placed,
          `${placed.operation.object.kind} ${sqlName(placed.operation.object)} is renamed to ${quoted(placed.operation.to)} while it may be in use.`,
          `make ${sqlName({ schema: placed.operation.object.schema, name: placed.operation.to })} beside it, and drop the old one in a later migration.`,
        ),
      ),
    ...placedOfKind(subject.placedOperations, "rename enum value").map((placed) =>
      atStatement(
        placed,
        `the label ${sqlText(placed.operation.value)} of ${sqlName(placed.operation.type)} gets another name while rows and queries hold it.`,
        `ALTER TYPE ${sqlName(placed.operation.type)} ADD VALUE ${sqlText(placed.operation.to)}; and in a later migration move the rows in batches (-- batch).`,
      ),
    ),
  ],
});
