/**
 * Gate rule ban-alter-domain-with-add-constraint: its texts, its examples, and what it finds.
 * Does NOT cover columns (see columns).
 */
import { quoted, sqlName } from "../../../sql/sqlText";
import { checkText } from "../../input/remedySql";
import { placedOfKind } from "../../input/subject";
import { atStatement, docs, fileRule, lockRiskHigh } from "../fileRule";

export const banAlterDomainWithAddConstraint = fileRule({
  id: "ban-alter-domain-with-add-constraint",
  problem: "A domain gets a constraint that is checked at once.",
  why: "every table with a column of the domain is read in full under a lock.",
  instead: "add the constraint NOT VALID, and VALIDATE it behind the COMMIT.",
  source: `Policy, Review: Lock escalation risks; ${docs("sql-alterdomain.html")}`,
  exception: lockRiskHigh,
  bad: {
    body: "ALTER DOMAIN dagapp.ordinal ADD CONSTRAINT ordinal_check CHECK (VALUE > 0);",
    rollback: "ALTER DOMAIN dagapp.ordinal DROP CONSTRAINT IF EXISTS ordinal_check;",
  },
  good: {
    body:
      "ALTER DOMAIN dagapp.ordinal ADD CONSTRAINT ordinal_check CHECK (VALUE > 0) NOT VALID;\n" +
      "ALTER DOMAIN dagapp.ordinal VALIDATE CONSTRAINT ordinal_check;",
    rollback: "ALTER DOMAIN dagapp.ordinal DROP CONSTRAINT IF EXISTS ordinal_check;",
  },
  find: (subject) => {
    const made = placedOfKind(subject.placedOperations, "create type").map(({ operation }) =>
      sqlName(operation.type),
    );
    return placedOfKind(subject.placedOperations, "alter domain")
      .filter(({ operation }) => !made.includes(sqlName(operation.domain)))
      .filter(
        ({ operation: { command, valid } }) =>
          command === "set not null" || (command === "add constraint" && valid),
      )
      .map((placed) => {
        const { domain: ref, command } = placed.operation;
        const domain = sqlName(ref);
        const { text } = placed.statement;
        const said = /\bCONSTRAINT\s+("(?:[^"]|"")+"|[\w$]+)/i.exec(text)?.[1];
        const isCheck = command === "add constraint";
        const name = said ?? quoted(`${ref.name}_${isCheck ? "check" : "not_null"}`);
        const condition = isCheck ? checkText(text, null) : "(VALUE IS NOT NULL)";
        const behind = `behind the COMMIT: ALTER DOMAIN ${domain} VALIDATE CONSTRAINT ${name};`;
        return atStatement(
          placed,
          `ALTER DOMAIN ${domain} checks every row of every table that uses it.`,
          condition === null
            ? `add it with NOT VALID; ${behind}`
            : `ALTER DOMAIN ${domain} ADD CONSTRAINT ${name} CHECK ${condition} NOT VALID; ${behind}`,
        );
      });
  },
});
