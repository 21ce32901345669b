/**
 * Makes the live privileges equal to the rules: few statements at a time, read back before the transaction ends.
 * Does NOT decide what deviates (acl.ts).
 */
import { setTimeout as sleep } from "node:timers/promises";

import type { Client } from "pg";

import { recordEvent } from "../../migrations/engine/ledger/ledger";
import { errorCode, inTransaction, signsOf } from "../../stack/connection";
import type { Log } from "../../stack/log";
import type { Settings } from "../../stack/settings";
import { isTransient } from "../../stack/transientError";
import type { Deviation } from "../model";
import { inspectPrivileges } from "./inspection";
import { holdersOf, mendApart } from "./lockedRelations";
import { Mender } from "./mender";

/** What healing did. */
export interface Healing {
  readonly mended: readonly Deviation[];
  /** What this login could not mend, each with the reason. */
  readonly left: readonly { readonly deviation: Deviation; readonly reason: string }[];
}

export interface HealOptions {
  readonly log?: Log;
  /** Tells which deviations to leave alone. */
  readonly isSpared?: (deviation: Deviation) => boolean;
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

/** PostgreSQL's code for no room left in the table of locks: since 18 GRANT locks what it is about. */
const noRoomForLocks = "53200";
/** PostgreSQL's major version from which on it does. */
const locksOnGrant = 18;
/** So many always find room. The table of locks holds somewhat more than the settings say. */
const fewObjects = 1_000;
const slack = 1.2;

/**
 * Deviations mended in one transaction where one for all needs more locks than the server has room for: so many, or
 * half of what it has room for.
 */
const leastInPart = 2_000;
const partOfRoom = 0.5;

/**
 * Makes the live privileges equal to the rules in one transaction, and reads them back in it: nobody sees a moment in
 * between. What locks a table against everybody, as a change of its owner does, goes before, each table by itself. A
 * statement that this login may not run, or that the server refuses for another reason, is undone alone, and reported. Sessions that change the same catalog rows make it begin anew. Where nothing deviates, nothing is written.
 * More objects than one transaction may lock are mended in several, each object within one.
 */
export async function healPrivileges(
  client: Client,
  settings: Settings,
  options: HealOptions = {},
): Promise<Healing> {
  const reasons = new Map<string, string>();
  const apart = (left: readonly Deviation[], usable: ReadonlySet<string>) =>
    healApart(client, settings, left.filter(isMendable).filter(isApart), usable, reasons);

  const before = await look(client, settings, options);
  if (!before.left.some(isMendable)) return { mended: [], left: before.left.map(leftToPerson) };
  const done: Deviation[] = [];
  let alone: readonly Deviation[] = [];
  let seen: Look | null = before;
  if (before.left.some((one) => isMendable(one) && isApart(one))) {
    // What such statements need, the right to a role or a schema, comes first.
    if (before.left.some((one) => isMendable(one) && isEarly(one))) {
      done.push(...(await healTogether(client, settings, options, isEarly, before)).mended);
    }
    const { left, usable } = await look(client, settings, options);
    alone = await apart(left, usable);
    // What is given back to its owner may deviate in other ways than before.
    seen = null;
  }
  let { mended, left } = await healTogether(
    ...([client, settings, options, isTogether, seen, alone] as const),
  );
  done.push(...alone, ...mended);
  // What only showed, or could only be done, when the rest was mended.
  const late = left.map(({ deviation }) => deviation).filter(({ text }) => !reasons.has(text));
  if (done.length > 0 && late.some((one) => isMendable(one) && isApart(one))) {
    const { usable } = await look(client, settings, options);
    alone = await apart(late, usable);
    ({ mended, left } = await healTogether(
      ...([client, settings, options, isTogether, null, alone] as const),
    ));
    done.push(...alone, ...mended);
  }
  const remaining = new Set(left.map(({ deviation }) => deviation.text));
  // One may end with another: a trigger runs nobody else's code once its function has its owner back.
  const ended = done.length > 0 ? before.left : [];
  const unique = new Map([...ended, ...done].map((one) => [one.text, one]));
  return {
    mended: [...unique.values()].filter(({ text }) => !remaining.has(text)),
    left: left.map(({ deviation, reason }) => ({
      deviation,
      reason: deviation.manual ?? reasons.get(deviation.text) ?? reason,
    })),
  };
}

/** Chooses deviations that are mended in one go. */
type Choice = (deviation: Deviation) => boolean;

const isMendable: Choice = ({ manual }) => manual === undefined;
const isApart: Choice = ({ locks }) => locks !== undefined;
const isTogether: Choice = (one) => !isApart(one);
const isEarly: Choice = (one) => one.first === true && isTogether(one);

const leftToPerson = (deviation: Deviation): Healing["left"][number] => ({
  deviation,
  reason: deviation.manual ?? "",
});

/**
 * Mends the chosen ones in one transaction, or, where the server has no room for its locks, in several; records them,
 * and what was mended alone before.
 *
 * @param seen  What a look has found, where nothing was mended since.
 */
async function healTogether(
  client: Client,
  settings: Settings,
  options: HealOptions,
  isChosen: Choice,
  seen: Look | null,
  alone: readonly Deviation[] = [],
): Promise<Healing> {
  const whole = (): Promise<Healing> =>
    retrying(() =>
      inTransaction(client, () => healOnce(client, settings, options, isChosen, alone)),
    );
  // What cannot succeed is not tried: it would do most of the work, and undo it.
  const chosen = seen?.left.filter(isChosen) ?? [];
  const objects = new Set(chosen.map(({ text }) => text.split(": ")[0])).size;
  const room = await roomForLocks(client);
  if (objects <= fewObjects || objects <= room * slack) {
    try {
      return await whole();
    } catch (error) {
      if (errorCode(error) !== noRoomForLocks) throw error;
    }
  }
  const { log } = options;
  log?.("privileges: more objects than the server lets one transaction lock; mending in parts");
  const parts = await healInParts(client, settings, options, isChosen, seen, room);
  const { mended, left } = await whole();
  return { mended: [...parts, ...mended], left };
}

/**
 * How many objects one transaction may lock, about: the table of locks is shared by all sessions. Before 18 GRANT locks
 * nothing. Source: postgresql.org/docs/current/runtime-config-locks.html
 */
async function roomForLocks(client: Client): Promise<number> {
  const { rows } = await client.query<{ major: number; room: number }>(
    `SELECT current_setting('server_version_num')::integer / 10000 AS major,
            current_setting('max_locks_per_transaction')::float8
              * (current_setting('max_connections')::float8 + current_setting('max_prepared_transactions')::float8) AS room`,
  );
  const [row] = rows;
  return row === undefined || row.major < locksOnGrant ? Infinity : row.room;
}

/** Mends what locks a table, one table a transaction. Adds to `reasons` why something is left. */
async function healApart(
  client: Client,
  settings: Settings,
  deviations: readonly Deviation[],
  usable: ReadonlySet<string>,
  reasons: Map<string, string>,
): Promise<readonly Deviation[]> {
  const { lockTimeoutMs } = settings.run;
  const { done, reasons: refused } = await mendApart(client, deviations, usable, lockTimeoutMs);
  for (const [text, reason] of refused) reasons.set(text, reason);
  return done;
}

/** Tries again, whole, while other sessions are in the way. */
async function retrying<T>(work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    try {
      return await work();
    } catch (error) {
      const wait = pause * (0.5 + Math.random());
      if (!isTransient(signsOf(error)) || Date.now() - started + wait > patienceMs) throw error;
      await sleep(wait);
    }
  }
}

