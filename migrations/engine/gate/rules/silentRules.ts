/**
 * Rules about what changes the meaning of the application's statements without a word: rules, triggers put out of force.
 * Does NOT judge what a trigger does: its function is read where it is called.
 */
import { sqlName } from "../../sql/sqlText";
import type { GateRule } from "../input/gateRule";
import { actsOfKind } from "../input/subject";
import { atStatement, docs, fileRule } from "./fileRule";

export const silentRules: readonly GateRule[] = [
  fileRule({
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
      actsOfKind(subject.acts, "create on table")
        .filter(({ action }) => action.what === "rule")
        .filter((act) => !subject.isNew(act.action.table, act))
        .map((act) =>
          atStatement(
            act,
            `the rule ${act.action.name} rewrites statements on ${sqlName(act.action.table)}.`,
            "write it as a trigger.",
          ),
        ),
  }),
  fileRule({
    id: "ban-disable-trigger",
    problem: "A trigger or rule of a table in use is put out of force.",
    why: "what it checks or records is not checked or recorded any more, and nothing shows it; foreign keys are triggers too.",
    instead: "DROP TRIGGER, with CREATE TRIGGER in the rollback, where it is to go for good.",
    source: docs("sql-altertable.html"),
    exception: "reason",
    bad: { body: "ALTER TABLE dagapp.jobs DISABLE TRIGGER ALL;" },
    good: { body: "ANALYZE dagapp.jobs;" },
    find: (subject) =>
      actsOfKind(subject.acts, "alter table")
        .filter(({ action: { command } }) => /^disable (trigger|rule)$/.test(command.kind))
        .filter((act) => !subject.isNew(act.action.table, act))
        .map((act) =>
          atStatement(
            act,
            `${act.action.command.kind.toUpperCase()} on ${sqlName(act.action.table)}: what it stood for does not happen.`,
            "remove the statement.",
          ),
        ),
  }),
];
