/**
 * Records what people decide: sign-off, validation, acknowledgement of what ran by hand, break-glass. Each is an event
 * whose time and login are the server's own word.
 * Does NOT weigh what a decision allows (see gatePromotionRules.ts), or fold it (see history.ts).
 */
import type { Client } from "pg";

import { type Access, withClient } from "../../../stack/connection";
import { MigrationError } from "../../../stack/errors";
import { isTicket, ticketHint } from "../../../stack/ticket";
import { tierRules } from "../../../stack/tier";
import type { MigrationFile } from "../files/file";
import type { Decision } from "../history/event";
import { type DecisionKind } from "../history/eventKinds";
import type { BreakGlass, History, VersionState } from "../history/history";
import { namesPgstac } from "../history/pgstacState";
import { listDifferences } from "../history/snapshot";
import { ensureStamp } from "../history/stamp";
import type { Comparison } from "../history/structureRecord";
import { type VouchedDifference, vouchFor } from "../history/vouched";
import { readHistory, recordEvent } from "./ledger";
import { readVouched } from "./structure";

/** A decision that may not be recorded as asked; nothing was written. */
export class DecisionRefusedError extends MigrationError {
  readonly code = "DECISION_REFUSED";
}

/** A person's word on one version. */
export interface Approval {
  readonly version: string;
  /** The person. The login that records it is the server's word and is stored beside it. */
  readonly by: string;
  /** What else there is to say: what was looked at, where the evidence is. */
  readonly reason?: string;
}

/** A decision as the events now have it. */
export interface RecordedDecision extends Decision {
  readonly version: string;
  /** Of the text that it is about: it holds for as long as this is what is applied. */
  readonly checksum: string;
}

/**
 * Signs a version off for the next tier. Source: policy, "QA Execution" and "UAT Execution".
 *
 * @throws {DecisionRefusedError} the version is not applied, its text is not known, it is signed off already, it was not
 *                                validated where the tier asks for that first, or the login is the one that ran it.
 */
export function signOff(access: Access, approval: Approval): Promise<RecordedDecision> {
  return approve(access, approval, "signed-off", "signOff", (state, { tier }) => {
    if (tierRules[tier].validatesBeforeSignOff && state.validation === null) {
      throw new DecisionRefusedError(
        `Version ${state.version} was not validated in ${tier} yet.`,
        "have the application team look at it first, and record that with npx ddl validate.",
      );
    }
  });
}

/**
 * Records that the application team has looked at a version and found its application well. Source: policy, "UAT
 * Execution: Application team validates".
 *
 * @throws {DecisionRefusedError} as for signOff.
 */
export function validate(access: Access, approval: Approval): Promise<RecordedDecision> {
  return approve(access, approval, "validated", "validation", () => undefined);
}

/**
 * Vouches that a version which ran without this program ran as `file` has it: from then on that is its checksum.
 *
 * @param file      The migration of that version.
 * @param compared  What a comparison with the files found: every difference with its reason, and the fingerprint of the
 *                  structure that was looked at. Absent: nobody compared.
 * @throws {DecisionRefusedError} the version is not applied, or the events know what ran, or no reason is given, or the
 *                                schemas have changed since they were compared.
 */
export async function acknowledge(
  access: Access,
  { by, reason }: Required<Omit<Approval, "version">>,
  file: MigrationFile,
  compared?: { readonly vouched: readonly VouchedDifference[]; readonly compared: string },
): Promise<RecordedDecision> {
  const said = { by: ensureGiven("by", by), reason: ensureGiven("reason", reason) };
  const { version } = file.header;
  return deciding(access, "approver", async (client, history) => {
    ensureUnrecorded(history, version);
    // What it made is then what should be there.
    const vouched = await readVouched(client, access.settings.schemas, history);
    const isOther =
      compared !== undefined &&
      vouched.kind === "read" &&
      vouched.record.fingerprint !== compared.compared;
    if (isOther) throw changedSince();
    await recordEvent(client, {
      kind: "acknowledged",
      version,
      checksum: file.checksum,
      ...(file.rollback === null ? {} : { rollbackChecksum: file.rollback.checksum }),
      detail: {
        ...said,
        ...(compared === undefined ? {} : { vouched: compared.vouched }),
        ...(vouched.kind === "read" ? { structure: vouched.record } : {}),
      },
    });
    return recorded(await readHistory(client), version, "acknowledgement");
  });
}

