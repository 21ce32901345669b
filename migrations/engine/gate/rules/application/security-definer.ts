/**
 * Gate rule security-definer: its texts, its examples, and what it finds.
 * Does NOT cover what the application really uses: whatever was there before may be in use.
 */
import { parseStatements } from "../../../sql/parser";
import { asList, dig } from "../../../sql/tree";
import { type PlacedOperation } from "../../input/placedOperation";
import { atStatement, docs, fileRule } from "../fileRule";

/** CREATE or ALTER FUNCTION with SECURITY DEFINER; inside a block, CREATE. */
function isDefiner({ statement, operation }: PlacedOperation): boolean {
  if (operation.kind === "create function" && operation.definer) return true;
  if (!/security/i.test(statement.text)) return false;
  const parsed = parseStatements(statement.text);
  if ("reason" in parsed) return false;
  return parsed.some(({ node }) =>
    [...asList(node["options"]), ...asList(node["actions"])].some(
      (item) =>
        dig(item, "DefElem", "defname") === "security" &&
        dig(item, "DefElem", "arg", "Boolean", "boolval") === true,
    ),
  );
}

export const securityDefiner = fileRule({
  id: "security-definer",
  problem: "A function with SECURITY DEFINER.",
  why: "it runs with the rights of the infrastructure role, who owns every table, for whoever may call it.",
  instead: "SECURITY INVOKER, with the privileges that its callers have.",
  source: `Policy, Permission Model: Application Service Account (DML Only); ${docs("sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY")}`,
  exception: "reason",
  bad: {
    body: "CREATE FUNCTION dagapp.count_jobs() RETURNS BIGINT LANGUAGE sql SECURITY DEFINER AS 'SELECT 1::BIGINT';",
    rollback: "DROP FUNCTION IF EXISTS dagapp.count_jobs();",
  },
  good: {
    body: "CREATE FUNCTION dagapp.count_jobs() RETURNS BIGINT LANGUAGE sql SECURITY INVOKER AS 'SELECT 1::BIGINT';",
    rollback: "DROP FUNCTION IF EXISTS dagapp.count_jobs();",
  },
  find: (subject) =>
    subject.placedOperations
      .filter(
        ({ statement, operation }) =>
          operation.kind === "create function" ||
          /^(CREATE|ALTER) (FUNCTION|PROCEDURE|ROUTINE)$/.test(statement.kind),
      )
      .filter(isDefiner)
      .map((placed) =>
        atStatement(
          placed,
          `${placed.statement.kind} ${placed.statement.target ?? ""} is SECURITY DEFINER.`,
          "write SECURITY INVOKER, and give the callers the privileges that they need in the stack.",
        ),
      ),
});
