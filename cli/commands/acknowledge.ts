/**
 * `ddl acknowledge`: vouches for a version that was run without this program (psql in an emergency).
 */
import { acknowledge as recordAcknowledgement } from "../../migrations/engine/decisions";
import { byOption, decisionText } from "../approval";
import { type Call, type Command, type ExitStatus, exitStatus } from "../command";
import { migrationsOf, openStack, stackOptions } from "../stack";
import { fileOfVersion } from "../target";

export const acknowledge: Command = {
  name: "acknowledge",
  summary: "Vouch that a version which was run by hand ran as its file is now",
  details: ["Compare database and file first: from then on this text is what counts as applied."],
  arguments: [{ name: "VERSION", summary: "an applied, unrecorded version", required: true }],
  options: {
    ...stackOptions,
    by: byOption,
    reason: {
      value: "TEXT",
      summary: "why it was run by hand, and how it was compared",
      required: true,
    },
  },
  examples: [
    [
      'ddl acknowledge 0.3.0 --stack prod --by "Ada Moss" --reason "run with psql on 3 May, catalogs compared"',
      "after an emergency",
    ],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const [version = ""] = call.args;
  const said = { by: call.text("by") ?? "", reason: call.text("reason") ?? "" };
  const stack = await openStack(call);
  const file = fileOfVersion(await migrationsOf(stack), version);
  const decision = await recordAcknowledgement(stack.access, said, file);
  call.terminal.print(decisionText("acknowledged", decision));
  return exitStatus.fine;
}
