/**
 * Rules about indexes, and other things that PostgreSQL can do CONCURRENTLY, on what is in use.
 * Does NOT speak of CONCURRENTLY inside BEGIN … COMMIT: such a file is not read at all (NOT_TRANSACTIONAL).
 */
import type { ObjectName } from "../../sql/objectName";
import { oneLine, sqlName } from "../../sql/sqlText";
import type { GateRule } from "../input/gateRule";
import { actsOf, actsOfKind, sameName, type Subject } from "../input/subject";
import { atStatement, docs, fileRule, lockRiskHigh } from "./fileRule";

/** True when an earlier file makes the table with PARTITION BY. */
function isPartitioned({ earlier }: Subject, table: ObjectName): boolean {
  return earlier
    .flatMap((file) => actsOfKind(actsOf(file), "create table"))
    .some(({ action }) => action.partitionKey !== null && sameName(action.table, table));
}

/** The author's CREATE INDEX with CONCURRENTLY in it. */
const concurrentForm = (sql: string, named: boolean): string =>
  oneLine(sql).replace(
    /^CREATE (UNIQUE )?INDEX (IF NOT EXISTS )?/i,
    (_all, unique: string | undefined) =>
      `CREATE ${unique ?? ""}INDEX CONCURRENTLY ${named ? "IF NOT EXISTS " : ""}`,
  );

