/**
 * Statements that no transaction may hold: what they wait for is shown, their result is checked, and what an earlier
 * attempt left half done is told from what is done, cleared away or finished.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { loadParser } from "../../../migrations/engine/statements/statements";
import { makeMigration } from "../../support/files/makeMigration";
import { apply, arrange, failureOf } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;

  /** All indexes of the governed schemas, with their validity. */
  const indexes = async (): Promise<Readonly<Record<string, unknown>>> =>
    Object.fromEntries(
      (
        await database.rows(
          `SELECT c.relname AS name, i.indisvalid AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE c.relnamespace = 'dagapp'::regnamespace ORDER BY 1`,
        )
      ).map(({ name, valid }) => [String(name), valid]),
    );
  /** Starts a statement that somebody's transaction holds up, and cancels it when it waits. */
  const breakOff = async (sql: string): Promise<void> => {
    const holder = await database.connect("service");
    await holder.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    await holder.query("SELECT * FROM dagapp.item");
    const worker = await database.connect("infrastructure");
    const ended = worker.query(sql).catch(() => undefined);
    const waits = `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
                    WHERE query = $1 AND wait_event_type = 'Lock'`;
    while ((await database.rows(waits, [sql])).length === 0) await sleep(20);
    await ended;
    await holder.query("ROLLBACK");
  };
  /** As if the run had been killed when the server was done and nothing recorded. */
  const forgetCompletion = async (): Promise<void> => {
    await database.rows(
      "DELETE FROM public.schema_migration_events WHERE kind IN ('segment-done', 'applied')",
    );
    await database.rows("UPDATE public.schema_migrations SET applied = false, completed_at = NULL");
  };

  beforeAll(loadParser);
  beforeEach(async () => {
    database = await suite.database();
    await arrange(
      database,
      "CREATE TABLE dagapp.item (id INTEGER, day INTEGER) PARTITION BY LIST (day)",
      "CREATE TABLE dagapp.item_1 PARTITION OF dagapp.item FOR VALUES IN (1)",
      "INSERT INTO dagapp.item SELECT n, 1 FROM generate_series(1, 1000) n",
      "CREATE INDEX old ON dagapp.item_1 (id)",
      "CREATE TABLE dagapp.other (id INTEGER)",
    );
  });

  it("is not cut off by statementTimeoutMs, and the statements behind it are", async () => {
    await arrange(
      database,
      "CREATE TABLE dagapp.slow (id INTEGER)",
      "INSERT INTO dagapp.slow VALUES (1)",
      "CREATE FUNCTION dagapp.wait(id INTEGER) RETURNS INTEGER LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_sleep(1); RETURN id; END $$",
    );
    const body =
      "CREATE INDEX CONCURRENTLY slow_i ON dagapp.slow (dagapp.wait(id));\nSELECT dagapp.wait(1);";
    const access = database.accessWith({ statementTimeoutMs: "500" });
    const error = await failureOf(apply(database, makeMigration({ body }), { access }));
    expect(error.message).toContain("SELECT failed");
    expect(error.message).toContain("took longer than statementTimeoutMs");
    expect((await indexes())["slow_i"]).toBe(true);
  });

  it("shows old snapshots before and while an index is built, and waits for them without a timeout", async () => {
    const old = await database.connect("service");
    const { rows } = await old.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const who = `process ${rows[0]?.pid ?? 0}, login ${database.names.service}, application "test: service"`;
    await old.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    await old.query("SELECT * FROM dagapp.other");
    const started = Date.now();
    setTimeout(() => void old.query("COMMIT"), 4_500);
    const { log } = await apply(
      database,
      makeMigration({ body: "CREATE INDEX CONCURRENTLY new ON dagapp.item_1 (id);" }),
    );
    expect(Date.now() - started).toBeGreaterThan(4_500);
    expect(log.find((line) => line.includes("will wait for old transactions to end"))).toContain(
      who,
    );
    const waiting = log.filter((line) => line.includes("waiting for the end of a transaction"));
    expect(waiting.at(-1)).toMatch(
      /^line \d+: CREATE INDEX CONCURRENTLY new has been running for \d+ s, waiting for old snapshots, \d+ of \d+ transactions waited for, waiting/,
    );
    expect(waiting.at(-1)).toContain(who);
    expect(await indexes()).toEqual({ new: true, old: true });
  });

  it("does not take an index of that name on another table for its own", async () => {
    await arrange(database, "CREATE INDEX taken ON dagapp.other (id)");
    const error = await failureOf(
      apply(
        database,
        makeMigration({
          body: "CREATE INDEX CONCURRENTLY IF NOT EXISTS taken ON dagapp.item_1 (id);",
        }),
      ),
    );
    expect(error.message).toContain("the table has no index of that name; another one may have");
  });

  it("does not drop an index that somebody else is building", async () => {
    const holder = await database.connect("service");
    await holder.query("BEGIN");
    await holder.query("INSERT INTO dagapp.item VALUES (0, 1)");
    const builder = await database.connect("infrastructure");
    const built = builder.query("CREATE INDEX CONCURRENTLY shared ON dagapp.item_1 (id)");
    while ((await indexes())["shared"] === undefined) await sleep(20);
    const { log } = await apply(
      database,
      makeMigration({
        body: "CREATE INDEX CONCURRENTLY IF NOT EXISTS shared ON dagapp.item_1 (id);",
      }),
      {
        onLog: (line) => {
          if (line.startsWith("waiting until nobody works on the indexes")) {
            void holder.query("COMMIT");
          }
        },
      },
    );
    await built;
    expect(log.join("\n")).not.toContain("dropping the invalid index");
    expect(log.find((line) => line.startsWith("waiting until nobody works"))).toContain("process ");
    expect(await indexes()).toEqual({ old: true, shared: true });
  });

  it("clears away what a broken-off REINDEX left, and rebuilds", async () => {
    await breakOff("REINDEX INDEX CONCURRENTLY dagapp.old");
    expect(await indexes()).toEqual({ old: true, old_ccnew: false });
    const { log } = await apply(
      database,
      makeMigration({ body: "REINDEX TABLE CONCURRENTLY dagapp.item_1;" }),
    );
    expect(log).toContain(
      "dropping the invalid index dagapp.old_ccnew that an earlier attempt left",
    );
    expect(await indexes()).toEqual({ old: true });
  });

  it("finishes a detach that broke off half way", async () => {
    const detach = "ALTER TABLE dagapp.item DETACH PARTITION dagapp.item_1 CONCURRENTLY";
    await breakOff(detach);
    expect(await database.rows("SELECT inhdetachpending AS pending FROM pg_inherits")).toEqual([
      { pending: true },
    ]);
    const { log } = await apply(database, makeMigration({ body: `${detach};` }));
    expect(log).toContain(
      'finishing the detach of "dagapp"."item_1" that an earlier attempt left half way',
    );
    expect(await database.rows("SELECT FROM pg_inherits")).toEqual([]);
  });

  it.each([
    ["CREATE INDEX CONCURRENTLY new ON dagapp.item_1 (id);", { new: true, old: true }],
    ["DROP INDEX CONCURRENTLY dagapp.old;", {}],
    ["ALTER TABLE dagapp.item DETACH PARTITION dagapp.item_1 CONCURRENTLY;", { old: true }],
    ["REINDEX INDEX CONCURRENTLY dagapp.old;", { old: true }],
    ["VACUUM dagapp.item_1;", { old: true }],
  ])("does not fail when only the record of %s was lost", async (body, expected) => {
    const migration = makeMigration({ body });
    await apply(database, migration);
    await forgetCompletion();
    expect((await apply(database, migration)).ranNow).toBe(true);
    expect(await indexes()).toEqual(expected);
  });

  it("fails as PostgreSQL does when the index was there before the first attempt", async () => {
    const error = await failureOf(
      apply(
        database,
        makeMigration({ body: "CREATE INDEX CONCURRENTLY old ON dagapp.item_1 (id);" }),
      ),
    );
    expect(error.message).toContain("SQLSTATE 42P07");
  });
});
