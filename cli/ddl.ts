/**
 * The `ddl` command as a process: its words, streams, environment and status.
 * Does NOT run anything itself (see execute.ts).
 */
import { execute } from "./execute";
import { processTerminal } from "./frame/terminal";

/** `ddl plan | head`: whoever read has seen enough. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

void execute(process.argv.slice(2), {
  terminal: processTerminal(process.env),
  environment: process.env,
  folder: process.cwd(),
}).then((status) => {
  process.exitCode = status;
});
