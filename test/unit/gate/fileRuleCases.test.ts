// Where each rule of files ends: what is near to it and right, and what is wrong in another form.
import type { Example } from "../../../migrations/engine/gate/input/examples";
import type { GateInput } from "../../../migrations/engine/gate/input/gateInput";
import { timeoutTooLong } from "../../../migrations/engine/gate/rules/header/timeout-too-long";
import { loadParser } from "../../../migrations/engine/statements/statements";
import type { Tier } from "../../../stack/tier";
import { brokenRules, judgeExample } from "../../support/files/judgeExample";
import { makeMigration } from "../../support/files/makeMigration";

beforeAll(loadParser);

/** A change of dagapp.jobs and its inverse. */
const onJobs = (forward: string, back: string): Example => ({
  body: `ALTER TABLE dagapp.jobs ${forward};`,
  rollback: `ALTER TABLE dagapp.jobs ${back};`,
});
/** Everything on a table that the file itself makes. */
const onNewTable = (body: string): Example => ({
  body: `BEGIN;\nCREATE TABLE dagapp.remarks (remark_id INTEGER, body TEXT);\n${body}\nCOMMIT;`,
  rollback: "DROP TABLE IF EXISTS dagapp.remarks;",
});

describe("nothing is said about", () => {
  const right: readonly (readonly [string, Example])[] = [
    ["an index on a new table", onNewTable("CREATE INDEX remarks_body ON dagapp.remarks (body);")],
    [
      "SET NOT NULL on a new table",
      onNewTable("ALTER TABLE dagapp.remarks ALTER COLUMN body SET NOT NULL;"),
    ],
    [
      "a required column on a new table",
      onNewTable(
        "ALTER TABLE dagapp.remarks ADD COLUMN x UUID NOT NULL DEFAULT gen_random_uuid();",
      ),
    ],
    [
      "constraints on a new table",
      onNewTable(
        "ALTER TABLE dagapp.remarks ADD CONSTRAINT a CHECK (remark_id > 0), ADD CONSTRAINT b UNIQUE (body), ADD CONSTRAINT c PRIMARY KEY (remark_id);",
      ),
    ],
    [
      "a foreign key from a new table",
      onNewTable(
        "ALTER TABLE dagapp.remarks ADD COLUMN job_id TEXT, ADD CONSTRAINT d FOREIGN KEY (job_id) REFERENCES dagapp.jobs (job_id);",
      ),
    ],
    [
      "UPDATE and TRUNCATE of a new table",
      onNewTable("UPDATE dagapp.remarks SET body = '';\nTRUNCATE dagapp.remarks;"),
    ],
    [
      "the drop of a new table",
      {
        body: "BEGIN;\nCREATE TABLE dagapp.step (id INTEGER);\nDROP TABLE dagapp.step;\nCOMMIT;",
      },
    ],
    [
      "another type on a new table",
      onNewTable("ALTER TABLE dagapp.remarks ALTER COLUMN remark_id TYPE BIGINT;"),
    ],
    [
      "a column whose values another one of the table takes over",
      {
        body: "ALTER TABLE dagapp.jobs ADD COLUMN holder TEXT;\n-- batch\nUPDATE dagapp.jobs SET holder = owner WHERE holder IS NULL;\nALTER TABLE dagapp.jobs DROP COLUMN owner;",
        rollback:
          "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS holder, ADD COLUMN IF NOT EXISTS owner TEXT;",
      },
    ],
    [
      "another name for a column that the file itself adds",
      {
        body: "ALTER TABLE dagapp.jobs ADD COLUMN step TEXT;\nALTER TABLE dagapp.jobs RENAME COLUMN step TO stage;",
        rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS stage;",
      },
    ],
    [
      "a wider varchar, which writes nothing anew",
      {
        ...onJobs("ALTER COLUMN owner TYPE TEXT", "ALTER COLUMN owner TYPE TEXT"),
      },
    ],
    [
      "what a rollback gives back to a domain",
      {
        body: "ALTER DOMAIN dagapp.ordinal ADD CHECK (VALUE > 0) NOT VALID;\nALTER DOMAIN dagapp.ordinal SET DEFAULT 1;",
        rollback:
          "ALTER DOMAIN dagapp.ordinal DROP DEFAULT;\nALTER DOMAIN dagapp.ordinal DROP CONSTRAINT IF EXISTS ordinal_check;",
        postflight:
          "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'ordinal_check') THEN RAISE EXCEPTION 'ordinal_check is missing'; END IF; RAISE NOTICE 'Migration 1.1.0 completed successfully'; END $$;",
      },
    ],
    [
      "a domain that goes with all that was changed of it",
      {
        body: "CREATE DOMAIN dagapp.share AS NUMERIC;\nALTER DOMAIN dagapp.share SET NOT NULL;\nALTER DOMAIN dagapp.share SET DEFAULT 0;",
        rollback: "DROP DOMAIN IF EXISTS dagapp.share;",
      },
    ],
    [
      "a constraint that is deferrable and then not again",
      onJobs("ALTER CONSTRAINT jobs_fkey DEFERRABLE", "ALTER CONSTRAINT jobs_fkey NOT DEFERRABLE"),
    ],
    ["a row type that is taken off again", onJobs("OF dagapp.job_row", "NOT OF")],
    ["a nullable column", onJobs("ADD COLUMN region TEXT", "DROP COLUMN IF EXISTS region")],
    [
      "a nullable column with a constant default",
      onJobs("ADD COLUMN region TEXT DEFAULT 'eu'", "DROP COLUMN IF EXISTS region"),
    ],
    [
      "a nullable column that refers to a table",
      onJobs(
        "ADD COLUMN task_id TEXT REFERENCES dagapp.tasks (task_id)",
        "DROP COLUMN IF EXISTS task_id",
      ),
    ],
    [
      "rows that are named by their key",
      { body: "UPDATE dagapp.jobs SET owner = 'x' WHERE job_id IN ('a', 'b') AND stage = 1;" },
    ],
    [
      "the drop of a column that the file adds",
      {
        body: "BEGIN;\nALTER TABLE dagapp.jobs ADD COLUMN step TEXT;\nALTER TABLE dagapp.jobs DROP COLUMN step;\nCOMMIT;",
      },
    ],
    [
      "a rename and back",
      onJobs("RENAME CONSTRAINT jobs_pkey TO jobs_key", "RENAME CONSTRAINT jobs_key TO jobs_pkey"),
    ],
    [
      "OR REPLACE of a function that was there, with its earlier body in the rollback",
      {
        body: "CREATE OR REPLACE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';",
        rollback:
          "CREATE OR REPLACE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
      },
    ],
    [
      "a rollback that drops the table with all that is on it",
      {
        body:
          "BEGIN;\nCREATE TABLE dagapp.remarks (remark_id INTEGER);\nCREATE INDEX remarks_id ON dagapp.remarks (remark_id);\n" +
          "CREATE TRIGGER remarks_touch BEFORE UPDATE ON dagapp.remarks FOR EACH ROW EXECUTE FUNCTION dagapp.touch();\nCOMMIT;",
        rollback: "DROP TABLE IF EXISTS dagapp.remarks;",
      },
    ],
    [
      "an index that goes with its column",
      {
        body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_region ON dagapp.jobs (region);",
        rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
      },
    ],
    [
      "quoted names, found in quoted text",
      {
        body: 'BEGIN;\nCREATE TABLE dagapp."order" (id INTEGER);\nCOMMIT;',
        rollback: 'DROP TABLE IF EXISTS dagapp."order";',
        header: { "Tables affected": 'dagapp."order"' },
      },
    ],
  ];

  it.each(right)("%s", (_title, example) => {
    expect(brokenRules(example)).toEqual([]);
  });
});

