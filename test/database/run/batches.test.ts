/**
 * Batches: everything is changed once, round by round, whoever writes meanwhile; what is cut off goes on where it was.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { StatementError } from "../../../migrations/engine/run/statementError";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { forwardText, makeMigration } from "../../support/files/makeMigration";
import { apply, arrange, eventsOf, failureOf } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const backfill = (options: string, where = "kind IS NULL"): string =>
  `-- batch ${options}\nUPDATE dagapp.item SET kind = 'k' || id WHERE ${where};`;

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;

  const table = (rows: number): readonly string[] => [
    "DROP TABLE IF EXISTS dagapp.item",
    "CREATE TABLE dagapp.item (id INTEGER PRIMARY KEY, kind TEXT, note TEXT)",
    `INSERT INTO dagapp.item SELECT n, NULL, repeat('x', 40) FROM generate_series(1, ${rows}) n`,
    "ANALYZE dagapp.item",
  ];
  const count = async (where: string, from = "dagapp.item"): Promise<number> =>
    Number((await database.rows(`SELECT count(*) AS n FROM ${from} WHERE ${where}`))[0]?.["n"]);
  /** Transactions that changed the rows that are there: each round has its own. */
  const rounds = async (): Promise<number> =>
    Number(
      (await database.rows("SELECT count(DISTINCT xmin::text) AS n FROM dagapp.item"))[0]?.["n"],
    );

  beforeAll(loadParser);
  beforeEach(async () => {
    database = await suite.database();
  });

  it("changes every row, in many transactions of about the rows asked for", async () => {
    await arrange(database, ...table(20_000));
    const { log } = await apply(database, makeMigration({ body: backfill("rows=1000") }));
    expect(await count("kind = 'k' || id")).toBe(20_000);
    const transactions = await rounds();
    expect(transactions).toBeGreaterThanOrEqual(20);
    expect(transactions).toBeLessThan(60);
    const [largest] = await database.rows(
      "SELECT count(*)::int AS n FROM dagapp.item GROUP BY xmin::text ORDER BY 1 DESC LIMIT 1",
    );
    expect(largest?.["n"]).toBeLessThanOrEqual(1_100);
    expect(log.at(-1)).toMatch(/^line \d+: UPDATE dagapp\.item done in \d+ ms$/);
    expect(await eventsOf(database, "1.0.0")).toEqual([
      "started",
      "segment-started 1",
      "segment-done 1",
      "applied",
    ]);
    expect(
      await database.rows(
        "SELECT detail - 'seal' AS detail FROM public.schema_migration_events WHERE kind = 'segment-done'",
      ),
    ).toEqual([
      {
        detail: {
          ...{ rows: 20_000, passes: 1 },
          measured: expect.objectContaining({
            impacts: [{ name: "dagapp.item", updated: 20_000 }],
          }) as unknown,
        },
      },
    ]);
  });

  it("goes through all partitions and children, and deletes too", async () => {
    await arrange(
      database,
      "CREATE TABLE dagapp.part (id INTEGER, day INTEGER) PARTITION BY LIST (day)",
      "CREATE TABLE dagapp.part_1 PARTITION OF dagapp.part FOR VALUES IN (1)",
      "CREATE TABLE dagapp.part_2 PARTITION OF dagapp.part FOR VALUES IN (2) PARTITION BY LIST (id)",
      "CREATE TABLE dagapp.part_2_rest PARTITION OF dagapp.part_2 DEFAULT",
      "CREATE TABLE dagapp.part_3 PARTITION OF dagapp.part FOR VALUES IN (3)",
      "INSERT INTO dagapp.part SELECT n, CASE WHEN n < 100 THEN 1 ELSE 2 END FROM generate_series(1, 9000) n",
    );
    await apply(
      database,
      makeMigration({
        // Rows move from one partition to another.
        body: "-- batch rows=500\nUPDATE dagapp.part SET day = 3 WHERE day = 2 AND id % 2 = 0;\n-- batch rows=500\nDELETE FROM dagapp.part p WHERE p.day = 3 AND p.id < 5000;",
      }),
    );
    expect(await count("day = 1", "dagapp.part")).toBe(99);
    expect(await count("day = 2", "dagapp.part")).toBe(4450);
    expect(await count("id >= 5000", "dagapp.part_3")).toBe(2001);
    expect(await count("id < 5000", "dagapp.part_3")).toBe(0);
  });

  it("reaches rows that writers move and add meanwhile, and ends while they go on", async () => {
    await arrange(database, ...table(6_000));
    const writer = await database.connect("service");
    const work = { running: true };
    let written = 6_000;
    const writing = (async () => {
      while (work.running) {
        // Moves rows that do not have their kind yet, to pages that may be behind us, and adds others.
        await writer.query(
          "UPDATE dagapp.item SET note = repeat('y', 60) WHERE id IN (SELECT (random() * 6000)::int FROM generate_series(1, 30))",
        );
        written += 1;
        await writer.query("INSERT INTO dagapp.item (id) VALUES ($1)", [written]);
        // Slower than the batch on any machine: one that is as fast ends it with an error, rightly.
        await sleep(10);
      }
    })();
    const run = apply(database, makeMigration({ body: backfill("rows=200 pause=2ms") }));
    await run.finally(() => (work.running = false));
    await writing;
    expect(written).toBeGreaterThan(6_010);
    expect(await count("kind IS NULL AND id <= 6000")).toBe(0);
    expect(await count("kind <> 'k' || id")).toBe(0);
  });

  it("ends with no row left that matches, while writers take values away again and again", async () => {
    await arrange(database, ...table(2_000));
    const writers = await Promise.all([1, 2, 3].map(() => database.connect("service")));
    const work = { running: true };
    const writing = writers.map(async (writer) => {
      while (work.running) {
        await writer.query("UPDATE dagapp.item SET kind = NULL WHERE id = (random() * 2000)::int");
      }
    });
    const run = apply(database, makeMigration({ body: backfill("rows=200") }));
    const { log } = await run.finally(() => (work.running = false));
    await Promise.all(writing);
    expect(log.join("\n")).toContain("the last round keeps writers out");
    // Rows that match were written behind the batch's last transaction.
    expect(
      await count(
        `kind IS NULL AND xmin::text::bigint < (SELECT max(xmin::text::bigint) FROM dagapp.item WHERE kind IS NOT NULL)`,
      ),
    ).toBe(0);
  });

  it("fails where rows match that the statement does not change", async () => {
    await arrange(
      database,
      ...table(50),
      "CREATE FUNCTION dagapp.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF old.id <= 7 THEN RETURN NULL; END IF; RETURN new; END $$",
      "CREATE TRIGGER keep BEFORE UPDATE ON dagapp.item FOR EACH ROW EXECUTE FUNCTION dagapp.keep()",
    );
    const error = await failureOf(apply(database, makeMigration({ body: backfill("rows=20") })));
    expect(error.message).toContain("7 rows match, and the statement does not change them");
    await arrange(database, "DROP TRIGGER keep ON dagapp.item");
    await apply(database, makeMigration({ body: backfill("rows=20") }));
    expect(await count("kind IS NULL")).toBe(0);
  });

  it("runs a batch again before the constraint behind it that found rows written since", async () => {
    await arrange(database, ...table(500));
    const body = `${backfill("rows=100")}
INSERT INTO dagapp.item (id) VALUES (9999);
ALTER TABLE dagapp.item ADD CONSTRAINT kind_set CHECK (kind IS NOT NULL) NOT VALID;
ALTER TABLE dagapp.item VALIDATE CONSTRAINT kind_set;`;
    const error = await failureOf(apply(database, makeMigration({ body })));
    expect(error.message).toContain('"kind_set"');
    const { log } = await apply(database, makeMigration({ body }));
    expect(log.join("\n")).toContain("a batch is run again first");
    expect(await count("kind IS NULL")).toBe(0);
    expect(await count("conname = 'kind_set' AND convalidated", "pg_constraint")).toBe(1);
  });

  it("goes on where it was when it was killed, and changes nothing twice", async () => {
    await arrange(
      database,
      ...table(4_000),
      "ALTER TABLE dagapp.item ADD changes INTEGER NOT NULL DEFAULT 0",
    );
    const body =
      "-- batch rows=200 pause=120ms\nUPDATE dagapp.item SET kind = 'k', changes = changes + 1 WHERE kind IS NULL;";
    const positions = async (): Promise<number> =>
      count("(detail->'position'->>'page')::int > 0", "public.schema_migration_events");
    const first = failureOf(apply(database, makeMigration({ body })));
    while ((await positions()) === 0) await sleep(50);
    await database.rows(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name LIKE '%migration 1.0.0' AND datname = current_database()`,
    );
    expect((await first).message).toContain("UPDATE dagapp.item");
    const done = await count("kind IS NOT NULL");
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(4_000);
    const { log } = await apply(database, makeMigration({ body }));
    expect(log.find((line) => line.includes("goes on at page"))).toMatch(
      /goes on at page [1-9]\d* of pass 1$/,
    );
    expect(log.filter((line) => line.includes("rows changed"))).toContainEqual(
      expect.stringMatching(
        /[\d,]+ rows changed, [\d,]+ rows\/s, page \d+ of \d+, about \d+ s left$/,
      ),
    );
    expect(await count("kind = 'k' AND changes = 1")).toBe(4_000);
  });

  it("refuses to change a row twice, and undoes that round", async () => {
    await arrange(database, ...table(500));
    const parts = {
      body: "-- batch\nUPDATE dagapp.item SET id = id + 1000 WHERE note IS NOT NULL;",
    };
    const error = await failureOf(apply(database, makeMigration(parts)));
    expect(error).toBeInstanceOf(StatementError);
    expect(error.message).toMatch(/500 of 500 rows still match the WHERE after the change/);
    expect(error.message).toContain("Hint: Add to the WHERE what tells rows that are done");
    expect(await count("id > 500")).toBe(0);
  });

  it("shows the place of a mistake in the file's own text", async () => {
    await arrange(database, ...table(10));
    const parts = { body: "-- batch\nUPDATE dagapp.item SET kind = 'é'\n WHERE größe IS NULL;" };
    const error = await failureOf(apply(database, makeMigration(parts)));
    const text = forwardText(parts).split("\n");
    const line = text.findIndex((one) => one.includes("WHERE größe")) + 1;
    expect(error.message).toContain(
      `  ${line} |  WHERE größe IS NULL\n  ${" ".repeat(String(line).length)} | ${" ".repeat(7)}^`,
    );
  });

  it("gives way to those who wait for its rows: smaller rounds, and locks no longer than about the target", async () => {
    await arrange(
      database,
      ...table(2_000),
      // Each row takes a while, so that rounds are long enough for somebody to wait.
      "CREATE FUNCTION dagapp.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.0005); RETURN new; END $$",
      "CREATE TRIGGER slow BEFORE UPDATE OF kind ON dagapp.item FOR EACH ROW EXECUTE FUNCTION dagapp.slow()",
    );
    const writer = await database.connect("service");
    let longest = 0;
    const work = { running: true };
    const writing = (async () => {
      while (work.running) {
        const started = Date.now();
        await writer.query("UPDATE dagapp.item SET note = 'w' WHERE id % 40 = 7");
        longest = Math.max(longest, Date.now() - started);
      }
    })();
    await apply(database, makeMigration({ body: backfill("target=100ms") })).finally(
      () => (work.running = false),
    );
    await writing;
    expect(await count("kind IS NULL")).toBe(0);
    // Plainly it would be locked for seconds. The rows of a round, and once more when they wait for the writer's.
    expect(longest).toBeLessThan(1_500);
  });

  it("makes a column NOT NULL in one file, without a long lock", async () => {
    await arrange(
      database,
      "CREATE TABLE dagapp.jobs (id INTEGER)",
      "INSERT INTO dagapp.jobs SELECT generate_series(1, 5000)",
    );
    const body = `ALTER TABLE dagapp.jobs ADD COLUMN kind TEXT;
-- batch rows=1000
UPDATE dagapp.jobs SET kind = 'import' WHERE kind IS NULL;
ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_kind_set CHECK (kind IS NOT NULL) NOT VALID;
ALTER TABLE dagapp.jobs VALIDATE CONSTRAINT jobs_kind_set;
BEGIN;
ALTER TABLE dagapp.jobs ALTER COLUMN kind SET NOT NULL;
ALTER TABLE dagapp.jobs DROP CONSTRAINT jobs_kind_set;
COMMIT;`;
    await apply(database, makeMigration({ body }));
    expect(
      await database.rows(
        "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'dagapp.jobs'::regclass AND attname = 'kind'",
      ),
    ).toEqual([{ attnotnull: true }]);
    expect(await count("kind = 'import'", "dagapp.jobs")).toBe(5_000);
    expect(
      await count("conrelid = 'dagapp.jobs'::regclass AND contype = 'c'", "pg_constraint"),
    ).toBe(0);
  });
});
