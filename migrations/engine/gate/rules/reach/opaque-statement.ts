/**
 * Gate rule opaque-statement: its texts, its examples, and what it finds.
 * Does NOT cover roles, privileges and schemas themselves (see forbidden).
 */
import { type Act } from "../../input/act";
import { actOf, type Subject } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

/** Statements of both files that do more than can be told, each with the reason. */
function opaque(subject: Subject): readonly { readonly act: Act; readonly reason: string }[] {
  return [...subject.effects, ...subject.rollbackEffects].flatMap(({ statement, unknown }) => {
    const act = unknown === null ? undefined : actOf(subject, statement);
    return act === undefined || unknown === null ? [] : [{ act, reason: unknown }];
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
    opaque(subject).map(({ act, reason }) =>
      atStatement(
        act,
        `what this ${act.statement.kind} does cannot be known: ${reason}.`,
        "write its statements out as plain SQL.",
      ),
    ),
});
