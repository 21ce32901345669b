/**
 * `ddl evidence`: what is known of a change ticket, for the people who approve it. Reads only.
 * Does NOT answer for people.
 */
import { ticketShape } from "../../stack/ticket";
import { type Call, type Command, type ExitStatus, exitStatus, UsageError } from "../frame/command";
import { suggestion } from "../frame/nearest";
import { type EvidenceReport, evidenceReport } from "../report/evidence";
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
  },
  examples: [
    ["ddl evidence CHG-2026-0103 --sandbox", "all four databases of the sandbox"],
    ["ddl evidence CHG-2026-0103 --format markdown", "to be put into the ticket"],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const [ticket = ""] = call.args;
  ensureTicket(ticket);
  const folder = projectMigrations();
  const files = await migrationsIn(folder);
  const own = files.filter(({ header }) => header.ticket === ticket);
  if (own.length === 0) {
    const tickets = [...new Set(files.map(({ header }) => header.ticket))];
    throw new UsageError(`No migration is under ${ticket}.`, suggestion(ticket, tickets));
  }
  const stacks = await stackFacts(call);
  const facts = await Promise.all(own.map((file) => migrationFacts(folder, file, files)));
  const report = evidenceReport(ticket, facts, stacks, new Date());
  const write = formats[call.text("format") ?? "text"];
  if (write === undefined) throw new Error("a format is missing");
  call.terminal.print(write(report));
  const answers = report.checklist.map(({ answer }) => answer);
  if (answers.includes("no")) return exitStatus.failed;
  return answers.includes("unknown") ? exitStatus.unknown : exitStatus.fine;
}
