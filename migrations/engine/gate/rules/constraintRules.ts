/**
 * Rules about constraints on tables that are in use: how they are added without reading every row under a lock.
 * Does NOT cover columns (see columnRules).
 */
import type { ObjectName } from "../../sql/objectName";
import { quoted, sqlName } from "../../sql/sqlText";
import type { Constraint } from "../../statements/tableAction";
import { type Act } from "../input/act";
import type { GateRule } from "../input/gateRule";
import { actsOfKind, type Subject } from "../input/subject";
import { atStatement, docs, fileRule, lockRiskHigh } from "./fileRule";

/** A constraint that an ALTER TABLE adds to a table which was there before. */
interface Added {
  readonly act: Act;
  readonly table: ObjectName;
  readonly constraint: Constraint;
  /** It comes with a new column, whose rows are all NULL. */
  readonly onEmptyColumn: boolean;
}

function addedTo(subject: Subject, type: Constraint["type"]): readonly Added[] {
  return actsOfKind(subject.acts, "alter table")
    .filter((act) => act.action.relation === "table" && !subject.isNew(act.action.table, act))
    .flatMap((act): readonly Added[] => {
      const { command, table } = act.action;
      if (command.kind === "add constraint") {
        return [{ act, table, constraint: command.constraint, onEmptyColumn: false }];
      }
      if (command.kind !== "add column") return [];
      const onEmptyColumn = command.column.default === "none";
      return command.constraints.map((constraint) => ({ act, table, constraint, onEmptyColumn }));
    })
    .filter(({ constraint }) => constraint.type === type);
}

/** What the author calls the constraint, or would be wise to call it. */
const nameOf = ({ table, constraint }: Added, suffix: string): string =>
  quoted(constraint.name ?? [table.name, ...constraint.columns, suffix].join("_"));

const columnList = ({ constraint }: Added): string => constraint.columns.map(quoted).join(", ");

/** Uniqueness takes an index, and that can be built while the table is in use. */
const throughIndex = (added: Added, form: "UNIQUE" | "PRIMARY KEY", suffix: string): string => {
  const [table, name] = [sqlName(added.table), nameOf(added, suffix)];
  return (
    `behind the COMMIT: CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ${name} ON ${table} (${columnList(added)}); ` +
    `then ALTER TABLE ${table} ADD CONSTRAINT ${name} ${form} USING INDEX ${name};`
  );
};

const scanWhy = "every row is read while nobody may write, or even read, the table.";

