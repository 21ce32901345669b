// Ways round a rule: each example looks as if the rule were content, and is refused by exactly that rule; and what is
// near to it and right is let be.
import type { Example } from "../../../migrations/engine/gate/input/examples";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { brokenRules } from "../../support/files/judgeExample";

beforeAll(loadParser);

/** Without anything that the checks or the rollback would have to answer. */
const only = (body: string): Example => ({ body });
const notesBack = "CREATE TABLE IF NOT EXISTS dagapp.notes (note_id INTEGER, body TEXT);";
const region = {
  body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;",
  rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
};
const routine = (head: string, body: string): Example => ({
  body: `CREATE FUNCTION dagapp.boom() RETURNS void ${head} AS '${body}';\nSELECT dagapp.boom();`,
  rollback: "DROP FUNCTION IF EXISTS dagapp.boom();",
});
const dropOwner = (archive: string, back = ""): Example => ({
  body: `${archive}\nALTER TABLE dagapp.jobs DROP COLUMN owner;`,
  rollback: `ALTER TABLE dagapp.jobs ADD COLUMN IF NOT EXISTS owner TEXT;${back}`,
});
const kept = "\nDROP TABLE IF EXISTS dagapp.kept;";
const broughtBack =
  "\nUPDATE dagapp.jobs AS j SET owner = k.owner FROM dagapp.kept AS k WHERE k.job_id = j.job_id;" +
  kept;
const dropNotes = (before: string): Example => ({
  before,
  header: { "Backup reference": "vault/notes.dump" },
  body: "DROP TABLE dagapp.notes;",
  rollback: notesBack,
});
const mark = "COMMENT ON TABLE dagapp.notes IS 'drop after 2026-01-15: replaced';";
const undo = (more: string): Example => ({ ...region, rollback: `${region.rollback}\n${more}` });

