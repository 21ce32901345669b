/**
 * Records versions as applied that were found in the database and never run by this program: a word of a person for each,
 * and the ledger's row where there is none. Rows of the governed schemas are not touched.
 * Does NOT compare (see proof/compare.ts): what the comparison saw is given, and must still be so.
 */
import { type Client, DatabaseError } from "pg";

import { type Access, inTransaction, withClient } from "../../../stack/connection";
import { eventsTable, ledgerTable, lockTable } from "../../../stack/ownTables";
import { isTicket, ticketHint } from "../../../stack/ticket";
import { tierRules } from "../../../stack/tier";
import type { MigrationFile } from "../files/file";
import type { History } from "../history/history";
import type { VouchedDifference } from "../history/vouched";
import { changedSince, deciding, DecisionRefusedError, ensureGiven } from "./decisions";
import { recordEvent } from "./ledger";
import { readVouched } from "./structure";

/** What a person says of everything up to a version. */
export interface Baseline {
  readonly by: string;
  readonly reason: string;
  /** Needed where the tier asks for tickets. */
  readonly ticket?: string;
  /** Everything up to the version, lowest first; what is on record already stays as it is. */
  readonly files: readonly MigrationFile[];
  /** Every difference between files and database but for owners, each with why it may stay. */
  readonly vouched: readonly VouchedDifference[];
  /** Fingerprint of the structure that was compared. */
  readonly compared: string;
}

/** A version as it is on record now. */
export interface Baselined {
  readonly version: string;
  readonly checksum: string;
}

/**
 * Records the files that are not on record yet.
 *
 * @returns those, lowest first.
 * @throws {DecisionRefusedError} nothing is left to record, one is half done or a higher one is missing its file, the
 *                                schemas have changed since they were compared, somebody runs migrations now, or
 *                                person, reason, ticket or approver is missing.
 */
export async function baseline(access: Access, asked: Baseline): Promise<readonly Baselined[]> {
  const { tier, roles } = access.settings;
  const said = { by: ensureGiven("by", asked.by), reason: ensureGiven("reason", asked.reason) };
  const { ticket } = asked;
  if (ticket !== undefined && !isTicket(ticket)) {
    throw new DecisionRefusedError(`"${ticket}" is not the number of a ticket.`, ticketHint);
  }
  if (tierRules[tier].requiresTicket && ticket === undefined) {
    throw new DecisionRefusedError(
      `A baseline in ${tier} is made for a change ticket, and none is named.`,
      "name it: --ticket CHG-YYYY-NNNN.",
    );
  }
  if (tierRules[tier].requiresSecondPerson && roles.approver === null) {
    throw new DecisionRefusedError(
      `A baseline in ${tier} is an approver's word, and the stack names no approver.`,
      "set approver and approvers in the stack's file, run up, and try again.",
    );
  }
  const detail = (isTop: boolean, structure: unknown) => ({
    ...said,
    ...(isTop ? { vouched: asked.vouched, structure } : {}),
  });
  return withClient(access, { account: "admin", activity: "baseline" }, (admin) =>
    inTransaction(admin, async () => {
      await lockOutRuns(admin);
      return deciding(access, "approver", async (client, history) => {
        const wanted = toRecord(history, asked.files);
        const seen = await readVouched(client, access.settings.schemas, history);
        if (seen.kind === "cannot be told") {
          throw new DecisionRefusedError(
            `The schemas cannot be looked at now: ${seen.reason}.`,
            "bring that to an end first, then compare again.",
          );
        }
        if (seen.record.fingerprint !== asked.compared) throw changedSince();
        for (const file of wanted) {
          await recordEvent(client, {
            kind: "baselined",
            version: file.header.version,
            checksum: file.checksum,
            ...(file.rollback === null ? {} : { rollbackChecksum: file.rollback.checksum }),
            ...(ticket === undefined ? {} : { ticket }),
            detail: detail(file === wanted.at(-1), seen.record),
          });
        }
        await enterInLedger(admin, wanted);
        return wanted.map(({ header: { version }, checksum }) => ({ version, checksum }));
      });
    }),
  );
}

/** SQLSTATE: NOWAIT, and somebody has it. */
const lockNotAvailable = "55P03";

/** Nobody begins a run until the transaction ends. */
async function lockOutRuns(admin: Client): Promise<void> {
  try {
    await admin.query(`LOCK TABLE ONLY ${lockTable} IN SHARE UPDATE EXCLUSIVE MODE NOWAIT`);
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== lockNotAvailable) throw error;
    throw new DecisionRefusedError(
      "Somebody runs migrations at this very moment.",
      "wait for the run to end (ddl status tells who it is), then compare again.",
    );
  }
}

function toRecord(
  { versions }: History,
  files: readonly MigrationFile[],
): readonly MigrationFile[] {
  const stateOf = new Map(versions.map((state) => [state.version, state]));
  const halfDone = files.find(({ header }) => stateOf.get(header.version)?.halfDone === true);
  if (halfDone !== undefined) {
    throw new DecisionRefusedError(
      `Version ${halfDone.header.version} is half done: a run has changed something and not ended.`,
      "finish it with up, or roll it back, then compare again.",
    );
  }
  const wanted = files.filter(({ header }) => {
    const state = stateOf.get(header.version);
    return state?.status !== "applied" || state.checksum === null;
  });
  if (wanted.length === 0) {
    throw new DecisionRefusedError(
      `Everything up to ${files.at(-1)?.header.version ?? "there"} is on record already.`,
      "nothing is to be done; what was changed by hand since is vouched for with npx ddl acknowledge --schema.",
    );
  }
  return wanted;
}

/**
 * One row for each version that the ledger does not call applied, with the time, login and ticket of the event: what the
 * approver said is what the row says. What came into the ledger by hand stays as it is.
 */
async function enterInLedger(admin: Client, files: readonly MigrationFile[]): Promise<void> {
  for (const { header, checksum } of files) {
    await admin.query(
      `INSERT INTO ${ledgerTable} AS ledger
         (version, description, started_at, completed_at, applied, executed_by, ticket_number)
       SELECT event.version, $3, event.happened_at, event.happened_at, true, event.login, event.ticket
         FROM ONLY ${eventsTable} AS event
        WHERE event.kind = 'baselined' AND event.version = $1 AND event.checksum = $2
        ORDER BY event.id DESC LIMIT 1
       ON CONFLICT (version) DO UPDATE SET
         description = excluded.description, started_at = excluded.started_at,
         completed_at = excluded.completed_at, applied = true, rolled_back_at = NULL,
         executed_by = excluded.executed_by, ticket_number = excluded.ticket_number
        WHERE ledger.applied IS NOT TRUE`,
      [header.version, checksum, header.description],
    );
  }
}
