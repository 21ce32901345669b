/**
 * The proof of a rollback: what holds is recorded with both checksums, what does not is named, and the scratch database
 * is gone afterwards. Policy: "Rollback tested".
 */
import { describeProof } from "../../../migrations/engine/history/proof";
import { proveMigrations, proveVersions, unprovenOf } from "../../../migrations/engine/proof/prove";
import { ScratchError } from "../../../migrations/engine/proof/scratch";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { loadMigrations } from "../../../migrations/engine/survey/load";
import { withClient } from "../../../stack/connection";
import { makeMigration, type MigrationParts } from "../../support/files/makeMigration";
import { migrationsFolder } from "../../support/files/migrationFiles";
import { failureOf } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** A table with a row in it, for the second migration to work on. */
const first = () =>
  makeMigration({
    body: `BEGIN;
CREATE TABLE dagapp.jobs (job_id TEXT PRIMARY KEY, status TEXT NOT NULL DEFAULT 'new');
CREATE TYPE dagapp.mood AS ENUM ('fine');
COMMENT ON TABLE dagapp.jobs IS 'Jobs.';
INSERT INTO dagapp.jobs (job_id) VALUES ('reference');
COMMIT;`,
    rollbackBody: "DROP TABLE IF EXISTS dagapp.jobs;\nDROP TYPE IF EXISTS dagapp.mood;",
  });
const second = (parts: MigrationParts) =>
  makeMigration({ name: "002_second", version: "1.1.0", ...parts });
