// Old rows that a file reaches through something new, values that go without a DROP, and rollbacks that take more than they
// brought: each is refused by exactly that rule, and what is near to it and right is let be.
import type { Example } from "../../../migrations/engine/gate/input/examples";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { brokenRules } from "../../support/files/judgeExample";

beforeAll(loadParser);

const only = (body: string): Example => ({ body });
const undo = (more: string): Example => ({
  body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;",
  rollback: `ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;\n${more}`,
});
const boom = (args: string, result: string): string =>
  `CREATE FUNCTION dagapp.boom(${args}) RETURNS ${result} LANGUAGE plpgsql AS $f$ BEGIN DELETE FROM dagapp.notes; RETURN ${
    result === "trigger" ? "NEW" : result === "boolean" ? "true" : "1"
  }; END $f$;\n`;
const dropOwner = (archive: string): Example =>
  only(`${archive}\nALTER TABLE dagapp.jobs DROP COLUMN owner;`);

const refused: readonly (readonly [rule: string, title: string, example: Example])[] = [
  [
    "unbatched-change",
    "a new view",
    only("CREATE VIEW dagapp.v AS SELECT * FROM dagapp.notes;\nUPDATE dagapp.v SET body = NULL;"),
  ],
  [
    "unbatched-change",
    "a view on a new view",
    only(
      "CREATE VIEW dagapp.v AS SELECT * FROM dagapp.notes;\nCREATE VIEW dagapp.w AS SELECT * FROM dagapp.v;\nDELETE FROM dagapp.w;",
    ),
  ],
  [
    "ban-truncate",
    "a new parent",
    only(
      "CREATE TABLE dagapp.p (note_id INTEGER, body TEXT);\nALTER TABLE dagapp.notes INHERIT dagapp.p;\nTRUNCATE dagapp.p;",
    ),
  ],
  [
    "ban-truncate",
    "a new partitioned table",
    only(
      "CREATE TABLE dagapp.p (note_id INTEGER, body TEXT) PARTITION BY LIST (note_id);\n" +
        "ALTER TABLE dagapp.p ATTACH PARTITION dagapp.notes DEFAULT;\nTRUNCATE dagapp.p;",
    ),
  ],
  [
    "ban-truncate",
    "a key to a new table",
    only(
      "CREATE TABLE dagapp.owners (id TEXT PRIMARY KEY);\n" +
        "ALTER TABLE dagapp.jobs ADD CONSTRAINT fk FOREIGN KEY (owner) REFERENCES dagapp.owners (id) NOT VALID;\n" +
        "TRUNCATE dagapp.owners CASCADE;",
    ),
  ],
  [
    "constraint-weakened,unbatched-change",
    "a cascading key to a new table",
    only(
      "CREATE TABLE dagapp.owners (id TEXT PRIMARY KEY);\n" +
        "ALTER TABLE dagapp.jobs ADD CONSTRAINT fk FOREIGN KEY (owner) REFERENCES dagapp.owners (id) ON DELETE CASCADE NOT VALID;\n" +
        "DELETE FROM dagapp.owners;",
    ),
  ],
  [
    "ban-drop-table",
    "a new parent that is dropped",
    only(
      "CREATE TABLE dagapp.p (note_id INTEGER, body TEXT) PARTITION BY LIST (note_id);\n" +
        "ALTER TABLE dagapp.p ATTACH PARTITION dagapp.notes DEFAULT;\nDROP TABLE dagapp.p;",
    ),
  ],
  [
    "armed-code,unbatched-change",
    "a trigger",
    only(
      `${boom("", "trigger")}CREATE TABLE dagapp.x (a INTEGER);\n` +
        "CREATE TRIGGER t AFTER INSERT ON dagapp.x FOR EACH ROW EXECUTE FUNCTION dagapp.boom();\nINSERT INTO dagapp.x VALUES (1);",
    ),
  ],
  [
    "armed-code,unbatched-change",
    "a default",
    only(
      `${boom("", "integer")}CREATE TABLE dagapp.x (a INTEGER DEFAULT dagapp.boom());\nINSERT INTO dagapp.x DEFAULT VALUES;`,
    ),
  ],
  [
    "armed-code,unbatched-change",
    "a materialized view",
    only(`${boom("", "integer")}CREATE MATERIALIZED VIEW dagapp.mv AS SELECT dagapp.boom() AS x;`),
  ],
  [
    "armed-code,unbatched-change",
    "a domain's check",
    only(
      `${boom("integer", "boolean")}CREATE DOMAIN dagapp.d AS integer CHECK (dagapp.boom(VALUE));\nSELECT 1::dagapp.d;`,
    ),
  ],
  [
    "unbatched-change",
    "an operator",
    only(
      `${boom("integer, integer", "integer")}CREATE OPERATOR dagapp.### (LEFTARG = integer, RIGHTARG = integer, FUNCTION = dagapp.boom);\n` +
        "SELECT 1 OPERATOR(dagapp.###) 2;",
    ),
  ],
  [
    "ban-lossy-change",
    "USING NULL",
    {
      ...only("ALTER TABLE dagapp.notes ALTER COLUMN body TYPE TEXT USING NULL;"),
      header: { "Downtime required": "Yes" },
    },
  ],
  [
    "ban-lossy-change",
    "a narrower type",
    {
      ...only("ALTER TABLE dagapp.jobs ALTER COLUMN owner TYPE VARCHAR(3);"),
      header: { "Downtime required": "Yes" },
    },
  ],
  [
    "ban-lossy-change",
    "a shorter number",
    {
      ...only("ALTER TABLE dagapp.jobs ALTER COLUMN stage TYPE SMALLINT;"),
      header: { "Downtime required": "Yes" },
    },
  ],
  [
    "ban-lossy-change",
    "an attribute",
    {
      before:
        "CREATE TYPE dagapp.addr AS (street TEXT, town TEXT);\nALTER TABLE dagapp.notes ADD COLUMN a dagapp.addr;",
      body: "ALTER TYPE dagapp.addr DROP ATTRIBUTE street;",
    },
  ],
  [
    "ban-drop-column",
    "an archive that is renamed and dropped",
    dropOwner(
      "CREATE TABLE dagapp.kept AS SELECT job_id, owner FROM dagapp.jobs;\nALTER TABLE dagapp.kept RENAME TO k2;\nDROP TABLE dagapp.k2;",
    ),
  ],
  [
    "ban-drop-column",
    "an archive of the rows without a value",
    dropOwner(
      "CREATE TABLE dagapp.kept AS SELECT job_id, owner FROM dagapp.jobs WHERE owner IS NULL;",
    ),
  ],
  [
    "ban-drop-column",
    "an archive without partitions",
    dropOwner("CREATE TABLE dagapp.kept AS SELECT job_id, owner FROM ONLY dagapp.jobs;"),
  ],
  [
    "ban-drop-column",
    "an archive that cuts the values",
    dropOwner("CREATE TABLE dagapp.kept AS SELECT job_id, owner::VARCHAR(2) FROM dagapp.jobs;"),
  ],
  [
    "ban-drop-column",
    "an archive without a key",
    dropOwner("CREATE TABLE dagapp.kept AS SELECT stage, owner FROM dagapp.jobs;"),
  ],
  [
    "ban-drop-column",
    "an archive that leaves out what is there",
    dropOwner(
      "CREATE TABLE dagapp.kept (job_id TEXT PRIMARY KEY, owner TEXT);\n" +
        "INSERT INTO dagapp.kept SELECT job_id, owner FROM dagapp.jobs ON CONFLICT DO NOTHING;",
    ),
  ],
  [
    "ban-drop-column",
    "an archive of an earlier day",
    {
      before: "CREATE TABLE dagapp.kept AS SELECT job_id, owner FROM dagapp.jobs;",
      body: "ALTER TABLE dagapp.jobs DROP COLUMN owner;",
    },
  ],
  [
    "forbidden-statement",
    "a temporary table",
    only("CREATE TEMPORARY TABLE t1 (a INTEGER);\nDROP TABLE t1;"),
  ],
  [
    "rollback-takes-more",
    "in the rollback, a new parent",
    undo(
      "CREATE TABLE dagapp.p (note_id INTEGER, body TEXT);\nALTER TABLE dagapp.notes INHERIT dagapp.p;\nTRUNCATE dagapp.p;",
    ),
  ],
  ["rollback-takes-more", "in the rollback, values", undo("UPDATE dagapp.notes SET body = NULL;")],
  [
    "rollback-takes-more",
    "in the rollback, other values of its table",
    undo("UPDATE dagapp.jobs SET owner = NULL;"),
  ],
  [
    "ban-lock-table",
    "in the rollback, a lock",
    undo("LOCK TABLE dagapp.notes IN ACCESS EXCLUSIVE MODE;"),
  ],
  [
    "ban-lock-table",
    "through a view",
    only(
      "CREATE VIEW dagapp.v AS SELECT * FROM dagapp.jobs;\nLOCK TABLE dagapp.v IN EXCLUSIVE MODE;",
    ),
  ],
  [
    "renaming-table",
    "ALTER INDEX of a table",
    {
      body: "ALTER INDEX dagapp.notes RENAME TO remarks;",
      rollback: "ALTER INDEX IF EXISTS dagapp.remarks RENAME TO notes;",
    },
  ],
];

