/**
 * What a person sees after a successful `make up`: where the database is and what to type next.
 * Does NOT change anything.
 */
import type { Tier } from "../sandbox/record";

/**
 * Prints the summary to standard output.
 *
 * @param environment  The variables that sandboxEnvironment gave for the stack.
 */
export function printSummary(
  stack: Tier,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const { DDL_HOST, DDL_PORT, DDL_DATABASE } = environment;
  const lines = [
    "",
    `${stack}: database ${DDL_DATABASE} on ${DDL_HOST}:${DDL_PORT}`,
    `  make psql STACK=${stack}       a session as its admin`,
    `  make preview STACK=${stack}    what the next up would do`,
    `  make drift STACK=${stack}      whether the database still is as declared`,
    "  make help               everything else",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  return Promise.resolve();
}
