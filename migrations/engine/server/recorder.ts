/**
 * Records as the admin what a run may not say of itself: in the session that looks beside it, and where that is an auditor's
 * in one of its own, opened when it is first asked for and kept until the run ends.
 * Does NOT know what is recorded.
 */
import type { Client } from "pg";

import type { Access } from "../../../stack/connection";
import { MigrationError } from "../../../stack/errors";
import { type NewEvent, recordEvent } from "../ledger/ledger";
import { KeptSession } from "./keptSession";

export class Recorder {
  /** In which it records, and whether that is its own to close. */
  private readonly session: KeptSession;
  private readonly isOwn: boolean;

  /** @param beside  The session that looks. */
  constructor(access: Access, beside: KeptSession) {
    this.isOwn = access.settings.roles.auditor !== null;
    this.session = this.isOwn
      ? new KeptSession(access, { account: "admin", activity: "record" })
      : beside;
  }

  /**
   * Records an event as the admin.
   *
   * @returns why it cannot: the admin cannot be had, which a rollback does without; null where it did.
   */
  async record(event: NewEvent): Promise<MigrationError | null> {
    const client = await this.client();
    if (client instanceof MigrationError) return client;
    await recordEvent(client, event);
    return null;
  }

  async close(): Promise<void> {
    if (this.isOwn) await this.session.close();
  }

  private async client(): Promise<Client | MigrationError> {
    try {
      return await this.session.client();
    } catch (error) {
      if (error instanceof MigrationError) return error;
      throw error;
    }
  }
}