/**
 * A version that the ledger calls applied, of which no run is on record.
 *
 * @throws {DecisionRefusedError} it is not applied, or what ran is on record.
 */
export function ensureUnrecorded(history: History, version: string): void {
  const { checksum } = appliedState(history, version);
  if (checksum === null) return;
  throw new DecisionRefusedError(
    `What ran as version ${version} is on record (${checksum}).`,
    "nothing needs to be acknowledged.",
  );
}

/** Somebody changed the schemas between a comparison and what it was made for. */
export const changedSince = (): DecisionRefusedError =>
  new DecisionRefusedError(
    "The schemas have changed since they were compared.",
    "compare again, and see what differs now.",
  );

/** So many differences are named in the event. */
const mostRecorded = 100;

/**
 * Makes what is there what should be there.
 *
 * @returns how it differed before.
 * @throws {DecisionRefusedError} nothing differs, a version is half done, the schemas cannot be read now, or person or
 *                                reason is left out.
 */
export async function acknowledgeSchema(
  access: Access,
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<Comparison> {
  const said = { by: ensureGiven("by", by), reason: ensureGiven("reason", reason) };
  return deciding(access, "approver", async (client, history) => {
    const vouched = await readVouched(client, access.settings.schemas, history);
    if (vouched.kind === "cannot be told") {
      throw new DecisionRefusedError(
        `What should be in the schemas cannot be told now: ${vouched.reason}.`,
        "bring that to an end first, then acknowledge.",
      );
    }
    const { comparison, record } = vouched;
    const differences = comparison.kind === "compared" ? comparison.differences : null;
    if (differences?.length === 0) {
      throw new DecisionRefusedError(
        "The schemas are as they should be.",
        "nothing needs to be acknowledged.",
      );
    }
    const { wanted, found } = vouched;
    const changes =
      differences === null
        ? {}
        : {
            changes: listDifferences(differences, mostRecorded),
            vouched: differences.map((one) => vouchFor(one, "", wanted, found)),
          };
    await recordEvent(client, {
      kind: "acknowledged",
      detail: { ...said, ...changes, structure: record },
    });
    return comparison;
  });
}

/** What opens an emergency. */
export interface Emergency {
  readonly reason: string;
  /** Of the incident or the emergency change, CHG-YYYY-NNNN. */
  readonly ticket: string;
  /** Who allowed it. */
  readonly approvedBy: string;
}

/**
 * Lifts promotion and maintenance window, and nothing else, until it is closed. The admin's alone.
 *
 * @throws {DecisionRefusedError} something is left out, or one is open already.
 */
export async function openBreakGlass(access: Access, emergency: Emergency): Promise<BreakGlass> {
  const detail = {
    reason: ensureGiven("reason", emergency.reason),
    approvedBy: ensureGiven("approved-by", emergency.approvedBy),
  };
  const ticket = ensureGiven("ticket", emergency.ticket);
  if (!isTicket(ticket)) {
    throw new DecisionRefusedError(`"${ticket}" is not the number of a ticket.`, ticketHint);
  }
  return deciding(access, "admin", async (client, { breakGlass }) => {
    if (breakGlass !== null) {
      throw new DecisionRefusedError(
        `Break-glass is open since ${breakGlass.at.toISOString()}, for ${breakGlass.ticket}.`,
        "use that one, or close it first.",
      );
    }
    await recordEvent(client, { kind: "break-glass-opened", ticket, detail });
    const opened = (await readHistory(client)).breakGlass;
    if (opened === null) throw new Error("the break-glass that was recorded is not there");
    return opened;
  });
}

/**
 * Ends an emergency.
 *
 * @returns what was open.
 * @throws {DecisionRefusedError} none is open, or the person or the note is left out.
 */
export async function closeBreakGlass(
  access: Access,
  closing: { readonly by: string; readonly note: string },
): Promise<BreakGlass> {
  const detail = { by: ensureGiven("by", closing.by), note: ensureGiven("note", closing.note) };
  return deciding(access, "admin", async (client, { breakGlass }) => {
    if (breakGlass === null) {
      throw new DecisionRefusedError("No break-glass is open.", "there is nothing to close.");
    }
    await recordEvent(client, { kind: "break-glass-closed", ticket: breakGlass.ticket, detail });
    return breakGlass;
  });
}

/** Connects, makes sure that the database is the configured tier's, and lets `work` decide on what holds. */
export function deciding<T>(
  access: Access,
  account: "admin" | "approver",
  work: (client: Client, history: History) => Promise<T>,
): Promise<T> {
  return withClient(access, { account, activity: "decision" }, async (client) => {
    const history = await readHistory(client);
    ensureStamp(access.settings, history.stamp);
    return work(client, history);
  });
}

type Decided = "signOff" | "validation" | "acknowledgement";

async function approve(
  access: Access,
  { version, by, reason = "" }: Approval,
  kind: DecisionKind,
  name: Decided,
  ensureReady: (state: Decidable, settings: Access["settings"]) => void,
): Promise<RecordedDecision> {
  const detail = { by: ensureGiven("by", by), ...(reason.trim() === "" ? {} : { reason }) };
  return deciding(access, "approver", async (client, history) => {
    const state = appliedState(history, version);
    if (state.checksum === null) {
      throw new DecisionRefusedError(
        `What ran as version ${version} is not on record: it ran without this program.`,
        "compare database and file, and record that with npx ddl acknowledge first.",
      );
    }
    if (state.baseline !== null) {
      throw new DecisionRefusedError(
        `Version ${version} was baselined by ${state.baseline.by}: it has never run here, so nobody can say that it ran well.`,
        "a version that was only found in a database proves nothing to the tier above; run it in a database that does not have it.",
      );
    }
    const earlier = state[name];
    if (earlier !== null) {
      throw new DecisionRefusedError(
        `Version ${version} was ${kind} by ${earlier.by} at ${earlier.at.toISOString()} already.`,
        "nothing needs to be done.",
      );
    }
    await ensureSecondPerson(client, access, state);
    ensureReady(state, access.settings);
    const { checksum, rollbackChecksum } = state;
    await recordEvent(client, {
      kind,
      version,
      checksum,
      ...(rollbackChecksum === null ? {} : { rollbackChecksum }),
      detail,
    });
    return recorded(await readHistory(client), version, name);
  });
}

/** Where the tier asks for it, who ran a version does not approve it. Told by login: names can be made up. */
async function ensureSecondPerson(
  client: Client,
  { settings }: Access,
  { version, executedBy }: Decidable,
): Promise<void> {
  if (!tierRules[settings.tier].requiresSecondPerson) return;
  const { rows } = await client.query<{ login: string }>("SELECT session_user::text AS login");
  if (rows[0]?.login !== executedBy) return;
  throw new DecisionRefusedError(
    `Version ${version} was run by ${executedBy}, who may not approve it too.`,
    "have another login approve it: one of the stack's approvers.",
  );
}

/** What is decided on: a version of the files, or of PgSTAC. */
type Decidable = Pick<
  VersionState,
  "version" | "checksum" | "rollbackChecksum" | "executedBy" | "baseline" | Decided
>;

function appliedState({ versions, pgstac }: History, version: string): Decidable {
  if (pgstac?.version === version) {
    return { ...pgstac, rollbackChecksum: null, acknowledgement: null, baseline: null };
  }
  if (namesPgstac(version)) {
    throw new DecisionRefusedError(
      `${version} is not what this stack's PgSTAC is${pgstac ? `, but ${pgstac.version}` : ""}.`,
      "only what up has brought here can be decided on.",
    );
  }
  const state = versions.find((one) => one.version === version);
  if (state?.status === "applied") return state;
  const known = versions.filter(({ status }) => status === "applied").map((one) => one.version);
  const isThere =
    state?.halfDone === true
      ? "finish it, or roll it back"
      : `where its objects are there all the same, npx ddl compare ${version} names what differs from its files, and npx ddl baseline ${version} records it`;
  throw new DecisionRefusedError(
    `Version ${version} is not applied here${state === undefined ? "" : `, but ${state.status}`}.`,
    `only what is applied can be decided on: ${known.join(", ") || "nothing is"}; ${isThere}.`,
  );
}

function recorded(history: History, version: string, name: Decided): RecordedDecision {
  const { checksum, [name]: decision } = appliedState(history, version);
  if (decision === null || checksum === null) {
    throw new DecisionRefusedError(
      `Version ${version} was rolled back or run again at this very moment: the decision does not hold.`,
      "look at it again, and decide again.",
    );
  }
  return { ...decision, version, checksum };
}

/** @throws {DecisionRefusedError} the text is blank. */
export function ensureGiven(what: string, text: string): string {
  if (text.trim() !== "") return text.trim();
  throw new DecisionRefusedError(`--${what} is missing.`, `say ${what} in words.`);
}
