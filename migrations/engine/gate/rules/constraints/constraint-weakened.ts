/**
 * Gate rule constraint-weakened: its texts, its examples, and what it finds.
 * Does NOT cover constraints that are dropped by name, which whoever reads the file sees.
 */
import { weakenedBy } from "../../input/weakened";
import { atStatement, docs, fileRule } from "../fileRule";

export const constraintWeakened = fileRule({
  id: "constraint-weakened",
  problem:
    "A table in use gets a foreign key that deletes or empties its rows, or a constraint of it is no longer enforced.",
  why: "nothing is lost in this run, but from then on rows vanish that stayed, or come in that were refused, and no statement says so.",
  instead:
    "a foreign key that refuses (no ON DELETE), beside code that deletes what is meant; a constraint that is dropped by name where it is to go.",
  source: `Policy, High-Risk Operations: data loss; ${docs("ddl-constraints.html#DDL-CONSTRAINTS-FK")}`,
  exception: "reason",
  bad: {
    body:
      "ALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_job_fkey FOREIGN KEY (job_id) REFERENCES dagapp.jobs (job_id) ON DELETE CASCADE NOT VALID;\n" +
      "ALTER TABLE dagapp.tasks VALIDATE CONSTRAINT tasks_job_fkey;",
    rollback: "ALTER TABLE dagapp.tasks DROP CONSTRAINT IF EXISTS tasks_job_fkey;",
  },
  good: {
    body:
      "ALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_job_fkey FOREIGN KEY (job_id) REFERENCES dagapp.jobs (job_id) NOT VALID;\n" +
      "ALTER TABLE dagapp.tasks VALIDATE CONSTRAINT tasks_job_fkey;",
    rollback: "ALTER TABLE dagapp.tasks DROP CONSTRAINT IF EXISTS tasks_job_fkey;",
  },
  find: (subject) =>
    weakenedBy(subject).map(({ placed, message }) =>
      atStatement(
        placed,
        message,
        "leave the action away, or the constraint enforced; where the very change is meant, say so under EXCEPTIONS.",
      ),
    ),
});
