/**
 * Writes the README's tables anew: `npm run docs`. A test fails while they are not what the code says.
 * Does NOT know what is in them (see readmeTables.ts).
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { fillTables, readmeTables } from "./readmeTables";

async function main(): Promise<void> {
  const readme = join(__dirname, "..", "README.md");
  await writeFile(readme, fillTables(await readFile(readme, "utf8"), readmeTables));
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
