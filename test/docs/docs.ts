/**
 * Writes the documents' tables, migrations/RULES.md and roles/ATTACKS.md anew: `npm run docs`. A test fails while they
 * are not what the code says. Does NOT know what is in them (see documentTables.ts, ruleBook.ts and attackPage.ts).
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { themes } from "../support/attacks";
import { attackPage } from "./attackPage";
import { documentTables, fillTables } from "./documentTables";
import { ruleBook } from "./ruleBook";

async function main(): Promise<void> {
  const project = join(__dirname, "..", "..");
  for (const [document, tables] of Object.entries(documentTables)) {
    const path = join(project, document);
    await writeFile(path, fillTables(await readFile(path, "utf8"), tables));
  }
  await writeFile(join(project, "migrations", "RULES.md"), ruleBook);
  await writeFile(join(project, "roles", "ATTACKS.md"), attackPage(themes));
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
