/**
 * Who may do what: the one statement of it. Grants, audit, tests, report and documents all derive from here.
 * Pure data. Does NOT know a role's real name (settings) or any object of a database (catalog).
 */
import { pgstacRules } from "./pgstacRules";
import type { PrivilegeRule } from "./vocabulary";
import type { ObjectKind } from "./vocabulary";

/** Kinds that take rows: the policy's "schema.tables". */
const rowKinds: readonly ObjectKind[] = ["table", "partitioned table", "foreign table", "view"];

/**
 * The rules. The owner of an object has every privilege on it and needs none: that is the infrastructure role in the
 * governed schemas, and the admin for the database, the ledger, the events and the runner lock.
 * Source: policy, "Permission Model".
 */
export const privilegeRules: readonly PrivilegeRule[] = [
  {
    to: "service",
    where: "database",
    on: ["database"],
    privileges: ["CONNECT", "TEMPORARY"],
    because: "The application connects; PgSTAC's ingest makes temporary tables.",
  },
  {
    to: "service",
    where: "governed",
    on: ["schema"],
    privileges: ["USAGE"],
    because: "Policy: USAGE ON schema.",
  },
  {
    to: "service",
    where: "public",
    on: ["schema"],
    privileges: ["USAGE"],
    because: "Extensions live in public: their types and functions are used by the application.",
  },
  {
    to: "service",
    where: "governed",
    on: rowKinds,
    privileges: ["SELECT", "INSERT", "UPDATE", "DELETE"],
    because: "Policy: SELECT, INSERT, UPDATE, DELETE ON schema.tables.",
  },
  {
    to: "service",
    where: "governed",
    on: ["materialized view"],
    privileges: ["SELECT"],
    because: "A materialized view takes no rows.",
  },
  {
    to: "service",
    where: "governed",
    on: ["sequence"],
    privileges: ["USAGE"],
    because: "An INSERT into a serial column calls nextval.",
  },
  {
    to: "service",
    where: "governed",
    on: ["function", "procedure"],
    privileges: ["EXECUTE"],
    because: "Policy: EXECUTE ON schema.functions.",
  },
  {
    to: "infrastructure",
    where: "public",
    on: ["schema"],
    privileges: ["USAGE"],
    because: "Migrations read and write the ledger, which is in public.",
  },
  {
    to: "infrastructure",
    where: "ledger",
    on: ["table"],
    privileges: ["SELECT", "INSERT", "UPDATE"],
    because: "A migration file records its own start, completion and rollback.",
  },
  {
    to: "infrastructure",
    where: "ledger",
    on: ["sequence"],
    privileges: ["USAGE"],
    because: "The ledger's id is a serial.",
  },
  {
    to: "infrastructure",
    where: "events",
    on: ["table"],
    privileges: ["SELECT"],
    because: "A run resumes from what the events say.",
  },
  {
    to: "infrastructure",
    where: "events",
    on: ["column"],
    columns: [
      "kind",
      "version",
      "run",
      "segment",
      "checksum",
      "rollback_checksum",
      "ticket",
      "detail",
    ],
    privileges: ["INSERT"],
    because: "A run says what happened; number, time and login are the server's alone.",
  },
  {
    to: "infrastructure",
    where: "runner lock",
    on: ["table"],
    privileges: ["UPDATE"],
    because: "LOCK TABLE … SHARE UPDATE EXCLUSIVE needs it.",
  },
  {
    to: "migrator",
    where: "database",
    on: ["database"],
    privileges: ["CONNECT"],
    because: "A migrator logs in and becomes the infrastructure role; it has nothing itself.",
  },
  {
    to: "approver",
    where: "database",
    on: ["database"],
    privileges: ["CONNECT"],
    because: "An approver logs in to record a decision.",
  },
  {
    to: "approver",
    where: "public",
    on: ["schema"],
    privileges: ["USAGE"],
    because: "Ledger and events are in public.",
  },
  {
    to: "approver",
    where: "ledger",
    on: ["table"],
    privileges: ["SELECT"],
    because: "What is decided on must be applied.",
  },
  {
    to: "approver",
    where: "events",
    on: ["table"],
    privileges: ["SELECT"],
    because: "A decision is about the checksum that ran.",
  },
  {
    to: "approver",
    where: "events",
    on: ["column"],
    columns: ["kind", "version", "checksum", "rollback_checksum", "ticket", "detail"],
    privileges: ["INSERT"],
    because:
      "An approver says what is decided, of the kinds that row security allows; number, time and login are the server's.",
  },
  {
    to: "public",
    where: "public",
    on: ["schema"],
    privileges: ["USAGE"],
    because: "PostgreSQL's default; without CREATE, so nobody can shadow a function.",
  },
  {
    to: "public",
    where: "governed",
    on: ["type"],
    privileges: ["USAGE"],
    because: "PostgreSQL's default; a type gives no access to rows.",
  },
  {
    to: "reader",
    where: "database",
    on: ["database"],
    privileges: ["CONNECT"],
    because: "A tile server or a report connects.",
  },
  {
    to: "reader",
    where: "governed",
    on: ["schema"],
    privileges: ["USAGE"],
    because: "It reads the schemas it is listed for, or all.",
  },
  {
    to: "reader",
    where: "governed",
    on: [...rowKinds, "materialized view"],
    privileges: ["SELECT"],
    because: "It reads rows and changes none.",
  },
  {
    to: "reader",
    where: "governed",
    on: ["function"],
    readOnly: true,
    privileges: ["EXECUTE"],
    because:
      "Searches and tiles are functions. One that may change something, or runs with its owner's rights, is not for who only reads.",
  },
  {
    to: "auditor",
    where: "database",
    on: ["database"],
    privileges: ["CONNECT"],
    because: "Audits and a pipeline's previews look at the database.",
  },
  {
    to: "auditor",
    where: "public",
    on: ["schema"],
    privileges: ["USAGE"],
    because: "Ledger and events are in public.",
  },
  {
    to: "auditor",
    where: "ledger",
    on: ["table"],
    privileges: ["SELECT"],
    because: "What is applied, by whom and for which ticket.",
  },
  {
    to: "auditor",
    where: "events",
    on: ["table"],
    privileges: ["SELECT"],
    because: "What happened, and who decided.",
  },
  {
    to: "monitoring",
    where: "database",
    on: ["database"],
    privileges: ["CONNECT"],
    because: "It reads statistics, through pg_monitor, and no rows.",
  },
  {
    to: "dba",
    where: "database",
    on: ["database"],
    privileges: ["CONNECT", "TEMPORARY", "CREATE"],
    optional: true,
    because: "A named person's login, made and given its rights by the platform.",
  },
  ...pgstacRules,
];

/** Kinds of objects that ALTER DEFAULT PRIVILEGES knows, and the kinds of ours that each covers. */
export const defaultPrivilegeKinds = [
  { keyword: "TABLES", code: "r", kind: "table" },
  { keyword: "SEQUENCES", code: "S", kind: "sequence" },
  { keyword: "FUNCTIONS", code: "f", kind: "function" },
] as const;
