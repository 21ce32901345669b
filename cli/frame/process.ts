/**
 * A program as a process: its words, streams, environment and status.
 * Does NOT run anything itself (see execute.ts).
 */
import type { Program } from "./command";
import { execute } from "./execute";
import { processTerminal } from "./terminal";

/** Runs what this process was called with, and sets the status it ends with. */
export async function runProcess(program: Program): Promise<void> {
  // `ddl plan | head`: whoever read has seen enough.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
  process.exitCode = await execute(program, process.argv.slice(2), {
    terminal: processTerminal(process.env),
    environment: process.env,
    folder: process.cwd(),
  });
}
