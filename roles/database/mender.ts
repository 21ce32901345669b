/**
 * Runs the statements that mend deviations: many in one round trip, and one by one only where the many fail.
 * Does NOT begin or end the transaction, or look whether it helped (heal.ts).
 */
import { type Client, DatabaseError, escapeIdentifier } from "pg";

import { errorCode, signsOf } from "../../stack/connection";
import { isTransient } from "../../stack/transientError";
import { jointStatements } from "../compare/jointStatements";
import type { Deviation } from "../model";

/** Deviations whose statements are sent together: a tenth of them, and not fewer than these. */
const leastInBatch = 1_000;
const mostBatches = 10;

/** SQLSTATE: lock_timeout has passed. */
const lockNotAvailable = "55P03";

/** Longest wait for a lock once one of many statements has waited in vain and they are tried in halves. */
const shortWait = "200ms";

/**
 * Whether a table, view or function is locked by somebody for as long as they like. A wait for somebody who changes the
 * same row of a catalog ends by itself, and the server tells the row.
 */
const isKeptLocked = (error: DatabaseError): boolean =>
  errorCode(error) === lockNotAvailable && error.where === undefined;

/** Errors that end more than their statement: lost connections, cancellation, no resources, and those that pass. */
const endsAll = (error: DatabaseError): boolean =>
  (isTransient(signsOf(error)) && !isKeptLocked(error)) ||
  /^(08|53|57|58|XX)/.test(errorCode(error));

/** Mends within the caller's transaction and remembers what the server refused. */
export class Mender {
  private readonly reasons = new Map<string, string>();
  private readonly blocked = new Set<string>();

  constructor(
    private readonly client: Client,
    private readonly log?: (message: string) => void,
  ) {}

  /** The server's last reason for refusing, or null. */
  reasonOf(deviation: Deviation): string | null {
    return this.reasons.get(deviation.text) ?? null;
  }

  /** Every deviation that the server refused, by its text, with the last reason. */
  failures(): ReadonlyMap<string, string> {
    return this.reasons;
  }

  /** Whether it was not mended because somebody keeps what it is about locked. */
  isBlocked(deviation: Deviation): boolean {
    return this.blocked.has(deviation.text);
  }

  /**
   * Runs what mends these deviations, in their order but for those that need the rights of a role which this login has
   * not: these come last. Those that fail are undone alone.
   *
   * @param usable  Roles whose rights this login has now.
   * @throws {DatabaseError} what ends the transaction.
   */
  async mend(deviations: readonly Deviation[], usable: ReadonlySet<string>): Promise<void> {
    const groups = new Map<string | null, Deviation[]>([[null, []]]);
    for (const deviation of deviations) {
      const { power } = deviation;
      const key = power === undefined || usable.has(power) ? null : power;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [deviation]);
      else group.push(deviation);
    }
    for (const [power, group] of groups) {
      if (power === null) await this.runAll(group);
      else await this.runBorrowing(power, group);
    }
  }

  private async runAll(deviations: readonly Deviation[]): Promise<void> {
    const batchSize = Math.max(leastInBatch, Math.ceil(deviations.length / mostBatches));
    for (let from = 0; from < deviations.length; from += batchSize) {
      await this.runBatch(deviations.slice(from, from + batchSize));
      const done = Math.min(from + batchSize, deviations.length);
      if (deviations.length > batchSize) {
        this.log?.(`privileges: ${done} of ${deviations.length} deviations worked on`);
      }
    }
  }

  /** All of them, or, where the server refuses one, each half by itself. */
  private async runBatch(batch: readonly Deviation[]): Promise<void> {
    const failure = await this.attempt(jointStatements(batch));
    const [only] = batch;
    if (failure === null) {
      for (const { text } of batch) {
        this.reasons.delete(text);
        this.blocked.delete(text);
      }
    } else if (batch.length === 1 && only !== undefined) {
      this.reasons.set(only.text, failure.message);
      if (isKeptLocked(failure)) this.blocked.add(only.text);
    } else {
      if (isKeptLocked(failure)) await this.client.query(`SET LOCAL lock_timeout = '${shortWait}'`);
      const middle = Math.ceil(batch.length / 2);
      await this.runBatch(batch.slice(0, middle));
      await this.runBatch(batch.slice(middle));
    }
  }

  /**
   * With the rights of a role of which the admin becomes a member, if it may, and ceases to be one within the same
   * transaction, so that nobody ever sees it.
   */
  private async runBorrowing(power: string, group: readonly Deviation[]): Promise<void> {
    const role = escapeIdentifier(power);
    const failure = (await this.isMember(power))
      ? `${power} lends its rights to nobody: the admin is a member without INHERIT`
      : (await this.attempt([`GRANT ${role} TO CURRENT_USER`]))?.message;
    if (failure !== undefined) {
      for (const { text } of group) this.reasons.set(text, failure);
      return;
    }
    await this.runAll(group);
    await this.client.query(`REVOKE ${role} FROM CURRENT_USER`);
  }

  /** Whether the admin is a member already, in a way that must stay. What CREATE ROLE left to its maker is none. */
  private async isMember(role: string): Promise<boolean> {
    const { rows } = await this.client.query<{ member: boolean }>(
      `SELECT EXISTS (
         SELECT FROM pg_auth_members m
          WHERE pg_get_userbyid(m.member) = current_user AND pg_get_userbyid(m.roleid) = $1
            AND (coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true)
                 OR coalesce((to_jsonb(m) ->> 'set_option')::boolean, true))) AS member`,
      [role],
    );
    return rows[0]?.member === true;
  }

  /** Runs statements, all or none. Returns why the server refused, or null. */
  private async attempt(statements: readonly string[]): Promise<DatabaseError | null> {
    // By itself: of a message that does not parse the server runs nothing, and there would be nothing to go back to.
    await this.client.query("SAVEPOINT deviation");
    try {
      await this.client.query([...statements, "RELEASE SAVEPOINT deviation"].join(";\n"));
      return null;
    } catch (error) {
      if (!(error instanceof DatabaseError) || endsAll(error)) throw error;
      await this.client.query("ROLLBACK TO SAVEPOINT deviation; RELEASE SAVEPOINT deviation");
      return error;
    }
  }
}