/** What deviates, and the roles whose rights this login has. */
interface Look {
  readonly left: readonly Deviation[];
  readonly usable: ReadonlySet<string>;
}

async function look(
  client: Client,
  settings: Settings,
  { isSpared = () => false }: HealOptions,
): Promise<Look> {
  const { catalog, deviations } = await inspectPrivileges(client, settings);
  const usable = catalog.roles.filter((role) => role.usable).map(({ name }) => name);
  return { left: deviations.filter((one) => !isSpared(one)), usable: new Set(usable) };
}

const textsOf = (deviations: readonly Deviation[]): readonly string[] =>
  deviations.map(({ text }) => text);

/** Waits for others who heal this database, and keeps waits for tables short. Within a transaction. */
async function prepare(client: Client, settings: Settings): Promise<void> {
  // Others who heal this database wait here rather than in the middle. Nobody but the admin can take this lock, and
  // those who append events do not wait for it.
  await client.query(
    "LOCK TABLE ONLY public.schema_migration_events IN SHARE UPDATE EXCLUSIVE MODE",
  );
  // A change of owner waits for the table, and whoever comes next waits behind it: not for long.
  await client.query(`SET LOCAL lock_timeout = ${settings.run.lockTimeoutMs}`);
}

async function recordHealing(client: Client, mended: readonly Deviation[]): Promise<void> {
  if (mended.length === 0) return;
  const detail = { count: mended.length, mended: textsOf(mended.slice(0, mostNamed)) };
  await recordEvent(client, { kind: "healed", detail });
}

