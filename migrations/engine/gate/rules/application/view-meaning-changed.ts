/**
 * Gate rule view-meaning-changed: its texts, its examples, and what it finds.
 * Does NOT cover what the rules beside it do.
 */
import { parseStatements } from "../../../sql/parser";
import { sqlName } from "../../../sql/sqlText";
import { asList, asNode, dig, type TreeNode } from "../../../sql/tree";
import type { RuleFinding } from "../../input/gateRule";
import type { PlacedOperation } from "../../input/placedOperation";
import { placedOfKind, placedOperationsOf, sameName, type Subject } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

/** The SELECT of CREATE VIEW without places in the text. */
function selectOf({ statement }: PlacedOperation): TreeNode | null {
  const parsed = parseStatements(statement.text);
  const node = "reason" in parsed ? undefined : parsed[0]?.node;
  const select = asNode(dig(node, "query", "SelectStmt"));
  const bare = (_key: string, value: unknown): unknown => (_key === "location" ? undefined : value);
  return select === null ? null : (JSON.parse(JSON.stringify(select, bare)) as TreeNode);
}

/** The view as the last file before this one has left it. */
const lastMade = (
  subject: Subject,
  placed: PlacedOperation,
  view: Parameters<typeof sameName>[0],
): PlacedOperation | undefined =>
  [
    ...subject.earlier.flatMap(placedOperationsOf),
    ...subject.placedOperations.slice(0, placed.index),
  ].findLast(
    ({ operation, statement }) =>
      operation.kind === "create view" && statement.kind !== "DO" && sameName(operation.view, view),
  );

/** The same query, with columns behind the old ones and no other difference. */
function isWidened(
  subject: Subject,
  placed: ReturnType<typeof placedOfKind<"create view">>[number],
): boolean {
  const before = lastMade(subject, placed, placed.operation.view);
  const [old, now] = [before === undefined ? null : selectOf(before), selectOf(placed)];
  if (old === null || now === null) return false;
  const [oldList, nowList] = [asList(old["targetList"]), asList(now["targetList"])];
  const isPrefix = oldList.every(
    (item, index) => JSON.stringify(item) === JSON.stringify(nowList[index]),
  );
  const rest = (node: TreeNode): string => JSON.stringify({ ...node, targetList: [] });
  return isPrefix && rest(old) === rest(now);
}

/** Options that change with whose privileges a view reads, what may be written through it, or be seen past its WHERE. */
const ofPrivileges = /^(security_invoker|security_barrier|check_option)\b/;

const otherPrivileges = (subject: Subject): readonly RuleFinding[] =>
  placedOfKind(subject.placedOperations, "alter table")
    .filter(({ operation: { command } }) =>
      command.kind === "set options" || command.kind === "reset options"
        ? command.options.some(({ name }) => ofPrivileges.test(name))
        : false,
    )
    .filter((placed) => !subject.isNew(placed.operation.table, placed))
    .map((placed) =>
      atStatement(
        placed,
        `the view ${sqlName(placed.operation.table)} is read or written with other privileges than before.`,
        "make a new view beside it that reads as it should, and drop the old one once nothing asks for it.",
      ),
    );

/** A trigger in the place of what a view that could be written did by itself. */
const otherWrites = (subject: Subject): readonly RuleFinding[] =>
  placedOfKind(subject.placedOperations, "create on table")
    .filter(({ operation: { what, instead } }) => what === "trigger" && instead)
    .filter(({ operation }) => subject.before.relation(operation.table)?.base != null)
    .map((placed) =>
      atStatement(
        placed,
        `what is written through the view ${sqlName(placed.operation.table)} goes to a trigger from now on, and no longer to its table.`,
        "make a new view beside it that is written as it should be, and drop the old one once nothing asks for it.",
      ),
    );

export const viewMeaningChanged = fileRule({
  id: "view-meaning-changed",
  problem: "A view that was there before is replaced by a query with another meaning.",
  why: "whoever asks it gets other rows or values under the same names, and nothing shows it.",
  instead: "a new view beside it; only columns behind the old ones may be added in place.",
  source: `Policy, Step 3: QA team validates application behavior; ${docs("sql-createview.html")}`,
  exception: "reason",
  bad: {
    before: "CREATE VIEW dagapp.remarks AS SELECT note_id FROM dagapp.notes;",
    body: "CREATE OR REPLACE VIEW dagapp.remarks AS SELECT note_id FROM dagapp.notes WHERE false;",
    rollback: "CREATE OR REPLACE VIEW dagapp.remarks AS SELECT note_id FROM dagapp.notes;",
  },
  good: {
    before: "CREATE VIEW dagapp.remarks AS SELECT note_id FROM dagapp.notes;",
    body: "CREATE OR REPLACE VIEW dagapp.remarks AS SELECT note_id, body FROM dagapp.notes;",
    rollback:
      "DROP VIEW IF EXISTS dagapp.remarks;\nCREATE VIEW dagapp.remarks AS SELECT note_id FROM dagapp.notes;",
  },
  find: (subject) => [
    ...otherPrivileges(subject),
    ...otherWrites(subject),
    ...placedOfKind(subject.placedOperations, "create view")
      .filter(
        // By OR REPLACE, or dropped and made again.
        ({ operation }) =>
          !operation.ifNotExists && subject.before.relation(operation.view) !== null,
      )
      .filter(
        (placed) => !subject.isNew(placed.operation.view, placed) && !isWidened(subject, placed),
      )
      .map((placed) =>
        atStatement(
          placed,
          `the view ${sqlName(placed.operation.view)} gets another meaning while it may be in use.`,
          `give the new query another name, ${sqlName({ ...placed.operation.view, name: `${placed.operation.view.name}_2` })}, and drop the old view once nothing asks for it.`,
        ),
      ),
  ],
});