const right: readonly (readonly [title: string, example: Example])[] = [
  [
    "rows of a new table under a new view",
    {
      body: "CREATE TABLE dagapp.x (a INTEGER);\nCREATE VIEW dagapp.v AS SELECT a FROM dagapp.x;\nINSERT INTO dagapp.x VALUES (1);\nDELETE FROM dagapp.v;",
      rollback: "DROP VIEW IF EXISTS dagapp.v;\nDROP TABLE IF EXISTS dagapp.x;",
    },
  ],
  [
    "a wider type",
    {
      header: { "Downtime required": "Yes" },
      body: "ALTER TABLE dagapp.jobs ALTER COLUMN stage TYPE NUMERIC;",
      rollback: "ALTER TABLE dagapp.jobs ALTER COLUMN stage TYPE INTEGER;",
    },
  ],
  [
    "a partition and an index of its own that go with their table",
    {
      body:
        "CREATE TABLE dagapp.events_2026 PARTITION OF dagapp.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');\n" +
        "CREATE INDEX events_2026_id ON dagapp.events_2026 (event_id);",
      rollback: "DROP TABLE IF EXISTS dagapp.events_2026;",
    },
  ],
  [
    "an operator and its rollback",
    {
      body: "CREATE OPERATOR dagapp.=== (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq);",
      rollback: "DROP OPERATOR IF EXISTS dagapp.=== (integer, integer);",
    },
  ],
  [
    "a rollback that overwrites what the migration has set",
    {
      body: "-- batch\nUPDATE dagapp.jobs SET owner = 'nobody' WHERE owner IS NULL;",
      rollback: "UPDATE dagapp.jobs SET owner = NULL WHERE owner = 'nobody';",
    },
  ],
];

it.each(refused)("%s finds old rows or values behind %s", (rule, _title, example) => {
  const formal =
    /^(rollback-incomplete|rollback-not-repeatable|postflight-validates|impact-|preflight-)/;
  const broken = brokenRules(example).filter((one) => !formal.test(one));
  expect(broken.toSorted().join()).toBe(rule);
});

it.each(right)("lets be %s", (_title, example) => {
  expect(brokenRules(example)).toEqual([]);
});