/**
 * Mends what it can, owners first, a transaction for each part. Returns what the server did not refuse; what is left is
 * seen later.
 *
 * @param seen  What a look has found, where nothing was mended since: it is all looked at again in the end.
 * @param room  Locks that the server has room for (see roomForLocks).
 */
async function healInParts(
  client: Client,
  settings: Settings,
  options: HealOptions,
  isChosen: Choice,
  seen: Look | null,
  room: number,
): Promise<readonly Deviation[]> {
  const done: Deviation[] = [];
  let size = Math.max(leastInPart, Math.floor(room * partOfRoom));
  for (const isFirst of [true, false]) {
    // What is done first may change what else deviates.
    const known = done.length === 0 ? seen : null;
    const { left, usable } = known ?? (await look(client, settings, options));
    const mendable = left
      .filter((one) => isMendable(one) && isChosen(one))
      .filter((one) => (one.first === true) === isFirst);
    let from = 0;
    while (from < mendable.length) {
      const part = mendable.slice(from, from + size);
      try {
        done.push(...(await retrying(() => healPart(client, settings, usable, part))));
      } catch (error) {
        if (errorCode(error) !== noRoomForLocks || size === 1) throw error;
        size = Math.ceil(size / 2);
        continue;
      }
      from += part.length;
      options.log?.(`privileges: ${from} of ${mendable.length} deviations worked on`);
    }
  }
  return done;
}

/** Mends a part in a transaction of its own. Returns what the server did not refuse. */
function healPart(
  client: Client,
  settings: Settings,
  usable: ReadonlySet<string>,
  part: readonly Deviation[],
): Promise<readonly Deviation[]> {
  return inTransaction(client, async () => {
    await prepare(client, settings);
    const mender = new Mender(client);
    await mender.mend(part, usable);
    const mended = part.filter((one) => mender.reasonOf(one) === null);
    await recordHealing(client, mended);
    return mended;
  });
}

async function healOnce(
  client: Client,
  settings: Settings,
  options: HealOptions,
  isChosen: Choice,
  alone: readonly Deviation[],
): Promise<Healing> {
  const isOurs: Choice = (one) => isMendable(one) && isChosen(one);
  // Somebody has looked before and found something: what counts is what there is once nobody else mends.
  await prepare(client, settings);
  let { left, usable } = await look(client, settings, options);
  const mender = new Mender(client, options.log);
  const found = new Map<string, Deviation>();
  for (let round = 1; round <= mostRounds && left.some(isOurs); round += 1) {
    for (const deviation of left.filter(isOurs)) found.set(deviation.text, deviation);
    const mendable = left.filter(isOurs);
    const first = round === 1 ? mendable.filter((deviation) => deviation.first) : [];
    await mender.mend(first.length > 0 ? first : mendable, usable);
    const before = textsOf(left).join("\n");
    // Anew each time: the admin's own membership may have been mended meanwhile.
    ({ left, usable } = await look(client, settings, options));
    if (first.length === 0 && textsOf(left).join("\n") === before) break;
  }
  const remaining = new Set(textsOf(left));
  const mended = [...found.values()].filter(({ text }) => !remaining.has(text));
  await recordHealing(client, [...alone, ...mended]);
  const isBlocked: Choice = (one) => mender.isBlocked(one);
  const blocked = left.some(isBlocked) ? await holdersOf(client, null) : null;
  return {
    mended,
    left: left.map((deviation) => ({
      deviation,
      reason:
        deviation.manual ??
        (isBlocked(deviation) ? blocked : null) ??
        mender.reasonOf(deviation) ??
        "the statement succeeded and changed nothing: this login lacks the right to it",
    })),
  };
}
