/**
 * `ddl compare`: names every difference between the schema that the files make and the one that is there. Changes nothing.
 */
import { compareWithFiles } from "../../migrations/engine/proof/compare";
import { type Call, type Command, type ExitStatus, exitStatus } from "../frame/command";
import { compareReport } from "../report/compareReport";
import { compareText } from "../report/compareText";
import { filesToCompare, readComparable } from "../stack/comparing";
import { migrationsOf, migrationsUpTo, openStack, stackOptions } from "../stack/stack";

export const compare: Command = {
  name: "compare",
  summary: "Name each difference between the schema of the files and the database, with the SQL",
  details: [
    "The files are run in a scratch database on the same server, and both are read in the same words: tables, columns,",
    "types, defaults, constraints, indexes, functions, triggers, views, comments and owners. Without VERSION up to what",
    "is applied, or else to the stack's target. Changes nothing. Ends with 1 when anything differs.",
  ],
  arguments: [
    { name: "VERSION", summary: "up to which version the files are run", required: false },
  ],
  options: {
    ...stackOptions,
    json: { summary: "for programs; documented by its schemaVersion" },
  },
  examples: [
    ["ddl compare --stack prod", "what is applied there, against its files"],
    ["ddl compare 0.3.0 --stack prod", "a database that was made elsewhere, against 001 to 003"],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const [version] = call.args;
  const stack = await openStack(call);
  const { name, access } = stack;
  const { print, say, style } = call.terminal;
  const files = await (version === undefined
    ? migrationsOf(stack)
    : migrationsUpTo(stack, version));
  const state = await readComparable(stack);
  const chosen = filesToCompare(stack, state, files, version);
  const comparison = await compareWithFiles(access, chosen, say);
  const report = compareReport(name, access.settings, comparison, state.vouched);
  print(call.flag("json") ? JSON.stringify(report, null, 2) : compareText(report, style));
  return report.isEqual ? exitStatus.fine : exitStatus.failed;
}