/** The rule (or rules, sorted) that must find it, a title, the example. */
const evasions: readonly (readonly [rule: string, title: string, example: Example])[] = [
  // A table that was there counts as the file's own.
  ...["DROP TABLE dagapp.notes;", "TRUNCATE dagapp.notes;", "DELETE FROM dagapp.notes;"].map(
    (sql, index) =>
      [
        ["ban-drop-table", "ban-truncate", "unbatched-change"][index] ?? "",
        `${sql} behind CREATE TABLE IF NOT EXISTS`,
        {
          body: `CREATE TABLE IF NOT EXISTS dagapp.notes (note_id INTEGER);\n${sql}`,
          ...(index === 0 ? { rollback: notesBack } : {}),
        },
      ] as const,
  ),
  [
    "ban-drop-table",
    "behind CREATE TABLE in a branch that never runs",
    {
      body: "DO $$ BEGIN IF false THEN CREATE TABLE dagapp.notes (a INTEGER); END IF; END $$;\nDROP TABLE dagapp.notes;",
      rollback: notesBack,
    },
  ],
  [
    "ban-drop-column",
    "behind ADD COLUMN IF NOT EXISTS",
    only(
      "ALTER TABLE dagapp.jobs ADD COLUMN IF NOT EXISTS owner TEXT;\nALTER TABLE dagapp.jobs DROP COLUMN owner;",
    ),
  ],

  // What runs is somewhere else.
  [
    "ban-drop-table,opaque-statement",
    "in a function that is called",
    routine("LANGUAGE plpgsql", "BEGIN DROP TABLE dagapp.notes; END"),
  ],
  [
    "unbatched-change",
    "in an SQL function that is called",
    routine("LANGUAGE sql", "DELETE FROM dagapp.notes"),
  ],
  ["opaque-statement", "a function that no file makes", only("SELECT dagapp.mystery();")],
  ["opaque-statement", "a procedure that no file makes", only("CALL dagapp.mystery();")],
  ["opaque-statement", "PERFORM", only("DO $$ BEGIN PERFORM dagapp.mystery(); END $$;")],
  [
    "opaque-statement",
    "sessions that are ended",
    only("SELECT pg_terminate_backend(pid) FROM pg_stat_activity;"),
  ],
  [
    "opaque-statement",
    "SQL as a text",
    only("SELECT query_to_xml('DELETE FROM dagapp.jobs', true, true, '');"),
  ],
  ["opaque-statement", "a lock that nobody sees", only("SELECT pg_advisory_lock(1);")],
  ["opaque-statement", "a pause that holds its locks", only("SELECT pg_sleep(60);")],
  ["opaque-statement", "a call in the rollback", undo("SELECT dagapp.mystery();")],
  [
    "outside-governed-schemas",
    "what EXPLAIN ANALYZE makes",
    {
      body: "EXPLAIN ANALYZE CREATE TABLE public.copied AS SELECT 1;",
      rollback: "DROP TABLE IF EXISTS public.copied;",
    },
  ],

  // Settings.
  ["ban-timeout-change", "inside DO", only("DO $$ BEGIN SET LOCAL lock_timeout = 0; END $$;")],
  ["ban-timeout-change", "by set_config", only("SELECT set_config('lock_timeout', '0', false);")],
  [
    "ban-timeout-change",
    "triggers and keys put out of force",
    only("SET session_replication_role = replica;"),
  ],

  // Rows.
  [
    "unbatched-change",
    "MERGE that deletes",
    only(
      "MERGE INTO dagapp.jobs AS t USING dagapp.tasks AS s ON t.job_id = s.job_id WHEN MATCHED THEN DELETE;",
    ),
  ],
  [
    "unbatched-change",
    "ON CONFLICT DO UPDATE of all",
    only(
      "INSERT INTO dagapp.jobs (job_id) SELECT job_id FROM dagapp.tasks ON CONFLICT (job_id) DO UPDATE SET owner = NULL;",
    ),
  ],
  [
    "outside-governed-schemas",
    "inheritance from elsewhere",
    {
      body: "ALTER TABLE dagapp.jobs INHERIT public.base;",
      rollback: "ALTER TABLE dagapp.jobs NO INHERIT public.base;",
    },
  ],

  // Constraints that are there and hold less.
  ...[
    "ALTER TABLE dagapp.tasks DROP CONSTRAINT tasks_job_fkey;\nALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_job_fkey FOREIGN KEY (job_id) REFERENCES dagapp.jobs ON DELETE CASCADE NOT VALID;",
    "ALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_again FOREIGN KEY (job_id) REFERENCES dagapp.jobs ON DELETE SET NULL NOT VALID;",
    "ALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_again FOREIGN KEY (job_id) REFERENCES dagapp.jobs ON UPDATE SET DEFAULT NOT VALID;",
    "DO $$ BEGIN ALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_again FOREIGN KEY (job_id) REFERENCES dagapp.jobs ON DELETE CASCADE NOT VALID; END $$;",
    "ALTER TABLE dagapp.tasks ALTER CONSTRAINT tasks_job_fkey NOT ENFORCED;",
    "ALTER TABLE dagapp.tasks DROP CONSTRAINT tasks_check;\nALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_other CHECK (task_id <> '') NOT ENFORCED;",
  ].map(
    (body) =>
      [
        "constraint-weakened",
        body.slice(0, 90),
        {
          before:
            "ALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_job_fkey FOREIGN KEY (job_id) REFERENCES dagapp.jobs NOT VALID;\nALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_check CHECK (task_id <> '') NOT VALID;",
          header: { "Tables affected": "dagapp.tasks, dagapp.jobs" },
          body,
          rollback: "ALTER TABLE dagapp.tasks DROP CONSTRAINT IF EXISTS tasks_again;",
        },
      ] as const,
  ),
  [
    "constraint-weakened",
    "a key that comes with the parent that an old table is put under",
    {
      before:
        "ALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_job_fkey FOREIGN KEY (job_id) REFERENCES dagapp.jobs NOT VALID;",
      header: { "Downtime required": "Yes" },
      body:
        "CREATE TABLE dagapp.all_tasks (task_id TEXT NOT NULL, job_id TEXT REFERENCES dagapp.jobs ON DELETE CASCADE) PARTITION BY LIST (task_id);\n" +
        "ALTER TABLE dagapp.all_tasks ATTACH PARTITION dagapp.tasks DEFAULT;",
      rollback:
        "ALTER TABLE dagapp.all_tasks DETACH PARTITION dagapp.tasks;\nDROP TABLE IF EXISTS dagapp.all_tasks;",
    },
  ],

  // Code that waits.
  ...[
    "CREATE STATISTICS dagapp.spread ON (dagapp.killer(owner)) FROM dagapp.jobs;",
    "CREATE VIEW dagapp.odd AS SELECT dagapp.killer(owner) FROM dagapp.jobs;",
    "ALTER TABLE dagapp.jobs ADD CONSTRAINT jobs_odd CHECK (dagapp.killer(owner) <> '') NOT VALID;",
    "ALTER TABLE dagapp.notes ALTER COLUMN body SET DEFAULT dagapp.killer('');",
    "CREATE TRIGGER jobs_odd BEFORE INSERT ON dagapp.jobs FOR EACH ROW WHEN (dagapp.killer(NEW.owner) <> '') EXECUTE FUNCTION dagapp.touch();",
  ].flatMap((sql) =>
    ["DELETE FROM dagapp.notes;", "EXECUTE ''DEL'' || ''ETE FROM dagapp.notes'';"].map(
      (does) =>
        [
          "armed-code",
          `${does} ${sql.slice(0, 80)}`,
          {
            body: `CREATE FUNCTION dagapp.killer(a TEXT) RETURNS TEXT LANGUAGE plpgsql AS 'BEGIN ${does} RETURN a; END';\n${sql}`,
            rollback:
              (sql.includes("SET DEFAULT")
                ? "ALTER TABLE dagapp.notes ALTER COLUMN body DROP DEFAULT;\n"
                : "") +
              "DROP VIEW IF EXISTS dagapp.odd;\nDROP STATISTICS IF EXISTS dagapp.spread;\nDROP TRIGGER IF EXISTS jobs_odd ON dagapp.jobs;\n" +
              "ALTER TABLE dagapp.jobs DROP CONSTRAINT IF EXISTS jobs_odd;\nDROP FUNCTION IF EXISTS dagapp.killer(TEXT);",
          },
        ] as const,
    ),
  ),
  [
    "armed-code",
    "a trigger that leaves out what is written",
    {
      body:
        "CREATE FUNCTION dagapp.hush() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';\n" +
        "CREATE TRIGGER jobs_hush BEFORE INSERT ON dagapp.jobs FOR EACH ROW EXECUTE FUNCTION dagapp.hush();",
      rollback:
        "DROP TRIGGER IF EXISTS jobs_hush ON dagapp.jobs;\nDROP FUNCTION IF EXISTS dagapp.hush();",
    },
  ],

  // The same name, and another meaning.
  [
    "view-meaning-changed",
    "a view that is dropped and made again",
    {
      before: "CREATE VIEW dagapp.remarks AS SELECT note_id FROM dagapp.notes;",
      body: "DROP VIEW dagapp.remarks;\nCREATE VIEW dagapp.remarks AS SELECT note_id FROM dagapp.notes WHERE false;",
      rollback:
        "DROP VIEW IF EXISTS dagapp.remarks;\nCREATE VIEW dagapp.remarks AS SELECT note_id FROM dagapp.notes;",
    },
  ],
  [
    "view-meaning-changed",
    "a trigger in the place of a view's own writes",
    {
      before: "CREATE VIEW dagapp.remarks AS SELECT note_id FROM dagapp.notes;",
      body: "CREATE TRIGGER remarks_in INSTEAD OF INSERT ON dagapp.remarks FOR EACH ROW EXECUTE FUNCTION dagapp.touch();",
      rollback: "DROP TRIGGER IF EXISTS remarks_in ON dagapp.remarks;",
    },
  ],
  ...[
    "CREATE OR REPLACE TRIGGER jobs_keep BEFORE INSERT ON dagapp.jobs FOR EACH ROW EXECUTE FUNCTION dagapp.touch();",
    "DROP TRIGGER jobs_keep ON dagapp.jobs;\nCREATE TRIGGER jobs_keep BEFORE INSERT OR UPDATE ON dagapp.jobs FOR EACH ROW WHEN (false) EXECUTE FUNCTION dagapp.touch();",
    "CREATE OR REPLACE TRIGGER jobs_keep BEFORE INSERT OR UPDATE OF stage ON dagapp.jobs FOR EACH ROW EXECUTE FUNCTION dagapp.touch();",
  ].map(
    (body) =>
      [
        "code-in-use-replaced",
        body.slice(0, 100),
        {
          before:
            "CREATE TRIGGER jobs_keep BEFORE INSERT OR UPDATE ON dagapp.jobs FOR EACH ROW EXECUTE FUNCTION dagapp.touch();",
          body,
          rollback:
            "CREATE OR REPLACE TRIGGER jobs_keep BEFORE INSERT OR UPDATE ON dagapp.jobs FOR EACH ROW EXECUTE FUNCTION dagapp.touch();",
        },
      ] as const,
  ),
  [
    "renaming-column",
    "attributes that change places",
    {
      before: "CREATE TYPE dagapp.place AS (street TEXT, town TEXT);",
      body: "ALTER TYPE dagapp.place RENAME ATTRIBUTE street TO lane;",
      rollback: "ALTER TYPE dagapp.place RENAME ATTRIBUTE lane TO street;",
    },
  ],
  [
    "security-definer",
    "in a text that is carried out",
    {
      body: "DO $$ BEGIN EXECUTE 'CREATE FUNCTION dagapp.peek() RETURNS INTEGER LANGUAGE sql SECURITY DEFINER AS ''SELECT 1'''; END $$;",
      rollback: "DROP FUNCTION IF EXISTS dagapp.peek();",
    },
  ],
  ...[
    "ALTER SEQUENCE dagapp.ticket_number AS SMALLINT;",
    "ALTER TABLE dagapp.numbered ALTER COLUMN id DROP IDENTITY;",
    "ALTER TABLE dagapp.numbered ALTER COLUMN id SET INCREMENT BY -1;",
    "ALTER TABLE dagapp.numbered ALTER COLUMN id SET CYCLE SET MAXVALUE 9;",
  ].map(
    (body) =>
      [
        "sequence-reset",
        body,
        {
          before:
            "CREATE SEQUENCE dagapp.ticket_number;\nCREATE TABLE dagapp.numbered (id INTEGER GENERATED BY DEFAULT AS IDENTITY);",
          body,
          rollback: "ALTER SEQUENCE dagapp.ticket_number AS BIGINT;",
        },
      ] as const,
  ),
  [
    "dropping-key",
    "a unique constraint",
    {
      before: "ALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_job_key UNIQUE (job_id);",
      body: "ALTER TABLE dagapp.tasks DROP CONSTRAINT tasks_job_key;",
      rollback: "ALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_job_key UNIQUE (job_id);",
    },
  ],

  // Upkeep that stops.
  ...[
    "ALTER TABLE dagapp.jobs SET (toast.autovacuum_enabled = false);",
    "ALTER TABLE dagapp.jobs SET (autovacuum_enabled = on);\nALTER TABLE dagapp.jobs SET (autovacuum_enabled = 'of');",
    "ALTER TABLE dagapp.jobs SET (autovacuum_vacuum_scale_factor = 100.0);",
    "ALTER TABLE dagapp.jobs SET (autovacuum_analyze_threshold = 2000000000);",
    "ALTER TABLE dagapp.jobs SET (autovacuum_vacuum_insert_threshold = -1);",
    "DO $$ BEGIN ALTER TABLE dagapp.jobs SET (vacuum_index_cleanup = off); END $$;",
  ].map(
    (body) =>
      [
        "ban-maintenance-off",
        body,
        {
          body,
          rollback: "ALTER TABLE dagapp.jobs RESET (autovacuum_enabled);",
        },
      ] as const,
  ),
  [
    "ban-maintenance-off",
    "of a new table",
    {
      body: "CREATE TABLE dagapp.remarks (remark_id INTEGER) WITH (autovacuum_enabled = false);",
      rollback: "DROP TABLE IF EXISTS dagapp.remarks;",
    },
  ],

  // Code of the file that is run over rows, or once.
  ...[
    [
      "the bound of a partition",
      "CREATE TABLE dagapp.events_0 PARTITION OF dagapp.events FOR VALUES FROM (dagapp.killer('')) TO ('2000-01-01');",
      "DROP TABLE IF EXISTS dagapp.events_0;",
    ],
    [
      "the key of a partitioned table",
      "CREATE TABLE dagapp.keyed (a TEXT) PARTITION BY LIST (dagapp.killer(a));\nCREATE TABLE dagapp.keyed_1 PARTITION OF dagapp.keyed DEFAULT;\nINSERT INTO dagapp.keyed VALUES ('x');",
      "DROP TABLE IF EXISTS dagapp.keyed_1;\nDROP TABLE IF EXISTS dagapp.keyed;",
    ],
    [
      "extended statistics, when they are worked out",
      "CREATE STATISTICS dagapp.spread ON (dagapp.killer(owner)) FROM dagapp.jobs;\nANALYZE dagapp.jobs;",
      "DROP STATISTICS IF EXISTS dagapp.spread;",
    ],
  ].map(
    ([title = "", sql = "", back = ""]) =>
      [
        title === "the bound of a partition" ? "unbatched-change" : "armed-code,unbatched-change",
        title,
        {
          body: `CREATE FUNCTION dagapp.killer(a TEXT) RETURNS TEXT LANGUAGE plpgsql AS 'BEGIN DELETE FROM dagapp.notes; RETURN a; END';\n${sql}`,
          rollback: `${back}\nDROP FUNCTION IF EXISTS dagapp.killer(TEXT);`,
        },
      ] as const,
  ),

  // An archive that is none.
  [
    "ban-drop-column",
    "archive: no row",
    dropOwner(
      "CREATE TABLE dagapp.kept AS SELECT job_id, owner FROM dagapp.jobs WHERE false;",
      kept,
    ),
  ],
  [
    "ban-drop-column",
    "archive: WITH NO DATA",
    dropOwner(
      "CREATE TABLE dagapp.kept AS SELECT job_id, owner FROM dagapp.jobs WITH NO DATA;",
      kept,
    ),
  ],
  [
    "ban-drop-column",
    "archive: LIMIT",
    dropOwner("CREATE TABLE dagapp.kept AS SELECT job_id, owner FROM dagapp.jobs LIMIT 1;", kept),
  ],
  [
    "ban-drop-column",
    "archive: only some rows",
    dropOwner(
      "CREATE TABLE dagapp.kept AS SELECT job_id, owner FROM dagapp.jobs WHERE stage = 1;",
      kept,
    ),
  ],
  [
    "ban-drop-column",
    "archive: only those that a join finds",
    dropOwner(
      "CREATE TABLE dagapp.kept AS SELECT j.job_id, j.owner FROM dagapp.jobs AS j JOIN dagapp.tasks AS t ON t.job_id = j.job_id;",
      kept,
    ),
  ],
  [
    "ban-drop-column",
    "archive: a count",
    dropOwner(
      "CREATE TABLE dagapp.kept AS SELECT job_id, count(owner) FROM dagapp.jobs GROUP BY job_id;",
      kept,
    ),
  ],
  [
    "ban-drop-column",
    "archive: values without their rows",
    dropOwner("CREATE TABLE dagapp.kept AS SELECT owner FROM dagapp.jobs;", kept),
  ],
  [
    "ban-drop-column",
    "archive: a condition on it",
    dropOwner("INSERT INTO dagapp.notes (note_id) SELECT 1 FROM dagapp.jobs WHERE owner = 'x';"),
  ],
  [
    "ban-drop-column,forbidden-statement",
    "archive: gone with the session",
    dropOwner("CREATE TEMPORARY TABLE kept AS SELECT job_id, owner FROM dagapp.jobs;"),
  ],
  [
    "ban-drop-column",
    "archive: empty after a crash",
    dropOwner("CREATE UNLOGGED TABLE dagapp.kept AS SELECT job_id, owner FROM dagapp.jobs;", kept),
  ],
  [
    "ban-drop-column",
    "archive: dropped again",
    dropOwner(
      "CREATE TABLE dagapp.kept AS SELECT job_id, owner FROM dagapp.jobs;\nDROP TABLE dagapp.kept;",
    ),
  ],
  [
    "ban-drop-column",
    "archive: emptied again",
    dropOwner(
      "CREATE TABLE dagapp.kept AS SELECT job_id, owner FROM dagapp.jobs;\nTRUNCATE dagapp.kept;",
      kept,
    ),
  ],
  [
    "ban-drop-column",
    "archive: a table that was there",
    dropOwner("CREATE TABLE IF NOT EXISTS dagapp.notes AS SELECT job_id, owner FROM dagapp.jobs;"),
  ],
  [
    "ban-drop-column",
    "archive: in a branch",
    dropOwner(
      "DO $$ BEGIN IF false THEN CREATE TABLE dagapp.kept AS SELECT job_id, owner FROM dagapp.jobs; END IF; END $$;",
      kept,
    ),
  ],

  // A mark that is none.
  [
    "ban-drop-table",
    "mark: taken back by another comment",
    dropNotes(`${mark}\nCOMMENT ON TABLE dagapp.notes IS 'still used';`),
  ],
  ["ban-drop-table", "mark: removed", dropNotes(`${mark}\nCOMMENT ON TABLE dagapp.notes IS NULL;`)],
  [
    "ban-drop-table",
    "mark: no such day",
    dropNotes("COMMENT ON TABLE dagapp.notes IS 'drop after 2026-99-99: x';"),
  ],
  [
    "ban-drop-table",
    "mark: in a branch",
    dropNotes(`DO $$ BEGIN IF false THEN ${mark} END IF; END $$;`),
  ],
  [
    "ban-drop-table",
    "mark: of another table of that name",
    dropNotes(`${mark}\nALTER TABLE dagapp.notes RENAME TO notes_old;\n${notesBack}`),
  ],
  ["ban-drop-table", "no backup", { ...dropNotes(mark), header: { "Backup reference": "n/a" } }],

  // A rollback that takes more than it brought.
  ["rollback-takes-more", "another table", undo("DROP TABLE IF EXISTS dagapp.notes;")],
  [
    "rollback-takes-more",
    "a table under a name that the rollback gave it",
    undo("ALTER TABLE dagapp.notes RENAME TO gone;\nDROP TABLE IF EXISTS dagapp.gone;"),
  ],
  [
    "rollback-takes-more",
    "a column under a name that the rollback gave it",
    undo(
      "ALTER TABLE dagapp.notes RENAME COLUMN body TO gone;\nALTER TABLE dagapp.notes DROP COLUMN IF EXISTS gone;",
    ),
  ],
  [
    "rollback-takes-more",
    "a column that is added again, empty",
    undo(
      "ALTER TABLE dagapp.notes DROP COLUMN IF EXISTS body;\nALTER TABLE dagapp.notes ADD COLUMN body TEXT;",
    ),
  ],
  [
    "rollback-takes-more",
    "a partition that is made again, empty",
    undo(
      "DROP TABLE IF EXISTS dagapp.events_2025;\nCREATE TABLE dagapp.events_2025 PARTITION OF dagapp.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');",
    ),
  ],
  [
    "rollback-takes-more",
    "a type that keeps less",
    undo("ALTER TABLE dagapp.jobs ALTER COLUMN stage TYPE SMALLINT;"),
  ],
  [
    "rollback-takes-more",
    "a sequence that is set",
    {
      ...undo("SELECT setval('dagapp.ticket_number', 1);"),
      before: "CREATE SEQUENCE dagapp.ticket_number;",
    },
  ],
  [
    "sequence-reset",
    "a sequence that begins again by itself",
    {
      before: "CREATE SEQUENCE dagapp.ticket_number;",
      body: "ALTER SEQUENCE dagapp.ticket_number MAXVALUE 6 CYCLE;",
    },
  ],
  [
    "view-meaning-changed",
    "whose privileges a view reads with",
    {
      before: "CREATE VIEW dagapp.remarks AS SELECT note_id FROM dagapp.notes;",
      body: "ALTER VIEW dagapp.remarks SET (security_invoker = true);",
      rollback: "ALTER VIEW dagapp.remarks RESET (security_invoker);",
    },
  ],
  [
    "rollback-takes-more",
    "another column",
    undo("ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS owner;"),
  ],
  ["rollback-takes-more", "rows", undo("DELETE FROM dagapp.notes;")],
  [
    "rollback-takes-more",
    "a table that IF NOT EXISTS only seems to bring",
    {
      body: "CREATE TABLE IF NOT EXISTS dagapp.notes (note_id INTEGER);",
      rollback: "DROP TABLE IF EXISTS dagapp.notes;",
    },
  ],
];

