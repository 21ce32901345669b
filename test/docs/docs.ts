/**
 * Writes the documents' tables, migrations/RULES.md, roles/ATTACKS.md and test/COVERAGE.md anew: `npm run docs`. A test
 * fails while they are not what the code says.
 * Does NOT know what is in them (see documentTables.ts, ruleBook.ts, attackPage.ts and coveragePage.ts).
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { themes } from "../support/attacks";
import { attackPage } from "./attackPage";
import { coverage } from "./coverage";
import { coveragePage } from "./coveragePage";
import { documentTables, fillTables } from "./documentTables";
import { ruleBook } from "./ruleBook";

async function main(): Promise<void> {
  const project = join(__dirname, "..", "..");
  for (const [document, tables] of Object.entries(documentTables)) {
    const path = join(project, document);
    await writeFile(path, fillTables(await readFile(path, "utf8"), tables));
  }
  await writeFile(join(project, "migrations", "RULES.md"), await ruleBook());
  await writeFile(join(project, "roles", "ATTACKS.md"), attackPage(themes));
  await writeFile(join(project, "test", "COVERAGE.md"), coveragePage(await coverage()));
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
