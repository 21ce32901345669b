/**
 * Writes the README's tables and migrations/RULES.md anew: `npm run docs`. A test fails while they are not what the
 * code says. Does NOT know what is in them (see readmeTables.ts and ruleBook.ts).
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { fillTables, readmeTables } from "./readmeTables";
import { ruleBook } from "./ruleBook";

async function main(): Promise<void> {
  const readme = join(__dirname, "..", "README.md");
  await writeFile(readme, fillTables(await readFile(readme, "utf8"), readmeTables));
  await writeFile(join(__dirname, "..", "migrations", "RULES.md"), ruleBook);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
