/**
 * `ddl grants`: who can do what in a database, and what of it is not as declared. Reads only.
 */
import { privilegeMatrix } from "../../roles/compare/matrix";
import { inspectPrivileges } from "../../roles/database/inspection";
import { withClient } from "../../stack/connection";
import { type Call, type Command, type ExitStatus, exitStatus } from "../frame/command";
import { matrixText } from "../report/grantsText";
import { openStack, stackOptions } from "../stack/stack";

export const grants: Command = {
  name: "grants",
  summary: "Show who can do what in a database, and what is not as declared",
  details: ["Ends with 1 when something is not as declared; ddl heal mends it."],
  arguments: [],
  options: {
    ...stackOptions,
    json: { summary: "for programs; documented by its schemaVersion" },
  },
  examples: [
    ["ddl grants --stack prod", "prod"],
    ["ddl grants --stack prod --json", "prod, for an audit"],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const { access } = await openStack(call);
  const { settings } = access;
  const purpose = { account: "admin", activity: "grants", readOnly: true } as const;
  const matrix = privilegeMatrix(
    await withClient(access, purpose, (client) => inspectPrivileges(client, settings)),
  );
  const { style, print } = call.terminal;
  print(call.flag("json") ? JSON.stringify(matrix, null, 2) : matrixText(matrix, style));
  return matrix.drift.length === 0 ? exitStatus.fine : exitStatus.failed;
}
