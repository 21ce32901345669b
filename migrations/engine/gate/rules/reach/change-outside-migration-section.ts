/**
 * Gate rule change-outside-migration-section: its texts, its examples, and what it finds.
 * Does NOT cover roles, privileges and schemas themselves (see reach/forbidden.ts).
 */
import { sqlName } from "../../../sql/sqlText";
import { changedBy } from "../../input/targets";
import { previousApplied } from "../exampleParts";
import { atStatement, fileRule } from "../fileRule";

export const changeOutsideMigrationSection = fileRule({
  id: "change-outside-migration-section",
  problem: "PRE-FLIGHT CHECKS or POST-FLIGHT VALIDATION change something.",
  why: "checks are read as checks: a change among them escapes review, and the rollback.",
  instead: "move the change into the MIGRATION section.",
  source: "Policy, Migration Script Requirements",
  bad: {
    body: "ANALYZE dagapp.jobs;",
    preflight: `${previousApplied}\nCOMMENT ON TABLE dagapp.jobs IS 'Units of work.';`,
  },
  good: {
    body: "COMMENT ON TABLE dagapp.jobs IS 'Units of work.';",
    rollback: "COMMENT ON TABLE dagapp.jobs IS NULL;",
  },
  find: (subject) =>
    subject.placedOperations
      .filter(({ segment }) => segment.section !== "migration")
      .filter(({ operation }) => operation.kind !== "analyze")
      .flatMap((placed) =>
        changedBy(placed)
          .filter(({ schema }) => schema !== "pg_temp")
          .slice(0, 1)
          .map((object) =>
            atStatement(
              placed,
              `${placed.statement.kind} changes ${sqlName(object)} in the ${placed.segment.section} section.`,
              "move it below the MIGRATION banner.",
            ),
          ),
      ),
});
