/**
 * Runs one pulumi command in the foreground, tells what it does, and passes Ctrl-C on in two steps: the first lets the
 * running step end, the second cancels it.
 * Does NOT decide what is told (see runView.ts) and does not interpret the exit status.
 */
import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

import { stateFolder } from "../../sandbox/environment";
import type { RunLog } from "../frame/runLog";
import type { Style } from "../frame/terminal";
import { wrap } from "../frame/wrap";
import { inSandbox } from "../stack/pasteable";
import { projectFolder } from "../stack/project";
import { readEvent } from "./engineEvents";
import type { Prepared } from "./prepare";
import { type Phase, RunView, type Shown } from "./runView";

const INTERRUPTIONS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What one command of pulumi's came to. */
interface Ran {
  /** Exit status (8 when it was cancelled). */
  readonly status: number;
  /** By operation, of the phase that changes; empty where the engine showed itself or nothing was changed. */
  readonly changes: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** Nothing was done, or would be. */
  readonly isEmpty: boolean;
}

/** Words by which somebody asks for pulumi's own display. */
const ownDisplay = /^(--diff|--json|-j|--show-|--urns|--display|-i$|--interactive)/;

/**
 * Runs `pulumi <args>` on the prepared stack, and shows what a person wants to know of it: what the engine tells is read
 * as events. Where the arguments ask for a display of pulumi's, that is shown as it is.
 */
export async function runPulumi(
  prepared: Prepared,
  args: readonly string[],
  { log, style }: Voice,
): Promise<Ran> {
  if (args.some((one) => ownDisplay.test(one))) {
    const status = await start(prepared, args, log, null);
    return { status, changes: {}, seconds: 0, isEmpty: false };
  }
  const view = new RunView(phasesOf(args), style, (text) => inSandbox(text));
  const show = (shown: readonly Shown[]): void => {
    for (const { kind, text } of shown) (kind === "stays" ? log.say : log.progress)(text);
  };
  const onLine = (line: string): void => {
    const event = readEvent(line);
    if (event === undefined) show([{ kind: "stays", text: line }]);
    else if (event !== null) show(view.take(event));
  };
  const status = await start(prepared, [...args, "--json"], log, onLine);
  show(view.rest());
  log.end();
  const { changes, seconds, isEmpty } = view;
  return { status, changes, seconds, isEmpty };
}

/** Where a command tells what it does. */
export interface Voice {
  readonly log: RunLog;
  readonly style: Style;
}

/** Whether it looks before it changes something. */
function phasesOf(args: readonly string[]): readonly Phase[] {
  const [command] = args;
  if (command === "preview") return ["preview"];
  return command === "up" && !args.includes("--skip-preview") && !args.includes("-f")
    ? ["preview", "change"]
    : ["change"];
}

/** @param onLine  Told each line of its output; null: the output goes where ours goes. */
async function start(
  prepared: Prepared,
  args: readonly string[],
  log: RunLog,
  onLine: ((line: string) => void) | null,
): Promise<number> {
  const [command = "", ...rest] = args;
  const child = spawn(prepared.pulumi, [command, ...prepared.stackArguments, ...rest], {
    cwd: projectFolder(),
    env: { ...prepared.env, PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" },
    // A session of its own, and no keyboard: the terminal's Ctrl-C comes to us alone, once, and we pass it on.
    detached: true,
    stdio: [
      "ignore",
      ...(onLine === null ? (["inherit", "inherit"] as const) : (["pipe", "pipe"] as const)),
    ],
  });
  const read = (stream: Readable | null, take: (line: string) => void): Promise<void> => {
    if (stream === null) return Promise.resolve();
    const lines = createInterface({ input: stream, crlfDelay: Infinity });
    lines.on("line", take);
    return new Promise((done) => lines.once("close", done));
  };
  const drained = Promise.all([
    read(child.stdout, onLine ?? (() => undefined)),
    read(child.stderr, (line) => {
      if (line !== "") log.say(line);
    }),
  ]);
  let interruptions = 0;
  const interrupt = (): void => {
    interruptions += 1;
    if (interruptions <= 2)
      log.say(
        interruptions === 1
          ? wrap(firstInterruption(log.now))
          : secondInterruption(command, prepared.stack),
      );
    child.kill("SIGINT");
  };
  for (const signal of INTERRUPTIONS) process.on(signal, interrupt);
  try {
    const status = await new Promise<number>((done, fail) => {
      child.once("error", fail);
      child.once("exit", (code, signal) => {
        done(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
    await drained;
    return status;
  } finally {
    for (const signal of INTERRUPTIONS) process.off(signal, interrupt);
  }
}

const firstInterruption = (now: string): string =>
  [
    "",
    `Stopping: ${now === "" ? "what runs" : `this step (${now})`} is finished first, and nothing is begun after it.`,
    "Press Ctrl-C once more to cancel it.",
  ].join("\n");

const secondInterruption = (command: string, stack: string): string =>
  [
    "",
    "Cancelling: the server ends the running statement, and its transaction is undone.",
    "Kept: everything that was committed, each with its record in the database.",
    `To go on from there: make ${command} STACK=${stack}`,
  ].join("\n");

/**
 * Whether the last update of the stack, as the backend recorded it, changed nothing.
 */
export async function changedNothing(prepared: Prepared): Promise<boolean> {
  const { project, stack, sandbox } = prepared;
  const folder = join(stateFolder(sandbox), ".pulumi", "history", project, stack);
  const newest = (await readdir(folder).catch((): string[] => []))
    .filter((name) => name.endsWith(".history.json"))
    .sort()
    .at(-1);
  if (newest === undefined) return false;
  const entry = JSON.parse(await readFile(join(folder, newest), "utf8")) as {
    resourceChanges?: Readonly<Record<string, number>>;
  };
  return Object.keys(entry.resourceChanges ?? {}).every((kind) => kind === "same");
}
