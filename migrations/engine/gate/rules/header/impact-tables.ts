/**
 * Gate rule impact-tables: its texts, its examples, and what it finds.
 * Does NOT cover the form of the header (see files/header) nor the review and rollback lines.
 */
import { type ObjectRef } from "../../../sql/objectName";
import { sqlName } from "../../../sql/sqlText";
import { type Statement } from "../../../statements/statements";
import { placedOfKind, type Subject, temporaryTables } from "../../input/subject";
import { changedBy } from "../../input/targets";
import { jobsRegion } from "../exampleParts";
import { atField, fileRule } from "../fileRule";
import { weight } from "./headerFacts";

const keepsOutDdl = weight("SHARE UPDATE EXCLUSIVE");

/** Tables that are made, written or locked against other DDL and more, with the first statement that does so. */
function affectedTables(subject: Subject): ReadonlyMap<string, Statement> {
  const affected = new Map<string, Statement>();
  const temporary = temporaryTables(subject.placedOperations);
  const add = (statement: Statement, objects: readonly ObjectRef[]): void => {
    for (const { kind, schema, name } of objects) {
      const isTemporary = schema === "pg_temp" || (schema === null && temporary.has(name));
      const key = sqlName({ schema, name });
      if (kind === "table" && !isTemporary && !affected.has(key)) affected.set(key, statement);
    }
  };
  for (const { statement, creates, locks, writes } of subject.impacts) {
    if (statement.ledger !== null) continue;
    // A weaker lock may be only that of a foreign key's look at the other table.
    const held = locks.filter(({ mode }) => weight(mode) >= keepsOutDdl);
    const written = writes.map(({ object }) => object);
    add(statement, [...creates, ...held.map(({ object }) => object), ...written]);
  }
  for (const placed of placedOfKind(subject.placedOperations, "query"))
    add(placed.statement, changedBy(placed));
  return affected;
}

export const impactTables = fileRule({
  id: "impact-tables",
  problem: "`Tables affected` leaves out a table that is made, locked or written.",
  why: "people approve the change, and stand by, for the tables that are named.",
  instead: "every table that is new, locked against others or written, with its schema.",
  source: "Policy, Header Block: IMPACT: Tables affected",
  bad: { ...jobsRegion, header: { "Tables affected": "dagapp.tasks" } },
  good: { ...jobsRegion, header: { "Tables affected": "dagapp.jobs" } },
  find: (subject) => {
    const plain = (name: string): string => name.replaceAll('"', "");
    const last = (name: string): string => plain(name).split(".").at(-1) ?? "";
    const declared = subject.file.header.impact.tablesAffected.map(plain);
    // A name without its schema, on either side, is taken for the same.
    const isDeclared = (name: string): boolean =>
      declared.some((one) =>
        one.includes(".") && name.includes(".") ? one === plain(name) : last(one) === last(name),
      );
    const missing = [...affectedTables(subject)].filter(([name]) => !isDeclared(name));
    if (missing.length === 0) return [];
    const lines = missing.map(([name, { line }]) => `${name} (line ${line})`);
    return [
      atField(
        subject,
        "Tables affected",
        `Tables affected leaves out ${lines.join(", ")}.`,
        `write: Tables affected: ${[...declared, ...missing.map(([name]) => name)].join(", ")}`,
      ),
    ];
  },
});
