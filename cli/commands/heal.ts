/**
 * `ddl heal`: makes privileges, owners and role attributes as declared, and changes nothing else. Needs no Pulumi.
 */
import { readHistory } from "../../migrations/engine/ledger/ledger";
import { healPrivileges } from "../../roles/database/heal";
import { withClient } from "../../stack/connection";
import { type Call, type Command, type ExitStatus, exitStatus } from "../frame/command";
import { driftText, leftText } from "../report/grantsText";
import { ensureGoverned, openStack, stackOptions } from "../stack/stack";

export const heal: Command = {
  name: "heal",
  summary: "Make privileges as declared, and change nothing else",
  details: [
    "One transaction, and one of its own for each table that has to be locked; recorded among the events.",
    "Ends with 1 when something is left that only an administrator can mend.",
  ],
  arguments: [],
  options: stackOptions,
  examples: [["ddl heal --stack prod", "after ddl grants has shown a deviation"]],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const stack = await openStack(call);
  const { access } = stack;
  const { print, say, style } = call.terminal;
  const purpose = { account: "admin", activity: "heal" } as const;
  const { mended, left } = await withClient(access, purpose, async (client) => {
    ensureGoverned(stack, await readHistory(client));
    return healPrivileges(client, access.settings, { log: say });
  });
  if (mended.length > 0) {
    print(`${style.green(`${mended.length} deviation(s) mended:`)}\n${driftText(mended)}`);
  }
  if (left.length > 0) {
    const hint =
      "  Hint: have an administrator run these statements, or name the role in furtherRoles.";
    print(`${style.red(`${left.length} deviation(s) left:`)}\n${leftText(left)}\n${hint}`);
    return exitStatus.failed;
  }
  if (mended.length === 0) print("Nothing to mend: privileges are as declared.");
  return exitStatus.fine;
}
