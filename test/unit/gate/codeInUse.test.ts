// What was there before gets another meaning: code that runs by itself, values that are worked out anew, what a rollback
// changes beside its migration. Each is refused by its rule, and what is near to it and right is let be.
import type { Example } from "../../../migrations/engine/gate/input/examples";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { brokenRules, judgeExample } from "../../support/files/judgeExample";

beforeAll(loadParser);

const make = (head: string, body: string): string =>
  `CREATE OR REPLACE FUNCTION dagapp.work${head} AS '${body}';`;
/** A function that something uses, and its replacement by another body. */
const replaced = (head: string, old: string, now: string, use: string): Example => ({
  before: `${make(head, old)}\n${use}`,
  body: make(head, now),
  rollback: make(head, old),
});
const ofText = "(t TEXT) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE";
const isTrue = (use: string): Example => replaced(ofText, "SELECT true", "SELECT false", use);
const trigger = "() RETURNS trigger LANGUAGE plpgsql";
const fires =
  "CREATE TRIGGER works BEFORE UPDATE ON dagapp.jobs FOR EACH ROW EXECUTE FUNCTION dagapp.work();";
const keeps = "BEGIN RETURN NEW; END";

const inUse: readonly (readonly [what: string, example: Example, named: string])[] = [
  [
    "a trigger's function",
    replaced(trigger, keeps, "BEGIN RETURN NULL; END", fires),
    "trigger works",
  ],
  [
    "a check's",
    isTrue("ALTER TABLE dagapp.tasks ADD CONSTRAINT fine CHECK (dagapp.work(job_id));"),
    "constraint fine",
  ],
  [
    "a default's",
    replaced(
      "() RETURNS TEXT LANGUAGE sql",
      "SELECT ''a''",
      "SELECT NULL",
      "ALTER TABLE dagapp.tasks ALTER COLUMN job_id SET DEFAULT dagapp.work();",
    ),
    "dagapp.tasks.job_id",
  ],
  [
    "a policy's",
    isTrue("CREATE POLICY own ON dagapp.tasks USING (dagapp.work(job_id));"),
    "policy own",
  ],
  [
    "an index's",
    isTrue("CREATE INDEX worked ON dagapp.tasks (dagapp.work(job_id));"),
    "index dagapp.worked",
  ],
  [
    "a generated column's",
    isTrue(
      "CREATE TABLE dagapp.g (t TEXT, b BOOLEAN GENERATED ALWAYS AS (dagapp.work(t)) STORED);",
    ),
    "dagapp.g.b",
  ],
  [
    "a view's",
    isTrue(
      "CREATE VIEW dagapp.seen AS SELECT task_id FROM dagapp.tasks WHERE dagapp.work(job_id);",
    ),
    "view dagapp.seen",
  ],
  [
    "a domain's",
    isTrue("CREATE DOMAIN dagapp.code AS TEXT CHECK (dagapp.work(VALUE));"),
    "domain dagapp.code",
  ],
  [
    "one that a trigger's function calls",
    replaced(
      "() RETURNS void LANGUAGE plpgsql",
      "BEGIN NULL; END",
      "BEGIN DELETE FROM dagapp.notes; END",
      "CREATE FUNCTION dagapp.outer_work() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM dagapp.work(); RETURN NEW; END';\n" +
        "CREATE TRIGGER works BEFORE INSERT ON dagapp.jobs FOR EACH ROW EXECUTE FUNCTION dagapp.outer_work();",
    ),
    "trigger works",
  ],
  [
    "an operator's that a check uses",
    replaced(
      "(a TEXT, b TEXT) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE",
      "SELECT true",
      "SELECT false",
      "CREATE OPERATOR dagapp.=== (LEFTARG = TEXT, RIGHTARG = TEXT, FUNCTION = dagapp.work);\n" +
        "ALTER TABLE dagapp.tasks ADD CONSTRAINT same CHECK (job_id OPERATOR(dagapp.===) task_id);",
    ),
    "constraint same",
  ],
  [
    "one that is only altered",
    {
      before: `${make(trigger, keeps)}\n${fires}`,
      body: "ALTER FUNCTION dagapp.work() SET work_mem = '1MB';",
      rollback: "ALTER FUNCTION dagapp.work() RESET work_mem;",
    },
    "trigger works",
  ],
  [
    "a trigger by one that runs something else",
    {
      before: `${make(trigger, keeps)}\n${fires}`,
      body: fires.replace("CREATE", "CREATE OR REPLACE").replace("work()", "touch()"),
      rollback: fires.replace("CREATE", "CREATE OR REPLACE"),
    },
    "trigger works",
  ],
];

