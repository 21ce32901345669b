/**
 * Records as the admin what a run may not say of itself: in the session that looks beside it, and where that is an auditor's
 * in one of its own, opened when it is first asked for and kept until the run ends.
 * Does NOT know what is recorded.
 */
import type { Client } from "pg";

import { type Access, connect } from "../../../stack/connection";
import { MigrationError } from "../../../stack/errors";
import { type NewEvent, recordEvent } from "../ledger/ledger";
import type { Beside } from "./beside";

export class Recorder {
  private opening: Promise<Client> | null = null;

  constructor(
    private readonly access: Access,
    private readonly beside: Beside,
  ) {}

  /**
   * Records an event as the admin.
   *
   * @returns why it cannot: the admin cannot be had, which a rollback does without; null where it did.
   */
  async record(event: NewEvent): Promise<string | null> {
    const session = await this.session();
    if (session instanceof MigrationError) return session.message;
    await recordEvent(session, event);
    return null;
  }

  async close(): Promise<void> {
    const { opening } = this;
    this.opening = null;
    const client = await opening?.catch(() => null);
    await client?.end().catch(() => undefined);
  }

  /** The session; another one where it was lost. */
  private async session(): Promise<Client | MigrationError> {
    try {
      if (this.access.settings.roles.auditor === null) return await this.beside.client();
      this.opening ??= this.open();
      return await this.opening;
    } catch (error) {
      if (error instanceof MigrationError) return error;
      throw error;
    }
  }

  private open(): Promise<Client> {
    const opening = connect(this.access, { account: "admin", activity: "record" });
    const forget = (): void => {
      if (this.opening === opening) this.opening = null;
    };
    opening.then((client) => client.on("error", forget).on("end", forget), forget);
    return opening;
  }
}
