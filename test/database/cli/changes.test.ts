// A change from the command line: plan, apply, status, rollback, with the real shim on real servers.
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { PlanReport } from "../../../cli/report/planReport";
import type { StatusReport } from "../../../cli/report/statusReport";
import { type PostgresServer, startServer } from "../../../sandbox/server";
import { smallMigrations } from "../../support/files/smallMigrations";
import { type DdlProject, makeDdlProject } from "../../support/program/ddlProject";
import { publishBelow, stackBelow } from "../../support/program/publishBelow";
import { eventsOf, exists, ledgerRows } from "../../support/program/runs";
import { makeProgramDatabase, type ProgramDatabase } from "../../support/servers/programDatabase";

jest.setTimeout(300_000);

let server: PostgresServer;
let database: ProgramDatabase;
let project: DdlProject;

async function start(
  major: 15 | 18,
  configuration: Readonly<Record<string, string>>,
  governed = true,
): Promise<void> {
  server = await startServer({ major });
  database = await makeProgramDatabase(server, { configuration, governed });
  project = await makeDdlProject(database, smallMigrations([{}, {}, {}]));
}
async function stop(): Promise<void> {
  await project.remove();
  await database.close();
  await server.stop();
}

/** The rules of errors in a command's output, each once. */
const rulesIn = (text: string): readonly string[] =>
  [...new Set([...text.matchAll(/error ([a-z-]+) \| tier/g)].map(([, rule]) => rule ?? ""))].sort();

const versions = async (): Promise<readonly string[]> =>
  (await ledgerRows(database)).map((row) => `${String(row["version"])} ${String(row["applied"])}`);

