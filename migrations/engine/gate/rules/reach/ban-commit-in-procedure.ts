/**
 * Gate rule ban-commit-in-procedure: its texts, its examples, and what it finds.
 * Does NOT cover what the rules beside it do.
 */
import { sqlName } from "../../../sql/sqlText";
import { nameOf } from "../../../statements/columnParts";
import { always } from "../../input/gateRule";
import { placedOfKind } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

export const banCommitInProcedure = fileRule({
  id: "ban-commit-in-procedure",
  severity: always,
  problem: "CALL of a procedure that ends its transaction, or such a procedure called in a block.",
  why: "each step of a migration runs in a transaction of the runner's, which records it with the work: COMMIT inside fails there (2D000).",
  instead: "write the procedure's steps as statements of the file; `-- batch` commits in rounds.",
  source: docs("plpgsql-transactions.html"),
  bad: {
    before:
      "CREATE PROCEDURE dagapp.step() LANGUAGE plpgsql AS $p$ BEGIN PERFORM 1; COMMIT; END $p$;",
    body: "CALL dagapp.step();",
  },
  good: { body: "ANALYZE dagapp.jobs;" },
  find: (subject) =>
    [...subject.placedOperations, ...subject.rollbackOperations].flatMap((placed) => {
      if (placed.operation.kind !== "call") return [];
      const name = nameOf(placed.operation.procedure.split("."));
      const made = placedOfKind(subject.placedOperations, "create function")
        .filter(({ operation }) => operation.function.name.startsWith(`${name.name}(`))
        .map(({ operation }) => operation.body);
      const bodies = [...made, ...(subject.before.routines(name) ?? [])];
      const ends = bodies.some(({ statements }) =>
        statements.some(({ kind }) => kind === "COMMIT" || kind === "ROLLBACK"),
      );
      if (!ends) return [];
      return [
        atStatement(
          placed,
          `${sqlName(name)} ends its transaction, which is the runner's here.`,
          "write its steps as statements of this file, each behind the COMMIT of the one before.",
        ),
      ];
    }),
});
