/**
 * Rules that can be fooled by form: each way to lose rows, values or rights that only looks like something else, on rows, in
 * prod. The gate refuses it by its rule; and past the gate, what it loses is stopped by the run or seen by the proof.
 */
import { checkFiles } from "../../../migrations/engine/gate/fileCheck";
import { proveMigrations } from "../../../migrations/engine/proof/prove";
import { modelBefore } from "../../../migrations/engine/schema/schemaReplay";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { exampleDay, exampleMigrations, exampleSchemas } from "../../support/files/ruleExample";
import { apply, rollBack } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const suite = useServer({ major: 18 });
let dev: ProgramDatabase;

beforeAll(async () => {
  await loadParser();
  dev = await suite.database();
});

const ground = `CREATE TABLE dagapp.papers (paper_id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE dagapp.pages (page_id INTEGER PRIMARY KEY, paper_id INTEGER REFERENCES dagapp.papers (paper_id));
CREATE TABLE dagapp.logs (log_id INTEGER, day DATE) PARTITION BY RANGE (day);
CREATE TABLE dagapp.logs_2026 PARTITION OF dagapp.logs FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE VIEW dagapp.read_papers AS SELECT paper_id, body FROM dagapp.papers;
CREATE SEQUENCE dagapp.numbers;
CREATE TRIGGER papers_kept BEFORE UPDATE ON dagapp.papers FOR EACH ROW EXECUTE FUNCTION dagapp.touch();`;
const rows = `INSERT INTO dagapp.papers SELECT n, 'body ' || n FROM generate_series(1, 5) AS n;
INSERT INTO dagapp.pages SELECT n, n FROM generate_series(1, 5) AS n;
INSERT INTO dagapp.logs SELECT n, DATE '2026-02-01' FROM generate_series(1, 5) AS n`;
const values = `SELECT (SELECT string_agg(p::text, ';' ORDER BY paper_id) FROM dagapp.papers AS p) AS papers,
  (SELECT string_agg(p::text, ';' ORDER BY page_id) FROM dagapp.pages AS p) AS pages,
  (SELECT string_agg(l::text, ';' ORDER BY log_id) FROM dagapp.logs AS l) AS logs`;

const dropBody = "ALTER TABLE dagapp.papers DROP COLUMN body;";
const bodyBack = "ALTER TABLE dagapp.papers ADD COLUMN IF NOT EXISTS body TEXT;";
const archive = (as: string): string => `CREATE TABLE dagapp.papers_kept AS ${as};\n${dropBody}`;