const region = "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;";
const beside = (more: string, before?: string): Example => ({
  ...(before === undefined ? {} : { before }),
  body: region,
  rollback: `ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;\n${more}`,
});
const touches =
  "CREATE TRIGGER works BEFORE INSERT ON dagapp.notes FOR EACH ROW EXECUTE FUNCTION dagapp.touch();";
const doubled =
  "CREATE TABLE dagapp.g (id INTEGER PRIMARY KEY, n INTEGER GENERATED ALWAYS AS (id * 2) STORED);";
const parent = (command: string): string =>
  "BEGIN;\nCREATE TABLE dagapp.p (note_id INTEGER, body TEXT) PARTITION BY LIST (note_id);\n" +
  `ALTER TABLE dagapp.p ATTACH PARTITION dagapp.notes DEFAULT;\nALTER TABLE dagapp.p ${command};\n` +
  "ALTER TABLE dagapp.p DETACH PARTITION dagapp.notes;\nDROP TABLE dagapp.p;\nCOMMIT;";

const others: readonly (readonly [rule: string, what: string, example: Example])[] = [
  [
    "ban-lossy-change",
    "values of a generated column",
    {
      header: { "Downtime required": "Yes" },
      before: doubled,
      body: "ALTER TABLE dagapp.g ALTER COLUMN n SET EXPRESSION AS (0);",
      rollback: "ALTER TABLE dagapp.g ALTER COLUMN n SET EXPRESSION AS (id * 2);",
    },
  ],
  [
    "ban-lossy-change",
    "values of an old table below a new one",
    {
      header: { "Downtime required": "Yes" },
      body: parent("ALTER COLUMN body TYPE TEXT USING NULL"),
      rollback: "SELECT 1;",
    },
  ],
  [
    "ban-drop-column",
    "a column of an old table below a new one",
    {
      body: parent("DROP COLUMN body"),
      rollback: "ALTER TABLE dagapp.notes ADD COLUMN IF NOT EXISTS body TEXT;",
    },
  ],
  [
    "sequence-reset",
    "a sequence that goes with a new table",
    {
      before: "CREATE SEQUENCE dagapp.numbers;",
      body: "BEGIN;\nCREATE TABLE dagapp.x (a INTEGER);\nALTER SEQUENCE dagapp.numbers OWNED BY dagapp.x.a;\nDROP TABLE dagapp.x;\nCOMMIT;",
      rollback: "CREATE SEQUENCE IF NOT EXISTS dagapp.numbers;",
    },
  ],
  [
    "sequence-reset",
    "a sequence that is dropped",
    {
      before: "CREATE SEQUENCE dagapp.numbers;",
      body: "DROP SEQUENCE dagapp.numbers;",
      rollback: "CREATE SEQUENCE IF NOT EXISTS dagapp.numbers;",
    },
  ],
  [
    "unbatched-change",
    "rows, by the default of an argument",
    {
      body:
        "BEGIN;\nCREATE FUNCTION dagapp.boom() RETURNS INTEGER LANGUAGE plpgsql AS 'BEGIN DELETE FROM dagapp.notes; RETURN 1; END';\n" +
        "CREATE FUNCTION dagapp.quiet(a INTEGER DEFAULT dagapp.boom()) RETURNS INTEGER LANGUAGE sql AS 'SELECT a';\n" +
        "SELECT dagapp.quiet();\nCOMMIT;",
      rollback:
        "DROP FUNCTION IF EXISTS dagapp.quiet(INTEGER);\nDROP FUNCTION IF EXISTS dagapp.boom();",
    },
  ],
  [
    "ban-drop-column",
    "an archive whose trigger throws rows away",
    {
      body:
        "BEGIN;\nCREATE FUNCTION dagapp.eat() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';\n" +
        "CREATE TABLE dagapp.kept (job_id TEXT, owner TEXT);\n" +
        "CREATE TRIGGER eat BEFORE INSERT ON dagapp.kept FOR EACH ROW EXECUTE FUNCTION dagapp.eat();\n" +
        "INSERT INTO dagapp.kept SELECT job_id, owner FROM dagapp.jobs;\nALTER TABLE dagapp.jobs DROP COLUMN owner;\nCOMMIT;",
      rollback:
        "ALTER TABLE dagapp.jobs ADD COLUMN IF NOT EXISTS owner TEXT;\n" +
        "UPDATE dagapp.jobs AS j SET owner = k.owner FROM dagapp.kept AS k WHERE k.job_id = j.job_id;\n" +
        "DROP TABLE IF EXISTS dagapp.kept;\nDROP FUNCTION IF EXISTS dagapp.eat();",
    },
  ],
  [
    "view-meaning-changed",
    "a view that shows what it hid",
    {
      before:
        "CREATE VIEW dagapp.v WITH (security_barrier = true) AS SELECT note_id FROM dagapp.notes;",
      body: "ALTER VIEW dagapp.v RESET (security_barrier);",
      rollback: "ALTER VIEW dagapp.v SET (security_barrier = true);",
    },
  ],
  ["rollback-takes-more", "an index", beside("DROP INDEX IF EXISTS dagapp.idx_jobs_status;")],
  [
    "rollback-takes-more",
    "a trigger that is dropped",
    beside("DROP TRIGGER IF EXISTS works ON dagapp.notes;", touches),
  ],
  [
    "rollback-takes-more",
    "a table's name",
    beside("ALTER TABLE IF EXISTS dagapp.notes RENAME TO remarks;"),
  ],
  [
    "rollback-takes-more",
    "a materialized view",
    beside("DROP MATERIALIZED VIEW IF EXISTS dagapp.job_counts;"),
  ],
  [
    "rollback-takes-more",
    "a view's query",
    beside(
      "CREATE OR REPLACE VIEW dagapp.v AS SELECT note_id FROM dagapp.notes WHERE false;",
      "CREATE VIEW dagapp.v AS SELECT note_id FROM dagapp.notes;",
    ),
  ],
  [
    "rollback-takes-more",
    "a function",
    beside(
      "CREATE OR REPLACE FUNCTION dagapp.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';",
    ),
  ],
  [
    "rollback-takes-more",
    "a table's persistence",
    beside("ALTER TABLE dagapp.notes SET UNLOGGED;"),
  ],
  [
    "rollback-takes-more",
    "row security",
    beside("ALTER TABLE dagapp.notes ENABLE ROW LEVEL SECURITY;"),
  ],
];