describe("a dropped column", () => {
  const dropAfter = (set: string): Example => ({
    body: [
      "ALTER TABLE dagapp.jobs ADD COLUMN owner_copy TEXT;",
      `-- batch\nUPDATE dagapp.jobs SET ${set} WHERE owner_copy IS NULL;`,
      "ALTER TABLE dagapp.jobs DROP COLUMN owner;",
    ].join("\n"),
    rollback:
      "ALTER TABLE dagapp.jobs ADD COLUMN IF NOT EXISTS owner TEXT;\nALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS owner_copy;",
  });

  it.each([
    ["owner_copy = owner", []],
    ["owner_copy = jobs.owner::VARCHAR", []],
    ["owner_copy = left(owner, 1)", ["ban-drop-column"]],
    ["owner_copy = job_id", ["ban-drop-column"]],
  ])("is kept, or not, by SET %s", (set, rules) => {
    expect(brokenRules(dropAfter(set))).toEqual(rules);
  });

  it.each([
    ["CREATE VIEW dagapp.owners AS SELECT job_id, owner FROM dagapp.jobs", "dagapp.owners"],
    ["CREATE VIEW dagapp.whole AS SELECT * FROM dagapp.jobs", "dagapp.whole"],
    ["CREATE VIEW dagapp.counted AS SELECT stage, count(*) FROM dagapp.jobs GROUP BY stage", null],
    ["CREATE VIEW dagapp.other AS SELECT owner_copy FROM dagapp.copies", null],
    ["CREATE VIEW dagapp.gone AS SELECT owner FROM dagapp.jobs;\nDROP VIEW dagapp.gone", null],
  ])("under %s", (before, view) => {
    const found = judgeExample(
      { ...dropAfter("owner_copy = owner"), before: `${before};` },
      "prod",
    );
    expect(
      found.filter(({ rule }) => rule === "ban-drop-column").map(({ message }) => message),
    ).toEqual(
      view === null
        ? []
        : [
            `DROP COLUMN dagapp.jobs.owner: the view ${view} reads it, so that PostgreSQL refuses (2BP01).`,
          ],
    );
  });
});