describe("uat, on PostgreSQL 18", () => {
  beforeAll(async () => {
    const promotesFrom = stackBelow("qa");
    await start(18, { tier: "uat", targetVersion: "0.2.0", promotesFrom });
    await publishBelow(project.folder, "qa");
  });
  afterAll(stop);

  it("plan tells what would run, what is held and what the gate refuses, and writes nothing", async () => {
    const { status, stdout, stderr } = await project.run("plan --stack uat --json");
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    const report = JSON.parse(stdout) as PlanReport;
    expect(report).toMatchObject({
      schemaVersion: 1,
      stack: "uat",
      tier: "uat",
      targetVersion: "0.2.0",
      applied: [],
      pending: [
        {
          number: 1,
          version: "0.1.0",
          file: "001_table_1.sql",
          state: "not started",
          reviewedBy: "Grace",
          rollbackFile: "001_table_1_rollback.sql",
          statements: [
            {
              line: 40,
              kind: "CREATE TABLE",
              target: "dagapp.t1",
              text: "L40 CREATE TABLE dagapp.t1 (id INTEGER PRIMARY KEY)",
              locks: [],
            },
          ],
        },
        { number: 2 },
      ],
      held: [{ number: 3, version: "0.3.0", file: "003_table_3.sql", ticket: "CHG-2026-0003" }],
      toRollBack: [],
      verdict: "refused",
    });
    expect(report.violations.map(({ rule, file }) => `${rule} ${file}`)).toEqual([
      "ticket-required 001_table_1.sql",
      "ticket-required 002_table_2.sql",
    ]);
    expect(await versions()).toEqual([]);
  });

  it("plan is for people too, and fine once the tickets are named", async () => {
    const refused = await project.run("plan --stack uat");
    expect(refused.stdout).toContain(
      `migrations/001_table_1.sql:5: its ticket CHG-2026-0001 is not`,
    );
    expect(refused.stdout).toContain("  5 | -- TICKET:      CHG-2026-0001\n    | ^\n");
    expect(refused.stdout).toMatch(/\nRefused: 2 errors; no migration would run\.\n$/);
    const { status, stdout } = await project.run(
      "plan --stack uat --ticket CHG-2026-0001 --ticket CHG-2026-0002",
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/\n {2}pending {2}0\.1\.0 {2}001_table_1\.sql {2}CHG-2026-0001\n/);
    expect(stdout).toMatch(/\n {2}held {5}0\.3\.0 {2}003_table_3\.sql {2}CHG-2026-0003\n/);
    expect(stdout).toMatch(/\n {2}L40 CREATE TABLE dagapp\.t1 \(id INTEGER PRIMARY KEY\)\n/);
    expect(stdout).toMatch(/\nMay run: 2 migrations\.\n$/);
  });

  it("apply is refused by the same gate, and runs nothing", async () => {
    const { status, stdout, stderr } = await project.run("apply --stack uat");
    expect({ status, stdout }).toEqual({
      status: 1,
      stdout: "Refused: 2 errors; nothing was run.\n",
    });
    expect(stderr).toContain("error ticket-required | tier uat");
    expect(await versions()).toEqual([]);
  });

  it("apply goes no further than it is told, nor above the target", async () => {
    const above = await project.run("apply --stack uat --to 0.3.0");
    expect(above).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("0.3.0 is above the stack's targetVersion 0.2.0.") as string,
    });
    const typo = await project.run("apply --stack uat --to 0.1.1");
    expect(typo.stderr).toContain("No migration has version 0.1.1.\n  Hint: did you mean 0.1.0?");
    const { status, stdout } = await project.run(
      "apply --stack uat --to 0.1.0 --ticket CHG-2026-0001",
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/^0\.1\.0 applied in [\d.]+ m?s\n$/);
    expect(await versions()).toEqual(["0.1.0 true"]);
  });

  it("apply takes up the rest, as the migrator, and finds nothing to do afterwards", async () => {
    const env = { DDL_TICKETS: "CHG-2026-0002" };
    expect(await project.run("apply --stack uat", env)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^0\.2\.0 applied in/) as string,
    });
    expect(await ledgerRows(database)).toMatchObject([
      { executed_by: database.names.migrator, ticket_number: "CHG-2026-0001" },
      { executed_by: database.names.migrator, ticket_number: "CHG-2026-0002" },
    ]);
    expect(await project.run("apply --stack uat")).toEqual({
      status: 0,
      stdout: "Nothing to do: the database is at its target.\n",
      stderr: "",
    });
  });

  it("status tells what is applied, by whom, for which ticket, and who works on it now", async () => {
    const runner = await database.connect("infrastructure");
    await runner.query(
      "BEGIN; LOCK TABLE public.schema_migration_lock IN SHARE UPDATE EXCLUSIVE MODE",
    );
    const { status, stdout } = await project.run("status --stack uat --json");
    await runner.end();
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as StatusReport;
    expect(report).toMatchObject({
      schemaVersion: 1,
      tier: "uat",
      stamp: "uat",
      runner: expect.stringContaining(
        `login ${database.names.migrator}, test: infrastructure`,
      ) as string,
      versions: [
        {
          version: "0.1.0",
          status: "applied",
          executedBy: database.names.migrator,
          ticket: "CHG-2026-0001",
        },
        { version: "0.2.0", status: "applied" },
      ],
    });
    const text = (await project.run("status --stack uat")).stdout;
    expect(text).toMatch(
      /^uat: tier uat, 127\.0\.0\.1:\d+\/db_\w+, PostgreSQL 18[.\d]*, stamped uat\n/,
    );
    expect(text).toMatch(
      /\n {2}0\.1\.0 {2}applied {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC {2}[\d.]+ m?s {2,}by migrator_\w+ {2}CHG-2026-0001\n/,
    );
    expect(text).toMatch(/\nNobody runs migrations now\.\n$/);
  });

  it("rollback wants a ticket and the newest version", async () => {
    expect(await project.run("rollback 0.2.0 --stack uat")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("A rollback in uat needs a change ticket.") as string,
    });
    const older = await project.run("rollback 0.1.0 --stack uat --ticket CHG-2026-0210");
    expect(older).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("while a later one is there: 0.2.0 (applied)") as string,
    });
    expect(await versions()).toEqual(["0.1.0 true", "0.2.0 true"]);
  });

  it("rollback asks the gate of a lowered target: a text that was never tested does not run", async () => {
    const name = "002_table_2_rollback.sql";
    const tested = await readFile(join(project.migrations, name), "utf8");
    await project.write({ [name]: tested.replace("DROP TABLE", "DROP TABLE /* quicker */") });
    const refused = await project.run("rollback 0.2.0 --stack uat --ticket CHG-2026-0210");
    expect(refused).toMatchObject({ status: 1, stdout: "Refused: 2 errors; nothing was run.\n" });
    expect(rulesIn(refused.stderr)).toEqual(["rollback-not-reviewed", "rollback-not-tested"]);
    await project.write({ [name]: tested });
    expect(await versions()).toEqual(["0.1.0 true", "0.2.0 true"]);
  });

  it("rollback judges a file that was changed since like a migration, and so does check", async () => {
    const name = "002_table_2_rollback.sql";
    const tested = await readFile(join(project.migrations, name), "utf8");
    await database.rows("INSERT INTO dagapp.t1 VALUES (1), (2)");
    const more = "DELETE FROM dagapp.t1 WHERE id = 1;\nTRUNCATE dagapp.t1;\n";
    await project.write({ [name]: tested.replace("COMMIT;", `${more}COMMIT;`) });
    const refused = await project.run("rollback 0.2.0 --stack uat --ticket CHG-2026-0210");
    expect(refused.status).toBe(1);
    expect(rulesIn(refused.stderr)).toEqual(
      expect.arrayContaining(["rollback-not-tested", "rollback-takes-more"]) as string[],
    );
    expect(refused.stderr).toContain("the rollback deletes rows of dagapp.t1");
    expect(refused.stderr).toContain("the rollback empties dagapp.t1");
    const checked = await project.run(`check --tier uat ${name}`);
    expect(checked.status).toBe(1);
    expect(checked.stdout).toContain("the rollback empties dagapp.t1");
    // Nor is it proven, whatever the header says.
    const proof = await project.run("prove 0.2.0 --stack uat");
    expect(proof.status).toBe(1);
    expect(proof.stdout).toContain("dagapp.t1");
    await project.write({ [name]: tested });
    expect(await database.rows("SELECT count(*)::int AS n FROM dagapp.t1")).toEqual([{ n: 2 }]);
  });

  it("apply does not take back what is above a lowered target, and says what does", async () => {
    const promotesFrom = stackBelow("qa");
    await project.configure("uat", database, { targetVersion: "0.1.0", promotesFrom });
    expect(await project.run("apply --stack uat --ticket CHG-2026-0210")).toMatchObject({
      status: 1,
      stdout: "Nothing was run: 0.2.0 is above the target 0.1.0.\n",
      stderr: expect.stringContaining("ddl rollback --to 0.1.0 takes back") as string,
    });
    await project.configure("uat", database);
  });

  it("rollback runs the rollback file, and the ledger has its ticket and login", async () => {
    await database.rows("INSERT INTO dagapp.t2 SELECT generate_series(1, 7)");
    await database.rows("ANALYZE dagapp.t2");
    const { status, stdout, stderr } = await project.run(
      "rollback 0.2.0 --stack uat --ticket CHG-2026-0210",
    );
    expect(stderr).toContain("would be lost: about 7 rows (estimate) of dagapp.t2: table");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^0\.2\.0 rolled back in /);
    expect(stderr).toContain("targetVersion is 0.2.0: where that is above");
    expect(await exists(database, "dagapp.t2")).toBe(false);
    expect(await versions()).toEqual(["0.1.0 true", "0.2.0 false"]);
    expect((await eventsOf(database, "0.2.0")).at(-1)).toBe("rolled-back");
    expect((await project.run("status --stack uat")).stdout).toContain("  0.2.0  rolled back");
    expect((await project.run("rollback 0.2.0 --stack uat --ticket CHG-2026-0210")).stdout).toBe(
      "0.2.0 was rolled back already\n",
    );
  });

  it("touches nothing of a stack whose tier is not the database's", async () => {
    await project.configure("prod", database, { tier: "prod" });
    const all = ["plan", "apply", "rollback --to 0.1.0 --ticket CHG-2026-0210"];
    const outcomes = await Promise.all(all.map((words) => project.run(`${words} --stack prod`)));
    for (const { status, stdout, stderr } of outcomes) {
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr).toContain("is stamped uat, but this stack's tier is prod");
    }
    const shown = await project.run("status --stack prod");
    expect(shown.status).toBe(1);
    expect(shown.stdout).toContain("stamped uat, which is another tier's");
  });

  it("ends with status 2 where it cannot be told", async () => {
    await project.configure("nowhere", database, { port: 1 });
    await project.configure("wrong", database, { tier: "UAT", port: "x" });
    await allRefused([
      ["plan --stack uta", "There is no stack uta.\n  Hint: did you mean uat?"],
      ["plan --stack nowhere", "No server listens on 127.0.0.1:1.\n  Hint: "],
      ["plan --stack wrong", "The configuration has 2 problem(s):\n  tier: "],
      ["plan --stack uat --sandbox", "There is no sandbox in "],
      ["plan --stack nowhere --sandbox", "The sandbox has no stack nowhere."],
      ["plan --stack uat --ticket 7", "7 is not a change ticket."],
    ]);
  });
});

