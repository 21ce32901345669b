/**
 * A run is held to what was judged of it: on real rows, each way by which rows, values or rights are lost unseen is
 * rolled back in prod with a message that names it; what is announced passes, the project's own history first of all.
 */
import type { MigrationFile } from "../../../migrations/engine/files/file";
import { StatementError } from "../../../migrations/engine/run/statementError";
import type { SchemaModel } from "../../../migrations/engine/schema/schemaModel";
import { modelBefore } from "../../../migrations/engine/schema/schemaReplay";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { loadMigrations } from "../../../migrations/engine/survey/load";
import { makeMigration, type MigrationParts } from "../../support/files/makeMigration";
import { migrationsFolder } from "../../support/files/migrationFiles";
import { apply, failureOf, rollBack } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const rowsInEach = 5;

/** What stands in the database before each case: tables of every kind, with rows. */
const ground = (): MigrationFile =>
  makeMigration({
    name: "001_ground",
    version: "1.0.0",
    body: `BEGIN;
CREATE TABLE dagapp.jobs (job_id INTEGER PRIMARY KEY, owner TEXT);
CREATE TABLE dagapp.notes (note_id INTEGER, body TEXT);
CREATE TABLE dagapp.tasks (task_id INTEGER PRIMARY KEY, job_id INTEGER REFERENCES dagapp.jobs (job_id) ON DELETE CASCADE);
CREATE TABLE dagapp.events (event_id INTEGER, day DATE) PARTITION BY RANGE (day);
CREATE TABLE dagapp.events_old PARTITION OF dagapp.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE dagapp.events_new PARTITION OF dagapp.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TYPE dagapp.kind AS ENUM ('a', 'b');
CREATE TABLE dagapp.papers (paper_id INTEGER, body TEXT, kind dagapp.kind);
CREATE VIEW dagapp.notes_seen AS SELECT note_id, body FROM dagapp.notes;
CREATE TYPE dagapp.place AS (street TEXT, town TEXT);
CREATE FUNCTION dagapp.greet() RETURNS TEXT LANGUAGE sql AS 'SELECT ''hello''';
CREATE FUNCTION dagapp.quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
INSERT INTO dagapp.jobs SELECT n, 'owner ' || n FROM generate_series(1, ${rowsInEach}) AS n;
INSERT INTO dagapp.notes SELECT n, 'body ' || n FROM generate_series(1, ${rowsInEach}) AS n;
INSERT INTO dagapp.papers SELECT n, 'body ' || n FROM generate_series(1, ${rowsInEach}) AS n;
INSERT INTO dagapp.tasks SELECT n, n FROM generate_series(1, ${rowsInEach}) AS n;
INSERT INTO dagapp.events SELECT n, DATE '2025-06-01' + n FROM generate_series(1, ${rowsInEach}) AS n;
COMMIT;`,
  });

const killer = (returns: string, value: string): string =>
  `CREATE FUNCTION dagapp.killer() RETURNS ${returns} LANGUAGE plpgsql AS $f$ BEGIN DELETE FROM dagapp.notes; RETURN ${value}; END $f$;`;
/** The server lets no function that calls itself immutable write; what that one calls may. */
const killerOf = (type: string): string =>
  `CREATE FUNCTION dagapp.k() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN DELETE FROM dagapp.notes; END $f$; CREATE FUNCTION dagapp.killer(${type}) RETURNS BOOLEAN LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN PERFORM dagapp.k(); RETURN true; END $f$;`;
const gone = `dagapp.notes: ${rowsInEach} rows deleted, none announced`;
const anew = "dagapp.notes: emptied or written anew, not announced";

