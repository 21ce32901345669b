/**
 * Gate rule ban-set-schema: its texts, its examples, and what it finds.
 * Does NOT cover what the application really uses: whatever was there before may be in use.
 */
import { quoted, sqlName } from "../../../sql/sqlText";
import { placedOfKind } from "../../input/subject";
import { atStatement, fileRule } from "../fileRule";
import { renameWhy } from "./applicationFacts";

export const banSetSchema = fileRule({
  id: "ban-set-schema",
  problem: "An object that was there before is moved to another schema.",
  why: renameWhy,
  instead: "a view or a new object in the other schema, until nothing uses the old one.",
  source: "Policy, Step 3: QA team validates application behavior",
  exception: "reason",
  bad: {
    body: "ALTER TABLE dagapp.notes SET SCHEMA geoapi;",
    rollback: "ALTER TABLE IF EXISTS geoapi.notes SET SCHEMA dagapp;",
  },
  good: {
    body: "CREATE VIEW geoapi.notes AS SELECT note_id, body FROM dagapp.notes;",
    rollback: "DROP VIEW IF EXISTS geoapi.notes;",
  },
  find: (subject) =>
    placedOfKind(subject.placedOperations, "set schema")
      .filter((placed) => !subject.isNew(placed.operation.object, placed))
      .map((placed) => {
        const { object, schema } = placed.operation;
        return atStatement(
          placed,
          `${object.kind} ${sqlName(object)} moves to schema ${quoted(schema)} while it may be in use.`,
          `CREATE VIEW ${sqlName({ schema, name: object.name })} AS SELECT * FROM ${sqlName(object)};`,
        );
      }),
});
