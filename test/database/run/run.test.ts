/**
 * A run: in order, once, recorded with who and which ticket, kept whole or not at all, resumed where it broke off.
 */
import { planMigrations } from "../../../migrations/engine/gate/input/plan";
import { readHistory } from "../../../migrations/engine/ledger/ledger";
import { OrderError } from "../../../migrations/engine/run/run";
import { StatementError } from "../../../migrations/engine/run/statementError";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { loadMigrations } from "../../../migrations/engine/survey/load";
import { forwardText, makeMigration } from "../../support/files/makeMigration";
import { migrationsFolder } from "../../support/files/migrationFiles";
import {
  apply,
  arrange,
  eventsOf,
  exists,
  failureOf,
  ledgerRows,
} from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const lineOf = (text: string, part: string): number =>
  text.slice(0, text.indexOf(part)).split("\n").length;

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;

  beforeAll(loadParser);
  beforeEach(async () => {
    database = await suite.database();
  });

  it("applies the project's own migrations in order, as the migrator, with their tickets", async () => {
    const { migrations } = await loadMigrations(migrationsFolder);
    const versions = migrations.map(({ header }) => header.version);
    for (const [index, migration] of migrations.entries()) {
      const { ranNow } = await apply(database, migration, { lower: versions.slice(0, index) });
      expect(ranNow).toBe(true);
      expect((await eventsOf(database, migration.header.version)).at(-1)).toBe("applied");
    }
    expect(await ledgerRows(database)).toMatchObject(
      migrations.map(({ header }) => ({
        version: header.version,
        applied: true,
        rolled_back_at: null,
        started_at: expect.any(Date) as Date,
        completed_at: expect.any(Date) as Date,
        executed_by: database.names.migrator,
        ticket_number: header.ticket,
      })),
    );
    expect((await database.heal()).left).toEqual([]);
    expect(await database.deviations()).toEqual([]);
  });

  it("does nothing the second time", async () => {
    const first = await apply(database, makeMigration());
    const before = [await ledgerRows(database), await eventsOf(database, "1.0.0")];
    const second = await apply(database, makeMigration());
    expect([first.ranNow, second.ranNow]).toEqual([true, false]);
    expect(second.state).toEqual(first.state);
    expect([await ledgerRows(database), await eventsOf(database, "1.0.0")]).toEqual(before);
  });

  it("records checksums, header and each segment, by the login that ran", async () => {
    const migration = makeMigration();
    await apply(database, migration);
    expect(await eventsOf(database, "1.0.0")).toEqual(["started", "segment-done 1", "applied"]);
    expect(
      await database.rows(
        `SELECT login::text, checksum, rollback_checksum, ticket, detail->>'file' AS file,
                detail->'header'->>'reviewedBy' AS reviewer
           FROM public.schema_migration_events WHERE kind = 'started'`,
      ),
    ).toEqual([
      {
        login: database.names.migrator,
        checksum: migration.checksum,
        rollback_checksum: migration.rollback?.checksum,
        ticket: "CHG-2026-0142",
        file: "001_add_jobs.sql",
        reviewer: "Grace",
      },
    ]);
  });

  it("makes what it makes belong to the infrastructure role", async () => {
    await apply(database, makeMigration());
    expect(
      await database.rows("SELECT tableowner FROM pg_tables WHERE schemaname = 'dagapp'"),
    ).toEqual([{ tableowner: database.settings.roles.infrastructure }]);
  });

  it("refuses a version while a lower one is open, and writes nothing", async () => {
    const error = await failureOf(apply(database, makeMigration(), { lower: ["0.9.0"] }));
    expect(error).toBeInstanceOf(OrderError);
    expect(error.message).toContain("version 0.9.0 comes first");
    expect(await ledgerRows(database)).toEqual([]);
    expect(await eventsOf(database, "1.0.0")).toEqual([]);
  });

  it("keeps nothing of a transaction that fails, and says where and why", async () => {
    const parts = {
      body: "BEGIN;\nCREATE TABLE dagapp.jobs (id INTEGER);\nINSERT INTO dagapp.jobs\nSELECT id, größe FROM dagapp.nowhere;\nCOMMIT;",
    };
    const error = await failureOf(apply(database, makeMigration(parts)));
    expect(error).toBeInstanceOf(StatementError);
    const text = forwardText(parts);
    const line = lineOf(text, "INSERT INTO dagapp.jobs\n");
    expect(error.message).toContain(`001_add_jobs.sql:${line}: INSERT dagapp.jobs failed`);
    expect(error.message).toContain("SQLSTATE 42P01");
    expect(error.message).toContain(
      `  ${line + 1} | SELECT id, größe FROM dagapp.nowhere\n` +
        `  ${" ".repeat(String(line).length)} | ${" ".repeat("SELECT id, größe FROM ".length)}^`,
    );
    expect(error.message).toContain("Nothing of version 1.0.0 was kept.");
    expect(await exists(database, "dagapp.jobs")).toBe(false);
    expect(await ledgerRows(database)).toMatchObject([{ applied: false, completed_at: null }]);
    expect(
      await database.rows(
        "SELECT segment, detail - 'message' - 'seal' AS detail FROM public.schema_migration_events WHERE kind = 'failed'",
      ),
    ).toEqual([{ segment: 1, detail: { line, sqlstate: "42P01" } }]);
  });

  it("stops at a failing pre-flight check, before anything is made", async () => {
    const migration = makeMigration({
      preflight: "DO $$ BEGIN RAISE EXCEPTION 'not today'; END $$;",
    });
    const error = await failureOf(apply(database, migration));
    expect(error.message).toContain("not today (SQLSTATE P0001)");
    expect(await exists(database, "dagapp.jobs")).toBe(false);
  });

  it("records no work of a check that only took a transaction's number", async () => {
    const parts = {
      preflight: "SELECT pg_current_xact_id();",
      body: "BEGIN;\nSELECT 1 / 0;\nCOMMIT;",
    };
    await failureOf(apply(database, makeMigration(parts)));
    expect((await eventsOf(database, "1.0.0")).join()).not.toContain("segment-done");
  });

  describe("after a segment that is kept", () => {
    const body = (second: string): string =>
      `BEGIN;\nINSERT INTO dagapp.trace VALUES ('first');\nCOMMIT;\nBEGIN;\n${second}\nCOMMIT;`;
    const traces = async (): Promise<number> =>
      (await database.rows("SELECT * FROM dagapp.trace")).length;
    beforeEach(() => arrange(database, "CREATE TABLE dagapp.trace (what TEXT)"));

    it("says what is kept and how to go back, and resumes at the first segment not done", async () => {
      const parts = { body: body("INSERT INTO dagapp.later VALUES (1);") };
      const migration = makeMigration(parts);
      const error = await failureOf(apply(database, migration));
      const kept = lineOf(forwardText(parts), "BEGIN;");
      expect(error.message).toContain(`these segments are done and kept: lines ${kept}.`);
      expect(error.message).toContain(
        `PGOPTIONS='-c role=${database.settings.roles.infrastructure}' psql -X -v ON_ERROR_STOP=1 -f migrations/001_add_jobs_rollback.sql`,
      );
      const [started] = await ledgerRows(database);

      await arrange(database, "CREATE TABLE dagapp.later (id INTEGER)");
      const { ranNow, log } = await apply(database, migration);
      expect(ranNow).toBe(true);
      expect(log).toContain("resuming: 1 segment(s) were done before");
      expect(await traces()).toBe(1);
      expect(await eventsOf(database, "1.0.0")).toEqual([
        "started",
        "segment-done 1",
        "failed 2",
        "started",
        "segment-done 2",
        "applied",
      ]);
      expect(await ledgerRows(database)).toMatchObject([
        { applied: true, started_at: started?.["started_at"] },
      ]);
    });

    it("runs a corrected text from its beginning, because it is another text", async () => {
      await failureOf(apply(database, makeMigration({ body: body("SELECT 1 / 0;") })));
      const { log } = await apply(database, makeMigration({ body: body("SELECT 1;") }));
      expect(log.join("\n")).not.toContain("resuming");
      expect(await traces()).toBe(2);
    });

    it("resumes behind the migration when a post-flight check had failed", async () => {
      const migration = makeMigration({
        body: body("SELECT 1;"),
        postflight:
          "DO $$ BEGIN IF to_regclass('dagapp.later') IS NULL THEN RAISE EXCEPTION 'missing'; END IF; END $$;",
      });
      await failureOf(apply(database, migration));
      await arrange(database, "CREATE TABLE dagapp.later (id INTEGER)");
      await apply(database, migration);
      expect(await traces()).toBe(1);
    });
  });

  it("drops and builds anew an index that an earlier CONCURRENTLY left invalid", async () => {
    await arrange(
      database,
      "CREATE TABLE dagapp.jobs (note TEXT)",
      "INSERT INTO dagapp.jobs VALUES ('twice'), ('twice')",
    );
    const migration = makeMigration({
      body: "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS jobs_note ON dagapp.jobs (note);",
    });
    const validity = (): Promise<readonly unknown[]> =>
      database.rows(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('dagapp.jobs_note')",
      );
    const error = await failureOf(apply(database, migration));
    expect(error.message).toContain("SQLSTATE 23505");
    expect(await validity()).toEqual([{ indisvalid: false }]);

    await arrange(database, "DELETE FROM dagapp.jobs");
    const { log } = await apply(database, migration);
    expect(log).toContain(
      "dropping the invalid index dagapp.jobs_note that an earlier attempt left",
    );
    expect(await validity()).toEqual([{ indisvalid: true }]);
  });

  it.each([
    ["its row is gone", "DELETE FROM public.schema_migrations"],
    [
      "it was rolled back by hand",
      "UPDATE public.schema_migrations SET applied = false, rolled_back_at = now()",
    ],
  ])("is pending again, and runs whole, after %s", async (_what, sql) => {
    const migration = makeMigration();
    await apply(database, migration);
    await database.rows("DROP TABLE dagapp.jobs");
    await database.rows(sql);
    const { versions } = await database.asAdmin(readHistory);
    expect(planMigrations([migration], versions, "latest").pending).toEqual([migration]);

    expect((await apply(database, migration)).ranNow).toBe(true);
    expect(await exists(database, "dagapp.jobs")).toBe(true);
    expect(await ledgerRows(database)).toMatchObject([{ applied: true, rolled_back_at: null }]);
  });
});
