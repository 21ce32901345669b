/**
 * Makes the live privileges equal to the rules: one transaction, few statements at a time, read back before it ends.
 * Does NOT decide what deviates (acl.ts).
 */
import { setTimeout as sleep } from "node:timers/promises";

import type { Client } from "pg";

import { errorCode, inTransaction } from "../migrations/engine/database";
import { recordEvent } from "../migrations/engine/ledger";
import { isPassing } from "../migrations/engine/passingError";
import type { Settings } from "../settings";
import { findDeviations } from "./acl";
import { aclContext, readCatalog } from "./catalog";
import { Mender } from "./mender";
import type { Deviation } from "./model";

/** What healing did. */
export interface Healing {
  readonly mended: readonly Deviation[];
  /** What this login could not mend, each with the reason. */
  readonly left: readonly { readonly deviation: Deviation; readonly reason: string }[];
}

/** Told what goes on, one line each. */
export type Log = (message: string) => void;

export interface HealOptions {
  readonly log?: Log;
  /** Texts of deviations to leave alone. */
  readonly spared?: ReadonlySet<string>;
}

/** How long healing goes on trying while other sessions change the same rows, and its first pause. Milliseconds. */
const patienceMs = 60_000;
const firstPauseMs = 50;
const longestPauseMs = 2_000;

/** So many deviations are named in the event of a healing; the count is always there. */
const mostNamed = 500;

/**
 * Mending one thing may undo another: REVOKE on a table takes the same privilege from its columns, and CASCADE takes
 * what a delegate had granted rightly. So it goes on for as long as something changes, at most this often.
 */
const mostRounds = 5;

/**
 * Makes the live privileges equal to the rules in one transaction, and reads them back in it: nobody sees a moment in
 * between. A statement that this login may not run, or that the server refuses for another reason, is undone alone, and
 * reported. Sessions that change the same catalog rows make it begin anew. Where nothing deviates, nothing is written.
 */
export async function healPrivileges(
  client: Client,
  settings: Settings,
  options: HealOptions = {},
): Promise<Healing> {
  const started = Date.now();
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    try {
      return await inTransaction(client, () => healOnce(client, settings, options));
    } catch (error) {
      const wait = pause * (0.5 + Math.random());
      const message = error instanceof Error ? error.message : "";
      const again = isPassing({ code: errorCode(error), message });
      if (!again || Date.now() - started + wait > patienceMs) throw error;
      await sleep(wait);
    }
  }
}

async function healOnce(
  client: Client,
  settings: Settings,
  { log = () => undefined, spared = new Set() }: HealOptions,
): Promise<Healing> {
  const context = aclContext(settings);
  const look = async (): Promise<{ left: readonly Deviation[]; usable: ReadonlySet<string> }> => {
    const catalog = await readCatalog(client, settings);
    const usable = catalog.roles.filter((role) => role.usable).map(({ name }) => name);
    const left = findDeviations(context, catalog).filter(({ text }) => !spared.has(text));
    return { left, usable: new Set(usable) };
  };
  const textsOf = (deviations: readonly Deviation[]): string =>
    deviations.map(({ text }) => text).join("\n");
  const isMendable = ({ manual }: Deviation): boolean => manual === undefined;

  let { left, usable } = await look();
  if (left.some(isMendable)) {
    // Others who heal this database wait here rather than in the middle. Nobody but the admin can take this lock, and
    // those who append events do not wait for it.
    await client.query("LOCK TABLE public.schema_migration_events IN SHARE UPDATE EXCLUSIVE MODE");
    // A change of owner waits for the table, and whoever comes next waits behind it: not for long.
    await client.query(`SET LOCAL lock_timeout = ${settings.run.lockTimeoutMs}`);
    ({ left, usable } = await look());
  }
  const mender = new Mender(client, usable, log);
  const found = new Map<string, Deviation>();
  for (let round = 1; round <= mostRounds && left.some(isMendable); round += 1) {
    for (const deviation of left) found.set(deviation.text, deviation);
    const mendable = left.filter(isMendable);
    const first = round === 1 ? mendable.filter((deviation) => deviation.first) : [];
    await mender.mend(first.length > 0 ? first : mendable);
    const before = textsOf(left);
    ({ left } = await look());
    if (first.length === 0 && textsOf(left) === before) break;
  }
  const remaining = new Set(left.map(({ text }) => text));
  const mended = [...found.values()].filter(({ text }) => !remaining.has(text));
  if (mended.length > 0) {
    const texts = mended.slice(0, mostNamed).map(({ text }) => text);
    await recordEvent(client, { kind: "healed", detail: { count: mended.length, mended: texts } });
  }
  return {
    mended,
    left: left.map((deviation) => ({
      deviation,
      reason:
        deviation.manual ??
        mender.reasonOf(deviation) ??
        "the statement succeeded and changed nothing: this login lacks the right to it",
    })),
  };
}
