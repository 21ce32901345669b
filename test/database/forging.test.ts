/**
 * What a migration file that means ill can do to the record of what happened: nothing. Every attack runs inside a
 * migration, as the runner runs it, and hides its SQL from the parser in a DO block.
 */
import { errorCode } from "../../migrations/engine/database";
import { applyMigration } from "../../migrations/engine/run";
import { loadParser } from "../../migrations/engine/statements";
import { MAJORS } from "../../sandbox/binaries";
import { type PostgresServer, startServer } from "../../sandbox/server";
import { makeMigration } from "../support/makeMigration";
import { makeProgramDatabase, type ProgramDatabase } from "../support/programDatabase";

jest.setTimeout(60_000);

const events = "public.schema_migration_events";
const ledger = "public.schema_migrations";

/** What is done, one statement after the other. {admin}, {migrator} and {infra} stand for the real names. */
const attacks: readonly (readonly [string, readonly string[]])[] = [
  ["says who", [`INSERT INTO ${events} (kind, login) VALUES ('applied', '{admin}')`]],
  ["says when", [`INSERT INTO ${events} (kind, happened_at) VALUES ('applied', '2020-01-01')`]],
  [
    "takes a number",
    [`INSERT INTO ${events} (kind, id) OVERRIDING SYSTEM VALUE VALUES ('applied', 1)`],
  ],
  ["moves the numbers", [`SELECT setval('public.schema_migration_events_id_seq', 1)`]],
  ...["signed-off", "stamped", "proven", "acknowledged", "break-glass-opened", "healed"].map(
    (kind) => [`decides: ${kind}`, [`INSERT INTO ${events} (kind) VALUES ('${kind}')`]] as const,
  ),
  ["makes up a kind", [`INSERT INTO ${events} (kind) VALUES ('blessed')`]],
  [
    "turns row security off for itself",
    ["SET LOCAL row_security = off", `INSERT INTO ${events} (kind) VALUES ('signed-off')`],
  ],
  ["turns row security off", [`ALTER TABLE ${events} DISABLE ROW LEVEL SECURITY`]],
  ["drops a policy", [`DROP POLICY run_events ON ${events}`]],
  ["widens a policy", [`ALTER POLICY run_events ON ${events} WITH CHECK (true)`]],
  ["rewrites history", [`UPDATE ${events} SET kind = 'applied'`]],
  [
    "merges history",
    [`MERGE INTO ${events} e USING (SELECT 1 AS one) s ON true WHEN MATCHED THEN DELETE`],
  ],
  ["deletes history", [`DELETE FROM ${events}`]],
  ["empties history", [`TRUNCATE ${events}`]],
  ["drops history", [`DROP TABLE ${events} CASCADE`]],
  [
    "watches history",
    [
      `CREATE TRIGGER t BEFORE INSERT ON ${events} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
    ],
  ],
  ["silences history", [`CREATE RULE r AS ON INSERT TO ${events} DO INSTEAD NOTHING`]],
  ["changes a default", [`ALTER TABLE ${events} ALTER COLUMN login SET DEFAULT '{admin}'`]],
  ["deletes from the ledger", [`DELETE FROM ${ledger}`]],
  ["empties the ledger", [`TRUNCATE ${ledger}`]],
  ["drops the ledger", [`DROP TABLE ${ledger}`]],
  ["drops the runner lock", ["DROP TABLE public.schema_migration_lock"]],
  ["drops public", ["DROP SCHEMA public CASCADE"]],
  ["takes the events over", [`ALTER TABLE ${events} OWNER TO {infra}`]],
  [
    "lets itself write more",
    [`GRANT ALL ON ${events} TO {infra}`, `UPDATE ${events} SET kind = 'applied'`],
  ],
  ["resets its role and deletes", ["RESET ROLE", `DELETE FROM ${events}`]],
  ["sheds its role and deletes", ["SET ROLE NONE", `DELETE FROM ${events}`]],
  ["sheds its role and says nothing", ["SET ROLE NONE"]],
  [
    "sheds its role by set_config",
    ["SELECT set_config('role', 'none', false)", `DELETE FROM ${ledger}`],
  ],
  ["becomes the admin", ["SET ROLE {admin}"]],
  ["becomes the admin by set_config", ["SELECT set_config('role', '{admin}', false)"]],
  ["logs in again as the admin", ["SET SESSION AUTHORIZATION {admin}"]],
  ["resets its login and deletes", ["RESET SESSION AUTHORIZATION", `DELETE FROM ${events}`]],
  ["stops triggers and checks", ["SET session_replication_role = replica"]],
  ["lends itself the admin", ["GRANT {admin} TO {migrator}"]],
];

describe.each(MAJORS)("on PostgreSQL %d", (major) => {
  let server: PostgresServer;
  let database: ProgramDatabase;
  let attempts = 0;

  const named = (sql: string): string =>
    sql
      .replaceAll("{admin}", database.names.admin)
      .replaceAll("{migrator}", database.names.migrator)
      .replaceAll("{infra}", database.settings.roles.infrastructure);
  const hidden = (statements: readonly string[]): string =>
    `DO $hidden$ BEGIN\n${statements
      .map((sql) => `  EXECUTE $sql$${named(sql)}$sql$;`)
      .join("\n")}\nEND $hidden$;`;
  const all = async (table: string): Promise<readonly Record<string, unknown>[]> =>
    database.rows(`SELECT * FROM ${table} ORDER BY id`);
  /** How the tables are made, policies and privileges included. */
  const making = async (): Promise<unknown> =>
    database.rows(
      `SELECT relname, relowner, relacl::text, relrowsecurity, relhastriggers, relhasrules,
              (SELECT jsonb_agg(p ORDER BY polname) FROM pg_policy p WHERE polrelid = c.oid) AS policies,
              (SELECT jsonb_agg(pg_get_expr(adbin, adrelid) ORDER BY adnum) FROM pg_attrdef WHERE adrelid = c.oid) AS defaults
         FROM pg_class c WHERE relnamespace = 'public'::regnamespace ORDER BY relname`,
    );

  beforeAll(async () => {
    await loadParser();
    server = await startServer({ major });
    database = await makeProgramDatabase(server);
    await applyMigration(
      database.access,
      { migration: makeMigration(), lower: [] },
      () => undefined,
    );
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  it.each(
    attacks.flatMap(([name, statements]) => [
      { name, where: "in a transaction", statements, begin: "BEGIN;\n", commit: "\nCOMMIT;" },
      { name, where: "on its own", statements, begin: "", commit: "" },
    ]),
  )("refuses a migration that $name, $where", async ({ statements, begin, commit }) => {
    attempts += 1;
    const version = `9.0.${attempts}`;
    const migration = makeMigration({
      name: `009_attack_${attempts}`,
      version,
      body: begin + hidden(statements) + commit,
    });
    const before = { events: await all(events), ledger: await all(ledger), making: await making() };

    const error: unknown = await applyMigration(
      database.access,
      { migration, lower: [] },
      () => undefined,
    ).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "STATEMENT_FAILED" });
    expect(errorCode((error as Error).cause)).toBe("42501");

    const after = await all(events);
    expect(after.slice(0, before.events.length)).toEqual(before.events);
    expect(
      after.slice(before.events.length).map(({ kind, login, version: of }) => [kind, login, of]),
    ).toEqual([
      ["started", database.names.migrator, version],
      ["failed", database.names.migrator, version],
    ]);
    expect((await all(ledger)).filter((row) => row["version"] !== version)).toEqual(before.ledger);
    expect(await making()).toEqual(before.making);
  });

  it("fills in number, time and login of what a run may say", async () => {
    const client = await database.connect("infrastructure");
    await client.query(`INSERT INTO ${events} (kind) VALUES ('started')`);
    const [last] = await database.rows(
      `SELECT login::text, happened_at > now() - interval '1 minute' AS recent,
              id = (SELECT max(id) FROM ${events}) AS newest FROM ${events} ORDER BY id DESC LIMIT 1`,
    );
    expect(last).toEqual({ login: database.names.migrator, recent: true, newest: true });
  });
});
