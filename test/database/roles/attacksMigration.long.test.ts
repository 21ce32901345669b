/**
 * What a migration file that means ill can do beyond its schemas, and to the record of what happened: nothing. Every
 * attack runs inside a migration, as the program runs it, and hides its SQL from the parser in a DO block.
 */
import { impactsAmong } from "../../../migrations/engine/impact/classify";
import { applyMigration } from "../../../migrations/engine/run/run";
import { withRunner } from "../../../migrations/engine/server/runner";
import { type PostgresServer, startServer } from "../../../sandbox/server";
import { errorCode } from "../../../stack/connection";
import type { Attack } from "../../support/attacks/attack";
import { makeAttackedDatabase } from "../../support/attacks/attackedDatabase";
import { Target } from "../../support/attacks/attackRun";
import { historyTries } from "../../support/attacks/historyTries";
import { infrastructureTries } from "../../support/attacks/infrastructureTries";
import { migrationTries } from "../../support/attacks/migrationTries";
import { makeMigration } from "../../support/files/makeMigration";
import { arrange, failureOf } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const events = "public.schema_migration_events";
const ledger = "public.schema_migrations";

/** Against the record, made one by one; and all the rest that the infrastructure role is refused, made in one file. */
const forging = [...historyTries.attacks, ...migrationTries.attacks];
const beyond = infrastructureTries.attacks;

/** Changes, without those of the program's own tables, which a run writes, and of one more table. */
const othersThan = (changes: readonly string[], table = "-"): readonly string[] =>
  changes.filter(
    (line) => !/^. rows of public\.schema_migration/.test(line) && !line.includes(table),
  );

const begins = [
  { where: "in a transaction", begin: "BEGIN;\n", commit: "\nCOMMIT;" },
  { where: "on its own", begin: "", commit: "" },
];

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  let server: PostgresServer;
  let database: ProgramDatabase;
  let target: Target;
  let attempts = 0;

  const hidden = ({ sql }: Attack): string =>
    `DO $hidden$ BEGIN\n${sql
      .map((one) => `  EXECUTE $sql$${target.named(one)}$sql$;`)
      .join("\n")}\nEND $hidden$;`;
  const rowsOf = (table: string): Promise<readonly Record<string, unknown>[]> =>
    database.rows(`SELECT * FROM ${table} ORDER BY id`);

  beforeAll(async () => {
    server = await startServer({ major, settings: { autovacuum: "off" } });
    database = await makeAttackedDatabase(server);
    target = await Target.of(database);
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  describe.each(begins)("$where", ({ begin, commit }) => {
    it.each(forging)("refuses a migration that $title", async (attack) => {
      attempts += 1;
      const version = `9.0.${attempts}`;
      const migration = makeMigration({
        name: `009_attack_${attempts}`,
        version,
        body: begin + hidden(attack) + commit,
      });
      const before = { events: await rowsOf(events), ledger: await rowsOf(ledger) };

      const error = await failureOf(
        withRunner(database.access, (runner) =>
          applyMigration(
            runner,
            { migration, lower: [], expected: impactsAmong([migration], migration) },
            () => undefined,
          ),
        ),
      );
      expect(error).toMatchObject({ code: "STATEMENT_FAILED" });
      expect(errorCode(error.cause)).toBe("42501");

      const after = await rowsOf(events);
      expect(after.slice(0, before.events.length)).toEqual(before.events);
      expect(
        after.slice(before.events.length).map(({ kind, login, version: of }) => [kind, login, of]),
      ).toEqual([
        ["structure-recorded", database.names.admin, version],
        ["started", database.names.migrator, version],
        ["failed", database.names.migrator, version],
      ]);
      expect((await rowsOf(ledger)).filter((row) => row["version"] !== version)).toEqual(
        before.ledger,
      );
    });

    it("leaves nothing else behind", async () => {
      expect(othersThan(await target.changes())).toEqual([]);
    });
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

  it("refuses each thing beyond its schemas to a migration that tries all and catches every error", async () => {
    await arrange(database, "CREATE TABLE dagapp.endings (number INTEGER, code TEXT)");
    await target.settle();
    const tries = beyond.map(
      ({ sql }, number) => `  BEGIN
${sql.map((one) => `    EXECUTE $sql$${target.named(one)}$sql$;`).join("\n")}
    RAISE EXCEPTION 'not refused' USING ERRCODE = '00000';
  EXCEPTION WHEN OTHERS THEN
    INSERT INTO dagapp.endings VALUES (${number}, SQLSTATE);
  END;`,
    );
    const migration = makeMigration({
      name: "010_tries_all",
      version: "9.1.0",
      body: `BEGIN;\nDO $hidden$ BEGIN\n${tries.join("\n")}\nEND $hidden$;\nCOMMIT;`,
    });
    await withRunner(database.access, (runner) =>
      applyMigration(
        runner,
        { migration, lower: [], expected: impactsAmong([migration], migration) },
        () => undefined,
      ),
    );

    const endings = await database.rows("SELECT code FROM dagapp.endings ORDER BY number");
    const named = (codes: readonly unknown[]): unknown =>
      codes.map((code, number) => [beyond[number]?.title, code]);
    expect(named(endings.map(({ code }) => code))).toEqual(named(beyond.map(() => "42501")));
    expect(othersThan(await target.changes(), "dagapp.endings")).toEqual([]);
  });
});
