/**
 * Gate rule function-recreated: its texts, its examples, and what it finds.
 * Does NOT cover what the application really uses: whatever was there before may be in use.
 */
import { type ObjectName } from "../../../sql/objectName";
import { sqlName } from "../../../sql/sqlText";
import { placedOfKind } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

/** A function's name without its arguments. */
const baseName = ({ schema, name }: ObjectName): string =>
  sqlName({ schema, name: name.replace(/\(.*$/s, "") });

const routine = /^(function|procedure|routine)$/;

/** True when a DROP means this very function; without arguments it means the only one of its name. */
const isSameRoutine = (dropped: ObjectName, made: ObjectName): boolean =>
  !dropped.name.includes("(") || dropped.name === made.name;

export const functionRecreated = fileRule({
  id: "function-recreated",
  severity: () => "warning",
  problem: "A function is dropped and made again.",
  why: "the rights on it go with the drop; the new one has only the default privileges until the next up.",
  instead:
    "CREATE OR REPLACE where arguments and result stay; else drop and create in one transaction.",
  source: `Policy, Permission Model: EXECUTE ON schema.functions; ${docs("sql-createfunction.html#SQL-CREATEFUNCTION-NOTES")}`,
  exception: "reason",
  bad: {
    body:
      "BEGIN;\nDROP FUNCTION dagapp.touch();\n" +
      "CREATE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';\nCOMMIT;",
    rollback:
      "CREATE OR REPLACE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
  },
  good: {
    body: "CREATE OR REPLACE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';",
    rollback:
      "CREATE OR REPLACE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
  },
  find: (subject) =>
    placedOfKind(subject.placedOperations, "create function").flatMap((placed) => {
      const { function: made } = placed.operation;
      const name = baseName(made);
      const isDropped = placedOfKind(subject.placedOperations, "drop").some(
        ({ operation, index, segment }) =>
          index < placed.index &&
          operation.objects.some(
            (object) =>
              routine.test(object.kind) &&
              baseName(object) === name &&
              // With other arguments OR REPLACE makes a second function: one transaction is all that can be asked.
              (isSameRoutine(object, made) ||
                segment !== placed.segment ||
                segment.kind === "single"),
          ),
      );
      if (!isDropped) return [];
      return [
        atStatement(
          placed,
          `${name} is dropped and made again: EXECUTE rights on it are lost.`,
          `leave the DROP out and write OR REPLACE where arguments and result stay the same; else make ${name} under another name.`,
        ),
      ];
    }),
});
