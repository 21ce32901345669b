/**
 * Gate rule ban-view-rule: its texts, its examples, and what it finds.
 * Does NOT cover what the rules beside it do.
 */
import { sqlName } from "../../../sql/sqlText";
import { always } from "../../input/gateRule";
import { placedOfKind } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

export const banViewRule = fileRule({
  id: "ban-view-rule",
  severity: always,
  problem: "CREATE RULE on a view.",
  why: "what is written through the view goes elsewhere unseen, and privileges on such a view cannot be mended: `heal` fails on them for ever.",
  instead: "an INSTEAD OF trigger on the view.",
  source: docs("rules-triggers.html"),
  bad: {
    body:
      "CREATE VIEW dagapp.remarks AS SELECT note_id, body FROM dagapp.notes;\n" +
      "CREATE RULE remarks_lost AS ON INSERT TO dagapp.remarks DO INSTEAD NOTHING;",
    rollback: "DROP VIEW IF EXISTS dagapp.remarks;",
  },
  good: {
    body:
      "CREATE VIEW dagapp.remarks AS SELECT note_id, body FROM dagapp.notes;\n" +
      "CREATE TRIGGER remarks_touch INSTEAD OF INSERT ON dagapp.remarks FOR EACH ROW EXECUTE FUNCTION dagapp.touch();",
    rollback: "DROP VIEW IF EXISTS dagapp.remarks;",
  },
  find: (subject) => {
    const views = placedOfKind(subject.placedOperations, "create view").map(({ operation }) =>
      sqlName(operation.view),
    );
    return placedOfKind(subject.placedOperations, "create on table")
      .filter(({ operation }) => operation.what === "rule")
      .filter(
        ({ operation: { table } }) =>
          views.includes(sqlName(table)) ||
          /view$/.test(subject.before.relation(table)?.ref.kind ?? ""),
      )
      .map((placed) =>
        atStatement(
          placed,
          `the rule ${placed.operation.name} rewrites statements on the view ${sqlName(placed.operation.table)}.`,
          `write a trigger INSTEAD OF the statement on ${sqlName(placed.operation.table)}, with a function that does what the rule does.`,
        ),
      );
  },
});
