/**
 * `ddl new`: writes the two files of the next migration, filled in as far as files and git can tell.
 * Does NOT write over a file, and does not know the change itself.
 */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { inc } from "semver";

import { isSqlFile } from "../../migrations/engine/files/collection";
import { numberOf } from "../../migrations/engine/files/file";
import { loadMigrations } from "../../migrations/engine/survey/load";
import { noTicketYet, ticketShape } from "../../stack/ticket";
import { run as runProgram } from "../../toolchain/run";
import { type Call, type Command, type ExitStatus, exitStatus, UsageError } from "../frame/command";
import { projectFolder, projectMigrations, shownPath } from "../stack/project";
import { ensureTicket } from "../stack/tickets";
import { type NewMigration, newMigrationFiles } from "./newMigration";
import { slugOf } from "./slug";

const tableForm = /^[a-z_][a-z0-9_$]*\.[a-z_][a-z0-9_$]*$/;

export const newCommand: Command = {
  name: "new",
  summary: "Write the next migration and its rollback, filled in as far as can be known",
  details: [
    "Number and minor version come behind those that are there; the author is git's user.name. What only a person can",
    "write stands in brackets; ddl check names each place.",
  ],
  arguments: [{ name: "TITLE", summary: "what changes, in a few words", required: true }],
  options: {
    ticket: {
      value: ticketShape,
      summary: "its change ticket",
      fallback: noTicketYet,
    },
    table: {
      value: "SCHEMA.TABLE",
      summary: "an existing table that is altered: its locks are looked for",
      many: true,
    },
    folder: { value: "FOLDER", summary: "another folder of migrations than the project's" },
  },
  examples: [
    ['ddl new "add status to jobs" --table dagapp.jobs', "a change of a table that exists"],
    ['ddl new "keep map styles" --ticket CHG-2026-0142', "with its ticket"],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const option = call.text("folder");
  const folder = option === undefined ? projectMigrations() : resolve(call.folder, option);
  const migration = await describe(call, folder);
  const { forward, rollback } = newMigrationFiles(migration);
  const files = {
    [`${migration.name}.sql`]: forward,
    [`${migration.name}_rollback.sql`]: rollback,
  };
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    // "wx": another command may have taken the number since we looked.
    await writeFile(join(folder, name), text, { flag: "wx" });
    call.terminal.print(shownPath(call.folder, join(folder, name)));
  }
  call.terminal.say(
    `Version ${migration.version}${migration.previous === null ? "" : `, behind ${migration.previous.version}`}. ` +
      "Fill in what stands in brackets, write the change and its rollback, then: npx ddl check --tier dev",
  );
  return exitStatus.fine;
}

async function describe(call: Call, folder: string): Promise<NewMigration> {
  const [title = ""] = call.args;
  const description = title.replace(/\s+/g, " ").trim().replace(/\.$/, "");
  const slug = slugOf(description);
  if (slug === "") {
    throw new UsageError(
      `${JSON.stringify(title)} gives no file name.`,
      "use letters or digits, for example: add status to jobs",
    );
  }
  if (/[\u0000-\u001f\u007f]/.test(description)) {
    throw new UsageError("The title holds control characters.", "write plain words.");
  }
  const ticket = call.text("ticket") ?? noTicketYet;
  if (ticket !== noTicketYet) ensureTicket(ticket);
  const tables = call.list("table");
  for (const table of tables.filter((one) => !tableForm.test(one))) {
    throw new UsageError(`${table} is not a table with its schema.`, "write it as dagapp.jobs.");
  }
  const { number, previous } = await next(folder);
  return {
    name: `${String(number).padStart(3, "0")}_${slug}`,
    version: previous === null ? "0.1.0" : (inc(previous.version, "minor") ?? ""),
    ticket,
    author: await author(),
    created: today(),
    description: description.charAt(0).toUpperCase() + description.slice(1),
    previous,
    tables,
  };
}

/** The next number, and the migration before it. */
async function next(
  folder: string,
): Promise<{ readonly number: number; readonly previous: NewMigration["previous"] }> {
  const names = (await readdir(folder).catch((): string[] => [])).filter(isSqlFile);
  const highest = Math.max(0, ...names.map((name) => numberOf(name) ?? 0));
  if (highest === 0) return { number: 1, previous: null };
  const { migrations } = await loadMigrations(folder);
  const last = migrations.at(-1);
  if (last?.number !== highest) {
    const file = names.find((name) => numberOf(name) === highest) ?? "";
    throw new UsageError(
      `${file} has problems, so the version to go on from is not known.`,
      "correct it first: npx ddl check --tier dev",
    );
  }
  return {
    number: highest + 1,
    previous: { fileName: last.fileName, version: last.header.version },
  };
}

/** git's user.name, or a placeholder. */
async function author(): Promise<string> {
  const outcome = await runProgram("git", ["config", "user.name"], { cwd: projectFolder() }).catch(
    () => null,
  );
  const name = outcome?.status === 0 ? outcome.stdout.trim() : "";
  return name === "" ? "[Your name]" : name;
}

/** In this place's own time: the day on which somebody wrote it. */
function today(): string {
  const now = new Date();
  const parts = [now.getFullYear(), now.getMonth() + 1, now.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}