describe("also broken by", () => {
  const wrong: readonly (readonly [rule: string, Example])[] = [
    [
      "require-concurrent-index-creation",
      {
        body: "DO $$ BEGIN CREATE INDEX idx_jobs_owner ON dagapp.jobs (owner); END $$;",
        rollback: "DROP INDEX IF EXISTS dagapp.idx_jobs_owner;",
      },
    ],
    ["adding-field-with-default", onJobs("ADD COLUMN n BIGSERIAL", "DROP COLUMN IF EXISTS n")],
    [
      "adding-field-with-default",
      onJobs("ADD COLUMN n BIGINT GENERATED ALWAYS AS IDENTITY", "DROP COLUMN IF EXISTS n"),
    ],
    [
      "adding-field-with-default",
      onJobs(
        "ADD COLUMN n BIGINT GENERATED ALWAYS AS (stage * 2) STORED",
        "DROP COLUMN IF EXISTS n",
      ),
    ],
    [
      "constraint-missing-not-valid",
      onJobs("ADD COLUMN n BIGINT CHECK (n > 0)", "DROP COLUMN IF EXISTS n"),
    ],
    [
      "disallowed-unique-constraint",
      onJobs("ADD COLUMN n BIGINT UNIQUE", "DROP COLUMN IF EXISTS n"),
    ],
    [
      "ban-lossy-change,changing-column-type",
      {
        body: "ALTER TABLE dagapp.jobs ALTER COLUMN owner TYPE dagapp.job_status USING owner::dagapp.job_status;",
        rollback: "ALTER TABLE dagapp.jobs ALTER COLUMN owner TYPE TEXT USING owner::TEXT;",
        header: { "Tables affected": "dagapp.jobs" },
      },
    ],
    ["unbatched-change", { body: "DELETE FROM dagapp.notes;" }],
    [
      "unbatched-change",
      { body: "-- batched by hand\nDELETE FROM dagapp.notes WHERE note_id < 9;" },
    ],
    [
      "unbatched-change",
      { body: "WITH gone AS (DELETE FROM dagapp.notes RETURNING 1) SELECT count(*) FROM gone;" },
    ],
    [
      "ban-drop-cascade",
      {
        body: "ALTER TABLE dagapp.jobs DROP CONSTRAINT jobs_stage_check CASCADE;",
        rollback:
          "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_stage_check CHECK (stage > 0) NOT VALID;",
      },
    ],
    [
      "ban-drop-cascade",
      { ...onNewTable("SELECT 1;"), rollback: "DROP TABLE IF EXISTS dagapp.remarks CASCADE;" },
    ],
    [
      "outside-governed-schemas",
      {
        body: "CREATE PUBLICATION everything FOR ALL TABLES;",
        rollback: "DROP PUBLICATION IF EXISTS everything;",
      },
    ],
    [
      "outside-governed-schemas",
      {
        body: "DO $$ BEGIN INSERT INTO elsewhere.t VALUES (1); END $$;",
        header: { "Tables affected": "elsewhere.t" },
      },
    ],
    [
      "opaque-statement",
      { body: "DO LANGUAGE plperl $$ spi_exec_query('DROP TABLE dagapp.jobs'); $$;" },
    ],
    [
      "opaque-statement",
      {
        ...onNewTable("SELECT 1;"),
        rollback:
          "DO $$ BEGIN EXECUTE 'DROP TABLE dagapp.' || 'remarks'; END $$;\nDROP TABLE IF EXISTS dagapp.remarks;",
      },
    ],
    ["rollback-incomplete", { body: "ALTER TABLE dagapp.jobs ALTER COLUMN stage SET DEFAULT 1;" }],
    ["rollback-incomplete", { body: "ALTER TYPE dagapp.job_status ADD VALUE 'paused';" }],
    ["rollback-incomplete", { body: "DROP FUNCTION dagapp.touch();" }],
    ["rollback-incomplete", { body: "ALTER DOMAIN dagapp.ordinal SET DEFAULT 1;" }],
    ["rollback-incomplete", { body: "ALTER DOMAIN dagapp.ordinal DROP DEFAULT;" }],
    ["rollback-incomplete", { body: "ALTER DOMAIN dagapp.ordinal DROP NOT NULL;" }],
    ["rollback-incomplete", { body: "ALTER DOMAIN dagapp.ordinal DROP CONSTRAINT positive;" }],
    [
      "rollback-incomplete",
      {
        body: "ALTER DOMAIN dagapp.ordinal ADD CONSTRAINT positive CHECK (VALUE > 0) NOT VALID;",
        rollback: "ALTER DOMAIN dagapp.ordinal DROP CONSTRAINT IF EXISTS other;",
      },
    ],
    [
      "rollback-incomplete",
      { body: "ALTER TABLE dagapp.jobs ALTER CONSTRAINT jobs_fkey DEFERRABLE;" },
    ],
    ["rollback-incomplete", { body: "ALTER TABLE dagapp.jobs OF dagapp.job_row;" }],
    ["rollback-incomplete", { body: "ALTER TABLE dagapp.jobs NOT OF;" }],
    [
      "outside-governed-schemas,rollback-incomplete",
      { body: "CREATE PUBLICATION everything FOR ALL TABLES;" },
    ],
    [
      "outside-governed-schemas,rollback-incomplete",
      { body: "ALTER PUBLICATION everything ADD TABLE dagapp.jobs;" },
    ],
    [
      "outside-governed-schemas,postflight-validates",
      {
        body: "CREATE PUBLICATION everything FOR ALL TABLES;",
        rollback: "DROP PUBLICATION IF EXISTS everything;",
        postflight: "DO $$ BEGIN RAISE NOTICE 'Migration 1.1.0 completed successfully'; END $$;",
      },
    ],
    [
      "outside-governed-schemas",
      {
        body: "ALTER PUBLICATION everything ADD TABLE dagapp.jobs;",
        rollback: "ALTER PUBLICATION everything DROP TABLE dagapp.jobs;",
      },
    ],
    [
      "outside-governed-schemas",
      {
        body: "CREATE TABLE dagapp.remarks (remark_id INTEGER);\nALTER PUBLICATION everything ADD TABLE dagapp.remarks;",
        rollback: "DROP TABLE IF EXISTS dagapp.remarks;",
      },
    ],
    [
      "rollback-incomplete",
      onJobs("ADD COLUMN region TEXT", "ADD COLUMN IF NOT EXISTS other TEXT"),
    ],
    [
      "renaming-object",
      {
        body: "ALTER TYPE dagapp.job_status RENAME VALUE 'done' TO 'ended';",
        rollback: "ALTER TYPE dagapp.job_status RENAME VALUE 'ended' TO 'done';",
      },
    ],
    [
      "security-definer",
      {
        body: "ALTER FUNCTION dagapp.touch() SECURITY DEFINER;",
        rollback: "ALTER FUNCTION dagapp.touch() SECURITY INVOKER;",
      },
    ],
    [
      "dependencies-understated",
      {
        ...onJobs("ADD COLUMN region TEXT", "DROP COLUMN IF EXISTS region"),
        header: { DEPENDENCIES: "Requires migration 1001" },
      },
    ],
    [
      "dependencies-understated",
      {
        body: "CREATE VIEW geoapi.items AS SELECT id FROM pgstac.items;",
        rollback: "DROP VIEW IF EXISTS geoapi.items;",
      },
    ],
    [
      "preflight-previous-version",
      {
        ...onJobs("ALTER COLUMN stage SET DEFAULT 1", "ALTER COLUMN stage DROP DEFAULT"),
        // In a comment and in a message, not in the check.
        preflight:
          "DO $$ BEGIN -- schema_migrations '1.0.0'\nIF EXISTS (SELECT 1 FROM pg_locks WHERE relation = 'dagapp.jobs'::regclass) THEN RAISE EXCEPTION 'schema_migrations 1.0.0'; END IF; END $$;",
      },
    ],
    [
      "postflight-validates",
      {
        ...onNewTable("SELECT 1;"),
        postflight:
          "DO $$ BEGIN IF false THEN RAISE EXCEPTION 'remarks'; END IF; RAISE NOTICE 'remarks'; END $$;",
      },
    ],
  ];

  it.each(wrong)("%s %#", (rule, example) => {
    expect(brokenRules(example)).toEqual(rule.split(","));
  });
});

