/**
 * Ledger and events as they are after each migration of an `up`: one session for all of them, and of the rows only those
 * that are new.
 * Does NOT decide what is published (see publish.ts).
 */
import type { Access } from "../../stack/connection";
import type { History } from "../engine/history/history";
import { KeptHistory } from "../engine/ledger/keptHistory";
import { Kept } from "../engine/server/kept";
import { KeptSession } from "../engine/server/keptSession";

/** In milliseconds: the next migration of a run has mostly ended by then. */
const longestIdleMs = 400;

const purpose = { account: "admin", activity: "publish", readOnly: true } as const;

class Reading extends KeptSession {
  private readonly history = new KeptHistory();

  constructor(access: Access) {
    super(access, purpose);
  }

  async read(): Promise<History> {
    return (await this.history.read(await this.client())).history;
  }
}

/** Of the stack that this process is the program of. */
const reading = new Kept(longestIdleMs, (access) => new Reading(access));

/** What ledger and events say now; one look after the other. */
export const readLive = (access: Access): Promise<History> =>
  reading.use(access, (one) => one.read());
