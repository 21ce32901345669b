/**
 * Gate rule dropping-key: its texts, its examples, and what it finds.
 * Does NOT cover what the rules beside it do.
 */
import { dottedName, type ObjectName } from "../../../sql/objectName";
import { quoted, sqlName } from "../../../sql/sqlText";
import type { RuleFinding } from "../../input/gateRule";
import type { PlacedOperation } from "../../input/placedOperation";
import { placedOfKind, sameName, type Subject } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

/** What kept rows apart. */
interface Key {
  readonly columns: readonly string[];
  /** It is of expressions, or of some of the rows. */
  readonly computed: boolean;
}

/** Whether rows that one key keeps apart are kept apart by another: by some of the same columns, or by all. */
const keeps = (old: Key, now: Key): boolean =>
  old.computed
    ? now.computed && now.columns.join() === old.columns.join()
    : !now.computed &&
      now.columns.length > 0 &&
      now.columns.every((one) => old.columns.includes(one));

/** Keys that the file makes on the table: by an index, or by a constraint, which may take an index. */
function keysMade(
  subject: Subject,
  table: ObjectName,
): readonly (Key & { readonly primary: boolean; readonly placed: PlacedOperation })[] {
  const indexes = placedOfKind(subject.placedOperations, "create index")
    .filter(({ operation }) => operation.unique && sameName(operation.table, table))
    .map((placed) => ({ ...placed.operation, primary: false, placed }));
  const indexOf = (name: string): Key =>
    indexes.find((one) => one.name === name) ??
    subject.before.relation({ schema: table.schema, name })?.index ?? {
      columns: [],
      computed: true,
    };
  const constraints = placedOfKind(subject.placedOperations, "alter table").flatMap((placed) => {
    const { command } = placed.operation;
    if (command.kind !== "add constraint" || !sameName(placed.operation.table, table)) return [];
    const { type, columns, usingIndex } = command.constraint;
    if (type !== "primary key" && type !== "unique") return [];
    const key = usingIndex === null ? { columns, computed: false } : indexOf(usingIndex);
    return [{ ...key, primary: type === "primary key", placed }];
  });
  return [...indexes, ...constraints];
}

/** A primary key or a unique constraint goes. */
const constraintsDropped = (subject: Subject): readonly RuleFinding[] =>
  placedOfKind(subject.placedOperations, "alter table").flatMap((placed) => {
    const { command, table } = placed.operation;
    if (command.kind !== "drop constraint" || subject.isNew(table, placed)) return [];
    const key = subject.before
      .relation(table)
      ?.constraints.find(({ name }) => name === command.constraint);
    if (key?.type !== "primary key" && key?.type !== "unique") return [];
    const isPrimary = key.type === "primary key";
    const isReplaced = keysMade(subject, table).some(
      (made) =>
        keeps({ columns: key.columns, computed: false }, made) &&
        (!isPrimary || (made.primary && made.placed.segment === placed.segment)),
    );
    if (isReplaced) return [];
    return [
      atStatement(
        placed,
        `${sqlName(table)} loses its ${isPrimary ? "primary key" : "unique constraint"} ${quoted(command.constraint)} on ${key.columns.join(", ")}.`,
        "remove the statement, or add a new key of the same columns in the same file.",
      ),
    ];
  });

/** A unique index goes. */
function indexesDropped(subject: Subject): readonly RuleFinding[] {
  const drops = placedOfKind(subject.placedOperations, "drop");
  const isDropped = (ref: ObjectName): boolean =>
    drops.some(({ operation }) => operation.objects.some((object) => sameName(object, ref)));
  return drops.flatMap((placed) =>
    placed.operation.objects.flatMap((object) => {
      const dropped = object.kind === "index" ? subject.before.relation(object) : null;
      const table = dropped?.table == null ? null : subject.before.byId(dropped.table);
      const index = dropped?.index;
      if (index?.unique !== true || table == null) return [];
      // With the table its rows go, of which others speak.
      const { ref } = table;
      const others = table.indexes.flatMap((id) => {
        const one = subject.before.byId(id);
        return one?.index?.unique === true && !isDropped(one.ref) ? [one.index] : [];
      });
      const isKept = [...keysMade(subject, ref), ...others].some((made) => keeps(index, made));
      if (isKept) return [];
      return [
        atStatement(
          placed,
          `${sqlName(ref)} loses its unique index ${dottedName(object)} on ${index.columns.join(", ")}: rows may then be there twice.`,
          "remove the statement, or make a unique index of the same columns in the same file, before it.",
        ),
      ];
    }),
  );
}

export const droppingKey = fileRule({
  id: "dropping-key",
  problem: "The primary key, a unique constraint or a unique index of a table in use is dropped.",
  why: "rows can then be there twice, and cannot be named one by one; building the key again reads every row under a lock.",
  instead: "build the new unique index CONCURRENTLY first, and change the key in one transaction.",
  source: docs("ddl-constraints.html#DDL-CONSTRAINTS-PRIMARY-KEYS"),
  exception: "reason",
  bad: {
    body: "ALTER TABLE dagapp.jobs DROP CONSTRAINT jobs_pkey;",
    rollback: "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_pkey PRIMARY KEY (job_id);",
  },
  good: {
    body:
      "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS jobs_key ON dagapp.jobs (job_id);\n" +
      "BEGIN;\nALTER TABLE dagapp.jobs DROP CONSTRAINT jobs_pkey;\n" +
      "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_key PRIMARY KEY USING INDEX jobs_key;\nCOMMIT;",
    rollback:
      "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_key;\n" +
      "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_pkey PRIMARY KEY (job_id);",
  },
  find: (subject) => [...constraintsDropped(subject), ...indexesDropped(subject)],
});
