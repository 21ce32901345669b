/**
 * The ledger is the policy's table to the letter, and whatever differs from it is named: in it, in the events and in the
 * runner lock.
 */
import { type Client, escapeIdentifier } from "pg";

import {
  describeTables,
  inspectTables,
  readHistory,
} from "../../../migrations/engine/ledger/ledger";
import { LedgerShapeError, surveyStack } from "../../../migrations/engine/survey/survey";
import { migrationsFolder } from "../../support/files/migrationFiles";
import { createLedger, policyLedger } from "../../support/servers/createLedger";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const ledgerTable = "public.schema_migrations";
const eventsTable = "public.schema_migration_events";

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });

  const make = (governed: boolean): Promise<ProgramDatabase> => suite.database({ governed });

  describe("the ledger", () => {
    let database: ProgramDatabase;
    beforeAll(async () => {
      database = await make(true);
    });

    it("has the policy's columns, types and defaults, and no others", async () => {
      const described = async (one: ProgramDatabase): Promise<readonly unknown[]> =>
        one.rows(
          `SELECT column_name, ordinal_position, data_type, character_maximum_length, is_nullable, column_default
             FROM information_schema.columns WHERE table_name = 'schema_migrations' ORDER BY 2`,
        );
      const printed = await make(false);
      await printed.rows(policyLedger);
      const columns = await described(database);
      expect(columns).toHaveLength(9);
      expect(columns).toEqual(await described(printed));
    });

    it("has the policy's two indexes beside those of its key and its unique version", async () => {
      expect(
        await database.rows(
          "SELECT indexname FROM pg_indexes WHERE tablename = 'schema_migrations' ORDER BY 1",
        ),
      ).toEqual(
        [
          "idx_migrations_applied",
          "idx_migrations_version",
          "schema_migrations_pkey",
          "schema_migrations_version_key",
        ].map((indexname) => ({ indexname })),
      );
    });

    it("equals its shape, as do the events and the runner lock", async () => {
      const { roles } = database.settings;
      expect(await database.asAdmin((client) => inspectTables(client, roles))).toEqual({
        missing: [],
        differences: [],
        upgrades: [],
        policies: { missing: [], unexpected: [] },
      });
    });

    it("belongs, with the other tables, to the admin", async () => {
      expect(
        await database.rows(
          `SELECT DISTINCT pg_get_userbyid(relowner) AS owner FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
        ),
      ).toEqual([{ owner: database.settings.roles.admin }]);
    });

    it.each([
      [
        `ALTER TABLE ${ledgerTable} DROP COLUMN ticket_number`,
        ["missing: column ticket_number character varying(50)"],
      ],
      [
        `ALTER TABLE ${ledgerTable} ALTER COLUMN description TYPE VARCHAR(10)`,
        [
          "missing: column description text",
          "unexpected: column description character varying(10)",
        ],
      ],
      [`ALTER TABLE ${ledgerTable} ADD COLUMN checksum TEXT`, ["unexpected: column checksum text"]],
      [
        `ALTER TABLE ${ledgerTable} ALTER COLUMN applied DROP DEFAULT`,
        ["missing: column applied boolean DEFAULT false", "unexpected: column applied boolean"],
      ],
      [`DROP INDEX public.idx_migrations_applied`, ["missing: index USING btree (applied)"]],
      [
        `ALTER TABLE ${ledgerTable} DROP CONSTRAINT schema_migrations_version_key`,
        ["missing: constraint UNIQUE (version)"],
      ],
      [
        `CREATE TRIGGER watch BEFORE UPDATE ON ${ledgerTable} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
        ["unexpected: trigger watch"],
      ],
      [
        `CREATE RULE quiet AS ON INSERT TO ${ledgerTable} DO INSTEAD NOTHING`,
        ["unexpected: rule quiet"],
      ],
      [`ALTER TABLE ${ledgerTable} SET UNLOGGED`, ["unexpected: lost in a crash: unlogged"]],
      [`ALTER TABLE ${ledgerTable} OWNER TO {outsider}`, ["unexpected: owner {outsider}"]],
      [
        `ALTER TABLE ${ledgerTable} ENABLE ROW LEVEL SECURITY`,
        ["unexpected: row security enabled"],
      ],
    ])("is told apart after %s", async (sql, lines) => {
      expect(await differencesAfter(database, [sql])).toEqual(
        lines.map((line) => `${ledgerTable}: ${named(database, line)}`),
      );
    });

    it("and the events are read without the rows of tables that inherit from them", async () => {
      const before = await database.asAdmin(readHistory);
      await database.rows(`CREATE TABLE public.forged () INHERITS (${ledgerTable})`);
      await database.rows(`CREATE TABLE public.forged_events () INHERITS (${eventsTable})`);
      await database.rows("INSERT INTO public.forged (version, applied) VALUES ('9.9.9', true)");
      await database.rows(
        "INSERT INTO public.forged_events (id, kind, version, login) VALUES (0, 'validated', '9.9.9', 'eve')",
      );
      const after = await database.asAdmin(readHistory);
      await database.rows("DROP TABLE public.forged, public.forged_events");
      expect(after).toEqual(before);
    });

    it("is told apart when it is a view", async () => {
      const lines = await differencesAfter(database, [
        `ALTER TABLE ${ledgerTable} RENAME TO other`,
        `CREATE VIEW ${ledgerTable} AS SELECT * FROM public.other`,
        `ALTER VIEW ${ledgerTable} OWNER TO {admin}`,
      ]);
      expect(lines).toContain(`${ledgerTable}: unexpected: kind v`);
    });

    it.each([
      [`ALTER TABLE ${eventsTable} DISABLE ROW LEVEL SECURITY`, /missing: row security enabled/],
      [`DROP POLICY run_events ON ${eventsTable}`, /missing: policy run_events FOR INSERT/],
      [
        `ALTER POLICY run_events ON ${eventsTable} WITH CHECK (true)`,
        /unexpected: policy run_events FOR INSERT TO infra_\w+ WITH CHECK \(true\)/,
      ],
      [
        `CREATE POLICY all_may ON ${eventsTable} USING (true)`,
        /unexpected: policy all_may FOR ALL TO public/,
      ],
      [
        `DROP POLICY run_events ON ${eventsTable}; CREATE POLICY run_events ON ${eventsTable} AS RESTRICTIVE FOR INSERT TO {infra}`,
        /unexpected: policy run_events FOR INSERT AS RESTRICTIVE TO infra_/,
      ],
      [
        `ALTER TABLE ${eventsTable} ALTER COLUMN login SET DEFAULT 'someone'`,
        /missing: column login name NOT NULL DEFAULT SESSION_USER/,
      ],
      [
        `ALTER TABLE ${eventsTable} ALTER COLUMN id SET GENERATED BY DEFAULT`,
        /missing: column id bigint NOT NULL GENERATED ALWAYS AS IDENTITY/,
      ],
    ])("has events that are told apart after %s", async (sql, line) => {
      expect((await differencesAfter(database, [sql])).join("\n")).toMatch(line);
    });

    it("gets its policies made anew, as a change of approvers or an earlier program leaves them", async () => {
      const earlier = await make(true);
      const { infrastructure } = earlier.settings.roles;
      await earlier.rows(
        `DROP POLICY approvals ON ${eventsTable};
         ALTER POLICY read ON ${eventsTable} TO ${infrastructure};
         CREATE POLICY more ON ${eventsTable} FOR INSERT WITH CHECK (true)`,
      );
      const before = await earlier.rows(`SELECT * FROM ${eventsTable}`);
      await createLedger(earlier);
      const { roles } = earlier.settings;
      const { policies } = await earlier.asAdmin((client) => inspectTables(client, roles));
      expect(policies).toEqual({ missing: [], unexpected: [] });
      expect(await earlier.rows(`SELECT * FROM ${eventsTable}`)).toEqual(before);
    });

    it("is refused by every command when it is wrong, with the differences named", async () => {
      const wrong = await make(true);
      await wrong.rows(`ALTER TABLE ${ledgerTable} DROP COLUMN executed_by, ADD COLUMN who TEXT`);
      for (const command of [
        () => createLedger(wrong),
        () => surveyStack(wrong.access, migrationsFolder, { lower: null, isUpdate: true }),
      ]) {
        const error: unknown = await command().catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(LedgerShapeError);
        expect((error as Error).message).toContain(
          "missing: column executed_by character varying(100)",
        );
        expect((error as Error).message).toContain("unexpected: column who text");
      }
    });
  });
});

const named = (
  { names, settings }: ProgramDatabase,
  text: string,
  quote = (name: string) => name,
): string => {
  const real = { ...names, infra: settings.roles.infrastructure };
  return text.replace(/\{(outsider|admin|infra)\}/g, (_, key: "outsider" | "admin" | "infra") =>
    quote(real[key]),
  );
};

/** What inspectTables says to the admin after some statements of a superuser, which are then undone. */
async function differencesAfter(
  database: ProgramDatabase,
  statements: readonly string[],
): Promise<readonly string[]> {
  const client: Client = await database.connect("superuser");
  const { roles } = database.settings;
  await client.query("SET search_path = pg_catalog");
  await client.query("BEGIN");
  for (const sql of statements) await client.query(named(database, sql, escapeIdentifier));
  await client.query(`SET LOCAL ROLE ${escapeIdentifier(roles.admin)}`);
  const state = await inspectTables(client, roles);
  await client.query("ROLLBACK");
  await client.end();
  return describeTables(state);
}