describe("a finding", () => {
  it("stands at its statement, with the author's own names in the SQL of its remedy", () => {
    const [found] = judgeExample(
      {
        body: 'SELECT 1;\n  CREATE UNIQUE INDEX "Owner" ON dagapp.jobs (owner, "select");',
        rollback: 'DROP INDEX IF EXISTS dagapp."Owner";',
      },
      "prod",
    );
    expect(found).toMatchObject({
      rule: "require-concurrent-index-creation",
      file: "002_example.sql",
      column: 3,
      remedy:
        'behind the COMMIT: CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "Owner" ON dagapp.jobs (owner, "select");',
    });
  });

  it("comes with all others: a file that breaks ten rules reports ten", () => {
    const rules = brokenRules({
      header: { "Lock escalation risk": "Low", "Tables affected": "None", DEPENDENCIES: "None" },
      preflight: "",
      body: [
        "TRUNCATE dagapp.notes;",
        "DROP TABLE dagapp.tasks CASCADE;",
        "CREATE INDEX ON dagapp.jobs (owner);",
        "ALTER TABLE dagapp.jobs ALTER COLUMN owner SET NOT NULL;",
        "UPDATE dagapp.jobs SET owner = '';",
        "CREATE TABLE other.t (id INTEGER);",
      ].join("\n"),
    });
    expect([...rules].sort()).toEqual([
      "adding-not-nullable-field",
      "ban-drop-cascade",
      "ban-drop-table",
      "ban-truncate",
      "dependencies-understated",
      "impact-lock-risk",
      "impact-tables",
      "outside-governed-schemas",
      "preflight-locks",
      "preflight-previous-version",
      "require-concurrent-index-creation",
      "rollback-incomplete",
      "unbatched-change",
    ]);
  });
});

