/**
 * How many connections an `up` has at once, counted in the server's own log: what the smallest server on Azure leaves to
 * the application depends on it.
 */
import { readFile } from "node:fs/promises";

import { ownConnections } from "../../azure/estate/connections";
import { type PostgresServer, startServer } from "../../sandbox/server";
import { done, makePulumiHome, ProgramStack, removeFolder } from "../support/program/programStack";
import { makeTierDatabase, type TierDatabase } from "../support/servers/tierDatabase";

jest.setTimeout(900_000);

let server: PostgresServer;
let home: string;
let database: TierDatabase;
let stack: ProgramStack;

/** A superuser keeps three for himself, and the test looks as one. */
const reserved = 3;

/** A session that has ended holds its place for a moment more, behind its last line in the log. */
const ending = 5;

beforeAll(async () => {
  server = await startServer({
    settings: {
      ...{ log_connections: "on", log_disconnections: "on", log_line_prefix: "%p " },
      max_connections: String(ownConnections + ending + reserved),
      superuser_reserved_connections: String(reserved),
      ...{ max_wal_senders: "0", autovacuum: "off" },
    },
  });
  home = await makePulumiHome();
  database = await makeTierDatabase(server);
  stack = await ProgramStack.make(database, { tier: "dev", home });
});
afterAll(async () => {
  await stack.remove();
  await removeFolder(home);
  await server.stop();
});

/** Most sessions at once, of logins that are no superusers, by what the log says of their beginnings and ends. */
function mostAtOnce(log: string): number {
  const open = new Set<string>();
  let most = 0;
  for (const line of log.split("\n")) {
    const [, pid = "", event, login] =
      /^(\d+) LOG: {2}(connection authorized: user=(\S+)|disconnection:)/.exec(line) ?? [];
    if (event === undefined) continue;
    if (event === "disconnection:") open.delete(pid);
    else if (login !== server.superuser.name) open.add(pid);
    most = Math.max(most, open.size);
  }
  return most;
}

it("is no more than the program says, and enough for all of it", async () => {
  const before = (await readFile(server.logFile, "utf8")).length;
  done(await stack.up());
  const log = (await readFile(server.logFile, "utf8")).slice(before);
  expect(log).not.toContain("remaining connection slots are reserved");
  const most = mostAtOnce(log);
  expect(most).toBeGreaterThan(2);
  expect(most).toBeLessThanOrEqual(ownConnections);
  done(await stack.preview("--expect-no-changes"));
});
