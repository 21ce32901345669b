/**
 * `ddl acknowledge`: vouches for a version that was run without this program (psql in an emergency), or for the schemas as
 * somebody changed them by hand.
 */
import { countObjects, listDifferences } from "../../migrations/engine/history/snapshot";
import {
  acknowledge as recordAcknowledgement,
  acknowledgeSchema,
  ensureUnrecorded,
} from "../../migrations/engine/ledger/decisions";
import { type Call, type Command, type ExitStatus, exitStatus, UsageError } from "../frame/command";
import { byOption, decisionText } from "../stack/approval";
import { readComparable } from "../stack/comparing";
import { migrationsUpTo, openStack, stackOptions } from "../stack/stack";
import { fileOfVersion } from "../stack/target";
import { compareAndVouch, tellWhatStays, vouchOptions } from "../stack/vouching";

export const acknowledge: Command = {
  name: "acknowledge",
  summary: "Vouch that a version ran by hand as its file is now, or for schemas changed by hand",
  details: [
    "The version is in the ledger as applied, and no run of this program is on record. Database and files are compared up",
    "to it, as ddl baseline does; each difference is vouched for by its name, and stays in sight. From then on this text",
    "is what counts as applied. With --schema what is in the governed schemas now, as ddl status lists it, is what should",
    "be there; the event names what had changed.",
  ],
  arguments: [{ name: "VERSION", summary: "an applied, unrecorded version", required: false }],
  options: {
    ...stackOptions,
    schema: { summary: "the schemas as they are now, in place of a version" },
    by: byOption,
    reason: {
      value: "TEXT",
      summary: "why it was done by hand",
      required: true,
    },
    ...vouchOptions,
  },
  examples: [
    [
      'ddl acknowledge 0.3.0 --stack prod --by "Ada Moss" --reason "run with psql on 3 May"',
      "after an emergency",
    ],
    [
      'ddl acknowledge --schema --stack prod --by "Ada Moss" --reason "index of incident 4711, kept by 014"',
      "after a change by hand",
    ],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const [version] = call.args;
  const said = { by: call.text("by") ?? "", reason: call.text("reason") ?? "" };
  const isSchema = call.flag("schema");
  if (isSchema !== (version === undefined)) {
    throw new UsageError(
      isSchema
        ? "VERSION and --schema say two different things."
        : "ddl acknowledge needs VERSION or --schema.",
      "name the version that ran by hand, or with --schema what was changed beside versions.",
    );
  }
  if (isSchema && (call.list("vouch").length > 0 || call.text("vouch-file") !== undefined)) {
    throw new UsageError(
      "--vouch goes with VERSION: --schema takes everything as it is.",
      "leave one of them out.",
    );
  }
  const stack = await openStack(call);
  const { print } = call.terminal;
  if (version === undefined) {
    const found = await acknowledgeSchema(stack.access, said);
    const differences = found.kind === "compared" ? found.differences : [];
    for (const line of listDifferences(differences)) print(`  ${line}`);
    const what = found.kind === "compared" ? `${countObjects(differences)} changed; ` : "";
    print(`${what}what is there now was acknowledged by ${said.by.trim()}: ${said.reason.trim()}`);
    return exitStatus.fine;
  }
  const files = await migrationsUpTo(stack, version);
  const file = fileOfVersion(files, version);
  const state = await readComparable(stack);
  ensureUnrecorded(state.history, version);
  const comparison = await compareAndVouch(call, stack, state, files, version);
  if (comparison === null) return exitStatus.failed;
  const decision = await recordAcknowledgement(stack.access, said, file, comparison);
  print(decisionText("acknowledged", decision));
  tellWhatStays(call, comparison);
  return exitStatus.fine;
}