/** What a person adds to the post-flight of a new column. */
const columnCheck = `DO $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM pg_catalog.pg_attribute
        WHERE attrelid = to_regclass('dagapp.t1') AND attname = 'status' AND NOT attisdropped
    ) THEN
        RAISE EXCEPTION 'Validation failed: missing column: dagapp.t1.status';
    END IF;
END $$;`;

/** Runs all commands at the same time: each ends with 2, prints nothing and says why. */
async function allRefused(
  refusals: readonly (readonly [words: string, message: string])[],
): Promise<void> {
  const outcomes = await Promise.all(refusals.map(([words]) => project.run(words)));
  for (const [index, { status, stdout, stderr }] of outcomes.entries()) {
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(refusals[index]?.[1] ?? "no such refusal");
  }
}

describe("dev, on PostgreSQL 15", () => {
  beforeAll(() => start(15, { tier: "dev" }));
  afterAll(stop);

  it("apply runs everything, stops at what fails, and goes on when it is called again", async () => {
    const good = await readFile(join(project.migrations, "003_table_3.sql"), "utf8");
    await project.write({
      "003_table_3.sql": good.replace(
        "COMMIT;",
        "ALTER TABLE dagapp.missing ADD COLUMN x TEXT;\nCOMMIT;",
      ),
    });
    const failed = await project.run("apply");
    expect(failed.status).toBe(1);
    expect(failed.stdout).toMatch(/^0\.1\.0 applied in .*\n0\.2\.0 applied in .*\n$/);
    expect(failed.stderr).toMatch(/003_table_3\.sql:41.*dagapp\.missing/);
    await project.write({ "003_table_3.sql": good });
    expect((await project.run("apply")).stdout).toMatch(/^0\.3\.0 applied in .*\n$/);
  });

  it("rollback --to takes back all above, newest first", async () => {
    const { status, stdout } = await project.run("rollback --to 0.1.0");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^0\.3\.0 rolled back in .*\n0\.2\.0 rolled back in .*\n$/);
    expect(await versions()).toEqual(["0.1.0 true", "0.2.0 false", "0.3.0 false"]);
    expect((await project.run("rollback --to 0.1.0")).stdout).toMatch(/^Nothing to do/);
  });

  it("refuses a rollback that is asked for wrongly", () =>
    allRefused([
      ["rollback", "ddl rollback needs VERSION or --to."],
      ["rollback 0.2.0 --to 0.1.0", "VERSION and --to say two different things."],
      ["rollback 0.9.0", "No migration has version 0.9.0."],
      ["rollback 0.1.0 --ticket 7", "7 is not a change ticket."],
    ]));

  it("prove proves what is not proven, records it, and says what is not", async () => {
    const { status, stdout } = await project.run("prove 0.2.0");
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^002_table_2\.sql: the rollback of 0\.2\.0 is proven: [^\n]*\n {2}with 20 rows in 1 table\n$/,
    );
    const good = await readFile(join(project.migrations, "003_table_3_rollback.sql"), "utf8");
    await project.write({
      "003_table_3_rollback.sql": good.replace("DROP TABLE IF EXISTS dagapp.t3;", "SELECT 1;"),
    });
    const failed = await project.run("prove 0.3.0");
    expect(failed.status).toBe(1);
    expect(failed.stdout).toMatch(/the rollback of 0\.3\.0 is not proven[^]*dagapp\.t3/);
    await project.write({ "003_table_3_rollback.sql": good });
    expect((await project.run("prove")).stdout).toMatch(/0\.1\.0 is proven[^]*0\.3\.0 is proven/);
    expect((await project.run("prove")).stdout).toBe("Nothing to do: every rollback is proven.\n");
    expect((await project.run("prove 0.9.0")).stderr).toContain(
      "No migration has the version 0.9.0.",
    );
    expect((await project.run("status")).stdout).toMatch(
      / 0\.1\.0 {2}applied .*\s+rollback proven\n/,
    );
  });

  it("what new writes runs and rolls back once the brackets are filled in", async () => {
    await project.run("apply");
    await project.runWords(["new", "Keep a note's status", "--table", "dagapp.t1"]);
    const name = "004_keep_a_notes_status";
    const filled = async (
      file: string,
      ...changes: readonly (readonly [string | RegExp, string])[]
    ) => {
      const text = await readFile(join(project.migrations, file), "utf8");
      const changed = changes.reduce((all, [from, to]) => all.replace(from, () => to), text);
      await project.write({ [file]: changed });
    };
    await filled(
      `${name}.sql`,
      // Open too where there is no git.
      ["[Your name]", "Ada"],
      [/\[for the size.*\]/, "1 minute"],
      ["[Yes/No]", "No"],
      ["[Low/Medium/High]", "Medium"],
      ["[Automatic/Manual/Not possible]", "Manual"],
      ["-- Step 1: [what changes]", "ALTER TABLE dagapp.t1 ADD COLUMN status TEXT;"],
      ["[schema.table]", "dagapp.t1"],
      ["-- Record completion", `${columnCheck}\n\n-- Record completion`],
    );
    await filled(`${name}_rollback.sql`, [
      /-- Step 1: \[.*\]/,
      "ALTER TABLE dagapp.t1 DROP COLUMN IF EXISTS status;",
    ]);
    const checked = await project.run(`check --tier dev ${name}.sql`);
    expect(checked.stdout).toMatch(/\n1 migration checked for dev: 0 errors, 2 warnings\n/);
    expect(checked.stdout).toMatch(/\nuat and prod would refuse \d+ more places?:\n/);
    expect(checked.stdout).toContain(`  In full: npx ddl check ${name}.sql\n`);
    expect((await project.run("apply")).stdout).toMatch(/^0\.4\.0 applied in/);
    expect((await project.run("rollback 0.4.0")).stdout).toMatch(/^0\.4\.0 rolled back in/);
    const again = await project.run("apply");
    expect(again.stdout).toMatch(/^0\.4\.0 applied in/);
    expect(again.stderr).toContain("notice: Migration 0.4.0 completed successfully");
  });

  it("apply tells of privileges that are not as declared", async () => {
    const admin = await database.connect("infrastructure");
    await admin.query("GRANT TRUNCATE ON dagapp.t1 TO PUBLIC");
    await admin.end();
    await project.run("rollback 0.4.0");
    const { status, stderr } = await project.run("apply");
    expect(status).toBe(0);
    expect(stderr).toMatch(/1 privilege\(s\) are not as declared; up mends them:\n.*TRUNCATE/);
  });
});

describe("a database that was never brought up, on PostgreSQL 18", () => {
  beforeAll(() => start(18, { tier: "dev" }, false));
  afterAll(stop);

  it("can be planned for, and tells that it has no ledger", async () => {
    expect((await project.run("plan")).stdout).toMatch(/\nMay run: 3 migrations\.\n$/);
    expect((await project.run("status")).stdout).toContain(
      "no stamp: never set up by this program",
    );
  });

  it("is not touched", async () => {
    await allRefused([
      ["apply", "bring the stack up once"],
      ["rollback 0.1.0", "bring the stack up once"],
    ]);
    expect(await exists(database, "public.schema_migrations")).toBe(false);
  });
});