/** [what, body of one transaction, part of the message]. */
const evasions: readonly (readonly [string, string, string])[] = [
  [
    "trigger of a new table",
    `${killer("trigger", "NEW")} CREATE TABLE dagapp.x (a INTEGER); CREATE TRIGGER t AFTER INSERT ON dagapp.x FOR EACH ROW EXECUTE FUNCTION dagapp.killer(); INSERT INTO dagapp.x VALUES (1);`,
    gone,
  ],
  [
    "default",
    `${killer("integer", "1")} CREATE TABLE dagapp.x (a INTEGER DEFAULT dagapp.killer()); INSERT INTO dagapp.x DEFAULT VALUES;`,
    gone,
  ],
  [
    "default of an added column",
    `${killer("integer", "1")} CREATE TABLE dagapp.x (b INTEGER); INSERT INTO dagapp.x VALUES (1); ALTER TABLE dagapp.x ADD COLUMN a INTEGER DEFAULT dagapp.killer();`,
    gone,
  ],
  [
    "check",
    `${killerOf("integer")} CREATE TABLE dagapp.x (a INTEGER CHECK (dagapp.killer(a))); INSERT INTO dagapp.x VALUES (1);`,
    gone,
  ],
  [
    "domain",
    `${killerOf("integer")} CREATE DOMAIN dagapp.d AS INTEGER CHECK (dagapp.killer(VALUE)); CREATE TABLE dagapp.x (a dagapp.d); INSERT INTO dagapp.x VALUES (1);`,
    gone,
  ],
  [
    "generated column",
    `${killerOf("integer")} CREATE TABLE dagapp.x (a INTEGER, b BOOLEAN GENERATED ALWAYS AS (dagapp.killer(a)) STORED); INSERT INTO dagapp.x VALUES (1);`,
    gone,
  ],
  [
    "index expression",
    `${killerOf("integer")} CREATE TABLE dagapp.x (a INTEGER); INSERT INTO dagapp.x VALUES (1); CREATE INDEX i ON dagapp.x (dagapp.killer(a));`,
    gone,
  ],
  [
    "partition key",
    `${killerOf("integer")} CREATE TABLE dagapp.x (a INTEGER) PARTITION BY LIST (dagapp.killer(a)); CREATE TABLE dagapp.x1 PARTITION OF dagapp.x DEFAULT; INSERT INTO dagapp.x VALUES (1);`,
    gone,
  ],
  [
    "policy",
    `${killerOf("integer")} CREATE TABLE dagapp.x (a INTEGER); INSERT INTO dagapp.x VALUES (1); ALTER TABLE dagapp.x ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY p ON dagapp.x USING (dagapp.killer(a)); SELECT * FROM dagapp.x;`,
    gone,
  ],
  [
    "materialized view",
    `${killerOf("integer")} CREATE MATERIALIZED VIEW dagapp.m AS SELECT dagapp.killer(job_id) FROM dagapp.jobs; REFRESH MATERIALIZED VIEW dagapp.m;`,
    "",
  ],
  [
    "rule",
    `CREATE TABLE dagapp.x (a INTEGER); CREATE RULE r AS ON INSERT TO dagapp.x DO INSTEAD DELETE FROM dagapp.notes; INSERT INTO dagapp.x VALUES (1);`,
    gone,
  ],
  ["new view", `CREATE VIEW dagapp.w AS SELECT * FROM dagapp.notes; DELETE FROM dagapp.w;`, gone],
  [
    "INSTEAD OF trigger",
    `${killer("trigger", "NEW")} CREATE VIEW dagapp.w AS SELECT 1 AS a; CREATE TRIGGER t INSTEAD OF INSERT ON dagapp.w FOR EACH ROW EXECUTE FUNCTION dagapp.killer(); INSERT INTO dagapp.w VALUES (2);`,
    gone,
  ],
  [
    "inheritance, DELETE",
    `CREATE TABLE dagapp.p (note_id INTEGER, body TEXT); ALTER TABLE dagapp.notes INHERIT dagapp.p; DELETE FROM dagapp.p; ALTER TABLE dagapp.notes NO INHERIT dagapp.p;`,
    gone,
  ],
  [
    "inheritance, TRUNCATE",
    `CREATE TABLE dagapp.p (note_id INTEGER, body TEXT); ALTER TABLE dagapp.notes INHERIT dagapp.p; TRUNCATE dagapp.p; ALTER TABLE dagapp.notes NO INHERIT dagapp.p;`,
    anew,
  ],
  [
    "partition, TRUNCATE",
    `CREATE TABLE dagapp.p (note_id INTEGER, body TEXT) PARTITION BY LIST (note_id); ALTER TABLE dagapp.p ATTACH PARTITION dagapp.notes DEFAULT; TRUNCATE dagapp.p; ALTER TABLE dagapp.p DETACH PARTITION dagapp.notes;`,
    anew,
  ],
  [
    "foreign key, TRUNCATE CASCADE",
    `CREATE TABLE dagapp.x (a INTEGER PRIMARY KEY); INSERT INTO dagapp.x SELECT task_id FROM dagapp.tasks; ALTER TABLE dagapp.tasks ADD CONSTRAINT f FOREIGN KEY (task_id) REFERENCES dagapp.x (a); TRUNCATE dagapp.x CASCADE;`,
    "dagapp.tasks: emptied or written anew, not announced",
  ],
  [
    "foreign key, ON DELETE CASCADE",
    `CREATE TABLE dagapp.x (a INTEGER PRIMARY KEY); INSERT INTO dagapp.x SELECT task_id FROM dagapp.tasks; ALTER TABLE dagapp.tasks ADD CONSTRAINT f FOREIGN KEY (task_id) REFERENCES dagapp.x (a) ON DELETE CASCADE; DELETE FROM dagapp.x;`,
    `dagapp.tasks: ${rowsInEach} rows deleted, none announced`,
  ],
  [
    "old cascade",
    `DELETE FROM dagapp.jobs WHERE job_id = 1;`,
    "dagapp.tasks: 1 row deleted, none announced",
  ],
  [
    "shadowed function",
    `CREATE FUNCTION dagapp.upper(INTEGER) RETURNS INTEGER LANGUAGE plpgsql AS $f$ BEGIN DELETE FROM dagapp.notes; RETURN 1; END $f$; SET LOCAL search_path = dagapp; SELECT upper(1);`,
    gone,
  ],
  [
    "operator",
    `CREATE FUNCTION dagapp.op(INTEGER, INTEGER) RETURNS BOOLEAN LANGUAGE plpgsql AS $f$ BEGIN DELETE FROM dagapp.notes; RETURN true; END $f$; CREATE OPERATOR dagapp.=== (LEFTARG = INTEGER, RIGHTARG = INTEGER, FUNCTION = dagapp.op); SELECT 1 OPERATOR(dagapp.===) 1;`,
    gone,
  ],
  [
    "cast",
    `CREATE TYPE dagapp.c AS (a INTEGER); CREATE FUNCTION dagapp.cast_it(dagapp.c) RETURNS INTEGER LANGUAGE plpgsql AS $f$ BEGIN DELETE FROM dagapp.notes; RETURN 1; END $f$; CREATE CAST (dagapp.c AS INTEGER) WITH FUNCTION dagapp.cast_it(dagapp.c); SELECT ROW(1)::dagapp.c::INTEGER;`,
    gone,
  ],
  [
    "aggregate",
    `CREATE FUNCTION dagapp.step(INTEGER, INTEGER) RETURNS INTEGER LANGUAGE plpgsql AS $f$ BEGIN DELETE FROM dagapp.notes; RETURN 1; END $f$; CREATE AGGREGATE dagapp.sum_up(INTEGER) (SFUNC = dagapp.step, STYPE = INTEGER, INITCOND = '0'); SELECT dagapp.sum_up(1);`,
    gone,
  ],
  ["computed text", `DO $$ BEGIN EXECUTE 'DEL' || 'ETE FROM dagapp.notes'; END $$;`, gone],
  [
    "deferred trigger",
    `${killer("trigger", "NULL")} CREATE TABLE dagapp.x (a INTEGER); CREATE CONSTRAINT TRIGGER t AFTER INSERT ON dagapp.x DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dagapp.killer(); INSERT INTO dagapp.x VALUES (1);`,
    gone,
  ],
  [
    "deferred triggers that wake each other",
    `CREATE TABLE dagapp.x (a INTEGER); CREATE FUNCTION dagapp.wake() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN SET CONSTRAINTS ALL DEFERRED; IF NEW.a < 9 THEN INSERT INTO dagapp.x VALUES (NEW.a + 1); ELSE DELETE FROM dagapp.notes; END IF; RETURN NULL; END $f$; CREATE CONSTRAINT TRIGGER t AFTER INSERT ON dagapp.x DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dagapp.wake(); INSERT INTO dagapp.x VALUES (1);`,
    gone,
  ],
  [
    "temporary name in the way",
    `CREATE TEMPORARY TABLE pg_locks (pid INTEGER); CREATE FUNCTION dagapp.k() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN DELETE FROM dagapp.notes; END $f$; CREATE TABLE dagapp.x AS SELECT 1 AS a; DO $$ BEGIN EXECUTE 'SELECT dagapp' || '.k()'; END $$;`,
    gone,
  ],
  [
    "renamed and named back",
    `ALTER TABLE dagapp.notes RENAME TO y; DO $$ BEGIN EXECUTE 'DELETE FROM dagapp.' || 'y'; END $$; ALTER TABLE dagapp.y RENAME TO notes;`,
    gone,
  ],
  [
    "announced rewrite over TRUNCATE",
    `ALTER TABLE dagapp.papers ALTER COLUMN paper_id TYPE BIGINT; DO $$ BEGIN EXECUTE 'TRUNC' || 'ATE dagapp.papers'; END $$;`,
    `written anew, but of ${rowsInEach} rows 0 are left`,
  ],
  [
    "DELETE, announced rewrite, TRUNCATE",
    `DO $$ BEGIN EXECUTE 'DEL' || 'ETE FROM dagapp.papers'; END $$; ALTER TABLE dagapp.papers ALTER COLUMN paper_id TYPE BIGINT; DO $$ BEGIN EXECUTE 'TRUNC' || 'ATE dagapp.papers'; END $$;`,
    gone.replace("notes", "papers").replace("notes", "papers"),
  ],
  [
    "TRUNCATE before an announced rewrite",
    `DO $$ BEGIN EXECUTE 'TRUNC' || 'ATE dagapp.papers'; END $$; ALTER TABLE dagapp.papers ALTER COLUMN paper_id TYPE BIGINT;`,
    "written anew before it was announced",
  ],
  [
    "values overwritten",
    `DO $$ BEGIN EXECUTE 'UPD' || 'ATE dagapp.notes SET body = NULL'; END $$;`,
    `dagapp.notes: ${rowsInEach} rows updated, none announced`,
  ],
  [
    "rows brought in",
    `DO $$ BEGIN EXECUTE 'INS' || 'ERT INTO dagapp.notes VALUES (9, NULL)'; END $$;`,
    "dagapp.notes: 1 row inserted, none announced",
  ],
  [
    "table dropped",
    `DO $$ BEGIN EXECUTE 'DR' || 'OP TABLE dagapp.notes CASCADE'; END $$;`,
    "dagapp.notes: dropped, not announced",
  ],
  [
    "partition dropped",
    `DO $$ BEGIN EXECUTE 'DR' || 'OP TABLE dagapp.events_old'; END $$;`,
    "dagapp.events_old: dropped, not announced",
  ],
  [
    "column dropped",
    `DO $$ BEGIN EXECUTE 'ALTER TABLE dagapp.notes DR' || 'OP COLUMN body CASCADE'; END $$;`,
    "dagapp.notes.body: column dropped, not announced",
  ],
  [
    "column of another type",
    `DO $$ BEGIN EXECUTE 'ALTER TABLE dagapp.jobs AL' || 'TER COLUMN owner TYPE VARCHAR(3) USING NULL'; END $$;`,
    "dagapp.jobs.owner: character varying(3), was text: not announced",
  ],
  [
    "attribute dropped",
    `DO $$ BEGIN EXECUTE 'ALTER TYPE dagapp.place DR' || 'OP ATTRIBUTE town'; END $$;`,
    "dagapp.place.town: column dropped, not announced",
  ],
  [
    "grant",
    `DO $$ BEGIN EXECUTE 'GRA' || 'NT DELETE ON dagapp.notes TO PUBLIC'; END $$;`,
    "dagapp.notes: privileges changed",
  ],
  [
    "grant on a column",
    `DO $$ BEGIN EXECUTE 'GRA' || 'NT UPDATE (body) ON dagapp.notes TO PUBLIC'; END $$;`,
    "dagapp.notes.body: privileges changed",
  ],
  [
    "grant on a function",
    `DO $$ BEGIN EXECUTE 'GRA' || 'NT EXECUTE ON FUNCTION dagapp.greet() TO PUBLIC'; END $$;`,
    "dagapp.greet(): privileges changed",
  ],
  [
    "default privileges",
    `DO $$ BEGIN EXECUTE 'ALTER DEFAULT PRI' || 'VILEGES IN SCHEMA dagapp GRANT SELECT ON TABLES TO PUBLIC'; END $$;`,
    "default privileges changed",
  ],
  [
    "function replaced",
    `DO $$ BEGIN EXECUTE 'CREATE OR RE' || 'PLACE FUNCTION dagapp.greet() RETURNS TEXT LANGUAGE sql AS ''SELECT NULL'''; END $$;`,
    "dagapp.greet(): replaced or altered, not announced",
  ],
  [
    "function dropped",
    `DO $$ BEGIN EXECUTE 'DR' || 'OP FUNCTION dagapp.greet()'; END $$;`,
    "dagapp.greet(): dropped, not announced",
  ],
  [
    "trigger on an old table",
    `DO $$ BEGIN EXECUTE 'CREATE TRI' || 'GGER t BEFORE INSERT ON dagapp.notes FOR EACH ROW EXECUTE FUNCTION dagapp.quiet()'; END $$;`,
    "dagapp.notes: trigger t made or changed, not announced",
  ],
  [
    "policy on an old table",
    `DO $$ BEGIN EXECUTE 'CREATE POL' || 'ICY p ON dagapp.notes USING (false)'; END $$;`,
    "dagapp.notes: policy p made or changed, not announced",
  ],
  [
    "view replaced",
    `DO $$ BEGIN EXECUTE 'CREATE OR RE' || 'PLACE VIEW dagapp.notes_seen AS SELECT note_id, NULL::text AS body FROM dagapp.notes'; END $$;`,
    "dagapp.notes_seen: its query made or changed, not announced",
  ],
  ["large object", `SELECT lo_create(4711);`, "large objects changed"],
  [
    "written by the record's own table",
    `DO $$ BEGIN EXECUTE 'UPD' || 'ATE public.schema_migrations SET applied = true'; END $$;`,
    "public.schema_migrations",
  ],
];

