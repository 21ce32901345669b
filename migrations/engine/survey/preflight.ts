/**
 * Judges whether the server is fit for a migration now: beside the file's own pre-flight checks, and before them.
 * Pure: facts in, findings out. Does NOT ask the server (see serverFacts.ts).
 * Source: policy, "Pre-Flight Checks".
 */
import { MigrationError } from "../../../stack/errors";
import type { Severity } from "../../../stack/tier";
import type { Header } from "../files/header";
import type { StatementImpact } from "../impact/impact";
import { type Blocker, describeBlockers } from "../server/blockers";
import { conflict, type LockMode } from "../sql/lockModes";
import type { ObjectRef } from "../sql/objectName";

/** A lock that another session holds or waits for. */
interface HeldLock {
  readonly mode: LockMode;
  readonly holder: Blocker;
}

/** A table or index that the migration locks and the database has. */
export interface RelationFact {
  readonly schema: string;
  readonly name: string;
  /** With its indexes and oversized values, by the server's estimate; exact sizes would wait behind locks. Bytes. */
  readonly totalBytes: number;
  /** Of the table's rows alone. */
  readonly heapBytes: number;
  readonly locks: readonly HeldLock[];
}

/** What the server says of itself. Null: this login may not see it. */
export interface ServerFacts {
  readonly inRecovery: boolean;
  readonly connections: { readonly used: number; readonly most: number };
  /** Transactions of this database that are open for long, and those whose age is hidden but whose snapshot is old. */
  readonly oldTransactions: readonly Blocker[];
  readonly replicas: {
    readonly count: number;
    readonly delayMs: number | null;
    readonly hidden: boolean;
  };
  readonly relations: readonly RelationFact[];
  /** Versions by lower-case name: extensions, and "postgresql", "pgstac". */
  readonly versions: Readonly<Record<string, string>>;
}

/** What a migration needs of the server. */
export interface Needs {
  readonly locks: readonly { readonly object: ObjectRef; readonly mode: LockMode }[];
  readonly rewrites: readonly ObjectRef[];
  /** Tables on which indexes are built. */
  readonly indexes: readonly ObjectRef[];
  readonly concurrently: boolean;
  /** From DEPENDENCIES: "Requires PgSTAC 0.9.x". */
  readonly versions: readonly { readonly name: string; readonly wanted: string }[];
}

/** One thing that is not as it should be. */
export interface ServerFinding {
  readonly id: keyof typeof severities;
  readonly severity: Severity;
  readonly message: string;
  /** What to do about it. */
  readonly todo: string;
}

/** What refuses a run and what is only said. A warning may pass while the run waits; an error would not. */
export const severities = {
  "server-in-recovery": "error",
  "version-required": "error",
  "no-connection-left": "error",
  "replica-far-behind": "error",
  "few-connections-left": "warning",
  "replica-behind": "warning",
  "old-transaction": "warning",
  "lock-in-the-way": "warning",
  "disk-space": "warning",
} as const satisfies Readonly<Record<string, Severity>>;

/** Limits by which the facts are judged. */
export const limits = {
  /** A transaction open for longer is old. Milliseconds. */
  oldTransactionMs: 300_000,
  /** A replica further behind is worth a warning, or a refusal. Milliseconds. */
  replicaBehindMs: 10_000,
  replicaFarBehindMs: 300_000,
  /** A run, with its sessions open, may need this many more connections. */
  connectionsNeeded: 1,
  /** The share of connections in use from which it is worth a warning. */
  connectionShare: 0.9,
  /** More space than this needs a look at the disk. Bytes. */
  diskBytes: 1_000_000_000,
} as const;

/** Programs whose version DEPENDENCIES may require, as people write them: `Requires PgSTAC 0.9.x`. */
const requirement =
  /\brequires\s+(?:extension\s+)?([a-z][a-z0-9_]*)\s+v?(\d+(?:\.(?:\d+|x))*)(?![\w.])/i;

/** Words that follow "Requires" and are no programs. */
const notPrograms = new Set(["migration", "version"]);

/** What a migration needs, from its impacts and its header. */
export function needsOf(header: Header, impacts: readonly StatementImpact[]): Needs {
  const versions = header.dependencies.flatMap((text) => {
    const [, name, wanted] = requirement.exec(text) ?? [];
    if (name === undefined || wanted === undefined) return [];
    return notPrograms.has(name.toLowerCase()) ? [] : [{ name: name.toLowerCase(), wanted }];
  });
  return { ...needsOfImpacts(impacts), versions };
}

function needsOfImpacts(impacts: readonly StatementImpact[]): Omit<Needs, "versions"> {
  const foreign = impacts.filter(({ onlyNewObjects }) => !onlyNewObjects);
  return {
    locks: foreign.flatMap(({ locks }) => locks),
    rewrites: foreign.flatMap(({ rewrites }) => rewrites),
    indexes: foreign
      .filter(({ statement }) => statement.tag === "IndexStmt")
      .flatMap(({ locks }) => locks.map(({ object }) => object)),
    concurrently: impacts.some(({ statement }) => statement.kind.endsWith(" CONCURRENTLY")),
  };
}

/** The same of a rollback file. What the migration required of versions is no reason to keep it. */
export const needsOfRollback = (impacts: readonly StatementImpact[]): Needs => ({
  ...needsOfImpacts(impacts),
  versions: [],
});

/** `0.9.x` and `0.9` take every 0.9; `0.9.12` only itself and what is below it. */
export function satisfies(installed: string, wanted: string): boolean {
  const parts = installed.split(".");
  return wanted.split(".").every((part, index) => part === "x" || parts[index] === part);
}