/** Right, though it looks like the above. */
const right: readonly (readonly [title: string, example: Example])[] = [
  [
    "IF NOT EXISTS of a table that no file has made",
    {
      body: "BEGIN;\nCREATE TABLE IF NOT EXISTS dagapp.fresh (id INTEGER);\nCREATE INDEX fresh_id ON dagapp.fresh (id);\nCOMMIT;",
      rollback: "DROP TABLE IF EXISTS dagapp.fresh;",
    },
  ],
  [
    "a call of a function whose body does no harm",
    routine("LANGUAGE plpgsql", "BEGIN PERFORM count(*) FROM dagapp.jobs; END"),
  ],
  [
    "an archive of the rows that have something",
    dropOwner(
      "CREATE TABLE dagapp.kept AS SELECT job_id, owner::TEXT FROM dagapp.jobs WHERE owner IS NOT NULL;",
      broughtBack,
    ),
  ],
  [
    "an archive of whole rows",
    dropOwner("CREATE TABLE dagapp.kept AS SELECT * FROM dagapp.jobs;", broughtBack),
  ],
  [
    "MERGE of listed rows",
    only(
      "MERGE INTO dagapp.jobs AS t USING (VALUES ('a')) AS s (id) ON t.job_id = s.id WHEN MATCHED THEN UPDATE SET stage = 1;",
    ),
  ],
  [
    "ON CONFLICT DO UPDATE of listed rows",
    only(
      "INSERT INTO dagapp.jobs (job_id) VALUES ('a') ON CONFLICT (job_id) DO UPDATE SET stage = 1;",
    ),
  ],
  [
    "a rollback that deletes the rows the migration inserts",
    {
      body: "INSERT INTO dagapp.notes (note_id) VALUES (77);",
      rollback: "DELETE FROM dagapp.notes WHERE note_id = 77;",
    },
  ],
  [
    "a rollback that drops what the migration made under another name",
    {
      body: "BEGIN;\nCREATE TABLE dagapp.fresh (id INTEGER);\nALTER TABLE dagapp.fresh RENAME TO ripe;\nCOMMIT;",
      rollback: "DROP TABLE IF EXISTS dagapp.ripe;",
    },
  ],
  [
    "a sequence that may go on for longer",
    {
      before: "CREATE SEQUENCE dagapp.ticket_number AS INTEGER;",
      body: "ALTER SEQUENCE dagapp.ticket_number AS BIGINT NO MAXVALUE NO CYCLE;",
      rollback: "ALTER SEQUENCE dagapp.ticket_number AS INTEGER;",
    },
  ],
  [
    "a key that deletes, of a column that is new",
    {
      body: "ALTER TABLE dagapp.tasks ADD COLUMN part_of TEXT REFERENCES dagapp.jobs (job_id) ON DELETE CASCADE;",
      rollback: "ALTER TABLE dagapp.tasks DROP COLUMN IF EXISTS part_of;",
    },
  ],
  [
    "a key under another name that does what the old one did",
    {
      before:
        "ALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_job_fkey FOREIGN KEY (job_id) REFERENCES dagapp.jobs ON DELETE CASCADE NOT VALID;",
      body:
        "BEGIN;\nALTER TABLE dagapp.tasks DROP CONSTRAINT tasks_job_fkey;\n" +
        "ALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_of_job FOREIGN KEY (job_id) REFERENCES dagapp.jobs ON DELETE CASCADE NOT VALID;\nCOMMIT;\n" +
        "ALTER TABLE dagapp.tasks VALIDATE CONSTRAINT tasks_of_job;",
      rollback:
        "ALTER TABLE dagapp.tasks DROP CONSTRAINT IF EXISTS tasks_of_job;\n" +
        "ALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_job_fkey FOREIGN KEY (job_id) REFERENCES dagapp.jobs ON DELETE CASCADE NOT VALID;",
    },
  ],
  [
    "a trigger that only adds rows",
    {
      body:
        "CREATE FUNCTION dagapp.record() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO dagapp.notes VALUES (1, TG_OP); RETURN NULL; END';\n" +
        "CREATE TRIGGER jobs_record AFTER UPDATE ON dagapp.jobs FOR EACH ROW EXECUTE FUNCTION dagapp.record();",
      rollback:
        "DROP TRIGGER IF EXISTS jobs_record ON dagapp.jobs;\nDROP FUNCTION IF EXISTS dagapp.record();",
    },
  ],
  [
    "a view that makes way for another type, and is what it was",
    {
      before: "CREATE VIEW dagapp.remarks AS SELECT note_id FROM dagapp.notes;",
      body: "DROP VIEW IF EXISTS dagapp.remarks;\nCREATE VIEW dagapp.remarks AS SELECT note_id FROM dagapp.notes;",
      rollback:
        "DROP VIEW IF EXISTS dagapp.remarks;\nCREATE VIEW dagapp.remarks AS SELECT note_id FROM dagapp.notes;",
    },
  ],
  [
    "a unique constraint that another takes the place of",
    {
      before: "ALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_job_key UNIQUE (job_id);",
      body:
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS tasks_again ON dagapp.tasks (job_id);\n" +
        "BEGIN;\nALTER TABLE dagapp.tasks DROP CONSTRAINT tasks_job_key;\n" +
        "ALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_again UNIQUE USING INDEX tasks_again;\nCOMMIT;",
      rollback:
        "ALTER TABLE dagapp.tasks DROP CONSTRAINT IF EXISTS tasks_again;\nALTER TABLE dagapp.tasks ADD CONSTRAINT tasks_job_key UNIQUE (job_id);",
    },
  ],
  [
    "upkeep that the file itself switches on again",
    {
      body:
        "BEGIN;\nCREATE TABLE dagapp.remarks (remark_id INTEGER) WITH (autovacuum_enabled = off);\n" +
        "INSERT INTO dagapp.remarks SELECT n FROM generate_series(1, 1000) AS n;\n" +
        "ALTER TABLE dagapp.remarks RESET (autovacuum_enabled);\nCOMMIT;",
      rollback: "DROP TABLE IF EXISTS dagapp.remarks;",
    },
  ],
  [
    "a mark behind another comment",
    dropNotes(`COMMENT ON TABLE dagapp.notes IS 'Notes.';\n${mark}`),
  ],
];

describe("is seen through", () => {
  it.each(evasions)("by %s: %s", (rule, _title, example) => {
    const formal = /^(rollback-incomplete|postflight-validates|impact-)/;
    const broken = brokenRules(example).filter((one) => !formal.test(one));
    expect(broken.toSorted().join()).toBe(rule);
  });
});

describe("is let be", () => {
  it.each(right)("%s", (_title, example) => {
    expect(brokenRules(example)).toEqual([]);
  });
});