describe("settings by which a file is read", () => {
  const body = (text: string): Example => ({ body: `${text}\nANALYZE dagapp.jobs;` });
  const inFunction = (text: string): Example => ({
    body: `CREATE FUNCTION dagapp.f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ${text} END $$;`,
    rollback: "DROP FUNCTION IF EXISTS dagapp.f();",
  });
  it.each([
    ["SET", body("SET standard_conforming_strings = off;")],
    ["SET LOCAL", body("BEGIN;\nSET LOCAL \"DateStyle\" = 'German';\nCOMMIT;")],
    ["SET NAMES", body("SET NAMES 'LATIN1';")],
    ["SET TIME ZONE", body("SET TIME ZONE 'Asia/Kolkata';")],
    ["set_config", body("SELECT set_config('transform_null_equals', 'on', false);")],
    ["DO", body("DO $$ BEGIN SET quote_all_identifiers = on; END $$;")],
    ["a function's body", inFunction("PERFORM set_config('client_encoding', 'LATIN1', false);")],
    [
      "a function's SET clause",
      {
        body: "CREATE FUNCTION dagapp.f() RETURNS void LANGUAGE sql SET standard_conforming_strings = off AS $$ SELECT 1 $$;",
        rollback: "DROP FUNCTION IF EXISTS dagapp.f();",
      },
    ],
    ["a rollback file", { ...body(""), rollback: "SET IntervalStyle = 'iso_8601';" }],
  ])("%s is refused in every tier", (_form, example) => {
    expect(brokenRules(example, "dev")).toContain("ban-reading-change");
  });

  it.each([
    ["the value that every session has", body("SET client_encoding = 'UTF-8';")],
    ["its first value again", body("RESET DateStyle;")],
    [
      "a function's own search_path",
      {
        body: "CREATE FUNCTION dagapp.f() RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$ SELECT 1 $$;",
        rollback: "DROP FUNCTION IF EXISTS dagapp.f();",
      },
    ],
  ])("%s is right", (_form, example) => {
    const broken = brokenRules(example);
    expect(broken).not.toContain("ban-reading-change");
    expect(broken).not.toContain("ban-search-path-change");
  });
});

