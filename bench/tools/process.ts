/**
 * Starts a tool in a process of its own, so that its work and the measuring do not share an event loop.
 * Does NOT know any tool: the child does.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { type Ended, type Task, taskVariable } from "./task";

/** A tool that has loaded its modules and waits for the word. */
export interface ReadyTool {
  /** Lets it run. Resolves when it has ended, well or not. */
  go(): Promise<Ended>;
}

const childFile = join(__dirname, "child.ts");

/**
 * Starts the process and waits until the tool is loaded. What tools print goes nowhere.
 *
 * @param environment  Beside this process's own: PGOPTIONS, for example.
 * @throws {Error} it ended before it was ready.
 */
export async function prepareTool(
  task: Task,
  environment: Readonly<Record<string, string>> = {},
): Promise<ReadyTool> {
  const child = fork(childFile, {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, ...environment, [taskVariable]: JSON.stringify(task) },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const exit = once(child, "exit");
  await nextMessage(child, exit, task);
  return {
    go: async () => {
      const answer = nextMessage(child, exit, task);
      child.send("go");
      const ended = (await answer) as Ended;
      await exit;
      return ended;
    },
  };
}

async function nextMessage(
  child: ChildProcess,
  exit: Promise<unknown>,
  { form }: Task,
): Promise<unknown> {
  const message = once(child, "message");
  const first = await Promise.race([message, exit.then(() => null)]);
  if (first === null) throw new Error(`the process of ${form} ended without a word`);
  return first[0];
}
