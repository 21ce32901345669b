/**
 * Runs one tool over one folder and says how long it took: a process that process.ts starts.
 * Does NOT measure anything but the tool's own work.
 */
import { once } from "node:events";

import { impactsOf } from "../../migrations/engine/impact/classify";
import { applyMigration } from "../../migrations/engine/run/run";
import { modelBefore } from "../../migrations/engine/schema/schemaReplay";
import { surveyStack } from "../../migrations/engine/survey/survey";
import { countCalls } from "./counting";
import type { Form } from "./folders";
import { loadPeer, type Peer } from "./peers";
import { type Ended, type Task, taskVariable } from "./task";

/** What `pulumi up` does for the migrations: plan, gate, and each pending file in turn. */
async function runOurs({ folder, stack }: Task): Promise<void> {
  const access = {
    settings: stack.settings,
    passwordOf: () => Promise.resolve(stack.password),
  };
  const { plan, files, violations } = await surveyStack(access, folder, {
    lower: null,
    isUpdate: true,
  });
  const refusal = violations.find(({ severity }) => severity === "error");
  if (refusal !== undefined) throw new Error(`${refusal.file}: ${refusal.message}`);
  for (const migration of plan.pending) {
    const lower = files
      .filter(({ number }) => number < migration.number)
      .map(({ header }) => header.version);
    const model = modelBefore(files, migration.number);
    const impacts = impactsOf(migration, model);
    await applyMigration(access, { migration, lower, impacts, model }, () => undefined);
  }
}

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
  try {
    await peer.migrate(task);
  } catch (caught) {
    const lines = (caught instanceof Error ? caught.message : String(caught)).split("\n");
    error = lines.slice(0, shownLines).join(" ") || "failed without a message";
  }
  const ms = performance.now() - started;
  const ended: Ended = { ok: error === "", ms, error, ...counted() };
  process.send?.(ended, () => process.exit());
}

void main();
