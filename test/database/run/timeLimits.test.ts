/**
 * The time limits that a file's header states: they hold for its transactions, its batches and what runs alone, for this
 * file only, and are on record.
 */
import type { MigrationFile } from "../../../migrations/engine/files/file";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { MAJORS } from "../../../sandbox/binaries";
import type { Access } from "../../../stack/connection";
import { makeMigration, type MigrationParts } from "../../support/files/makeMigration";
import { apply, arrange, failureOf, rollBack } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const suite = useServer({ major: MAJORS[0] });
let database: ProgramDatabase;

beforeAll(loadParser);
beforeEach(async () => {
  database = await suite.database();
  await arrange(
    database,
    "CREATE TABLE dagapp.seen (id SERIAL PRIMARY KEY, limits TEXT)",
    "INSERT INTO dagapp.seen (limits) SELECT NULL FROM generate_series(1, 10)",
    "CREATE FUNCTION dagapp.slow(id INTEGER) RETURNS INTEGER LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_sleep(0.15); RETURN id; END $$",
  );
});

const shown = "current_setting('lock_timeout') || ', ' || current_setting('statement_timeout')";
const note = `INSERT INTO dagapp.seen (limits) VALUES (${shown});`;
const noted = async (): Promise<readonly unknown[]> =>
  (await database.rows("SELECT DISTINCT limits FROM dagapp.seen WHERE limits IS NOT NULL")).map(
    ({ limits }) => limits,
  );
const recorded = async (): Promise<readonly unknown[]> =>
  (
    await database.rows(
      "SELECT detail -> 'limits' AS limits FROM public.schema_migration_events WHERE kind = 'started' ORDER BY id",
    )
  ).map(({ limits }) => limits);

const limits = ["Lock timeout: 700 ms", "Statement timeout: 7 s"];
/** The stack's own. */
const usual = (): Access =>
  database.accessWith({ lockTimeoutMs: "3000", statementTimeoutMs: "9000" });
const migration = (parts: MigrationParts): MigrationFile =>
  makeMigration({ rollbackBody: note, tables: "dagapp.seen", ...parts });

describe("limits of a header", () => {
  it("hold in a transaction, and the stack's hold in the next one", async () => {
    const first = migration({ limits, body: `BEGIN;\n${note}\nCOMMIT;` });
    await apply(database, first, { access: usual() });
    expect(await noted()).toEqual(["700ms, 7s"]);
    await arrange(database, "DELETE FROM dagapp.seen");
    const second = migration({
      name: "002_more",
      version: "2.0.0",
      body: `BEGIN;\n${note}\nCOMMIT;`,
    });
    await apply(database, second, { access: usual() });
    expect(await noted()).toEqual(["3s, 9s"]);
    expect(await recorded()).toEqual([
      { lockTimeoutMs: 700, statementTimeoutMs: 7_000 },
      { lockTimeoutMs: 3_000, statementTimeoutMs: 9_000 },
    ]);
  });

  it("hold in each round of a batch", async () => {
    const body = `-- batch rows=4\nUPDATE dagapp.seen SET limits = ${shown} WHERE limits IS NULL;`;
    await apply(database, migration({ limits, body }), { access: usual() });
    expect(await noted()).toEqual(["700ms, 7s"]);
  });

  it("of a rollback are those of its own file", async () => {
    const file = migration({
      limits,
      rollbackLimits: ["STATEMENT TIMEOUT: 8 s"],
      body: "SELECT 1;",
    });
    await apply(database, file, { access: usual() });
    await rollBack(database, file, { access: usual() });
    expect(await noted()).toEqual(["3s, 8s"]);
    expect((await recorded())[1]).toEqual({ lockTimeoutMs: 3_000, statementTimeoutMs: 8_000 });
  });

  it("let a statement run for longer than the stack does, and cut another off sooner", async () => {
    const body = "BEGIN;\nSELECT pg_sleep(1.2);\nCOMMIT;";
    const long = migration({ limits: ["Statement timeout: 5 s"], body });
    const strict = database.accessWith({ statementTimeoutMs: "500" });
    await apply(database, long, { access: strict });
    const short = migration({
      ...{ name: "002_more", version: "2.0.0", body },
      limits: ["Statement timeout: 1 s"],
    });
    const error = await failureOf(apply(database, short, { access: usual() }));
    expect(error.message).toContain("the Statement timeout of its header");
  });

  it("of what runs alone hold only where the file states one", async () => {
    const body = "CREATE INDEX CONCURRENTLY seen_slow ON dagapp.seen (dagapp.slow(id));";
    const short = migration({ limits: ["Statement timeout: 1 s"], body });
    const error = await failureOf(apply(database, short, { access: usual() }));
    expect(error.message).toContain("CREATE INDEX CONCURRENTLY");
    // The same SQL with another header: the rerun clears away what was left, and ends.
    const strict = database.accessWith({ statementTimeoutMs: "500" });
    const { state } = await apply(database, migration({ body }), { access: strict });
    expect(state.status).toBe("applied");
  });

  it("make a wait for a lock end sooner", async () => {
    const holder = await database.connect("infrastructure");
    await holder.query("BEGIN");
    await holder.query("LOCK TABLE dagapp.seen IN SHARE MODE");
    const file = migration({ limits: ["Lock timeout: 100 ms"], body: `BEGIN;\n${note}\nCOMMIT;` });
    const access = database.accessWith({ lockTimeoutMs: "30000" });
    const { log } = await apply(database, file, {
      access,
      onLog: (line) => {
        if (/another session is in the way/.test(line)) void holder.query("COMMIT");
      },
    });
    expect(log.join("\n")).toMatch(/another session is in the way \(55P03\)/);
  });
});
