/**
 * `ddl evidence`: what is known of a change ticket, for the people who approve it. Reads only.
 * Does NOT answer for people.
 */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";

import type { MigrationFile } from "../../migrations/engine/files/file";
import { ticketShape } from "../../stack/ticket";
import { type Call, type Command, type ExitStatus, exitStatus, UsageError } from "../frame/command";
import { suggestion } from "../frame/nearest";
import { type EvidenceReport, evidenceReport } from "../report/evidence";
import { evidenceHtml } from "../report/evidenceHtml";
import type { StackFacts } from "../report/evidenceModel";
import { evidenceMarkdown, evidenceText } from "../report/evidenceText";
import { migrationFacts, stackFacts } from "../stack/evidenceFacts";
import { projectMigrations } from "../stack/project";
import { migrationsIn, stackOptions } from "../stack/stack";
import { ensureTicket } from "../stack/tickets";

const formats: Readonly<Record<string, (report: EvidenceReport) => string>> = {
  text: evidenceText,
  markdown: evidenceMarkdown,
  json: (report) => JSON.stringify(report, null, 2),
};

export const evidence: Command = {
  name: "evidence",
  summary:
    "Show what is known of a change ticket: the policy's checklist, plan and record of its migrations",
  details: [
    "Asks files, git and the databases of all stacks. The environment (DDL_…) counts for --stack alone; the others are",
    "reached by their own files and PGPASSFILE. Ends with 1 when something is missing that a machine can tell.",
  ],
  arguments: [{ name: "TICKET", summary: ticketShape, required: true }],
  options: {
    ...stackOptions,
    format: {
      value: "FORMAT",
      summary: "how it is written",
      choices: Object.keys(formats),
      fallback: "text",
    },
    html: {
      value: "FILE",
      summary: "write one page for a browser or a printer, which needs nothing else",
    },
    markdown: { summary: "the same as --format markdown" },
  },
  examples: [
    ["ddl evidence CHG-2026-0103 --sandbox", "all four databases of the sandbox"],
    ["ddl evidence CHG-2026-0103 --markdown", "to be put into the ticket"],
    ["ddl evidence CHG-2026-0103 --html CHG-2026-0103.html", "for the board, to be printed"],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const [ticket = ""] = call.args;
  ensureTicket(ticket);
  const folder = projectMigrations();
  const files = await migrationsIn(folder);
  const stacks = await stackFacts(call);
  const own = files.filter((file) => isUnder(ticket, file, stacks));
  if (own.length === 0) {
    const tickets = [...new Set(files.map(({ header }) => header.ticket))];
    throw new UsageError(`No migration is under ${ticket}.`, suggestion(ticket, tickets));
  }
  const facts = await Promise.all(own.map((file) => migrationFacts(folder, file, files)));
  const now = new Date();
  const report = evidenceReport(ticket, facts, stacks, now);
  const page = call.text("html");
  const format = call.flag("markdown") ? "markdown" : (call.text("format") ?? "text");
  const write = formats[format];
  if (write === undefined) throw new Error("a format is missing");
  if (page === undefined) call.terminal.print(write(report));
  else {
    await writeFile(resolve(call.folder, page), evidenceHtml(report, now));
    call.terminal.print(page);
  }
  const answers = report.checklist.map(({ answer }) => answer);
  if (answers.includes("no")) return exitStatus.failed;
  return answers.includes("unknown") ? exitStatus.unknown : exitStatus.fine;
}

/** By its header, its rollback's, or because something was done to it under the ticket: a rollback has its own. */
function isUnder(ticket: string, file: MigrationFile, stacks: readonly StackFacts[]): boolean {
  const { header, rollback } = file;
  return (
    header.ticket === ticket ||
    rollback?.header.ticket === ticket ||
    stacks.some(
      (stack) =>
        stack.reached &&
        stack.events.some((one) => one.ticket === ticket && one.version === header.version),
    )
  );
}
