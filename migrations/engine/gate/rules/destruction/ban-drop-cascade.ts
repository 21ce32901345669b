/**
 * Gate rule ban-drop-cascade: its texts, its examples, and what it finds.
 * Does NOT cover DROP SCHEMA, which no migration may hold at all (see reach/forbidden.ts).
 */
import { oneLine } from "../../../sql/sqlText";
import { type PlacedOperation } from "../../input/placedOperation";
import { flat } from "../../input/remedySql";
import { type Subject } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

/** Acts that drop with CASCADE, of both files. */
function cascades(subject: Subject): readonly PlacedOperation[] {
  return [...subject.placedOperations, ...subject.rollbackOperations].filter(({ operation }) => {
    if (operation.kind === "drop") return operation.cascade;
    if (operation.kind !== "alter table") return false;
    const { command } = operation;
    const drops = command.kind === "drop column" || command.kind === "drop constraint";
    return drops && command.cascade;
  });
}

export const banDropCascade = fileRule({
  id: "ban-drop-cascade",
  problem: "A drop with CASCADE, in the migration or its rollback.",
  why: "it drops whatever depends on the object, also what nobody has thought of.",
  instead: "drop each object by its name, those that depend on others first.",
  source: `Policy, Review: Rollback completeness; ${docs("ddl-depend.html")}`,
  exception: "reason",
  bad: {
    body: "DROP FUNCTION dagapp.touch() CASCADE;",
    rollback:
      "CREATE OR REPLACE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
  },
  good: {
    body: "DROP FUNCTION dagapp.touch();",
    rollback:
      "CREATE OR REPLACE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
  },
  find: (subject) =>
    cascades(subject).map((placed) =>
      atStatement(
        placed,
        `${oneLine(placed.statement.text)} drops more than it names.`,
        `${flat(placed.statement.text).replace(/\s+CASCADE\b/i, "")}; with a DROP before it for each object that depends on it.`,
      ),
    ),
});
