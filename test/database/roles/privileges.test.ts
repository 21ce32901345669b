/**
 * The policy's permission model, asked of the server: every statement is tried by the login it speaks of, on objects
 * that were made after the grants. What is granted works, and its nearest neighbour is refused. Attempts to get past the
 * model are in attacks.test.ts.
 */
import { type Client, escapeIdentifier } from "pg";

import { privilegeRules } from "../../../roles/privileges";
import { attempt, refused, works } from "../../support/privileges/attempt";
import { ruleName, ruleProofs } from "../../support/privileges/ruleProofs";
import { addSampleObjects } from "../../support/privileges/sampleObjects";
import type { Login, ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const flat = (kind: "granted" | "refused"): readonly (readonly [string, Login, string])[] =>
  Object.entries(ruleProofs).flatMap(([rule, proof]) =>
    proof[kind].map((sql) => [rule, proof.as, sql] as const),
  );

/** The rules of the roles that every database has; those of further roles are in furtherRoles.test.ts. */
const policyRules = privilegeRules.filter(({ to }) =>
  ["service", "infrastructure", "migrator", "approver", "public"].includes(to),
);

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;
  const sessions = new Map<Login, Client>();

  const session = (login: Login): Client => {
    const client = sessions.get(login);
    if (client === undefined) throw new Error(`no session of ${login}`);
    return client;
  };
  /** Puts the real names in place of {service}, {admin} and so on. */
  const named = (sql: string): string =>
    sql
      .replace("{infra}", escapeIdentifier(database.settings.roles.infrastructure))
      .replace("{database}", escapeIdentifier(database.settings.server.database))
      .replace(/\{(\w+)\}/g, (_, login: Login) => escapeIdentifier(database.names[login]));

  beforeAll(async () => {
    database = await suite.database();
    await addSampleObjects(database);
    for (const login of ["service", "migrator", "approver", "infrastructure"] as const) {
      sessions.set(login, await database.connect(login));
    }
  });

  describe("the rules of roles/privileges.ts", () => {
    it("are each proven by something that works and something that is refused", () => {
      expect(Object.keys(ruleProofs).sort()).toEqual(policyRules.map(ruleName).sort());
      for (const { granted, refused: withheld } of Object.values(ruleProofs)) {
        expect(granted).not.toHaveLength(0);
        expect(withheld).not.toHaveLength(0);
      }
    });

    it.each(flat("granted"))("%s: lets %s run: %s", async (_rule, login, sql) => {
      expect(await attempt(session(login), named(sql))).toBe(works);
    });

    it.each(flat("refused"))("%s: does not let %s run: %s", async (_rule, login, sql) => {
      expect(await attempt(session(login), named(sql))).toBe(refused);
    });
  });

  it("refuses to let a login that nobody declared connect", async () => {
    await expect(database.connect("outsider")).rejects.toMatchObject({ code: refused });
  });

  describe("the service role", () => {
    it("may not refer to a governed table from a table of its own", async () => {
      await database.rows(named("CREATE SCHEMA lab AUTHORIZATION {service}"));
      const sql = "CREATE TABLE lab.mine (item INTEGER REFERENCES dagapp.item)";
      expect(await attempt(session("service"), sql)).toBe(refused);
      expect(await attempt(session("service"), "CREATE TABLE lab.mine (item INTEGER)")).toBe(works);
      await database.rows("DROP SCHEMA lab CASCADE");
    });

    it("finds its limits in a new session", async () => {
      const client = await database.connect("service");
      const { rows } = await client.query<Record<string, string>>(
        `SELECT current_setting('lock_timeout') AS lock, current_setting('search_path') AS path,
                current_setting('idle_in_transaction_session_timeout') AS idle`,
      );
      await client.end();
      expect(rows).toEqual([{ lock: "5s", idle: "1min", path: "dagapp, geoapi, pgstac, public" }]);
    });
  });

  it("lets a migrator become the infrastructure role", async () => {
    expect(await attempt(session("migrator"), named("SET ROLE {infra}"))).toBe(works);
  });

  describe.each(["dagapp", "geoapi", "pgstac"])("the infrastructure role in %s", (schema) => {
    it.each([
      "CREATE TABLE $.mine (id INTEGER)",
      "ALTER TABLE $.item ADD COLUMN extra INTEGER",
      "CREATE INDEX i ON $.item (note)",
      "TRUNCATE $.item",
      "DROP TABLE $.item CASCADE",
      "DROP FUNCTION $.twice(NUMERIC)",
      "ALTER TYPE $.mood RENAME TO temper",
      "REFRESH MATERIALIZED VIEW $.item_count",
      "DROP SCHEMA $ CASCADE",
    ])("may: %s", async (sql) => {
      expect(await attempt(session("infrastructure"), sql.replaceAll("$", schema))).toBe(works);
    });
  });
});
