/**
 * Gate rule ban-rewrite-rule: its texts, its examples, and what it finds.
 * Does NOT cover what a trigger does: its function is read where it is called.
 */
import { sqlName } from "../../../sql/sqlText";
import { placedOfKind } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

export const banRewriteRule = fileRule({
  id: "ban-rewrite-rule",
  problem: "CREATE RULE on a table or view in use.",
  why: "every statement of the application on it is rewritten unseen; INSTEAD can throw its rows away with a success.",
  instead: "a trigger, or a view with INSTEAD OF triggers.",
  source: docs("rules-triggers.html"),
  exception: "reason",
  bad: {
    body: "CREATE RULE jobs_lost AS ON INSERT TO dagapp.jobs DO INSTEAD NOTHING;",
    rollback: "DROP RULE IF EXISTS jobs_lost ON dagapp.jobs;",
  },
  good: {
    body: "CREATE TRIGGER jobs_touch BEFORE INSERT ON dagapp.jobs FOR EACH ROW EXECUTE FUNCTION dagapp.touch();",
    rollback: "DROP TRIGGER IF EXISTS jobs_touch ON dagapp.jobs;",
  },
  find: (subject) =>
    placedOfKind(subject.placedOperations, "create on table")
      .filter(({ operation }) => operation.what === "rule")
      .filter((placed) => !subject.isNew(placed.operation.table, placed))
      .map((placed) =>
        atStatement(
          placed,
          `the rule ${placed.operation.name} rewrites statements on ${sqlName(placed.operation.table)}.`,
          "write it as a trigger.",
        ),
      ),
});
