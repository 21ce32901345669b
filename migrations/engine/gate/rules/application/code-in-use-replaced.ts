/**
 * Gate rule code-in-use-replaced: its texts, its examples, and what it finds.
 * Does NOT cover functions that only the application calls, or what the new body does (see armed-code).
 */
import { type ObjectName, withoutArguments } from "../../../sql/objectName";
import { quoted, sqlName } from "../../../sql/sqlText";
import { usersOf } from "../../input/codeInUse";
import type { RuleFinding } from "../../input/gateRule";
import type { PlacedOperation } from "../../input/placedOperation";
import { placedOfKind, type Subject } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

/** So many users are named. */
const mostNamed = 3;

const own = ({ schema, name }: ObjectName): ObjectName => ({
  schema,
  name: withoutArguments(name),
});

/** A function that was there before gets another meaning, and what runs it with it. */
function finding(
  subject: Subject,
  placed: PlacedOperation,
  used: ObjectName,
): readonly RuleFinding[] {
  if (subject.before.routines(used) === null) return [];
  const users = usersOf(subject.before, used);
  if (users.length === 0) return [];
  const more = users.length > mostNamed ? ` and ${users.length - mostNamed} more` : "";
  return [
    atStatement(
      placed,
      `${sqlName(used)} gets another meaning, and runs in ${users.slice(0, mostNamed).join(", ")}${more}.`,
      `make ${sqlName({ ...used, name: `${used.name}_2` })} beside it, and move what runs it there one by one.`,
    ),
  ];
}

const replaced = (subject: Subject): readonly RuleFinding[] =>
  placedOfKind(subject.placedOperations, "create function")
    .filter(({ operation }) => operation.replace)
    .flatMap((placed) => finding(subject, placed, own(placed.operation.function)));

/** ALTER FUNCTION … SET, VOLATILE, SECURITY: the same body runs otherwise. */
const altered = (subject: Subject): readonly RuleFinding[] => {
  const seen = new Set<unknown>();
  return subject.placedOperations.flatMap((placed) => {
    const { kind, target } = placed.statement;
    if (seen.has(placed.statement) || !/^ALTER (FUNCTION|PROCEDURE|ROUTINE)$/.test(kind)) return [];
    seen.add(placed.statement);
    if (placed.operation.kind === "rename" || target === null) return [];
    const at = target.lastIndexOf(".");
    const schema = at < 0 ? null : target.slice(0, at);
    return finding(subject, placed, { schema, name: target.slice(at + 1) });
  });
};

/** A trigger of the same name that does something else. */
const otherTriggers = (subject: Subject): readonly RuleFinding[] =>
  placedOfKind(subject.placedOperations, "create on table")
    .filter(({ operation: { what } }) => what === "trigger")
    .filter((placed) => !subject.isNew(placed.operation.table, placed))
    .flatMap((placed) => {
      const { table, name, function: called } = placed.operation;
      const before = subject.before.relation(table)?.triggers.find((one) => one.name === name);
      const { events, filtered } = placed.operation;
      if (before === undefined) return [];
      const gone = before.events.filter((event) => !events.includes(event));
      const other =
        before.function !== called
          ? `runs ${called ?? "nothing"} in the place of ${before.function}`
          : gone.length > 0
            ? `no longer runs on ${gone.join(", ")}`
            : filtered && !before.filtered
              ? "runs only for some of what it ran for"
              : null;
      if (other === null) return [];
      return [
        atStatement(
          placed,
          `trigger ${quoted(name)} of ${sqlName(table)} ${other}.`,
          "give the new trigger another name, and drop the old one in a migration of its own.",
        ),
      ];
    });

export const codeInUseReplaced = fileRule({
  id: "code-in-use-replaced",
  problem:
    "A function that triggers, checks, policies, defaults, indexes or views run is replaced or altered, or a trigger by another.",
  why: "what was there before does something else from then on: rows are refused, changed or hidden, indexes and checks no longer agree with what is stored, and nothing shows it.",
  instead:
    "a new function beside it, and what runs it moved there one by one: a new check is validated, a new index built. Where the " +
    "very change is meant, an exception that says what it does to what is there.",
  source: `Policy, Step 3: QA team validates application behavior; ${docs("sql-createfunction.html")}`,
  exception: "reason",
  bad: {
    before:
      "CREATE FUNCTION dagapp.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';\n" +
      "CREATE TRIGGER jobs_keep BEFORE UPDATE ON dagapp.jobs FOR EACH ROW EXECUTE FUNCTION dagapp.keep();",
    body: "CREATE OR REPLACE FUNCTION dagapp.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';",
    rollback:
      "CREATE OR REPLACE FUNCTION dagapp.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
  },
  good: {
    body: "CREATE OR REPLACE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';",
    rollback:
      "CREATE OR REPLACE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
  },
  find: (subject) => [...replaced(subject), ...altered(subject), ...otherTriggers(subject)],
});
