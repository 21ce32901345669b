/**
 * `ddl status`: what is applied, since when, by whom, for which ticket. Reads only, and needs no file.
 */
import { readCurrentState } from "../../migrations/engine/ledger/structure";
import { lockHolder } from "../../migrations/engine/server/runnerLock";
import { ensureLedgerShape } from "../../migrations/engine/survey/survey";
import { withClient } from "../../stack/connection";
import { type Call, type Command, type ExitStatus, exitStatus } from "../frame/command";
import { statusReport } from "../report/statusReport";
import { statusText } from "../report/statusText";
import { openStack, stackOptions } from "../stack/stack";

export const status: Command = {
  name: "status",
  summary:
    "Show what is applied in a database: when, by whom, for which ticket; and what was changed by hand",
  details: ["Ends with 1 when the database is stamped as another tier's."],
  arguments: [],
  options: {
    ...stackOptions,
    json: { summary: "for programs; documented by its schemaVersion" },
  },
  examples: [
    ["ddl status --stack uat --sandbox", "the sandbox's uat"],
    ["ddl status --stack prod --json", "prod, for a program"],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const { name, access } = await openStack(call);
  const { settings } = access;
  const purpose = { account: "admin", activity: "status", readOnly: true } as const;
  const report = await withClient(access, purpose, async (client) => {
    await ensureLedgerShape(client, settings.roles);
    const { rows } = await client.query<{ version: string }>(
      "SELECT current_setting('server_version') AS version",
    );
    const live = { serverVersion: rows[0]?.version ?? "", runner: await lockHolder(client) };
    return statusReport(name, settings, await readCurrentState(client, settings.schemas), live);
  });
  const { style, print } = call.terminal;
  print(call.flag("json") ? JSON.stringify(report, null, 2) : statusText(report, style));
  const isOther = report.stamp !== null && report.stamp !== report.tier;
  return isOther ? exitStatus.failed : exitStatus.fine;
}