/** What it is, its body, its rollback, and the rule that names it. */
const forms: readonly (readonly [what: string, body: string, rollback: string, rule: string])[] = [
  [
    "archive that is dropped",
    `${archive("SELECT paper_id, body FROM dagapp.papers")}\nALTER TABLE dagapp.papers_kept RENAME TO gone;\nDROP TABLE dagapp.gone;`,
    bodyBack,
    "ban-drop-column",
  ],
  [
    "archive of no row",
    archive("SELECT paper_id, body FROM dagapp.papers WHERE false"),
    bodyBack,
    "ban-drop-column",
  ],
  [
    "archive of some rows",
    archive("SELECT paper_id, body FROM dagapp.papers WHERE body IS NULL"),
    bodyBack,
    "ban-drop-column",
  ],
  [
    "archive without the key",
    archive("SELECT body FROM dagapp.papers"),
    bodyBack,
    "ban-drop-column",
  ],
  [
    "archive of half the value",
    archive("SELECT paper_id, left(body, 1) AS body FROM dagapp.papers"),
    bodyBack,
    "ban-drop-column",
  ],
  [
    "archive of a narrower type",
    archive("SELECT paper_id, body::varchar(1) AS body FROM dagapp.papers"),
    bodyBack,
    "ban-drop-column",
  ],
  [
    "archive of one row for many",
    archive("SELECT max(paper_id) AS paper_id, max(body) AS body FROM dagapp.papers"),
    bodyBack,
    "ban-drop-column",
  ],
  [
    "archive that is emptied",
    `${archive("SELECT paper_id, body FROM dagapp.papers")}\nDELETE FROM dagapp.papers_kept WHERE paper_id > 0;`,
    bodyBack,
    "ban-drop-column",
  ],
  [
    "new view",
    "CREATE VIEW dagapp.v AS SELECT * FROM dagapp.pages;\nDELETE FROM dagapp.v;",
    "DROP VIEW IF EXISTS dagapp.v;",
    "unbatched-change",
  ],
  [
    "new parent",
    "CREATE TABLE dagapp.p (page_id INTEGER NOT NULL, paper_id INTEGER);\nALTER TABLE dagapp.pages INHERIT dagapp.p;\nTRUNCATE dagapp.p;\nALTER TABLE dagapp.pages NO INHERIT dagapp.p;\nDROP TABLE dagapp.p;",
    "",
    "ban-truncate",
  ],
  [
    "new partitioned table",
    "CREATE TABLE dagapp.p (log_id INTEGER, day DATE) PARTITION BY RANGE (day);\nALTER TABLE dagapp.logs DETACH PARTITION dagapp.logs_2026;\nALTER TABLE dagapp.p ATTACH PARTITION dagapp.logs_2026 DEFAULT;\nTRUNCATE dagapp.p;",
    "",
    "ban-truncate",
  ],
  [
    "new key with CASCADE",
    "CREATE TABLE dagapp.owners (paper_id INTEGER PRIMARY KEY);\nINSERT INTO dagapp.owners SELECT paper_id FROM dagapp.papers;\nALTER TABLE dagapp.pages ADD CONSTRAINT own FOREIGN KEY (paper_id) REFERENCES dagapp.owners ON DELETE CASCADE;\nTRUNCATE dagapp.owners CASCADE;",
    "ALTER TABLE dagapp.pages DROP CONSTRAINT IF EXISTS own;\nDROP TABLE IF EXISTS dagapp.owners;",
    "ban-truncate",
  ],
  [
    "trigger of replicas",
    "ALTER TABLE dagapp.papers ENABLE REPLICA TRIGGER papers_kept;",
    "ALTER TABLE dagapp.papers ENABLE TRIGGER papers_kept;",
    "ban-disable-trigger",
  ],
  [
    "row security",
    "ALTER TABLE dagapp.papers ENABLE ROW LEVEL SECURITY;",
    "ALTER TABLE dagapp.papers DISABLE ROW LEVEL SECURITY;",
    "ban-row-security",
  ],
  [
    "forced row security",
    "ALTER TABLE dagapp.papers FORCE ROW LEVEL SECURITY;",
    "ALTER TABLE dagapp.papers NO FORCE ROW LEVEL SECURITY;",
    "ban-row-security",
  ],
  [
    "view of another meaning",
    "CREATE OR REPLACE VIEW dagapp.read_papers AS SELECT paper_id, ''::text AS body FROM dagapp.papers;",
    "CREATE OR REPLACE VIEW dagapp.read_papers AS SELECT paper_id, body FROM dagapp.papers;",
    "view-meaning-changed",
  ],
  [
    "table that a crash empties",
    "ALTER TABLE dagapp.pages SET UNLOGGED;",
    "ALTER TABLE dagapp.pages SET LOGGED;",
    "ban-unlogged",
  ],
  ["sequence set back", "SELECT setval('dagapp.numbers', 1);", "", "sequence-reset"],
  ["sequence begun anew", "ALTER SEQUENCE dagapp.numbers RESTART;", "", "sequence-reset"],
  [
    "primary key",
    "ALTER TABLE dagapp.pages DROP CONSTRAINT pages_pkey;",
    "ALTER TABLE dagapp.pages ADD CONSTRAINT pages_pkey PRIMARY KEY (page_id);",
    "dropping-key",
  ],
  [
    "replica identity",
    "ALTER TABLE dagapp.papers REPLICA IDENTITY NOTHING;",
    "ALTER TABLE dagapp.papers REPLICA IDENTITY DEFAULT;",
    "changing-replica-identity",
  ],
  [
    "rule on a view",
    "CREATE RULE r AS ON DELETE TO dagapp.read_papers DO INSTEAD NOTHING;",
    "DROP RULE IF EXISTS r ON dagapp.read_papers;",
    "ban-view-rule",
  ],
  ["lock through a view", "LOCK TABLE dagapp.read_papers;", "", "ban-lock-table"],
  [
    "table renamed as an index",
    "ALTER INDEX dagapp.pages RENAME TO leaves;",
    "ALTER TABLE dagapp.leaves RENAME TO pages;",
    "renaming-table",
  ],
];

it.each(forms)("%s", async (_what, body, rollback, rule) => {
  const files = exampleMigrations({ before: ground, body, rollback });
  const last = files.at(-1);
  if (last === undefined) throw new Error("no files");
  const scope = { schemas: exampleSchemas, now: exampleDay, judged: [last.fileName] };
  const errors = checkFiles(files, "prod", scope).filter(({ severity }) => severity === "error");
  expect(errors.map((one) => one.rule)).toContain(rule);

  // Past the gate: nothing that is lost for good is let through by the run and proven, too.
  const prod = await suite.database({ configuration: { tier: "prod" } });
  const versions = files.map(({ header }) => header.version);
  for (const [index, file] of files.slice(0, -1).entries()) {
    const model = modelBefore(files, file.number);
    await apply(prod, file, { lower: versions.slice(0, index), model });
  }
  for (const statement of rows.split(";\n")) await prod.rows(statement);
  const before = await prod.rows(values);
  const model = modelBefore(files, last.number);
  const ran = await apply(prod, last, { lower: versions.slice(0, -1), model }).then(
    () => true,
    () => false,
  );
  const isBack = ran
    ? await rollBack(prod, last, { model }).then(
        () => true,
        () => false,
      )
    : true;
  const after = await prod.rows(values).catch(() => null);
  const isWhole = isBack && JSON.stringify(after) === JSON.stringify(before);
  const [proof] = await proveMigrations(dev.access, files, [last], () => undefined, {});
  expect(isWhole || proof?.outcome !== "proven").toBe(true);
});
