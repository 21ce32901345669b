/**
 * A session that is opened when it is first asked for, kept until it is closed, and opened again where it was lost.
 * Does NOT know what it is for.
 */
import type { Client } from "pg";

import { type Access, connect, type Purpose } from "../../../stack/connection";

export class KeptSession {
  private opening: Promise<Client> | null = null;

  constructor(
    private readonly access: Access,
    private readonly purpose: Purpose,
  ) {}

  /** The session; another one where it was lost. @throws what connecting throws; the next call tries again. */
  client(): Promise<Client> {
    this.opening ??= this.open();
    return this.opening;
  }

  async close(): Promise<void> {
    const { opening } = this;
    this.opening = null;
    const client = await opening?.catch(() => null);
    await client?.end().catch(() => undefined);
  }

  private open(): Promise<Client> {
    const opening = connect(this.access, this.purpose);
    const forget = (): void => {
      if (this.opening === opening) this.opening = null;
    };
    opening.then((client) => client.on("error", forget).on("end", forget), forget);
    return opening;
  }
}
