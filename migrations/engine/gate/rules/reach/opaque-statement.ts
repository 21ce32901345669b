/**
 * Gate rule opaque-statement: its texts, its examples, and what it finds.
 * Does NOT cover roles, privileges and schemas themselves (see reach/forbidden.ts).
 */
import { type PlacedOperation } from "../../input/placedOperation";
import { placedOperationOf, type Subject } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

/** Statements of both files that do more than can be told, each with the reason. */
function opaque(
  subject: Subject,
): readonly { readonly placed: PlacedOperation; readonly reason: string }[] {
  return [...subject.impacts, ...subject.rollbackImpacts].flatMap(({ statement, unknown }) => {
    const placed = unknown === null ? undefined : placedOperationOf(subject, statement);
    return placed === undefined || unknown === null ? [] : [{ placed, reason: unknown }];
  });
}

export const opaqueStatement = fileRule({
  id: "opaque-statement",
  problem:
    "A statement whose effect cannot be read from the files: EXECUTE of a computed text, another language, a call of a function that no file makes.",
  why: "neither this gate nor a reviewer can tell what it will lock, change or drop.",
  instead: "write the statements out; or give the exception the reason and what it does.",
  source: `Policy, Review: Lock escalation risks; ${docs("plpgsql-statements.html#PLPGSQL-STATEMENTS-EXECUTING-DYN")}`,
  exception: "reason",
  bad: { body: "DO $$ DECLARE t TEXT := 'jobs'; BEGIN EXECUTE 'ANALYZE dagapp.' || t; END $$;" },
  good: { body: "ANALYZE dagapp.jobs;" },
  find: (subject) =>
    opaque(subject).map(({ placed, reason }) =>
      atStatement(
        placed,
        `what this ${placed.statement.kind} does cannot be known: ${reason}.`,
        "write its statements out as plain SQL.",
      ),
    ),
});
