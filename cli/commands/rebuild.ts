/**
 * `ddl rebuild`: drops the governed schemas of a dev or qa stack and makes them anew, empty.
 * Does NOT apply migrations or mend privileges: up does, and has to follow.
 */
import { rebuildSchemas } from "../../migrations/engine/run/rebuild";
import { type Call, type Command, type ExitStatus, exitStatus } from "../frame/command";
import { rebuiltText } from "../report/rebuilt";
import { inSandbox } from "../stack/pasteable";
import { signedVersions } from "../stack/signedVersions";
import { openStack, stackOptions } from "../stack/stack";

export const rebuild: Command = {
  name: "rebuild",
  summary: "Drop the schemas of dev or qa and make them anew, empty: up has to follow",
  details: [
    "Everything in them is gone, at once and for good; uat and prod refuse, also by the stamp of their database.",
    "Sessions that hold it up are listed, and nothing is changed, unless --end-sessions is given.",
  ],
  arguments: [],
  options: {
    ...stackOptions,
    "end-sessions": {
      summary: "end the sessions that hold it up, and those of the application",
    },
  },
  examples: [
    ["ddl rebuild --stack dev --sandbox", "then make up"],
    ["ddl rebuild --stack qa --end-sessions", "while the application is connected; then pulumi up"],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const { access, name } = await openStack(call);
  const { print, say } = call.terminal;
  const options = { endSessions: call.flag("end-sessions") };
  const signed = await signedVersions(access);
  const versions = await rebuildSchemas(access, say, options);
  const text = rebuiltText(access.settings.tier, versions, signed);
  const next = `Now run up on ${name}: until then there are no objects, and the application has no rights.`;
  print([text, next].map((part) => (call.flag("sandbox") ? inSandbox(part) : part)).join("\n"));
  return exitStatus.fine;
}
