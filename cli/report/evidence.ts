/**
 * The evidence of a change ticket: the policy's checklist before a production deployment, each line answered from files,
 * git, ledgers and events where a machine can answer it, and left to people where it cannot. Pure.
 * Does NOT gather the facts (see evidenceFacts.ts) or write them down (see evidenceText.ts).
 */
import type { MigrationFile } from "../../migrations/engine/files/file";
import { limitsText } from "../../migrations/engine/files/timeLimits";
import type { EventRow } from "../../migrations/engine/history/event";
import type { EventKind } from "../../migrations/engine/history/eventKinds";
import { describeImpactsMeasured } from "../../migrations/engine/history/segmentRecord";
import { printable } from "../../stack/printable";
import { answerChecklist } from "./checklist";
import { eventText } from "./eventText";
import type { ChecklistLine, MigrationFacts, StackFacts } from "./evidenceModel";
import type { StatementReport } from "./statementReport";
import { durationText, momentText } from "./times";

export interface MigrationEvidence {
  readonly version: string;
  readonly file: string;
  readonly checksum: string;
  readonly description: string;
  readonly author: string;
  readonly reviewedBy: string | null;
  readonly reviewedOn: string | null;
  readonly estimatedDuration: string;
  readonly downtimeRequired: boolean;
  readonly lockEscalationRisk: string;
  /** Time limits by the header, in words; "": the stack's own. */
  readonly limits: string;
  readonly rollback: {
    readonly file: string;
    readonly checksum: string;
    readonly warning: string | null;
  } | null;
  readonly dataRecovery: string;
  readonly statements: readonly StatementReport[];
  readonly ticket: string;
  /** ISO date. */
  readonly created: string;
  /** The newest commit that touched the file, and its author; null: none, or there is no git. */
  readonly commit: string | null;
  readonly exceptions: readonly { readonly rule: string; readonly reason: string }[];
  /** Both files as they are. */
  readonly sql: string;
  readonly rollbackSql: string | null;
  /** What ran, was proven or was decided, oldest first. */
  readonly runs: readonly RunEvidence[];
  /** What happened to it, by stack, oldest first. */
  readonly record: readonly {
    readonly stack: string;
    readonly events: readonly string[];
    /** What it did to what was there before, as that server counted it; one line each. */
    readonly measured: readonly string[];
  }[];
}

/** One thing that happened to a version. */
interface RunEvidence {
  readonly stack: string;
  /** "applied", "rolled back", "failed", "signed off" … */
  readonly what: string;
  readonly at: Date;
  readonly login: string;
  /** The person, where one was named. */
  readonly by: string | null;
  /** From its start, where it has one. */
  readonly took: string | null;
  readonly ticket: string | null;
  /** A reason, or how it failed. */
  readonly note: string | null;
}

/** A key changes its meaning or goes only with a new schemaVersion; new keys may come at any time. */
export interface EvidenceReport {
  readonly schemaVersion: 1;
  readonly ticket: string;
  readonly checklist: readonly ChecklistLine[];
  readonly migrations: readonly MigrationEvidence[];
  /** Break-glass that was opened or closed under these tickets, or while one of these versions ran. */
  readonly emergencies: readonly { readonly stack: string; readonly text: string }[];
  /** Stacks that could not be asked. */
  readonly unreached: readonly { readonly stack: string; readonly reason: string }[];
}

/** Steps that are told of by the end of their run. */
const told: Readonly<Partial<Record<EventKind, string>>> = {
  applied: "applied",
  failed: "failed",
  "rolled-back": "rolled back",
  proven: "rollback proven",
  "signed-off": "signed off",
  validated: "validated",
  acknowledged: "acknowledged as run by hand",
};

function runsIn(
  { stack, events }: { readonly stack: string; readonly events: readonly EventRow[] },
  file: MigrationFile,
): readonly RunEvidence[] {
  let started: Date | null = null;
  return events
    .filter(({ version }) => version === file.header.version)
    .flatMap((event): readonly RunEvidence[] => {
      const { kind, happenedAt, detail, ticket, login, checksum } = event;
      if (kind === "started") started = happenedAt;
      const what = told[kind];
      if (what === undefined) return [];
      const isRun = kind === "applied" || kind === "failed" || kind === "rolled-back";
      const took =
        isRun && started !== null ? durationText(happenedAt.getTime() - started.getTime()) : null;
      if (isRun) started = null;
      const said = (key: string): string | null =>
        typeof detail[key] === "string" ? detail[key] : null;
      const isOther = checksum !== null && checksum !== file.checksum;
      const note = [
        said("reason") ?? said("message")?.split("\n")[0] ?? null,
        isOther ? "another text than the file now" : null,
      ].filter((part) => part !== null);
      return [
        {
          ...{ stack, what, at: happenedAt, login, by: said("by"), took, ticket },
          note: note.length === 0 ? null : note.join("; "),
        },
      ];
    });
}

