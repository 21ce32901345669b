/**
 * Asks again, under the runner lock, for what may have changed since PgSTAC's change was planned and judged: the tier of the
 * database, the maintenance window, an emergency, the tickets of the run. The gate's own look is older.
 * Does NOT ask the tier below, which only the engine reaches (migrations/engine/gate/rules/pgstac).
 */
import type { Client } from "pg";

import type { History } from "../../migrations/engine/history/history";
import { ensureStamp } from "../../migrations/engine/history/stamp";
import { readHistory, serverTime } from "../../migrations/engine/ledger/ledger";
import type { Access } from "../../stack/connection";
import { tierRules } from "../../stack/tier";
import { describeWindows, openWindow } from "../../stack/window";
import { PgstacRefusedError } from "./refused";
import type { PgstacChange } from "./runPypgstac";

/** What holds now. @throws {StampError} the database belongs to another tier. */
export async function stateUnderLock(client: Client, { settings }: Access): Promise<History> {
  const history = await readHistory(client);
  ensureStamp(settings, history.stamp);
  return history;
}

/**
 * @throws {PgstacRefusedError} no window is open where sessions would be ended, or the change has no ticket of this run,
 *                              in a tier that asks for it.
 */
export async function ensureAllowedNow(
  client: Client,
  { settings }: Access,
  { kind, to }: PgstacChange,
  ticket: string | null,
  { breakGlass }: History,
): Promise<void> {
  const { enforcesWindow, requiresTicket } = tierRules[settings.tier];
  const { windows, tickets } = settings.run;
  if (requiresTicket && (ticket === null || !tickets.includes(ticket))) {
    throw new PgstacRefusedError(
      `PgSTAC ${to} may not be brought here: ${ticket ?? "no ticket"} is not among the tickets of this run.`,
      "set pgstacTicket to the approved ticket, and name it for this run.",
    );
  }
  // What a run that was cut off has begun inside a window is finished after it: that ends nobody's session.
  if (!enforcesWindow || kind === "finish" || breakGlass !== null) return;
  const now = await serverTime(client);
  if (openWindow(windows, now) !== null) return;
  throw new PgstacRefusedError(
    `PgSTAC ${to} may not be brought here now: it ends sessions, and no maintenance window is open (${describeWindows(windows, now)}).`,
    "run up inside the window; in an emergency, ddl break-glass open lifts this.",
  );
}
