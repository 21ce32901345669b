/**
 * The tables this program keeps in `public`: how they are made, and what their catalog entries must say.
 * Pure data and comparison; does NOT read the catalog or create anything (see ledger.ts), or know older releases (see
 * upgrades.ts).
 */
import { eventsTable, ledgerTable, lockTable, ownTables } from "../../../stack/ownTables";
import { approvalKinds, callKinds, eventKinds, runKinds } from "./eventKinds";

/** A table of ours. `lines` is what describeTable (ledger.ts) must find, in any order. */
export interface TableShape {
  readonly name: string;
  readonly create: readonly string[];
  readonly lines: readonly string[];
}

/** The policy's tracking table, to the letter. Source: policy, "Migration Tracking Table". */
export const ledgerShape: TableShape = {
  name: ownTables.ledger,
  create: [
    `CREATE TABLE ${ledgerTable} (
       id SERIAL PRIMARY KEY,
       version VARCHAR(50) NOT NULL UNIQUE,
       description TEXT,
       started_at TIMESTAMP WITH TIME ZONE,
       completed_at TIMESTAMP WITH TIME ZONE,
       applied BOOLEAN DEFAULT false,
       rolled_back_at TIMESTAMP WITH TIME ZONE,
       executed_by VARCHAR(100),
       ticket_number VARCHAR(50)
     )`,
    `CREATE INDEX idx_migrations_version ON ${ledgerTable} (version)`,
    `CREATE INDEX idx_migrations_applied ON ${ledgerTable} (applied)`,
    `COMMENT ON TABLE ${ledgerTable} IS 'Which migration is applied, rolled back or incomplete.'`,
  ],
  lines: [
    `column id integer NOT NULL DEFAULT nextval('${ledgerTable}_id_seq'::regclass)`,
    "column version character varying(50) NOT NULL",
    "column description text",
    "column started_at timestamp with time zone",
    "column completed_at timestamp with time zone",
    "column applied boolean DEFAULT false",
    "column rolled_back_at timestamp with time zone",
    "column executed_by character varying(100)",
    "column ticket_number character varying(50)",
    "constraint PRIMARY KEY (id)",
    "constraint UNIQUE (version)",
    "index USING btree (version)",
    "index USING btree (applied)",
  ],
};

/** An expression that lets `kind` be one of these, as the catalog prints it. */
export const kindCheck = (kinds: readonly string[]): string =>
  `(kind = ANY (ARRAY[${kinds.map((kind) => `'${kind}'::text`).join(", ")}]))`;

/**
 * Everything that ever happened, append-only. Number, time and login come from defaults that nobody but the admin may
 * override, because the infrastructure role may insert only the other columns (roles/privileges.ts).
 */
export const eventsShape: TableShape = {
  name: ownTables.events,
  create: [
    `CREATE TABLE ${eventsTable} (
       id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
       happened_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp(),
       login NAME NOT NULL DEFAULT session_user,
       kind TEXT NOT NULL CHECK (${kindCheck(eventKinds)}),
       version VARCHAR(50),
       run UUID,
       segment INTEGER,
       checksum TEXT,
       rollback_checksum TEXT,
       ticket VARCHAR(50),
       detail JSONB NOT NULL DEFAULT '{}'
     )`,
    `ALTER TABLE ${eventsTable} ENABLE ROW LEVEL SECURITY`,
    `CREATE INDEX schema_migration_events_version ON ${eventsTable} (version, id)`,
    `COMMENT ON TABLE ${eventsTable} IS 'What happened, when and by which login. Append-only.'`,
  ],
  lines: [
    "column id bigint NOT NULL GENERATED ALWAYS AS IDENTITY",
    "column happened_at timestamp with time zone NOT NULL DEFAULT clock_timestamp()",
    "column login name NOT NULL DEFAULT SESSION_USER",
    "column kind text NOT NULL",
    "column version character varying(50)",
    "column run uuid",
    "column segment integer",
    "column checksum text",
    "column rollback_checksum text",
    "column ticket character varying(50)",
    "column detail jsonb NOT NULL DEFAULT '{}'::jsonb",
    "constraint PRIMARY KEY (id)",
    `constraint CHECK (${kindCheck(eventKinds)})`,
    "index USING btree (version, id)",
    "row security enabled",
  ],
};

