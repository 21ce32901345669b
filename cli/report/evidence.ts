/**
 * The evidence of a change ticket: the policy's checklist before a production deployment, each line answered from files,
 * git, ledgers and events where a machine can answer it, and left to people where it cannot. Pure.
 * Does NOT gather the facts (see evidenceFacts.ts) or write them down (see evidenceText.ts).
 */
import { describeImpactsMeasured } from "../../migrations/engine/history/segmentRecord";
import { answerChecklist } from "./checklist";
import { eventText } from "./eventText";
import type { ChecklistLine, MigrationFacts, StackFacts } from "./evidenceModel";
import type { StatementReport } from "./statementReport";

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
  readonly rollback: {
    readonly file: string;
    readonly checksum: string;
    readonly warning: string | null;
  } | null;
  readonly dataRecovery: string;
  readonly statements: readonly StatementReport[];
  /** What happened to it, by stack, oldest first. */
  readonly record: readonly {
    readonly stack: string;
    readonly events: readonly string[];
    /** What it did to what was there before, as that server counted it; one line each. */
    readonly measured: readonly string[];
  }[];
}

/** A key changes its meaning or goes only with a new schemaVersion; new keys may come at any time. */
export interface EvidenceReport {
  readonly schemaVersion: 1;
  readonly ticket: string;
  readonly checklist: readonly ChecklistLine[];
  readonly migrations: readonly MigrationEvidence[];
}

function evidenceOf(
  { file, warning, statements }: MigrationFacts,
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
    rollback:
      rollback === null ? null : { file: rollback.fileName, checksum: rollback.checksum, warning },
    dataRecovery: header.rollback.dataRecovery,
    statements,
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
  };
}