const third = () =>
  makeMigration({
    name: "003_third",
    version: "1.2.0",
    body: "BEGIN;\nCREATE TABLE dagapp.third (id INTEGER);\nCOMMIT;",
    rollbackBody: "DROP TABLE IF EXISTS dagapp.third;",
  });

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;
  const log: string[] = [];

  beforeAll(async () => {
    await loadParser();
    database = await suite.database();
  });
  beforeEach(async () => {
    log.length = 0;
    await database.rows("DELETE FROM public.schema_migration_events WHERE kind = 'proven'");
  });

  const databases = async (): Promise<readonly unknown[]> =>
    (
      await database.rows("SELECT datname FROM pg_database WHERE datname LIKE 'ddl%' ORDER BY 1")
    ).map(({ datname }) => datname);
  const proofs = () =>
    database.rows(
      `SELECT version, login::text, checksum, rollback_checksum, detail - 'durationMs' AS detail
         FROM public.schema_migration_events WHERE kind = 'proven' ORDER BY id`,
    );
  const prove = (...files: readonly ReturnType<typeof makeMigration>[]) =>
    proveMigrations(database.access, files, files, (line) => log.push(line));

  it("holds for the project's own migrations, in one pass, and is asked for once", async () => {
    const { migrations } = await loadMigrations(migrationsFolder);
    const say = (line: string) => log.push(line);
    const versions = migrations.map(({ header }) => header.version);
    const [newest] = versions.slice(-1);
    const wanted = versions.filter((version) => version !== newest);
    const results = await proveVersions(database.access, migrationsFolder, wanted, say);
    expect(results.flatMap(({ rows }) => rows?.empty ?? [])).toEqual([]);
    expect(log.join("\n")).not.toContain("no fault yet");
    const described = results.map(describeProof);
    // A plain one, one that adds to an enum type, and one that puts a new column in the place of an old one.
    expect([described[2], described[3], described[8]]).toEqual([
      expect.stringMatching(
        /^003_\w+\.sql: the rollback of 0\.3\.0 is proven: applied, rolled back and applied again, and nothing differs \(\d+\.\d s\)\.\n {2}with 480 rows in 24 tables$/,
      ),
      expect.stringMatching(
        /0\.4\.0 is proven as far as it goes[^]*type dagapp\.approval_state was/,
      ),
      expect.stringMatching(
        /0\.9\.0 is proven: [^]*not counted: after the rollback: table dagapp\.job_events: order of columns was/,
      ),
    ]);
    const [version] = await database.rows("SHOW server_version");
    expect(await proofs()).toEqual(
      migrations
        .filter(({ header }) => wanted.includes(header.version))
        .map(({ header, checksum, rollback }) => ({
          version: header.version,
          login: database.names.admin,
          checksum,
          rollback_checksum: rollback?.checksum,
          detail: expect.objectContaining({ server: version?.["server_version"] }) as unknown,
        })),
    );
    expect(await databases()).toEqual([]);
    expect(await database.rows("SELECT FROM pg_tables WHERE schemaname = 'dagapp'")).toEqual([]);

    const left = await unprovenOf(database.access, migrations);
    expect(left.map(({ header }) => header.version)).toEqual([newest]);
    const other = await failureOf(proveVersions(database.access, migrationsFolder, ["0.0.9"], say));
    expect(other.message).toContain("No migration has the version 0.0.9.");
  });

  it("names what is not the same again, of each migration in one pass, and records only the others", async () => {
    const jobs = "table dagapp.jobs";
    const faults: readonly (readonly [body: string, rollbackBody: string, expected: string])[] = [
      [
        "ALTER TABLE dagapp.jobs ALTER status SET DEFAULT 'waiting';",
        "ALTER TABLE dagapp.jobs ALTER status DROP DEFAULT;",
        `after the rollback: ${jobs}: column status was`,
      ],
      [
        "COMMENT ON TABLE dagapp.jobs IS 'Work.';",
        "SELECT 1;",
        `after the rollback: ${jobs} was comment Jobs., is comment Work.`,
      ],
      [
        "CREATE INDEX jobs_status ON dagapp.jobs (status);",
        "ALTER INDEX IF EXISTS dagapp.jobs_status RENAME TO jobs_other;",
        `after the rollback: ${jobs}: index jobs_other is new`,
      ],
      [
        "SELECT 1;",
        `REVOKE INSERT ON dagapp.jobs FROM ${database.names.service};`,
        `after the rollback: ${jobs} was privileges`,
      ],
      [
        "UPDATE dagapp.jobs SET status = 'seen';",
        "UPDATE dagapp.jobs SET status = 'old';",
        "values of dagapp.jobs.status are not what they were after the rollback",
      ],
      [
        "DO $$ BEGIN IF to_regclass('dagapp.trace') IS NULL THEN CREATE TABLE dagapp.trace (id INTEGER); ELSE CREATE TABLE dagapp.again (id INTEGER); END IF; END $$;",
        "SELECT 1;",
        "after applying again: table dagapp.again is new",
      ],
      [
        "ALTER TABLE dagapp.jobs ADD note TEXT, ADD more TEXT;",
        "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS more;",
        `after the rollback: ${jobs}: column note is new`,
      ],
    ];
    const faulty = faults.map(([body, rollbackBody], index) =>
      makeMigration({
        name: `00${index + 2}_fault`,
        version: `1.${index + 1}.0`,
        body: `BEGIN;\n${body}\nCOMMIT;`,
        rollbackBody,
      }),
    );
    const results = await prove(first(), ...faulty);
    for (const [index, [, , expected]] of faults.entries()) {
      expect(results[index + 1]?.differences).toContainEqual(expect.stringContaining(expected));
    }
    // What the last one left is in the way when it is applied again.
    const ends = results.map(({ outcome }) => outcome);
    expect(ends).toEqual(["proven", ...faults.slice(1).map(() => "differs"), "failed"]);
    expect(results.at(-1)?.reason).toContain("SQLSTATE 42701");
    expect((await proofs()).map(({ version }) => version)).toEqual(["1.0.0"]);
    expect(await databases()).toEqual([]);
  });

  it("records what cannot come back, when the header says so, and only then", async () => {
    const parts = {
      body: "ALTER TYPE dagapp.mood ADD VALUE IF NOT EXISTS 'bad';",
      rollbackBody: "SELECT 1;",
    };
    const difference = "after the rollback: type dagapp.mood was";
    const [, honest] = await prove(first(), second({ ...parts, recovery: "Not possible" }));
    expect(honest).toMatchObject({ outcome: "irreversible", reason: null });
    expect((await proofs())[1]).toMatchObject({
      detail: { irreversible: [expect.stringContaining(difference)] },
    });
    const [, dishonest] = await prove(first(), second(parts));
    expect(dishonest).toMatchObject({
      outcome: "differs",
      differences: [expect.stringContaining(difference)],
    });
  });

  it("asks for no maintenance window: nobody works in a scratch database", async () => {
    const access = database.accessWith({ tier: "uat" });
    const files = [makeMigration({ downtime: "Yes" })];
    const results = await proveMigrations(access, files, files, (line) => log.push(line));
    expect(results.map(describeProof)).toEqual([expect.stringContaining("1.0.0 is proven")]);
  });

  it("stops where something fails, says what, and drops the scratch database", async () => {
    const faulty = second({
      body: "BEGIN;\nCREATE TABLE dagapp.second (id INTEGER);\nCOMMIT;",
      rollbackBody: "DROP TABLE dagapp.nowhere;",
    });
    const results = await prove(first(), faulty, third());
    expect(results.map(({ outcome }) => outcome)).toEqual(["proven", "failed", "not run"]);
    expect(results[1]?.reason).toContain("002_second_rollback.sql:");
    expect(results[1]?.reason).toContain("SQLSTATE 42P01");
    expect(results[2]?.reason).toBe("the pass ended at 002_second.sql.");
    expect(await databases()).toEqual([]);
  });

  it("says so where there is no rollback file, and goes on", async () => {
    const [, result, after] = await prove(
      first(),
      makeMigration(
        {
          name: "002_second",
          version: "1.1.0",
          body: "BEGIN;\nCREATE TABLE dagapp.second (id INTEGER);\nCOMMIT;",
        },
        false,
      ),
      third(),
    );
    expect(result).toMatchObject({
      outcome: "failed",
      reason: "there is no rollback file to prove.",
    });
    expect(after?.outcome).toBe("proven");
  });

  it("drops what a killed proof left, and nothing else", async () => {
    const admin = await database.connect("admin");
    const made = Math.floor(Date.now() / 1000);
    const nameOf = (age: number): string => `ddl_proof_${made - age}_${"0123abcd".repeat(3)}`;
    const [left, young, used, other] = [nameOf(3600), nameOf(10), nameOf(7200), nameOf(9000)];
    // As earlier releases named them, and one whose making was cut off before it was opened.
    const [old, closed] = [`ddl_proof_${made - 4000}_0123abcd`, nameOf(5000)];
    const kept = [young, used, "ddl_proof_mine", "ddl_proof_1000000000_0123abcd_copy"];
    for (const name of [left, old, ...kept]) await admin.query(`CREATE DATABASE ${name}`);
    await admin.query(`CREATE DATABASE ${closed} ALLOW_CONNECTIONS false`);
    await admin.end();
    await database.rows(`CREATE DATABASE ${other}`); // The superuser's own.
    const inUse = database.accessWith({ database: used });
    await withClient(inUse, { account: "admin", activity: "test" }, () => prove(first()));
    for (const name of [left, old, closed]) {
      expect(log).toContain(`dropped the scratch database ${name} that an earlier proof left`);
    }
    const found = await databases();
    for (const name of found) await database.rows(`DROP DATABASE ${String(name)}`);
    expect([...found].sort()).toEqual([...kept, other].sort());
  });

  it("leaves drift of the roles, which all databases share, to those who see it", async () => {
    const { names, settings } = database;
    await database.rows(`GRANT ${settings.roles.infrastructure} TO ${names.outsider}`);
    await prove(first());
    expect((await database.deviations()).map(({ text }) => text)).toEqual([
      expect.stringContaining(names.outsider),
    ]);
    await database.rows(`REVOKE ${settings.roles.infrastructure} FROM ${names.outsider}`);
  });

  it("explains when the scratch database cannot be made", async () => {
    await database.rows(`ALTER ROLE ${database.names.admin} NOCREATEDB`);
    const error = await failureOf(prove(first()));
    await database.rows(`ALTER ROLE ${database.names.admin} CREATEDB`);
    expect(error).toBeInstanceOf(ScratchError);
    expect(error.message).toContain("The admin login needs CREATEDB");

    const access = database.accessWith({ extensions: '["nowhere"]' });
    const without = await failureOf(proveMigrations(access, [first()], [first()], () => undefined));
    expect(without.message).toContain("The extension nowhere cannot be made");
    expect(await databases()).toEqual([]);
  });
});
