/**
 * Runs one tool over one folder and says how long it took: a process that process.ts starts.
 * Does NOT measure anything but the tool's own work.
 */
import { once } from "node:events";

import { countCalls } from "./counting";
import type { Form } from "./folders";
import { runOurs } from "./ours";
import { loadPeer, type Peer } from "./peers";
import { type Ended, type Task, taskVariable } from "./task";

/** Of an error's message. */
const shownLines = 3;

const load = (form: Form): Promise<Peer> =>
  form === "this program" ? Promise.resolve({ migrate: runOurs }) : loadPeer(form);

async function main(): Promise<void> {
  const task = JSON.parse(process.env[taskVariable] ?? "") as Task;
  const peer = await load(task.form);
  const counted = countCalls(task.form);
  const word = once(process, "message");
  process.send?.("ready");
  await word;
  const started = performance.now();
  let error = "";
  let told: unknown;
  try {
    told = await peer.migrate(task);
  } catch (caught) {
    const lines = (caught instanceof Error ? caught.message : String(caught)).split("\n");
    error = lines.slice(0, shownLines).join(" ") || "failed without a message";
  }
  const elapsed = performance.now() - started;
  const ms = typeof told === "number" ? told : elapsed;
  const ended: Ended = { ok: error === "", ms, error, ...counted() };
  process.send?.(ended, () => process.exit());
}

void main();
