/**
 * A connection that is cut off in the middle of a run: wherever that happens, people are told what was cut, where, and what
 * to do, in sentences; and the same command again comes through.
 */
import { loadParser } from "../../../migrations/engine/statements/statements";
import { MigrationError } from "../../../stack/errors";
import { makeMigration } from "../../support/files/makeMigration";
import { apply, failureOf, rollBack } from "../../support/program/runs";
import { type CuttingProxy, startCuttingProxy } from "../../support/servers/cuttingProxy";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(60_000);

const suite = useServer({ major: 18 });
let database: ProgramDatabase;
let proxy: CuttingProxy;

beforeAll(async () => {
  await loadParser();
  database = await suite.database();
  proxy = await startCuttingProxy(suite.server.port);
});
afterAll(() => proxy.close());

const migration = () => makeMigration();
/** What the system or the driver says, alone. */
const bare = /^(?:read|write) E|^Connection terminated|^Client has/;

const through = () => database.accessWith({ port: String(proxy.port) });

it("is told of at any point of a run, and the run comes through when it is run again", async () => {
  proxy.arm(0, "before", () => undefined);
  await apply(database, migration(), { access: through() });
  const asked = proxy.asked();
  await rollBack(database, migration());
  // The first asks for the lock, the last but two record the end; behind them sessions end.
  const points = [1, 4, Math.floor(asked / 2), asked - 4, asked - 3, asked - 2];
  for (const question of points) {
    proxy.arm(question, "after", () => {
      proxy.cut();
    });
    const failure = await failureOf(apply(database, migration(), { access: through() }));
    expect(failure).toBeInstanceOf(MigrationError);
    expect(failure.message).not.toMatch(bare);
    expect(failure.message).toMatch(/cut off|connection off before|was lost/);
    expect(failure.message).toMatch(/\n {2}Hint: .*run (?:up|it) again/);
    await apply(database, migration());
    await rollBack(database, migration());
  }
});

it("is told of where the session is ended by the server", async () => {
  const access = database.access;
  const waiting = makeMigration({
    body: "BEGIN;\nCREATE TABLE dagapp.jobs (job_id TEXT PRIMARY KEY);\nSELECT pg_sleep(20);\nCOMMIT;",
  });
  const failed = failureOf(apply(database, waiting, { access }));
  const ended = async (): Promise<boolean> => {
    const rows = await database.rows(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE query LIKE '%pg_sleep(20)%' AND wait_event = 'PgSleep' AND datname = current_database()`,
    );
    return rows.length > 0;
  };
  while (!(await ended())) await new Promise((resolve) => setTimeout(resolve, 50));
  const { message } = await failed;
  expect(message).toContain("SELECT failed: terminating connection");
  expect(message).toContain("Nothing of version 1.0.0 was kept.");
  expect(message).toContain("Hint: The server ended the session");
});