const right: readonly (readonly [what: string, example: Example])[] = [
  [
    "a function that nothing runs by itself",
    replaced("() RETURNS TEXT LANGUAGE sql", "SELECT ''a''", "SELECT ''b''", ""),
  ],
  [
    "a function of the file's own",
    {
      body: `BEGIN;\n${make(trigger, "BEGIN RETURN OLD; END")}\n${make(trigger, keeps)}\nCOMMIT;`,
      rollback: "DROP FUNCTION IF EXISTS dagapp.work();",
    },
  ],
  [
    "a trigger that is made again as it was",
    {
      before: `${make(trigger, keeps)}\n${fires}`,
      body: fires.replace("CREATE", "CREATE OR REPLACE"),
      rollback: fires.replace("CREATE", "CREATE OR REPLACE"),
    },
  ],
  [
    "partitions below a partition, which go with their table",
    {
      body:
        "BEGIN;\nCREATE TABLE dagapp.p (a INTEGER, b INTEGER) PARTITION BY LIST (a);\n" +
        "CREATE TABLE dagapp.p1 PARTITION OF dagapp.p FOR VALUES IN (1) PARTITION BY LIST (b);\n" +
        "CREATE TABLE dagapp.p11 PARTITION OF dagapp.p1 DEFAULT;\nCREATE INDEX p11_b ON dagapp.p11 (b);\nCOMMIT;",
      rollback: "DROP TABLE IF EXISTS dagapp.p;",
    },
  ],
  [
    "an index that the rollback makes again with the column",
    {
      body: "BEGIN;\nALTER TABLE dagapp.jobs ADD COLUMN region TEXT;\nCREATE TABLE dagapp.fresh (id INTEGER);\nCREATE INDEX fresh_id ON dagapp.fresh (id);\nCOMMIT;",
      rollback:
        "DROP INDEX IF EXISTS dagapp.fresh_id;\nDROP TABLE IF EXISTS dagapp.fresh;\nALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
    },
  ],
];

const formal =
  /^(rollback-incomplete|rollback-not-repeatable|postflight-|preflight-|impact-|armed-code)/;
const rulesOf = (example: Example): string =>
  brokenRules(example)
    .filter((one) => !formal.test(one))
    .join();

describe("code-in-use-replaced", () => {
  it.each(inUse)("refuses %s, and names what runs it", (_what, example, named) => {
    expect(rulesOf(example)).toBe("code-in-use-replaced");
    expect(
      judgeExample(example, "prod").find(({ rule }) => rule === "code-in-use-replaced")?.message,
    ).toContain(named);
  });
});

describe("is seen", () => {
  it.each(others)("by %s: %s", (rule, _what, example) => {
    expect(rulesOf(example)).toBe(rule);
  });
});

describe("is let be", () => {
  it.each(right)("%s", (_what, example) => {
    expect(brokenRules(example)).toEqual([]);
  });
});