/** Break-glass of these tickets, or that was open while one of these versions ran. */
function emergenciesIn(
  stacks: readonly StackFacts[],
  migrations: readonly MigrationFacts[],
  ticket: string,
): EvidenceReport["emergencies"] {
  const versions = new Set(migrations.map(({ file }) => file.header.version));
  return stacks.flatMap((one) => {
    if (!one.reached) return [];
    const { stack, events } = one;
    return events.flatMap((event, index) => {
      if (event.kind !== "break-glass-opened") return [];
      const closed = events.find(({ kind, id }) => kind === "break-glass-closed" && id > event.id);
      const during = events
        .slice(index)
        .some(
          ({ kind, version, id }) =>
            kind === "applied" &&
            version !== null &&
            versions.has(version) &&
            (closed === undefined || id < closed.id),
        );
      if (!during && event.ticket !== ticket) return [];
      const said = (key: string): string =>
        typeof event.detail[key] === "string" ? event.detail[key] : "";
      const end = closed === undefined ? "still open" : `closed ${momentText(closed.happenedAt)}`;
      const text = `${momentText(event.happenedAt)}, ${event.ticket ?? "no ticket"}: ${said("reason")}, approved by ${said("approvedBy")}; ${end}`;
      return [{ stack, text: printable(text) }];
    });
  });
}

function evidenceOf(
  { file, warning, statements, git, sql, rollbackSql }: MigrationFacts,
  stacks: readonly StackFacts[],
): MigrationEvidence {
  const { header, rollback } = file;
  const record = stacks.flatMap((one) => {
    if (!one.reached) return [];
    const own = one.events.filter(({ version }) => version === header.version);
    const events = own.flatMap((event) => eventText(event, file) ?? []);
    const state = one.versions.find(({ version }) => version === header.version);
    const measured = [
      ...describeImpactsMeasured(state?.measured ?? []),
      ...(state?.measured ?? []).flatMap(({ unannounced = [] }) =>
        unannounced.map((text) => `not announced: ${text}`),
      ),
    ];
    return events.length === 0 ? [] : [{ stack: one.stack, events, measured }];
  });
  return {
    version: header.version,
    file: file.fileName,
    checksum: file.checksum,
    description: header.description,
    author: header.author,
    reviewedBy: header.reviewedBy,
    reviewedOn: header.reviewedOn,
    ...header.impact,
    limits: limitsText(header.limits),
    rollback:
      rollback === null ? null : { file: rollback.fileName, checksum: rollback.checksum, warning },
    dataRecovery: header.rollback.dataRecovery,
    statements,
    ticket: header.ticket,
    created: header.created,
    commit:
      git?.changed == null
        ? null
        : `${git.changed.hash} by ${git.changed.author} on ${git.changed.date}${git.isDirty ? ", changed since" : ""}`,
    exceptions: header.exceptions.map(({ rule, reason }) => ({ rule, reason })),
    sql: sql ?? "",
    rollbackSql: rollbackSql ?? null,
    runs: stacks.flatMap((one) => (one.reached ? runsIn(one, file) : [])),
    record,
  };
}

/**
 * Builds the evidence.
 *
 * @param migrations  Those under the ticket, lowest number first; at least one.
 * @param stacks      In the order of promotion.
 * @param now         Tells windows that are past from those to come.
 */
export function evidenceReport(
  ticket: string,
  migrations: readonly MigrationFacts[],
  stacks: readonly StackFacts[],
  now: Date,
): EvidenceReport {
  return {
    schemaVersion: 1,
    ticket,
    checklist: answerChecklist(migrations, stacks, now),
    migrations: migrations.map((one) => evidenceOf(one, stacks)),
    emergencies: emergenciesIn(stacks, migrations, ticket),
    unreached: stacks.flatMap((one) =>
      one.reached ? [] : [{ stack: one.stack, reason: one.reason }],
    ),
  };
}