export const constraintRules: readonly GateRule[] = [
  fileRule({
    id: "adding-foreign-key-constraint",
    problem: "A foreign key added to a table in use without NOT VALID.",
    why: "both tables are locked against writes while every row is looked up.",
    instead: "add it NOT VALID, and VALIDATE it behind the COMMIT.",
    source: `Policy, Review: Lock escalation risks; ${docs("sql-altertable.html#SQL-ALTERTABLE-NOTES")}`,
    exception: lockRiskHigh,
    bad: {
      body: "ALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_job_fkey FOREIGN KEY (job_id) REFERENCES dagapp.jobs (job_id);",
      rollback: "ALTER TABLE dagapp.tasks DROP CONSTRAINT IF EXISTS tasks_job_fkey;",
    },
    good: {
      body:
        "BEGIN;\nALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_job_fkey FOREIGN KEY (job_id) REFERENCES dagapp.jobs (job_id) NOT VALID;\nCOMMIT;\n" +
        "ALTER TABLE dagapp.tasks VALIDATE CONSTRAINT tasks_job_fkey;",
      rollback: "ALTER TABLE dagapp.tasks DROP CONSTRAINT IF EXISTS tasks_job_fkey;",
    },
    find: (subject) =>
      addedTo(subject, "foreign key")
        // PostgreSQL looks up nothing for a new column without a default.
        .filter(({ constraint, onEmptyColumn }) => constraint.valid && !onEmptyColumn)
        .map((added) => {
          const { table, constraint } = added;
          const [name, target] = [nameOf(added, "fkey"), constraint.references];
          const to = target === null ? "…" : sqlName(target);
          const columns = constraint.referencedColumns.map(quoted).join(", ");
          return atStatement(
            added.act,
            `the foreign key ${name} is checked for every row of ${sqlName(table)} at once.`,
            `ALTER TABLE ${sqlName(table)} ADD CONSTRAINT ${name} FOREIGN KEY (${columnList(added)}) ` +
              `REFERENCES ${to}${columns === "" ? "" : ` (${columns})`} NOT VALID; ` +
              `behind the COMMIT: ALTER TABLE ${sqlName(table)} VALIDATE CONSTRAINT ${name};`,
          );
        }),
  }),
  fileRule({
    id: "constraint-missing-not-valid",
    problem: "A CHECK constraint added to a table in use without NOT VALID.",
    why: scanWhy,
    instead: "add it NOT VALID, and VALIDATE it behind the COMMIT.",
    source: `Policy, Review: Lock escalation risks; ${docs("sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT")}`,
    exception: lockRiskHigh,
    bad: {
      body: "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_stage_check CHECK (stage > 0);",
      rollback: "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_stage_check;",
    },
    good: {
      body:
        "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_stage_check CHECK (stage > 0) NOT VALID;\n" +
        "ALTER TABLE dagapp.jobs VALIDATE CONSTRAINT jobs_stage_check;",
      rollback: "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_stage_check;",
    },
    find: (subject) =>
      addedTo(subject, "check")
        .filter(({ constraint }) => constraint.valid && constraint.enforced)
        .map((added) => {
          const name = nameOf(added, "check");
          const table = sqlName(added.table);
          return atStatement(
            added.act,
            `the constraint ${name} is checked for every row of ${table} under ACCESS EXCLUSIVE.`,
            `ALTER TABLE ${table} ADD CONSTRAINT ${name} CHECK (…) NOT VALID; ` +
              `behind the COMMIT: ALTER TABLE ${table} VALIDATE CONSTRAINT ${name};`,
          );
        }),
  }),
  fileRule({
    id: "validate-in-same-transaction",
    problem: "A constraint is added NOT VALID and validated in one transaction.",
    why: "the strong lock of the first statement is held through the scan of the second.",
    instead: "VALIDATE behind the COMMIT, as a statement of its own.",
    source: `Policy, Review: Lock escalation risks; ${docs("sql-altertable.html#SQL-ALTERTABLE-NOTES")}`,
    exception: lockRiskHigh,
    bad: {
      body:
        "BEGIN;\nALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_stage_check CHECK (stage > 0) NOT VALID;\n" +
        "ALTER TABLE dagapp.jobs VALIDATE CONSTRAINT jobs_stage_check;\nCOMMIT;",
      rollback: "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_stage_check;",
    },
    good: {
      body:
        "BEGIN;\nALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_stage_check CHECK (stage > 0) NOT VALID;\nCOMMIT;\n" +
        "ALTER TABLE dagapp.jobs VALIDATE CONSTRAINT jobs_stage_check;",
      rollback: "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_stage_check;",
    },
    find: (subject) => {
      const tables = actsOfKind(subject.acts, "alter table");
      return tables.flatMap((act) => {
        const { command, table } = act.action;
        if (command.kind !== "validate constraint" || subject.isNew(table, act)) return [];
        const isAdded = tables.some(
          ({ action, segment, index }) =>
            segment === act.segment &&
            index < act.index &&
            action.command.kind === "add constraint" &&
            action.command.constraint.name === command.constraint &&
            sqlName(action.table) === sqlName(table),
        );
        if (!isAdded) return [];
        const name = quoted(command.constraint);
        return [
          atStatement(
            act,
            `${name} is validated in the transaction that adds it, under its lock on ${sqlName(table)}.`,
            `behind the COMMIT: ALTER TABLE ${sqlName(table)} VALIDATE CONSTRAINT ${name};`,
          ),
        ];
      });
    },
  }),
  fileRule({
    id: "disallowed-unique-constraint",
    problem: "A UNIQUE constraint added to a table in use without USING INDEX.",
    why: "its index is built while the table is locked against all use.",
    instead: "build the unique index CONCURRENTLY, then add the constraint USING INDEX.",
    source: `Policy, High-Risk Operations: CREATE INDEX; ${docs("sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX")}`,
    exception: lockRiskHigh,
    bad: {
      body: "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_owner_key UNIQUE (owner);",
      rollback: "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_owner_key;",
    },
    good: {
      body:
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS jobs_owner_key ON dagapp.jobs (owner);\n" +
        "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_owner_key UNIQUE USING INDEX jobs_owner_key;",
      rollback: "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_owner_key;",
    },
    find: (subject) =>
      addedTo(subject, "unique")
        .filter(({ constraint }) => constraint.usingIndex === null)
        .map((added) =>
          atStatement(
            added.act,
            `UNIQUE (${columnList(added)}) builds its index under a lock on ${sqlName(added.table)}.`,
            throughIndex(added, "UNIQUE", "key"),
          ),
        ),
  }),
  fileRule({
    id: "adding-serial-primary-key-field",
    problem: "A primary key added to a table in use without USING INDEX.",
    why: "its index is built while the table is locked against all use.",
    instead: "build the unique index CONCURRENTLY, then add the key USING INDEX.",
    source: `Policy, High-Risk Operations: CREATE INDEX; ${docs("sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX")}`,
    exception: lockRiskHigh,
    bad: {
      body: "ALTER TABLE dagapp.notes ADD CONSTRAINT notes_pkey PRIMARY KEY (note_id);",
      rollback:
        "ALTER TABLE dagapp.notes DROP CONSTRAINT IF EXISTS notes_pkey;\n" +
        "ALTER TABLE dagapp.notes ALTER COLUMN note_id DROP NOT NULL;",
    },
    good: {
      body:
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS notes_pkey ON dagapp.notes (note_id);\n" +
        "ALTER TABLE dagapp.notes ADD CONSTRAINT notes_pkey PRIMARY KEY USING INDEX notes_pkey;",
      rollback:
        "ALTER TABLE dagapp.notes DROP CONSTRAINT IF EXISTS notes_pkey;\n" +
        "ALTER TABLE dagapp.notes ALTER COLUMN note_id DROP NOT NULL;",
    },
    find: (subject) =>
      addedTo(subject, "primary key")
        .filter(({ constraint }) => constraint.usingIndex === null)
        .map((added) =>
          atStatement(
            added.act,
            `PRIMARY KEY (${columnList(added)}) builds its index under a lock on ${sqlName(added.table)}.`,
            throughIndex(added, "PRIMARY KEY", "pkey"),
          ),
        ),
  }),
  fileRule({
    id: "adding-exclusion-constraint",
    problem: "An exclusion constraint added to a table in use, without downtime.",
    why: "PostgreSQL has no way to build it while the table is in use.",
    instead: "declare the downtime, or put the rows into a new table that has the constraint.",
    source: `Policy, High-Risk Operations: Off-hours; ${docs("sql-createtable.html#SQL-CREATETABLE-EXCLUDE")}`,
    bad: {
      body: "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_span_excl EXCLUDE USING gist (span WITH &&);",
      rollback: "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_span_excl;",
    },
    good: {
      header: { "Downtime required": "Yes" },
      body: "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_span_excl EXCLUDE USING gist (span WITH &&);",
      rollback: "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_span_excl;",
    },
    find: (subject) =>
      subject.file.header.impact.downtimeRequired
        ? []
        : addedTo(subject, "exclusion").map((added) =>
            atStatement(
              added.act,
              `${nameOf(added, "excl")} builds its index under a lock on ${sqlName(added.table)}.`,
              "write Downtime required: Yes into the header, and run it in a maintenance window.",
            ),
          ),
  }),
  fileRule({
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
      const made = actsOfKind(subject.acts, "create type").map(({ action }) =>
        sqlName(action.type),
      );
      return actsOfKind(subject.acts, "alter domain")
        .filter(({ action }) => !made.includes(sqlName(action.domain)))
        .filter(
          ({ action: { command, valid } }) =>
            command === "set not null" || (command === "add constraint" && valid),
        )
        .map((act) => {
          const domain = sqlName(act.action.domain);
          return atStatement(
            act,
            `ALTER DOMAIN ${domain} checks every row of every table that uses it.`,
            `ALTER DOMAIN ${domain} ADD CONSTRAINT … CHECK (…) NOT VALID; ` +
              `behind the COMMIT: ALTER DOMAIN ${domain} VALIDATE CONSTRAINT …;`,
          );
        });
    },
  }),
];
