/**
 * `ddl baseline`: records everything up to a version as applied that is in the database already, without running it.
 */
import { baseline as recordBaseline } from "../../migrations/engine/ledger/baseline";
import { type Call, type Command, type ExitStatus, exitStatus } from "../frame/command";
import { byOption } from "../stack/approval";
import { readComparable } from "../stack/comparing";
import { migrationsUpTo, openStack, stackOptions } from "../stack/stack";
import { fileOfVersion } from "../stack/target";
import { singleTicket } from "../stack/tickets";
import { compareAndVouch, tellWhatStays, vouchOptions } from "../stack/vouching";

export const baseline: Command = {
  name: "baseline",
  summary: "Record what is in the database already as applied, without running it",
  details: [
    "Everything up to VERSION, when ddl compare finds no difference, or a person vouches for each by its name. Rows are",
    "not touched. In uat and prod by an approver and for a ticket. A version that was baselined was never tried here: it",
    "proves nothing to the tier above. What was vouched for before, and is still so, needs no second word.",
  ],
  arguments: [{ name: "VERSION", summary: "the highest version that is there", required: true }],
  options: {
    ...stackOptions,
    by: byOption,
    reason: { value: "TEXT", summary: "where the database comes from", required: true },
    ticket: { value: "CHG-YYYY-NNNN", summary: "change ticket; needed in uat and prod" },
    ...vouchOptions,
    json: { summary: "what was recorded, for programs" },
  },
  examples: [
    [
      'ddl baseline 0.3.0 --stack prod --ticket CHG-2026-0142 --by "Ada Moss" --reason "made by the application"',
      "where nothing differs",
    ],
    [
      'ddl baseline 0.3.0 --stack dev --by "Ada Moss" --reason "run with psql" --vouch "table dagapp.jobs: column note=kept until 015"',
      "with a difference that may stay",
    ],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const [version = ""] = call.args;
  const stack = await openStack(call);
  const { name, access } = stack;
  const { print } = call.terminal;
  const files = await migrationsUpTo(stack, version);
  const { number } = fileOfVersion(files, version);
  const ticket = singleTicket(call);
  const state = await readComparable(stack);
  const comparison = await compareAndVouch(call, stack, state, files, version);
  if (comparison === null) return exitStatus.failed;
  const { vouched, stays, compared } = comparison;
  const recorded = await recordBaseline(access, {
    by: call.text("by") ?? "",
    reason: call.text("reason") ?? "",
    ...(ticket === undefined ? {} : { ticket }),
    files: files.filter((file) => file.number <= number),
    vouched,
    compared,
  });
  if (call.flag("json")) {
    print(JSON.stringify({ schemaVersion: 1, stack: name, recorded, vouched: stays }, null, 2));
    return exitStatus.fine;
  }
  for (const one of recorded) print(`${one.version} baselined (${one.checksum})`);
  tellWhatStays(call, comparison);
  return exitStatus.fine;
}
