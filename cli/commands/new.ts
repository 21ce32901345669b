/**
 * `ddl new`: writes the two files of the next migration, filled in as far as files and git can tell.
 * Does NOT write over a file, and does not know the change itself.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { inc } from "semver";

import { draftFromDrift } from "../../migrations/engine/proof/draft";
import { noTicketYet, ticketShape } from "../../stack/ticket";
import type { Change } from "../draft/change";
import { changeOf, draftText } from "../draft/driftChange";
import { type NewMigration, newMigrationFiles } from "../draft/newMigration";
import { author, next, today } from "../draft/numbering";
import { readRepeatables } from "../draft/repeatableDraft";
import { slugOf } from "../draft/slug";
import { type Call, type Command, type ExitStatus, exitStatus, UsageError } from "../frame/command";
import { filesToCompare, readComparable } from "../stack/comparing";
import { projectMigrations, shownPath } from "../stack/project";
import { migrationsOf, openStack, stackOptions } from "../stack/stack";
import { ensureTicket } from "../stack/tickets";

const tableForm = /^[a-z_][a-z0-9_$]*\.[a-z_][a-z0-9_$]*$/;

export const newCommand: Command = {
  name: "new",
  summary: "Write the next migration and its rollback, filled in as far as can be known",
  details: [
    "Number and minor version come behind those that are there; the author is git's user.name. What only a person can",
    "write stands in brackets; ddl check names each place.",
    "With --from-drift the change is what the stack's database has and its files do not: the SQL, and that of its",
    "rollback, as they ran in a scratch database, after which nothing differed any more. What cannot be written is named,",
    "and ends with 1.",
    "With --repeatable the change is what files of migrations/repeatable/ say and the migrations do not yet; its rollback",
    "brings the texts back that were there before.",
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
    "from-drift": { summary: "write what the stack's database has and its files do not" },
    repeatable: {
      value: "NAME",
      summary: "carry a changed file of migrations/repeatable/",
      many: true,
    },
    reason: {
      value: "TEXT",
      summary: "with --repeatable: why those who use it bear the change",
    },
    ...stackOptions,
  },
  examples: [
    ['ddl new "add status to jobs" --table dagapp.jobs', "a change of a table that exists"],
    ['ddl new "keep map styles" --ticket CHG-2026-0142', "with its ticket"],
    [
      'ddl new --from-drift "index of incident 4711" --stack prod',
      "what was changed there by hand",
    ],
    [
      'ddl new "count archived jobs too" --repeatable job_summary --reason "read by the job page alone, told"',
      "a view that was edited",
    ],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const option = call.text("folder");
  const folder = option === undefined ? projectMigrations() : resolve(call.folder, option);
  const described = await describe(call, folder);
  const names = call.list("repeatable");
  if (names.length > 0 && (call.flag("from-drift") || call.list("table").length > 0)) {
    throw new UsageError(
      "--repeatable goes with neither --from-drift nor --table.",
      "write one migration for each.",
    );
  }
  const reason = reasonOf(call);
  const repeated =
    names.length === 0 ? null : await readRepeatables(names, folder, described, reason);
  if (repeated?.change === null) {
    call.terminal.print(repeated.said);
    return exitStatus.fine;
  }
  const drift = call.flag("from-drift") ? await readDrift(call) : repeated;
  if (drift?.change === null) {
    call.terminal.print(drift.said);
    return drift.isWhole ? exitStatus.fine : exitStatus.failed;
  }
  const migration =
    drift === null ? described : { ...described, tables: drift.tables, change: drift.change };
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
  if (drift !== null) call.terminal.print(drift.said);
  call.terminal.say(
    `Version ${migration.version}${migration.previous === null ? "" : `, behind ${migration.previous.version}`}. ` +
      `${whatIsLeft(drift?.change ?? null)}npx ddl check --tier dev`,
  );
  return drift?.isWhole === false ? exitStatus.failed : exitStatus.fine;
}

/**
 * @throws {UsageError} it is said where nothing asks for it, or is no line of a header.
 */
function reasonOf(call: Call): string | undefined {
  const reason = call.text("reason")?.trim();
  if (reason === undefined) return undefined;
  if (call.list("repeatable").length === 0) {
    throw new UsageError(
      "--reason goes with --repeatable.",
      "elsewhere exceptions are written in the header, each with its own reason.",
    );
  }
  if (reason === "" || /[\u0000-\u001f\u007f]/.test(reason)) {
    throw new UsageError("The reason is empty or holds control characters.", "write plain words.");
  }
  return reason;
}

/** What a person does before the check; it names what is forgotten. */
function whatIsLeft(change: Change | null): string {
  if (change === null) {
    return "Fill in what stands in brackets, write the change and its rollback, then: ";
  }
  const { impact, exceptions = [], exceptionReason } = change;
  const isWhole =
    impact !== undefined && (exceptions.length === 0 || exceptionReason !== undefined);
  return isWhole ? "Nothing is left to fill in: " : "Fill in what stands in brackets, then: ";
}

/** What the database has and the files do not, as a change. */
interface Drift {
  /** Null where there is nothing to write. */
  readonly change: Change | null;
  readonly tables: readonly string[];
  readonly said: string;
  /** Nothing is left that the files do not say. */
  readonly isWhole: boolean;
}

async function readDrift(call: Call): Promise<Drift> {
  if (call.list("table").length > 0 || call.text("folder") !== undefined) {
    throw new UsageError(
      "--table and --folder do not go with --from-drift.",
      "which tables are altered is read from the database, and the folder is the stack's.",
    );
  }
  const stack = await openStack(call);
  const files = await migrationsOf(stack);
  const chosen = filesToCompare(stack, await readComparable(stack), files, undefined);
  const draft = await draftFromDrift(stack.access, chosen, call.terminal.say);
  return {
    change: draft.written.length === 0 ? null : changeOf(draft),
    tables: draft.tables,
    said: draftText(draft, stack.name),
    isWhole: draft.unwritten.length + draft.notTakenBack.length === 0,
  };
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