const sameRelation = (relation: RelationFact, object: ObjectRef): boolean =>
  relation.name === object.name && (object.schema === null || relation.schema === object.schema);

const size = (bytes: number): string => {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power] ?? ""}`;
};

const finding = (id: ServerFinding["id"], message: string, todo: string): ServerFinding => ({
  id,
  severity: severities[id],
  message,
  todo,
});

type Judge = (facts: ServerFacts, needs: Needs) => readonly ServerFinding[];

const judgeRecovery: Judge = ({ inRecovery }) =>
  inRecovery
    ? [
        finding(
          "server-in-recovery",
          "The server is in recovery: it is a replica, or is being restored, and takes no writes.",
          "Connect to the primary server.",
        ),
      ]
    : [];

const judgeConnections: Judge = ({ connections: { used, most } }) => {
  const left = most - used;
  const message = `${used} of ${most} connections are in use.`;
  if (left < limits.connectionsNeeded) {
    return [
      finding("no-connection-left", message, "Close idle sessions, or raise max_connections."),
    ];
  }
  if (used < most * limits.connectionShare) return [];
  return [
    finding(
      "few-connections-left",
      message,
      "Look for idle sessions in pg_stat_activity: the application may fail to connect while this runs.",
    ),
  ];
};

const judgeReplicas: Judge = ({ replicas: { delayMs } }) => {
  if (delayMs === null || delayMs < limits.replicaBehindMs) return [];
  const isFar = delayMs >= limits.replicaFarBehindMs;
  return [
    finding(
      isFar ? "replica-far-behind" : "replica-behind",
      `A replica is ${Math.round(delayMs / 1000)} s behind.`,
      "Find out what it waits for (pg_stat_replication): whatever this migration writes comes on top.",
    ),
  ];
};

const judgeTransactions: Judge = ({ oldTransactions }, { concurrently }) =>
  oldTransactions.length === 0
    ? []
    : [
        finding(
          "old-transaction",
          `Transactions have been open for long: ${describeBlockers(oldTransactions)}.`,
          concurrently
            ? "CONCURRENTLY waits for each of them. Let them end first, or have an administrator end them."
            : "They may hold locks that this migration needs. Let them end first.",
        ),
      ];

const judgeLocks: Judge = ({ relations }, { locks }) =>
  relations.flatMap((relation) => {
    const wanted = locks.filter(({ object }) => sameRelation(relation, object));
    const held = relation.locks.filter(({ mode }) =>
      wanted.some((one) => conflict(one.mode, mode)),
    );
    if (held.length === 0) return [];
    const holders = new Map(held.map(({ holder }) => [holder.pid, holder]));
    return [
      finding(
        "lock-in-the-way",
        `${relation.schema}.${relation.name} is locked by ${describeBlockers([...holders.values()])}.`,
        "The run waits in short tries. If this session goes on for longer than lockBudgetMs, let it end first.",
      ),
    ];
  });

const judgeDisk: Judge = ({ relations }, { rewrites, indexes }) => {
  const sum = (objects: readonly ObjectRef[], bytes: (one: RelationFact) => number): number =>
    relations
      .filter((relation) => objects.some((object) => sameRelation(relation, object)))
      .reduce((total, relation) => total + bytes(relation), 0);
  // An index may become as large as the rows it is on; a table that is rewritten is there twice until the commit.
  const needed =
    sum(rewrites, ({ totalBytes }) => totalBytes) + sum(indexes, ({ heapBytes }) => heapBytes);
  if (needed < limits.diskBytes) return [];
  return [
    finding(
      "disk-space",
      `Rewrites and new indexes take up to ${size(needed)} more, by estimate, and about as much in WAL.`,
      "PostgreSQL does not tell how much space is free: look at the server's storage before going on.",
    ),
  ];
};

const judgeVersions: Judge = (facts, needs) =>
  needs.versions.flatMap(({ name, wanted }) => {
    const installed = Object.hasOwn(facts.versions, name) ? facts.versions[name] : undefined;
    if (installed !== undefined && satisfies(installed, wanted)) return [];
    return [
      finding(
        "version-required",
        `DEPENDENCIES requires ${name} ${wanted}, but the database has ${installed ?? "none that this login can see"}.`,
        `Bring ${name} to ${wanted} first, or correct DEPENDENCIES.`,
      ),
    ];
  });

const judges: readonly Judge[] = [
  judgeRecovery,
  judgeVersions,
  judgeConnections,
  judgeReplicas,
  judgeTransactions,
  judgeLocks,
  judgeDisk,
];

/** Everything that is not as it should be; errors first. */
export function judgeServer(facts: ServerFacts, needs: Needs): readonly ServerFinding[] {
  const found = judges.flatMap((judge) => judge(facts, needs));
  return [
    ...found.filter(({ severity }) => severity === "error"),
    ...found.filter(({ severity }) => severity === "warning"),
  ];
}

/** Whether a finding keeps a rollback from being run: only where nothing could be written anyway. */
export const refusesRollback = ({ id }: ServerFinding): boolean => id === "server-in-recovery";

/** `old-transaction: Transactions … Do: …` */
export const formatFinding = ({ id, message, todo }: ServerFinding): string =>
  `${id}: ${message} ${todo}`;

/** The server is not fit for the migration. Nothing was changed. */
export class PreflightError extends MigrationError {
  readonly code = "PREFLIGHT";

  constructor(
    readonly fileName: string,
    readonly findings: readonly ServerFinding[],
  ) {
    super(
      `${fileName} was not begun:\n${findings.map((one) => `  ${formatFinding(one)}`).join("\n")}`,
      "Correct it and run up again; nothing was changed.",
    );
  }
}
