/**
 * Ledger and events as they are after each migration of an `up`: one session for all of them, and of the rows only those
 * that are new. It is let go of within a moment of idleness, so that it keeps no program from ending.
 * Does NOT decide what is published (see publish.ts).
 */
import type { Client } from "pg";

import { type Access, connect } from "../../stack/connection";
import type { History } from "../engine/history/history";
import { KeptHistory } from "../engine/ledger/keptHistory";

/** In milliseconds: the next migration of a run has mostly ended by then. */
const longestIdleMs = 400;

interface Session {
  readonly client: Client;
  readonly history: KeptHistory;
  /** Whose it is. */
  readonly stack: string;
}

export class LiveHistory {
  private session: Session | null = null;
  private idle: NodeJS.Timeout | null = null;
  private last: Promise<unknown> = Promise.resolve();

  /** What ledger and events say now; one look after the other. */
  read(access: Access): Promise<History> {
    const turn = this.last.then(() => this.look(access));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async look(access: Access): Promise<History> {
    if (this.idle !== null) clearTimeout(this.idle);
    const stack = JSON.stringify(access.settings);
    try {
      if (this.session !== null && this.session.stack !== stack) await this.letGo();
      this.session ??= await this.open(access, stack);
      const { client, history } = this.session;
      return (await history.read(client)).history;
    } catch (error) {
      await this.letGo();
      throw error;
    } finally {
      this.idle = setTimeout(() => {
        this.last = this.last.then(() => this.letGo());
      }, longestIdleMs);
    }
  }

  private async open(access: Access, stack: string): Promise<Session> {
    const purpose = { account: "admin", activity: "publish", readOnly: true } as const;
    const client = await connect(access, purpose);
    const lose = (): void => {
      if (this.session?.client === client) this.session = null;
    };
    client.on("error", lose).on("end", lose);
    return { client, history: new KeptHistory(), stack };
  }

  private async letGo(): Promise<void> {
    const { session } = this;
    this.session = null;
    await session?.client.end().catch(() => undefined);
  }
}