describe("a header's time limits", () => {
  const onJobs = (header: Readonly<Record<string, string>>): Example => ({
    body: "ALTER TABLE dagapp.jobs ADD COLUMN note TEXT;",
    rollback: "ALTER TABLE IF EXISTS dagapp.jobs DROP COLUMN IF EXISTS note;",
    header,
  });
  const tooLong = (header: Readonly<Record<string, string>>, tier: Tier): readonly string[] =>
    judgeExample(onJobs(header), tier)
      .filter(({ rule }) => rule === "timeout-too-long")
      .map(({ severity, message }) => `${severity}: ${message}`);

  it("are within the tier's, in each of them", () => {
    const minute = { "Lock timeout": "1 min" };
    expect(tooLong(minute, "dev")).toEqual([]);
    const message = "error: Lock timeout is 1 min; prod lets a file ask for 10 s at most.";
    expect(tooLong(minute, "prod")).toEqual([message]);
    const day = { "Statement timeout": "25 h" };
    expect(tooLong(day, "dev")).toEqual([
      "error: Statement timeout is 25 h; dev lets a file ask for 24 h at most.",
    ]);
    expect(tooLong({ "Lock timeout": "10 s", "Statement timeout": "4 h" }, "prod")).toEqual([]);
  });

  it("are judged in the rollback's header too, before it runs and when it is about to", () => {
    const file = makeMigration({ rollbackLimits: ["LOCK TIMEOUT: 2 min"] });
    const plan = {
      ...{ applied: [], held: [], changedRollbacks: [], problems: [] },
      ...{ pending: [file], toRollBack: [] },
    };
    const found = (pending: readonly (typeof file)[], toRollBack: readonly (typeof file)[]) =>
      timeoutTooLong.check(
        { tier: "prod", plan: { ...plan, pending, toRollBack } } as unknown as GateInput,
        [],
      );
    const finding = {
      file: "001_add_jobs_rollback.sql",
      line: 6,
      message: "LOCK TIMEOUT is 2 min; prod lets a file ask for 10 s at most.",
    };
    expect(found([file], [])).toMatchObject([finding]);
    expect(found([], [file])).toMatchObject([finding]);
    expect(timeoutTooLong.holdsRollbacks).toBe(true);
  });

  it("of the migration itself do not keep it from going back", () => {
    const file = makeMigration({ limits: ["Lock timeout: 2 min"] });
    const plan = { pending: [], toRollBack: [file] };
    expect(timeoutTooLong.check({ tier: "prod", plan } as unknown as GateInput, [])).toEqual([]);
  });
});

describe("a repeatable file is held to", () => {
  const view = (columns: string): string =>
    `CREATE OR REPLACE VIEW dagapp.open_notes AS SELECT ${columns} FROM dagapp.notes;`;
  const found = (example: Example, tier: Tier = "prod"): readonly string[] =>
    judgeExample(example, tier)
      .filter(({ rule }) => rule.startsWith("repeatable-"))
      .map(({ severity, file, message }) => `${severity} ${file}: ${message}`);
  const repeatables = { open_notes: view("note_id") };

  it("by any migration that changes its object, in whatever way", () => {
    const old = view("note_id");
    const said = (body: string) => found({ before: old, body, rollback: old, repeatables });
    expect(said(view("note_id"))).toEqual([]);
    expect(said("DROP VIEW IF EXISTS dagapp.open_notes;")).toEqual([
      "error repeatable/open_notes.sql: 003_example.sql drops this view dagapp.open_notes.",
    ]);
    for (const body of [
      "ALTER VIEW dagapp.open_notes SET (security_barrier = true);",
      "ALTER VIEW dagapp.open_notes RENAME COLUMN note_id TO id;",
      `DO $$ BEGIN ${view("body")} END $$;`,
    ]) {
      expect(said(body)).toEqual([
        expect.stringMatching(/^error repeatable\/open_notes.sql: 003_example.sql:\d+ changes/),
      ]);
    }
  });

  it("as a warning where files are still written", () => {
    expect(found({ body: "SELECT 1;", repeatables }, "dev")).toEqual([
      "warning repeatable/open_notes.sql: no migration has this view dagapp.open_notes.",
    ]);
  });

  it("and no rule speaks where there is none", () => {
    expect(found({ before: view("note_id"), body: view("note_id, body") })).toEqual([]);
  });
});
