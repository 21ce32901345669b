/**
 * Who may do what: the one statement of it. Grants, audit, tests, report and the README's table all derive from here.
 * Pure data. Does NOT know a role's real name (settings) or any object of a database (catalog).
 */

/** The parties of the policy. Real names come from the settings; `public` is PostgreSQL's PUBLIC. */
export type Party = "service" | "infrastructure" | "migrator" | "approver" | "public";

export type ObjectKind =
  | "database"
  | "schema"
  | "table"
  | "partitioned table"
  | "foreign table"
  | "view"
  | "materialized view"
  | "column"
  | "sequence"
  | "function"
  | "procedure"
  | "type";

/** Where an object is: in a governed schema, or one of the few outside that the rules name. */
export type Place = "database" | "governed" | "public" | "ledger" | "events" | "runner lock";

export type Privilege =
  | "CONNECT"
  | "TEMPORARY"
  | "CREATE"
  | "USAGE"
  | "SELECT"
  | "INSERT"
  | "UPDATE"
  | "DELETE"
  | "TRUNCATE"
  | "REFERENCES"
  | "TRIGGER"
  | "MAINTAIN"
  | "EXECUTE";

/** What a party may do on objects of some kinds in one place. Whatever no rule says is refused. */
export interface PrivilegeRule {
  readonly to: Party;
  readonly where: Place;
  readonly on: readonly ObjectKind[];
  readonly privileges: readonly Privilege[];
  /** For kind `column` only: the columns, by name. */
  readonly columns?: readonly string[];
  readonly because: string;
}

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
    because: "LOCK TABLE … SHARE ROW EXCLUSIVE needs it.",
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
];

/** Kinds of objects that ALTER DEFAULT PRIVILEGES knows, and the kinds of ours that each covers. */
export const defaultPrivilegeKinds = [
  { keyword: "TABLES", code: "r", kind: "table" },
  { keyword: "SEQUENCES", code: "S", kind: "sequence" },
  { keyword: "FUNCTIONS", code: "f", kind: "function" },
] as const;

/** A rule in words, for people: who, what, on what. */
export interface RuleText {
  readonly to: string;
  readonly privileges: string;
  readonly place: string;
  readonly because: string;
}

/** The rules in words, in their order. */
export function ruleTexts(rules: readonly PrivilegeRule[] = privilegeRules): readonly RuleText[] {
  return rules.map((rule) => ({
    to: rule.to === "public" ? "PUBLIC" : rule.to,
    privileges: rule.privileges.join(", "),
    place: placeText(rule),
    because: rule.because,
  }));
}

/** The table of the README: one row a rule. */
export function privilegeTable(): string {
  const cells = ruleTexts().map(({ to, privileges, place, because }) => [
    to,
    privileges,
    place,
    because,
  ]);
  return [["role", "may", "on", "because"], ["---", "---", "---", "---"], ...cells]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

/** Plural of a kind of object, for sentences. */
function plural(kind: ObjectKind): string {
  return `${kind}s`;
}

function placeText({ where, on, columns }: PrivilegeRule): string {
  const what = on.map(plural).join(", ");
  switch (where) {
    case "database":
      return "the database";
    case "governed":
      return on.includes("schema") ? "the governed schemas" : `${what} of the governed schemas`;
    case "public":
      return "schema public";
    case "ledger":
      return on.includes("sequence") ? "the ledger's sequence" : "the ledger";
    case "events":
      return columns === undefined ? "the events" : `the events' columns ${columns.join(", ")}`;
    case "runner lock":
      return "the runner lock";
  }
}
