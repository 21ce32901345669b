/**
 * Proofs with rows: what a migration or its rollback loses is seen and said, whatever the SQL looks like; what the header
 * declares is recorded; and rows that a right migration does not run on are no fault of it.
 * Policy: "Rollback tested", "Data recovery"; High-Risk Operations: data loss.
 */
import type { MigrationFile } from "../../../migrations/engine/files/file";
import type { Example } from "../../../migrations/engine/gate/input/examples";
import { describeProof, type ProofResult } from "../../../migrations/engine/history/proof";
import { type Following, proveMigrations } from "../../../migrations/engine/proof/prove";
import { loadParser } from "../../../migrations/engine/statements/statements";
import type { Access } from "../../../stack/connection";
import { exampleMigrations } from "../../support/files/ruleExample";
import { apply } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const region = {
  body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;",
  drop: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;\n",
};

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

  const proven = async (): Promise<readonly Record<string, unknown>[]> =>
    database.rows(
      "SELECT version, detail FROM public.schema_migration_events WHERE kind = 'proven' ORDER BY id",
    );
  /** Proves the last of an example's files: what is before it is only applied. */
  async function prove(
    example: Example | readonly MigrationFile[],
    access: Access = database.access,
    more: Following = {},
  ): Promise<ProofResult> {
    const files = "map" in example ? example : exampleMigrations(example);
    const note = (line: string): void => void log.push(line);
    const [result] = await proveMigrations(access, files, files.slice(-1), note, more);
    if (result === undefined) throw new Error(log.join("\n"));
    return result;
  }

  const losses: readonly (readonly [what: string, example: Example, expected: string])[] = [
    [
      "a type change that keeps nothing",
      {
        header: { "Data recovery": "Automatic" },
        body: "ALTER TABLE dagapp.notes ALTER COLUMN body TYPE VARCHAR USING NULL;",
        rollback: "ALTER TABLE dagapp.notes ALTER COLUMN body TYPE TEXT;",
      },
      "20 of 20 values of dagapp.notes.body are gone after the rollback",
    ],
    [
      "an archive that the rollback drops unread",
      {
        body: "CREATE TABLE dagapp.kept AS SELECT job_id, owner FROM dagapp.jobs;\nALTER TABLE dagapp.jobs DROP COLUMN owner;",
        rollback:
          "ALTER TABLE dagapp.jobs ADD COLUMN IF NOT EXISTS owner TEXT;\nDROP TABLE IF EXISTS dagapp.kept;",
      },
      "20 of 20 values of dagapp.jobs.owner are gone after the rollback",
    ],
    [
      "a rollback that empties another column, whatever the header says is not possible",
      {
        header: {
          "Data recovery": "Not possible",
          "Tables affected": "dagapp.jobs, dagapp.notes",
        },
        body: region.body,
        rollback: `${region.drop}UPDATE dagapp.notes SET body = NULL;`,
      },
      "20 of 20 values of dagapp.notes.body are gone after the rollback: the migration had left them",
    ],
    [
      "rows that a rollback reaches through a parent made for it",
      {
        body: region.body,
        rollback:
          `${region.drop}CREATE TABLE dagapp.p (note_id INTEGER, body TEXT);\nALTER TABLE dagapp.notes INHERIT dagapp.p;\n` +
          "TRUNCATE dagapp.p;\nALTER TABLE dagapp.notes NO INHERIT dagapp.p;\nDROP TABLE dagapp.p;",
      },
      "20 of 20 rows of dagapp.notes are gone after the rollback: the migration had left them",
    ],
    [
      "an attribute of a type in use",
      {
        before:
          "CREATE TYPE dagapp.addr AS (street TEXT, town TEXT);\nCREATE TABLE dagapp.people (id INTEGER PRIMARY KEY, home dagapp.addr);",
        body: "ALTER TYPE dagapp.addr DROP ATTRIBUTE town;",
        rollback: "ALTER TYPE dagapp.addr ADD ATTRIBUTE town TEXT;",
      },
      "20 of 20 values of dagapp.people.home are not what they were after the rollback",
    ],
    [
      "a default that comes back in the place of values",
      {
        before: "ALTER TABLE dagapp.tasks ADD COLUMN kind TEXT NOT NULL DEFAULT 'plain';",
        body: "ALTER TABLE dagapp.tasks DROP COLUMN kind;",
        rollback:
          "ALTER TABLE dagapp.tasks ADD COLUMN IF NOT EXISTS kind TEXT NOT NULL DEFAULT 'plain';",
      },
      "10 of 20 values of dagapp.tasks.kind are not what they were after the rollback",
    ],
    [
      "a sequence that is set back",
      {
        before:
          "CREATE TABLE dagapp.counted (id INTEGER GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY);",
        body: region.body,
        rollback: `${region.drop}SELECT setval('dagapp.counted_id_seq', 1);`,
      },
      "the sequence dagapp.counted_id_seq stands at 1 after the rollback, and stood at 20: the migration had left them",
    ],
    [
      "rows that go by a trigger, of a table that the header does not name",
      {
        header: { "Data recovery": "Not possible", "Tables affected": "dagapp.jobs" },
        before:
          "CREATE FUNCTION dagapp.sweep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM dagapp.notes; RETURN NEW; END';\n" +
          "CREATE TRIGGER sweep AFTER UPDATE ON dagapp.jobs FOR EACH ROW EXECUTE FUNCTION dagapp.sweep();",
        body: "UPDATE dagapp.jobs SET stage = 0 WHERE stage = 0;\nUPDATE dagapp.jobs SET stage = stage;",
      },
      "20 of 20 rows of dagapp.notes are gone after the rollback",
    ],
    [
      "a value of one row that is named by its key",
      {
        body: "UPDATE dagapp.notes SET body = NULL WHERE note_id = 4711;",
        rollback: "SELECT 1;",
      },
      "1 of 21 values of dagapp.notes.body is gone after the rollback",
    ],
    [
      "a row that a block names together with another's key",
      {
        body: "DO $$ BEGIN IF EXISTS (SELECT FROM dagapp.notes WHERE note_id = 4712) THEN DELETE FROM dagapp.jobs WHERE job_id = 'j-1'; END IF; END $$;",
        rollback: "SELECT 1;",
      },
      "1 of 21 rows of dagapp.jobs is gone after the rollback",
    ],
    [
      "a sequence that nobody has used yet",
      {
        before: "CREATE SEQUENCE dagapp.numbers;",
        body: region.body,
        rollback: `${region.drop}SELECT setval('dagapp.numbers', 1);`,
      },
      "the sequence dagapp.numbers stands at 1 after the rollback, and stood at 20",
    ],
    [
      "rows that the migration adds and the rollback leaves",
      { body: "INSERT INTO dagapp.notes (note_id, body) VALUES (-1, 'new');" },
      "1 new row of dagapp.notes is left after the rollback",
    ],
    [
      "what the second run no longer keeps",
      {
        before: "CREATE TABLE dagapp.marks (n INTEGER);",
        body:
          "DO $$ BEGIN IF EXISTS (SELECT FROM dagapp.marks WHERE n = -5) THEN DELETE FROM dagapp.notes; END IF; END $$;\n" +
          "INSERT INTO dagapp.marks VALUES (-5);",
        rollback: "SELECT 1;",
      },
      "after applying again: ",
    ],
  ];

  it.each(losses)("sees %s", async (_, example, expected) => {
    const result = await prove(example);
    expect({ outcome: result.outcome, reason: result.reason }).toEqual({
      outcome: "differs",
      reason: null,
    });
    expect(result.differences).toContainEqual(expect.stringContaining(expected));
    expect(await proven()).toEqual([]);
  });

  it("records what is lost as the header declares, and with what rows that was seen", async () => {
    const example = {
      header: {
        "Backup reference": "vault/notes.dump",
        "Tables affected": "dagapp.notes",
      },
      body: "DROP TABLE dagapp.notes;",
      rollback: "CREATE TABLE IF NOT EXISTS dagapp.notes (note_id INTEGER, body TEXT);",
    };
    const result = await prove(example);
    const loss =
      "20 of 20 rows of dagapp.notes are gone after the rollback (Data recovery: Manual, Backup reference: vault/notes.dump)";
    expect(describeProof(result).split("\n")).toEqual([
      expect.stringContaining("is proven as far as it goes"),
      `  lost as declared: ${loss}`,
      "  with 80 rows in 4 tables",
    ]);
    const rows = { tables: 4, rows: 80, real: 0, empty: [], lost: [loss], unmet: [] };
    expect(await proven()).toEqual([
      { version: "1.1.0", detail: expect.objectContaining({ rows }) as unknown },
    ]);
    const undeclared = await prove({ ...example, header: { "Tables affected": "dagapp.notes" } });
    expect(undeclared.outcome).toBe("differs");
  });

  it("does not take a column for lost that changes with every update of a row", async () => {
    const result = await prove({
      header: { "Data recovery": "Automatic" },
      before:
        "ALTER TABLE dagapp.jobs ADD COLUMN changed TIMESTAMPTZ NOT NULL DEFAULT now();\n" +
        "CREATE FUNCTION dagapp.mark() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.changed := clock_timestamp(); RETURN NEW; END';\n" +
        "CREATE TRIGGER mark BEFORE UPDATE ON dagapp.jobs FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION dagapp.mark();",
      body: `${region.body}\nUPDATE dagapp.jobs SET region = 'north';`,
      rollback: region.drop,
    });
    expect(result.outcome).toBe("proven");
    expect(result.remarks).toContainEqual(
      expect.stringMatching(/values of dagapp\.jobs\.changed .*: they change with every update/),
    );
  });

  it("tries other rows where it does not run on made-up ones, and says when it only runs without any", async () => {
    const added = "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS few;";
    const careful = await prove({
      body: "ALTER TABLE dagapp.jobs ADD CONSTRAINT few CHECK (owner IS NULL);",
      rollback: added,
    });
    expect(careful).toMatchObject({ outcome: "proven", rows: { tables: 4, empty: [] } });
    expect(log).toContainEqual(
      expect.stringContaining("which is no fault yet; once more with made-up"),
    );

    const bare = await prove({
      body: "ALTER TABLE dagapp.jobs ADD COLUMN kind TEXT NOT NULL;",
      rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS kind;",
    });
    expect(bare).toMatchObject({ outcome: "proven", rows: { tables: 0, empty: ["dagapp.jobs"] } });
    expect(bare.remarks).toEqual([expect.stringContaining("SQLSTATE 23502")]);
    expect(describeProof(bare)).toContain("without rows: dagapp.jobs");

    const wrong = await prove({ body: "ALTER TABLE dagapp.jobs ADD COLUMN owner TEXT;" });
    expect(wrong).toMatchObject({ outcome: "failed", rows: null });
    expect(log.filter((line) => line.includes("once more"))).toHaveLength(3);
  });

  it("says which changes of rows met none, and does not call a run that was stopped a matter of rows", async () => {
    const unmet = await prove({
      body: "UPDATE dagapp.notes SET body = 'x' WHERE md5(body) = md5(body || note_id);",
      rollback: "DELETE FROM dagapp.tasks WHERE length(task_id) > 1000;",
    });
    expect(unmet).toMatchObject({ outcome: "proven" });
    expect(unmet.rows?.unmet).toEqual([
      expect.stringMatching(/^dagapp\.notes \(UPDATE, line \d+\)$/),
      expect.stringMatching(/^dagapp\.tasks \(DELETE, line \d+\)$/),
    ]);
    expect(describeProof(unmet)).toContain("not proven of rows, for none was met: dagapp.notes");

    const stopped = await prove(
      {
        body: "DO $$ BEGIN EXECUTE 'DEL' || 'ETE FROM dagapp.notes'; END $$;",
        rollback: "SELECT 1;",
      },
      database.accessWith({ tier: "uat" }),
    );
    expect(stopped.outcome).toBe("failed");
    expect(stopped.reason).toContain("rows deleted, none announced");
  });

  it("names a table that nothing can be put into, and takes rows from samples.sql", async () => {
    const odd = {
      before:
        "CREATE FUNCTION dagapp.is_code(code TEXT) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE AS 'SELECT md5(code) = md5(''Xy-7'')';\n" +
        "CREATE TABLE dagapp.codes (code TEXT NOT NULL CONSTRAINT known CHECK (dagapp.is_code(code)));",
      body: "ALTER TABLE dagapp.codes DROP CONSTRAINT known;\nDELETE FROM dagapp.codes;",
      rollback: "ALTER TABLE dagapp.codes ADD CONSTRAINT known CHECK (dagapp.is_code(code));",
    };
    const without = await prove(odd);
    expect(without.rows?.empty).toEqual(["dagapp.codes (known, SQLSTATE 23514)"]);
    const inserts = [
      { line: 1, text: "INSERT INTO dagapp.codes VALUES ('Xy-7')" },
      { line: 2, text: "INSERT INTO dagapp.nowhere VALUES (1)" },
    ];
    const seen = await prove(odd, database.access, { samples: { inserts, remarks: [] } });
    expect(seen.differences).toEqual(["1 of 1 row of dagapp.codes is gone after the rollback"]);
  });

  it("in dev and qa takes this database's own rows, shows none of them, and makes them up elsewhere", async () => {
    const files = exampleMigrations({
      body: "UPDATE dagapp.notes SET body = 'other' WHERE body = 'secret-of-a-person';",
      rollback: "SELECT 1;",
    });
    const [ground] = files;
    if (ground === undefined) throw new Error("no ground");
    await apply(database, ground);
    await database.rows(
      "INSERT INTO dagapp.notes SELECT n, CASE n WHEN 7 THEN 'secret-of-a-person' ELSE 'b' || n END FROM generate_series(1, 500) AS n",
    );
    await database.rows("INSERT INTO dagapp.events VALUES (1, '2025-05-05')");
    // A governed schema may hold tables that the infrastructure role may not read, such as PgSTAC's.
    await database.rows("CREATE TABLE dagapp.of_others (id INTEGER PRIMARY KEY)");
    const seen = await prove(files);
    expect(seen.differences).toEqual([
      // That of the tier's own row, and that of the one with the constant.
      expect.stringMatching(/^2 of 27 values of dagapp\.notes\.body are not what they were/),
    ]);
    expect(seen.rows?.real).toBe(21);
    await database.rows("DROP TABLE dagapp.of_others");
    expect(`${log.join("\n")}${describeProof(seen)}`).not.toContain("secret");

    // A refusal may quote rows: what it quotes stays on the server.
    const refused = await prove([
      ground,
      ...exampleMigrations({
        body: region.body,
        rollback: `${region.drop}SELECT body::INTEGER FROM dagapp.notes WHERE body LIKE 'secret%';`,
      }).slice(1),
    ]);
    expect(refused.outcome).toBe("failed");
    expect(refused.reason).toContain("SQLSTATE 22P02");
    expect(refused.reason).not.toContain("secret");

    const made = await prove(files, database.accessWith({ tier: "uat" }));
    expect(made).toMatchObject({ outcome: "differs", rows: { real: 0 } });
  });
});