/** Announced and right: nothing is said. */
const right: readonly (readonly [string, Partial<MigrationParts> & { body: string }])[] = [
  [
    "writes of every kind",
    {
      body: `INSERT INTO dagapp.notes VALUES (6, 'six'); UPDATE dagapp.notes SET body = 'x' WHERE note_id = 1; DELETE FROM dagapp.notes WHERE note_id = 2;`,
    },
  ],
  [
    "ON CONFLICT DO UPDATE",
    {
      body: `INSERT INTO dagapp.jobs VALUES (1, 'other') ON CONFLICT (job_id) DO UPDATE SET owner = excluded.owner;`,
    },
  ],
  [
    "MERGE",
    {
      body: `MERGE INTO dagapp.jobs AS j USING (VALUES (1), (77)) AS v (id) ON j.job_id = v.id WHEN MATCHED THEN UPDATE SET owner = 'm' WHEN NOT MATCHED THEN INSERT VALUES (v.id, 'm');`,
    },
  ],
  [
    "rows that move between partitions",
    { body: `UPDATE dagapp.events SET day = day + 365 WHERE event_id = 1;` },
  ],
  ["a partitioned table's rows", { body: `DELETE FROM dagapp.events WHERE event_id = 1;` }],
  ["rows through an old view", { body: `DELETE FROM dagapp.notes_seen WHERE note_id = 1;` }],
  [
    "a rewrite that keeps its rows",
    {
      body: `DELETE FROM dagapp.papers WHERE paper_id = 5; ALTER TABLE dagapp.papers ALTER COLUMN paper_id TYPE BIGINT; INSERT INTO dagapp.papers VALUES (8, 'eight');`,
    },
  ],
  ["TRUNCATE", { body: `TRUNCATE dagapp.notes;` }],
  [
    "drops",
    {
      body: `DROP VIEW dagapp.notes_seen; DROP TABLE dagapp.notes; DROP FUNCTION dagapp.greet(); ALTER TABLE dagapp.jobs DROP COLUMN owner;`,
    },
  ],
  [
    "a column of a type that gets another name",
    {
      body: `ALTER TYPE dagapp.kind RENAME TO sort; ALTER TABLE dagapp.papers ALTER COLUMN kind SET DEFAULT 'b';`,
    },
  ],
  [
    "a renamed table's rows",
    {
      body: `ALTER TABLE dagapp.notes RENAME TO remarks; UPDATE dagapp.remarks SET body = 'r' WHERE note_id = 1;`,
    },
  ],
  [
    "everything with what is new",
    {
      body: `CREATE TABLE dagapp.x (a INTEGER PRIMARY KEY, b TEXT); INSERT INTO dagapp.x VALUES (1, 'a'); DO $$ BEGIN EXECUTE 'UPD' || 'ATE dagapp.x SET b = NULL'; EXECUTE 'TRUNC' || 'ATE dagapp.x'; END $$; ALTER TABLE dagapp.x ADD COLUMN c INTEGER; DROP TABLE dagapp.x;`,
    },
  ],
  [
    "a function that is called",
    {
      body: `CREATE FUNCTION dagapp.fill() RETURNS void LANGUAGE sql AS 'INSERT INTO dagapp.notes VALUES (9, NULL)'; SELECT dagapp.fill();`,
    },
  ],
  [
    "a trigger and a replaced view that are written out",
    {
      body: `CREATE TRIGGER t BEFORE INSERT ON dagapp.notes FOR EACH ROW EXECUTE FUNCTION dagapp.quiet(); CREATE OR REPLACE VIEW dagapp.notes_seen AS SELECT note_id, body FROM dagapp.notes WHERE note_id > 0; CREATE OR REPLACE FUNCTION dagapp.greet() RETURNS TEXT LANGUAGE sql AS 'SELECT ''hi''';`,
    },
  ],
  [
    "a function that is altered",
    {
      body: `ALTER FUNCTION dagapp.greet() SET search_path = pg_catalog; ALTER FUNCTION dagapp.quiet() STRICT;`,
    },
  ],
  [
    "what an EXCEPTION block took back",
    {
      body: `DO $$ BEGIN BEGIN DELETE FROM dagapp.notes; RAISE EXCEPTION 'no'; EXCEPTION WHEN raise_exception THEN NULL; END; END $$;`,
    },
  ],
  [
    "rows that come into a table named under Tables affected",
    {
      body: `DO $$ BEGIN EXECUTE 'INS' || 'ERT INTO dagapp.notes VALUES (9, NULL)'; END $$;`,
      tables: "dagapp.jobs, dagapp.notes",
    },
  ],
  [
    "what an exception names",
    {
      body: `DO $$ BEGIN EXECUTE 'DEL' || 'ETE FROM dagapp.notes'; END $$;`,
      exceptions: "unannounced-effect: dagapp.notes is emptied, its rows were moved in 2025",
    },
  ],
];

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;
  let prod: ProgramDatabase["access"];

  const lines = (statements: string): string => `BEGIN;\n${statements}\nCOMMIT;`;
  const example = (parts: Partial<MigrationParts>): MigrationFile =>
    makeMigration({ name: "002_example", version: "1.1.0", tables: "dagapp.jobs", ...parts });
  /** Digest of everything that a migration could lose. */
  const content = async (): Promise<unknown> =>
    database.rows(`
      SELECT (SELECT jsonb_agg(j ORDER BY j) FROM dagapp.jobs j) AS jobs, (SELECT jsonb_agg(n ORDER BY n) FROM dagapp.notes n) AS notes, (SELECT jsonb_agg(p ORDER BY p) FROM dagapp.papers p) AS papers,
             (SELECT jsonb_agg(t ORDER BY t) FROM dagapp.tasks t) AS tasks, (SELECT jsonb_agg(e ORDER BY e) FROM dagapp.events e) AS events,
             (SELECT jsonb_agg(to_jsonb(c) - 'relfrozenxid' - 'relminmxid' ORDER BY c.oid) FROM pg_class c WHERE c.relnamespace = 'dagapp'::regnamespace) AS class`);

  beforeAll(loadParser);
  /** A database of prod with the ground in it, and a window that is open. */
  const make = async (): Promise<void> => {
    database = await suite.database({ configuration: { tier: "prod" } });
    const [from, to] = [-1, 1].map((hours) =>
      new Date(Date.now() + hours * 3_600_000).toISOString().replace(/\.\d+Z/, "Z"),
    );
    prod = database.accessWith({ tier: "prod", window: JSON.stringify([`${from}/${to}`]) });
    const { roles, server: place } = database.settings;
    await database.rows(`GRANT TEMP ON DATABASE "${place.database}" TO ${roles.infrastructure}`);
    await apply(database, ground(), { access: prod });
  };

  // They leave nothing behind, so one database is enough.
  describe("rolls back in prod, and names", () => {
    beforeAll(make);

    it.each(evasions)("%s", async (_what, body, message) => {
      const before = await content();
      const error = await failureOf(
        apply(database, example({ body: lines(body) }), { access: prod, lower: ["1.0.0"] }),
      );
      expect(error).toBeInstanceOf(StatementError);
      expect(error.message).toContain(message);
      expect(await content()).toEqual(before);
    });
  });

  describe("of a column that gets another type", () => {
    beforeEach(make);
    afterEach(() => database.close());
    const measured = async (): Promise<unknown> =>
      (
        await database.rows(
          "SELECT detail #> '{measured,impacts}' AS impacts FROM public.schema_migration_events WHERE version = '1.1.0' AND kind = 'segment-done'",
        )
      ).flatMap(({ impacts }) => impacts as { name: string }[]);
    const run = (statement: string, model?: SchemaModel): Promise<unknown> =>
      apply(database, example({ body: lines(statement) }), {
        access: prod,
        lower: ["1.0.0"],
        ...(model === undefined ? {} : { model }),
      });

    it("counts the values that do not come back", async () => {
      await run(
        "ALTER TABLE dagapp.papers ADD COLUMN n INTEGER, ALTER body TYPE VARCHAR(4) USING left(body, 4), ALTER COLUMN paper_id SET DATA TYPE SMALLINT;",
      );
      expect(await measured()).toContainEqual({ name: "dagapp.papers.body", lost: rowsInEach });
      expect(await measured()).not.toContainEqual(
        expect.objectContaining({ name: "dagapp.papers.paper_id" }),
      );
    });

    it("stops where it was judged to keep them all", async () => {
      // Somebody has changed the column by hand since its file.
      const files = [
        makeMigration({
          ...{ name: "001_ground", version: "1.0.0" },
          body: "CREATE TABLE dagapp.papers (paper_id INTEGER);",
        }),
      ];
      await database.rows(
        "ALTER TABLE dagapp.papers ALTER COLUMN paper_id TYPE NUMERIC(10, 2) USING paper_id + 0.25",
      );
      const error = await failureOf(
        run("ALTER TABLE dagapp.papers ALTER COLUMN paper_id TYPE BIGINT;", modelBefore(files, 2)),
      );
      expect(error.message).toContain(
        `dagapp.papers.paper_id: ${rowsInEach} values are not kept by BIGINT, none announced`,
      );
    });
  });

  describe("on a server that does not count", () => {
    beforeEach(make);
    afterEach(() => database.close());
    const harmless = { body: lines("CREATE TABLE dagapp.x (a INTEGER);") };

    it.each([
      ["track_counts is off", "ALTER DATABASE {database} SET track_counts = off"],
      ["its login may switch it off", "GRANT SET ON PARAMETER track_counts TO {migrator}"],
    ])("refuses in prod, where %s", async (_what, sql) => {
      const { roles, server: place } = database.settings;
      await database.rows(
        sql.replace("{database}", place.database).replace("{migrator}", roles.infrastructure),
      );
      const error = await failureOf(
        apply(database, example(harmless), { access: prod, lower: ["1.0.0"] }),
      );
      expect(error.message).toContain("this server does not count what is done to rows");
      expect(await database.rows("SELECT to_regclass('dagapp.x') AS x")).toEqual([{ x: null }]);
      await database.rows(`REVOKE SET ON PARAMETER track_counts FROM ${roles.infrastructure}`);
    });
  });

  describe("of a rollback", () => {
    beforeEach(make);
    const takes = {
      body: lines(
        "CREATE TABLE dagapp.x (a INTEGER); INSERT INTO dagapp.papers VALUES (9, 'nine');",
      ),
      rollbackBody:
        "DROP TABLE IF EXISTS dagapp.x; DELETE FROM dagapp.papers WHERE paper_id = 9; DELETE FROM dagapp.notes; TRUNCATE dagapp.tasks;",
    };
    const run = async (parts: Partial<MigrationParts>): Promise<MigrationFile> => {
      const migration = example({ tables: "dagapp.papers", ...parts });
      await apply(database, migration, { access: prod, lower: ["1.0.0"] });
      return migration;
    };

    it("rolls back what takes more than the migration brought, though the file says so", async () => {
      const migration = await run(takes);
      const before = await content();
      const error = await failureOf(rollBack(database, migration, { access: prod }));
      expect(error.message).toContain(gone);
      expect(error.message).toContain("dagapp.tasks: written anew, but of 5 rows 0 are left");
      expect(error.message).not.toContain("dagapp.papers:");
      expect(await content()).toEqual(before);
    });

    it("lets pass what an exception to the rule names", async () => {
      const exceptions = "rollback-takes-more: notes and tasks are filled from elsewhere";
      const migration = await run({ ...takes, exceptions });
      expect((await rollBack(database, migration, { access: prod })).state.status).toBe(
        "rolled back",
      );
    });
  });

  describe("lets pass in prod", () => {
    beforeEach(make);

    it.each(right)("%s", async (_what, { body, ...parts }) => {
      const run = apply(database, example({ ...parts, body: lines(body) }), {
        access: prod,
        lower: ["1.0.0"],
      });
      expect((await run).state.status).toBe("applied");
    });
  });

  it("says nothing of the project's own history, forward and back, with rows in its tables", async () => {
    await make();
    await database.rows("DROP SCHEMA dagapp CASCADE");
    await database.rows(
      `CREATE SCHEMA dagapp AUTHORIZATION ${database.settings.roles.infrastructure}`,
    );
    await database.rows("DELETE FROM public.schema_migrations");
    const { migrations } = await loadMigrations(migrationsFolder);
    const access = prod;
    const said: string[] = [];
    for (const [index, migration] of migrations.entries()) {
      const lower = migrations.slice(0, index).map(({ header }) => header.version);
      const model = modelBefore(migrations, migration.number);
      said.push(...(await apply(database, migration, { lower, model, access })).log);
      await database.rows(
        "INSERT INTO dagapp.jobs (job_id, job_type, parameters) SELECT repeat('a', 63) || $1, 'kind', '{}' ON CONFLICT DO NOTHING",
        [String(index % 10)],
      );
    }
    for (const migration of migrations.slice(6).reverse()) {
      const model = modelBefore(migrations, migration.number);
      said.push(...(await rollBack(database, migration, { model, access })).log);
    }
    expect(said.filter((line) => line.includes("announced"))).toEqual([]);
    await database.close();
  });
});
