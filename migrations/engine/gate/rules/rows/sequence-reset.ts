/**
 * Gate rule sequence-reset: its texts, its examples, and what it finds.
 * Does NOT cover what the rules beside it do.
 */
import { oneLine, sqlName } from "../../../sql/sqlText";
import { oldResets } from "../../input/oldRows";
import { atStatement, docs, fileRule } from "../fileRule";

export const sequenceReset = fileRule({
  id: "sequence-reset",
  problem:
    "A sequence in use is set to another value: setval, RESTART, TRUNCATE … RESTART IDENTITY.",
  why: "numbers that were given out come again, and INSERT fails or mixes rows up; ROLLBACK does not take setval back.",
  instead: "leave sequences in use alone; one that the file makes may be set.",
  source: docs("functions-sequence.html"),
  exception: "reason",
  bad: {
    before: "CREATE SEQUENCE dagapp.ticket_number;",
    body: "SELECT setval('dagapp.ticket_number', 1);",
  },
  good: {
    body: "CREATE SEQUENCE dagapp.ticket_number;\nSELECT setval('dagapp.ticket_number', 1000);",
    rollback: "DROP SEQUENCE IF EXISTS dagapp.ticket_number;",
  },
  find: (subject) =>
    oldResets(subject).map(({ placed, item }) => {
      const name = item.name === "" ? "a sequence whose name is worked out" : sqlName(item);
      return atStatement(
        placed,
        `${oneLine(placed.statement.text)} sets ${name} while it is in use.`,
        "remove the statement.",
      );
    }),
});