/**
 * Whoever holds SHARE UPDATE EXCLUSIVE on this empty table is the one runner. A table lock and not an advisory lock: any
 * login may hold an advisory lock for ever, but only the infrastructure role can lock this. And no stronger mode: a login
 * that may do nothing with a table still gets up to ROW EXCLUSIVE on it, by preparing a statement that it may not execute.
 */
export const runnerLockShape: TableShape = {
  name: ownTables.lock,
  create: [
    `CREATE TABLE ${lockTable} (one BOOLEAN)`,
    `COMMENT ON TABLE ${lockTable} IS 'Locked by the one migration that runs. Holds no rows.'`,
  ],
  lines: ["column one boolean"],
};

/** Who reads and writes the events besides the admin: role names. */
export interface EventWriters {
  /** Owns the tables, and so may write whatever is decided. */
  readonly admin: string;
  readonly infrastructure: string;
  readonly approvers: readonly string[];
  /** They read, and write nothing. */
  readonly auditors: readonly string[];
}

/** A row-security policy of the events as pg_policies has it; `using` and `check` are expressions or null. */
export interface RowPolicy {
  readonly name: string;
  readonly command: string;
  /** In alphabetical order. */
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly check: string | null;
}

/**
 * The policies that let a run write what a run may say, and an approver what an approver may decide, and nothing else.
 * They name logins, so a list of approvers that changes changes them; unlike a table they hold nothing that could be
 * lost, and are made anew.
 */
export function eventPolicies({
  infrastructure,
  approvers,
  auditors,
}: Omit<EventWriters, "admin">): readonly RowPolicy[] {
  const insert = (name: string, roles: readonly string[], kinds: readonly string[]): RowPolicy => ({
    ...{ name, command: "INSERT", roles: [...roles].sort() },
    ...{ using: null, check: kindCheck(kinds) },
  });
  return [
    {
      ...{ name: "read", command: "SELECT" },
      roles: [infrastructure, ...approvers, ...auditors].sort(),
      ...{ using: "true", check: null },
    },
    insert("run_events", [infrastructure], [...runKinds, ...callKinds]),
    ...(approvers.length === 0 ? [] : [insert("approvals", approvers, approvalKinds)]),
  ];
}

/** One line that says all of a policy. */
export function describePolicy({ name, command, roles, using, check }: RowPolicy): string {
  return [
    `policy ${name} FOR ${command} TO ${roles.join(", ")}`,
    using === null ? "" : ` USING (${using})`,
    check === null ? "" : ` WITH CHECK (${check})`,
  ].join("");
}

/** Policies to drop and policies to make, so that those found become those wanted. */
export interface PolicyChanges {
  readonly unexpected: readonly RowPolicy[];
  readonly missing: readonly RowPolicy[];
}

export function comparePolicies(
  wanted: readonly RowPolicy[],
  found: readonly RowPolicy[],
): PolicyChanges {
  const without = (these: readonly RowPolicy[], those: readonly RowPolicy[]) => {
    const known = new Set(those.map(describePolicy));
    return these.filter((policy) => !known.has(describePolicy(policy)));
  };
  return { unexpected: without(found, wanted), missing: without(wanted, found) };
}

/** What differs between a table and its shape, one readable line each; empty when nothing does. */
export function compareShape(shape: TableShape, found: readonly string[]): readonly string[] {
  return [
    ...shape.lines.filter((line) => !found.includes(line)).map((line) => `missing: ${line}`),
    ...found.filter((line) => !shape.lines.includes(line)).map((line) => `unexpected: ${line}`),
  ];
}

/** Names of the columns in lines that begin so. */
const columnsAfter = (lines: readonly string[], start: string): readonly string[] =>
  lines.flatMap((line) => {
    const at = line.indexOf(start);
    return at < 0 ? [] : (line.slice(at + start.length).split(" ")[0] ?? []);
  });

/**
 * Whether a ledger that differs is none of ours that was changed, but the table of another tool (golang-migrate, Rails and
 * dbmate have one of this name): most of our columns are not there under any type.
 *
 * @param differences  As compareShape tells them, with or without the table's name in front.
 */
export function isOfOtherTool(differences: readonly string[]): boolean {
  const all = columnsAfter(ledgerShape.lines, "column ");
  const ofLedger = differences.filter((line) => line.includes(`${ledgerTable}: `));
  const other = new Set(columnsAfter(ofLedger, "unexpected: column "));
  const missing = columnsAfter(ofLedger, "missing: column ").filter((name) => !other.has(name));
  return missing.length * 2 > all.length;
}