export const indexRules: readonly GateRule[] = [
  fileRule({
    id: "require-concurrent-index-creation",
    problem: "CREATE INDEX without CONCURRENTLY on a table that is in use.",
    why: "writers wait until the index is built, and everybody who comes after them in the queue.",
    instead: "build it CONCURRENTLY, behind the COMMIT, and look at indisvalid in the post-flight.",
    source: `Policy, High-Risk Operations: CREATE INDEX; ${docs("sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY")}`,
    exception: lockRiskHigh,
    bad: {
      body: "CREATE INDEX idx_jobs_owner ON dagapp.jobs (owner);",
      rollback: "DROP INDEX IF EXISTS dagapp.idx_jobs_owner;",
    },
    good: {
      body: "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_jobs_owner ON dagapp.jobs (owner);",
      rollback: "DROP INDEX IF EXISTS dagapp.idx_jobs_owner;",
    },
    find: (subject) =>
      actsOfKind(subject.acts, "create index")
        .filter(({ action }) => !action.concurrently)
        .filter((act) => !subject.isNew(act.action.table, act))
        // Only the parent's entry in the catalog; its partitions get theirs CONCURRENTLY.
        .filter(({ action }) => !(action.only && isPartitioned(subject, action.table)))
        .map((act) =>
          atStatement(
            act,
            `CREATE INDEX on ${sqlName(act.action.table)} keeps writers out while it is built.`,
            `behind the COMMIT: ${concurrentForm(act.statement.text, act.action.name !== null)};`,
          ),
        ),
  }),
  fileRule({
    id: "require-concurrent-index-deletion",
    problem: "DROP INDEX without CONCURRENTLY on a table that is in use.",
    why: "it waits for every user of the table, and readers and writers wait behind it.",
    instead: "drop it CONCURRENTLY, behind the COMMIT.",
    source: `Policy, Review: Lock escalation risks; ${docs("sql-dropindex.html")}`,
    exception: "reason",
    bad: {
      header: { "Tables affected": "dagapp.jobs" },
      body: "DROP INDEX dagapp.idx_jobs_status;",
      rollback: "CREATE INDEX idx_jobs_status ON dagapp.jobs (status);",
    },
    good: {
      header: { "Tables affected": "dagapp.jobs" },
      body: "DROP INDEX CONCURRENTLY IF EXISTS dagapp.idx_jobs_status;",
      rollback: "CREATE INDEX idx_jobs_status ON dagapp.jobs (status);",
    },
    find: (subject) =>
      actsOfKind(subject.acts, "drop")
        .filter(({ action }) => !action.concurrently)
        .flatMap((act) =>
          act.action.objects
            .filter((object) => object.kind === "index" && !subject.isNew(object, act))
            .map((index) =>
              atStatement(
                act,
                `DROP INDEX ${sqlName(index)} locks its table against all use.`,
                `behind the COMMIT: DROP INDEX CONCURRENTLY IF EXISTS ${sqlName(index)};`,
              ),
            ),
        ),
  }),
  fileRule({
    id: "require-concurrent-reindex",
    problem: "REINDEX without CONCURRENTLY.",
    why: "it locks the table against writers, and the index against readers too, while it is built again.",
    instead: "REINDEX … CONCURRENTLY, behind the COMMIT.",
    source: `Policy, Review: Lock escalation risks; ${docs("sql-reindex.html#SQL-REINDEX-CONCURRENTLY")}`,
    exception: lockRiskHigh,
    bad: {
      header: { "Tables affected": "dagapp.jobs" },
      body: "REINDEX INDEX dagapp.idx_jobs_status;",
    },
    good: {
      header: { "Tables affected": "dagapp.jobs" },
      body: "REINDEX INDEX CONCURRENTLY dagapp.idx_jobs_status;",
    },
    find: (subject) =>
      actsOfKind(subject.acts, "reindex")
        .filter(({ action }) => !action.concurrently)
        .filter((act) => act.action.target === null || !subject.isNew(act.action.target, act))
        .map((act) =>
          atStatement(
            act,
            `${oneLine(act.statement.text)} locks out its users while it is built again.`,
            `behind the COMMIT: ${oneLine(act.statement.text).replace(/^(REINDEX )(?:\([^)]*\) )?(\w+) /i, "$1$2 CONCURRENTLY ")};`,
          ),
        ),
  }),
  fileRule({
    id: "require-concurrent-refresh",
    problem: "REFRESH MATERIALIZED VIEW without CONCURRENTLY.",
    why: "readers of the view wait until its query has run.",
    instead: "refresh it CONCURRENTLY; the view needs a unique index on plain columns for that.",
    source: `Policy, Review: Lock escalation risks; ${docs("sql-refreshmaterializedview.html")}`,
    exception: "reason",
    bad: { body: "REFRESH MATERIALIZED VIEW dagapp.job_counts;" },
    good: { body: "REFRESH MATERIALIZED VIEW CONCURRENTLY dagapp.job_counts;" },
    find: (subject) =>
      actsOfKind(subject.acts, "refresh")
        .filter((act) => !act.action.concurrently && !subject.isNew(act.action.view, act))
        .map((act) =>
          atStatement(
            act,
            `REFRESH MATERIALIZED VIEW ${sqlName(act.action.view)} keeps its readers out.`,
            `REFRESH MATERIALIZED VIEW CONCURRENTLY ${sqlName(act.action.view)};`,
          ),
        ),
  }),
  fileRule({
    id: "require-concurrent-partition-detach",
    problem: "DETACH PARTITION without CONCURRENTLY.",
    why: "it locks the whole partitioned table against all use, and waits for everybody in it first.",
    instead: "DETACH PARTITION … CONCURRENTLY, behind the COMMIT.",
    source: `Policy, Review: Lock escalation risks; ${docs("sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION")}`,
    exception: "reason",
    bad: {
      body: "ALTER TABLE dagapp.events DETACH PARTITION dagapp.events_2025;",
      rollback:
        "ALTER TABLE dagapp.events ATTACH PARTITION dagapp.events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');",
    },
    good: {
      body: "ALTER TABLE dagapp.events DETACH PARTITION dagapp.events_2025 CONCURRENTLY;",
      rollback:
        "ALTER TABLE dagapp.events ATTACH PARTITION dagapp.events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');",
    },
    find: (subject) =>
      actsOfKind(subject.acts, "alter table").flatMap((act) => {
        const { command, table } = act.action;
        if (command.kind !== "detach partition" || command.mode !== "plain") return [];
        if (subject.isNew(table, act)) return [];
        const partition = sqlName(command.partition);
        return [
          atStatement(
            act,
            `DETACH PARTITION ${partition} locks ${sqlName(table)} against all use.`,
            `behind the COMMIT: ALTER TABLE ${sqlName(table)} DETACH PARTITION ${partition} CONCURRENTLY;`,
          ),
        ];
      }),
  }),
];
