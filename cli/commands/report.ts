/**
 * `ddl report`: all stacks at a glance, as one page that a team pins. Reads only.
 * Does NOT judge a change (see evidence.ts).
 */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";

import { type Call, type Command, type ExitStatus, exitStatus } from "../frame/command";
import { estateHtml } from "../report/estateHtml";
import { estateFacts } from "../stack/estateFacts";
import { projectMigrations } from "../stack/project";
import { migrationsIn, stackOptions } from "../stack/stack";

export const report: Command = {
  name: "report",
  summary: "Write one page about all stacks: versions, what is held, drift, proofs, privileges",
  details: [
    "The environment (DDL_…) counts for --stack alone; the others are reached by their own files and PGPASSFILE. A stack",
    "that cannot be asked is named with the reason, and the command ends with 2.",
  ],
  arguments: [],
  options: {
    ...stackOptions,
    html: { value: "FILE", summary: "where to write it", required: true },
  },
  examples: [["ddl report --sandbox --html report.html", "the four databases of the sandbox"]],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const files = await migrationsIn(projectMigrations());
  const stacks = await estateFacts(call, files);
  const versions = files.map(({ header, fileName, checksum }) => ({
    version: header.version,
    file: fileName,
    ticket: header.ticket,
    checksum,
  }));
  const path = call.text("html") ?? "";
  await writeFile(resolve(call.folder, path), estateHtml(stacks, versions, new Date()));
  call.terminal.print(path);
  return stacks.every(({ reached }) => reached) ? exitStatus.fine : exitStatus.unknown;
}
