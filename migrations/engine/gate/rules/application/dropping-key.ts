/**
 * Gate rule dropping-key: its texts, its examples, and what it finds.
 * Does NOT cover what the rules beside it do.
 */
import { dottedName, type ObjectName } from "../../../sql/objectName";
import { quoted, sqlName } from "../../../sql/sqlText";
import { constraintName, indexName } from "../../../statements/generatedNames";
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

/** A key that the file makes. */
interface MadeKey extends Key {
  /** Of its index, and of its constraint where it has one. */
  readonly name: string;
  readonly primary: boolean;
  readonly placed: PlacedOperation;
}

/** What an operation leaves of the key of that name: its name afterwards, or null when the key goes. */
function nameAfter({ operation }: PlacedOperation, table: ObjectName, name: string): string | null {
  const isIt = (object: ObjectName): boolean =>
    // Without a schema, the search path may find it.
    object.name === name && (object.schema === null || object.schema === table.schema);
  switch (operation.kind) {
    case "drop":
      return operation.objects.some((object) => object.kind === "index" && isIt(object))
        ? null
        : name;
    case "rename": {
      const { object, part, to } = operation;
      const isKey =
        part === null
          ? isIt(object)
          : part.kind === "constraint" && part.name === name && sameName(object, table);
      return isKey ? to : name;
    }
    case "alter table": {
      const { command } = operation;
      if (!sameName(operation.table, table)) return name;
      if (command.kind === "drop constraint") return command.constraint === name ? null : name;
      // A constraint gives its name to the index that it takes.
      return command.kind === "add constraint" && command.constraint.usingIndex === name
        ? (command.constraint.name ?? name)
        : name;
    }
    default:
      return name;
  }
}

/** Whether the file has the key still at its end. */
function isLasting(subject: Subject, table: ObjectName, { name, placed }: MadeKey): boolean {
  let now: string | null = name;
  for (const one of subject.placedOperations)
    if (now !== null && one.index > placed.index) now = nameAfter(one, table, now);
  return now !== null;
}

/** Whether an index of that name is there when CREATE INDEX IF NOT EXISTS runs, which then makes nothing. */
const isThere = (subject: Subject, index: ObjectName, before: PlacedOperation): boolean =>
  subject.before.relation(index) !== null &&
  !subject.placedOperations.some(
    (one) =>
      one.index < before.index &&
      one.operation.kind === "drop" &&
      one.operation.objects.some((object) => sameName(object, index)),
  );

/** Keys that the file makes on the table and keeps: by an index, or by a constraint, which may take an index. */
function keysMade(subject: Subject, table: ObjectName): readonly MadeKey[] {
  const indexes = placedOfKind(subject.placedOperations, "create index").flatMap(
    (placed): MadeKey[] => {
      const { operation } = placed;
      if (!operation.unique || !sameName(operation.table, table)) return [];
      const name = operation.name ?? indexName(table.name, operation.keys);
      const isOld = operation.ifNotExists && isThere(subject, { ...table, name }, placed);
      const { columns, computed } = operation;
      return isOld ? [] : [{ columns, computed, name, primary: false, placed }];
    },
  );
  const indexOf = (name: string): Key =>
    indexes.find((one) => one.name === name) ??
    subject.before.relation({ schema: table.schema, name })?.index ?? {
      columns: [],
      computed: true,
    };
  const constraints = placedOfKind(subject.placedOperations, "alter table").flatMap(
    (placed): MadeKey[] => {
      const { command } = placed.operation;
      if (command.kind !== "add constraint" || !sameName(placed.operation.table, table)) return [];
      const { constraint } = command;
      const { type, usingIndex } = constraint;
      if (type !== "primary key" && type !== "unique") return [];
      const { columns, computed } =
        usingIndex === null
          ? { columns: constraint.columns, computed: false }
          : indexOf(usingIndex);
      const name = constraint.name ?? usingIndex ?? constraintName(table.name, constraint);
      return [{ columns, computed, name, primary: type === "primary key", placed }];
    },
  );
  return [...indexes, ...constraints].filter((made) => isLasting(subject, table, made));
}

/** Keys that are there once the drop is committed: made before it, or behind it in the same transaction. */
const keysBeside = (
  subject: Subject,
  table: ObjectName,
  drop: PlacedOperation,
): readonly MadeKey[] =>
  keysMade(subject, table).filter(
    // Rows cannot come in between: the drop's lock is held until COMMIT.
    ({ placed }) => placed.index < drop.index || placed.segment === drop.segment,
  );

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
    const isReplaced = keysBeside(subject, table, placed).some(
      (made) =>
        keeps({ columns: key.columns, computed: false }, made) &&
        (!isPrimary || (made.primary && made.placed.segment === placed.segment)),
    );
    if (isReplaced) return [];
    return [
      atStatement(
        placed,
        `${sqlName(table)} loses its ${isPrimary ? "primary key" : "unique constraint"} ${quoted(command.constraint)} on ${key.columns.join(", ")}.`,
        "remove the statement, or add a new key of the same columns before it, or in the same transaction, and keep it.",
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
      const isKept = [...keysBeside(subject, ref, placed), ...others].some((made) =>
        keeps(index, made),
      );
      if (isKept) return [];
      return [
        atStatement(
          placed,
          `${sqlName(ref)} loses its unique index ${dottedName(object)} on ${index.columns.join(", ")}: rows may then be there twice.`,
          "remove the statement, or make a unique index of the same columns before it, or in the same transaction, and keep it.",
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
