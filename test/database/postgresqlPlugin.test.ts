/**
 * The air-gap plugin's resources on real servers, as an admin that is not superuser. The engine is not needed here: what
 * it sees of the plugin is tested with the stack.
 */
import { readFile } from "node:fs/promises";

import { Connections } from "../../toolchain/postgresql-plugin/connection";
import { extension } from "../../toolchain/postgresql-plugin/extension";
import { grantRole } from "../../toolchain/postgresql-plugin/grantRole";
import { completed } from "../../toolchain/postgresql-plugin/properties";
import type { ResourceKind } from "../../toolchain/postgresql-plugin/resource";
import { role } from "../../toolchain/postgresql-plugin/role";
import { schema } from "../../toolchain/postgresql-plugin/schema";
import { scramVerifier } from "../../toolchain/postgresql-plugin/scram";
import { parseSettings } from "../../toolchain/postgresql-plugin/settings";
import type { Values } from "../../toolchain/postgresql-plugin/wire";
import { type GovernedServer, startGovernedServer } from "../support/governedServer";

jest.setTimeout(60_000);

const noneIgnored: ReadonlySet<string> = new Set();

describe.each([15, 18] as const)("the plugin's resources on PostgreSQL %d", (major) => {
  let governed: GovernedServer;
  let connections: Connections;

  const connect = (overrides: Values = {}): Connections =>
    new Connections(
      parseSettings(
        {
          host: governed.server.host,
          port: String(governed.server.port),
          username: governed.admin.user,
          password: governed.admin.password,
          database: governed.admin.database,
          sslmode: "disable",
          ...overrides,
        },
        {},
      ),
    );

  const create = (kind: ResourceKind, inputs: Values): Promise<Values> =>
    kind.create(connections, completed(kind.rules, inputs, {}));
  const update = (
    kind: ResourceKind,
    id: string,
    olds: Values,
    inputs: Values,
    ignored = noneIgnored,
  ) => kind.update(connections, { id, olds, wanted: completed(kind.rules, inputs, olds), ignored });
  const exists = async (name: string): Promise<boolean> =>
    (await governed.rows("SELECT 1 FROM pg_roles WHERE rolname = $1", [name])).length === 1;
  const adminMemberships = () =>
    governed.rows(
      `SELECT pg_get_userbyid(roleid) AS role, admin_option, to_jsonb(m) ->> 'inherit_option' AS inherit,
              to_jsonb(m) ->> 'set_option' AS set
         FROM pg_auth_members m WHERE member = $1::regrole ORDER BY 1, 2, 3, 4`,
      [governed.admin.user],
    );

  beforeAll(async () => {
    governed = await startGovernedServer(major, {
      log_statement: "all",
      log_min_messages: "debug1",
    });
    connections = connect();
  });
  afterAll(async () => {
    await connections.stop("now");
    await governed.stop();
  });

  describe("Role", () => {
    it("is created with all that is declared, and reads back the same", async () => {
      const inputs: Values = {
        name: 'r "all"',
        login: true,
        inherit: false,
        createDatabase: true,
        createRole: true,
        connectionLimit: 7,
        validUntil: "2040-02-03",
        searchPaths: ["app", "$user", 'odd "name", x'],
        statementTimeout: 5000,
        idleInTransactionSessionTimeout: 60_000,
        skipReassignOwned: true,
      };
      const outputs = await create(role, inputs);
      expect(outputs).toEqual({ ...completed(role.rules, inputs, {}), passwordWo: null });
      expect(await role.read(connections, 'r "all"', outputs)).toEqual(outputs);
    });

    it("finds drift made by hand, in any spelling, and heals it", async () => {
      const outputs = await create(role, { name: "r_drift", statementTimeout: 1000 });
      await create(role, { name: "r_other" });
      await governed.superuser.query(
        "ALTER ROLE r_drift CREATEDB CONNECTION LIMIT 3 VALID UNTIL '2030-01-01'",
      );
      await governed.superuser.query("ALTER ROLE r_drift SET statement_timeout = '5s'");
      await governed.superuser.query('ALTER ROLE r_drift SET search_path = App, "$user"');
      await governed.superuser.query("ALTER ROLE r_drift SET role = 'r_other'");
      const live = (await role.read(connections, "r_drift", outputs)) ?? {};
      expect(live).toMatchObject({
        createDatabase: true,
        connectionLimit: 3,
        statementTimeout: 5000,
        searchPaths: ["app", "$user"],
        assumeRole: "r_other",
      });
      expect(live.validUntil).toMatch(/^2030-01-01/);
      expect(
        await update(role, "r_drift", live, { name: "r_drift", statementTimeout: 1000 }),
      ).toEqual(outputs);
    });

    it.each(["plain-ASCII 1 '\\ $", "pässwörd", "ﬁre\u00a0Ⅸ\u00ad", "a\u{1f600}é\u0301"])(
      "lets %j in under SCRAM and no other password, in both drivers' preparation",
      async (password) => {
        const name = `r_login_${Buffer.from(password).toString("hex")}`;
        const outputs = await create(role, { name, login: true, password });
        await (await governed.login(name, password)).end();
        await update(role, name, outputs, { name, login: true, password: "another one" });
        await expect(governed.login(name, password)).rejects.toMatchObject({ code: "28P01" });
        await (await governed.login(name, "another one")).end();
      },
    );

    it("makes the verifier the server would have made", async () => {
      await governed.superuser.query("CREATE ROLE r_verifier");
      const passwords = [
        "pencil",
        "ﬁre\u00a0Ⅸ\u00ad",
        "\u0627\u00aa1",
        "\u0627\u0628",
        "\u00aa\u{1f600}",
        "\u0080\u00aa",
        "\u00ad",
        "\u200bx",
        "e\u0301\u1e9b\u0323",
        "\u2060",
        "\u3000",
      ];
      for (const password of passwords) {
        await governed.superuser.query(
          `ALTER ROLE r_verifier PASSWORD ${governed.superuser.escapeLiteral(password)}`,
        );
        const [row] = await governed.rows(
          "SELECT rolpassword FROM pg_authid WHERE rolname = 'r_verifier'",
        );
        const stored = String(row?.rolpassword);
        const salt = Buffer.from(/:([^$]*)\$/.exec(stored)?.[1] ?? "", "base64");
        expect({ password, stored: scramVerifier(password, { salt, iterations: 4096 }) }).toEqual({
          password,
          stored,
        });
      }
    });

    it("never sends a password: the server's log has none", async () => {
      await create(role, { name: "r_silent", login: true, password: "unspoken-word" });
      await create(role, {
        name: "r_silent_wo",
        passwordWo: "unspoken-too",
        passwordWoVersion: "1",
      });
      const log = await readFile(governed.server.logFile, "utf8");
      expect(log).toContain("r_silent_wo");
      expect(log).not.toContain("unspoken");
    });

    it("keeps passwordWo until its version changes, and clears a password that is no longer declared", async () => {
      const first: Values = {
        name: "r_wo",
        login: true,
        passwordWo: "one",
        passwordWoVersion: "1",
      };
      let outputs = await create(role, first);
      outputs = await update(role, "r_wo", outputs, { ...first, passwordWo: "two" });
      await (await governed.login("r_wo", "one")).end();
      outputs = await update(role, "r_wo", outputs, {
        ...first,
        passwordWo: "two",
        passwordWoVersion: "2",
      });
      await (await governed.login("r_wo", "two")).end();
      await update(role, "r_wo", outputs, { name: "r_wo", login: true });
      await expect(governed.login("r_wo", "two")).rejects.toMatchObject({ code: "28P01" });
    });

    it("is renamed with its password and memberships", async () => {
      await create(role, { name: "r_group" });
      const inputs: Values = {
        name: "r_before",
        login: true,
        password: "kept",
        roles: ["r_group"],
      };
      const outputs = await create(role, inputs);
      const renamed = await update(role, "r_before", outputs, { ...inputs, name: "r_after" });
      expect(renamed).toEqual({ ...outputs, name: "r_after" });
      await (await governed.login("r_after", "kept")).end();
      expect(await exists("r_before")).toBe(false);
    });

    it("changes memberships by what is live, and leaves them when they are ignored", async () => {
      for (const name of ["r_m1", "r_m2", "r_m3"]) await create(role, { name });
      const outputs = await create(role, { name: "r_member", roles: ["r_m1", "r_m2"] });
      await governed.superuser.query("REVOKE r_m1 FROM r_member");
      const changed = await update(role, "r_member", outputs, {
        name: "r_member",
        roles: ["r_m3"],
      });
      expect(changed.roles).toEqual(["r_m3"]);
      const left = await update(
        role,
        "r_member",
        changed,
        { name: "r_member", login: true },
        new Set(["roles"]),
      );
      expect(left).toMatchObject({ roles: ["r_m3"], login: true });
    });

    it("says which membership it cannot take away, and changes nothing then", async () => {
      for (const name of ["r_foreign", "r_foreign_group"]) await create(role, { name });
      await governed.superuser.query("GRANT r_foreign_group TO r_foreign");
      const olds = (await role.read(connections, "r_foreign", {})) ?? {};
      const revoking = update(role, "r_foreign", olds, { name: "r_foreign", login: true });
      if (major === 15) {
        expect(await revoking).toMatchObject({ roles: [], login: true });
      } else {
        await expect(revoking).rejects.toThrow(
          'REVOKE "r_foreign_group" FROM "r_foreign" GRANTED BY "postgres"',
        );
        expect(await role.read(connections, "r_foreign", olds)).toEqual(olds);
      }
    });

    it("is deleted: what it owned goes to the admin, what it was granted goes", async () => {
      const outputs = await create(role, { name: "r_owner" });
      await create(schema, { name: "owned", owner: "r_owner" });
      await governed.superuser.query("GRANT CREATE ON SCHEMA public TO r_owner");
      const before = await adminMemberships();
      await role.remove(connections, "r_owner", outputs);
      expect(await exists("r_owner")).toBe(false);
      expect(
        await governed.rows(
          "SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace WHERE nspname = 'owned'",
        ),
      ).toEqual([{ owner: governed.admin.user }]);
      expect(await adminMemberships()).toEqual(before.filter((row) => row.role !== "r_owner"));
      await role.remove(connections, "r_owner", outputs);
    });

    it("stays when skipDropRole says so, and keeps what it owns with skipReassignOwned", async () => {
      const inputs: Values = { name: "r_kept", skipDropRole: true, skipReassignOwned: true };
      const outputs = await create(role, inputs);
      await create(schema, { name: "kept", owner: "r_kept" });
      await role.remove(connections, "r_kept", outputs);
      expect(
        await governed.rows(
          "SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace WHERE nspname = 'kept'",
        ),
      ).toEqual([{ owner: "r_kept" }]);
      await expect(
        role.remove(connections, "r_kept", { ...outputs, skipDropRole: false }),
      ).rejects.toMatchObject({ code: "2BP01" });
    });

    it("that is gone reads as nothing, and one that is there already is refused", async () => {
      expect(await role.read(connections, "r_nobody", {})).toBeUndefined();
      await create(role, { name: "r_twice" });
      await expect(create(role, { name: "r_twice" })).rejects.toMatchObject({ code: "42710" });
    });
  });

  describe("Schema", () => {
    it("is given to its owner, and the admin is no more a member afterwards than before", async () => {
      await create(role, { name: "s_owner" });
      await create(role, { name: "s_next" });
      const before = await adminMemberships();
      const outputs = await create(schema, { name: "s.dotted", owner: "s_owner" });
      expect(outputs).toEqual({
        name: "s.dotted",
        database: "geo",
        owner: "s_owner",
        dropCascade: false,
        ifNotExists: true,
        policies: [],
      });
      const id = schema.idOf(outputs, "geo");
      expect(id).toBe("geo.s.dotted");
      const moved = await update(schema, id, outputs, { name: "s moved", owner: "s_next" });
      expect(await schema.read(connections, "geo.s moved", moved)).toEqual({
        ...outputs,
        name: "s moved",
        owner: "s_next",
      });
      await schema.remove(connections, "geo.s moved", moved);
      expect(await schema.read(connections, "geo.s moved", moved)).toBeUndefined();
      expect(await adminMemberships()).toEqual(before);
    });

    it("does not take back a membership that was there before", async () => {
      await create(role, { name: "s_standing" });
      await governed.superuser.query(`GRANT s_standing TO ${governed.admin.user}`);
      const before = await adminMemberships();
      await create(schema, { name: "standing", owner: "s_standing" });
      expect(await adminMemberships()).toEqual(before);
    });

    if (major > 15) {
      it("leaves a membership the admin granted itself with the options it had", async () => {
        await create(role, { name: "s_options" });
        await connections.change("geo", (transaction) =>
          transaction.query("GRANT s_options TO CURRENT_USER WITH INHERIT FALSE, SET TRUE"),
        );
        const before = await adminMemberships();
        const outputs = await create(schema, { name: "options", owner: "s_options" });
        await schema.remove(connections, "geo.options", outputs);
        expect(await adminMemberships()).toEqual(before);
      });
    }

    it("adopts one that is there, with its owner, unless ifNotExists is false", async () => {
      await create(role, { name: "s_adopter" });
      await connections.change("geo", (transaction) => transaction.query("CREATE SCHEMA adopted"));
      expect((await create(schema, { name: "adopted" })).owner).toBe(governed.admin.user);
      expect((await create(schema, { name: "adopted", owner: "s_adopter" })).owner).toBe(
        "s_adopter",
      );
      await expect(create(schema, { name: "adopted", ifNotExists: false })).rejects.toMatchObject({
        code: "42P06",
      });
    });

    it("with something in it is dropped only with dropCascade", async () => {
      const outputs = await create(schema, { name: "full" });
      await connections.change("geo", (transaction) =>
        transaction.query('CREATE TABLE "full".t (id int)'),
      );
      await expect(schema.remove(connections, "geo.full", outputs)).rejects.toMatchObject({
        code: "2BP01",
      });
      await schema.remove(connections, "geo.full", { ...outputs, dropCascade: true });
      expect(await schema.read(connections, "geo.full", outputs)).toBeUndefined();
    });

    it("is made in another database when one is named", async () => {
      await governed.superuser.query(`CREATE DATABASE other OWNER ${governed.admin.user}`);
      const outputs = await create(schema, { name: "elsewhere", database: "other" });
      expect(schema.idOf(outputs, "geo")).toBe("other.elsewhere");
      expect(await schema.read(connections, "other.elsewhere", {})).toEqual(outputs);
      expect(await schema.read(connections, "geo.elsewhere", {})).toBeUndefined();
    });
  });

  describe("Extension", () => {
    it("is installed, moved, updated and dropped", async () => {
      await create(schema, { name: "ext_a" });
      await create(schema, { name: "ext_b" });
      const outputs = await create(extension, { name: "pg_trgm", schema: "ext_a", version: "1.5" });
      expect(outputs).toEqual({
        name: "pg_trgm",
        database: "geo",
        schema: "ext_a",
        version: "1.5",
        createCascade: false,
        dropCascade: false,
      });
      const newer: Values = { name: "pg_trgm", schema: "ext_a", version: "1.6" };
      const updated = await update(extension, "geo.pg_trgm", outputs, newer);
      expect(updated).toEqual({ ...outputs, version: "1.6" });
      const elsewhere: Values = { ...newer, schema: "ext_b" };
      await expect(update(extension, "geo.pg_trgm", updated, elsewhere)).rejects.toThrow(
        /only a superuser may move/,
      );
      const { name: username, password } = governed.server.superuser;
      const asSuperuser = connect({ username, password });
      const request = { id: "geo.pg_trgm", olds: updated, ignored: noneIgnored };
      const wanted = completed(extension.rules, elsewhere, updated);
      const moved = await extension.update(asSuperuser, { ...request, wanted });
      await asSuperuser.stop("now");
      expect(moved).toEqual({ ...updated, schema: "ext_b" });
      expect(await extension.read(connections, "geo.pg_trgm", {})).toEqual(moved);
      await extension.remove(connections, "geo.pg_trgm", moved);
      expect(await extension.read(connections, "geo.pg_trgm", moved)).toBeUndefined();
    });

    it("brings what it needs with createCascade only", async () => {
      await expect(create(extension, { name: "earthdistance" })).rejects.toThrow(
        /required extension/,
      );
      const outputs = await create(extension, { name: "cube" });
      expect(outputs.schema).toBe("public");
    });

    it("that is not trusted is refused to an admin that is not superuser", async () => {
      await expect(create(extension, { name: "file_fdw" })).rejects.toMatchObject({
        code: "42501",
      });
    });
  });

  describe("GrantRole", () => {
    it("grants, is found by its id, gains and loses the admin option, and revokes", async () => {
      for (const name of ["g_group", "g_member_x"]) await create(role, { name });
      const inputs: Values = { role: "g_member_x", grantRole: "g_group" };
      const outputs = await create(grantRole, inputs);
      expect(outputs).toEqual({ ...inputs, withAdminOption: false });
      expect(grantRole.idOf(outputs, "geo")).toBe("g_member_x_g_group_false");
      expect(await grantRole.read(connections, "g_member_x_g_group_false", {})).toEqual(outputs);
      expect(await create(grantRole, { ...inputs, withAdminOption: true })).toEqual({
        ...inputs,
        withAdminOption: true,
      });
      expect(await create(grantRole, inputs)).toEqual(outputs);
      await grantRole.remove(connections, "", outputs);
      expect(await grantRole.read(connections, "", outputs)).toBeUndefined();
      await grantRole.remove(connections, "", outputs);
    });

    it("does not take the creator's handle on a role for a membership", async () => {
      await create(role, { name: "g_handle" });
      const declared: Values = { role: governed.admin.user, grantRole: "g_handle" };
      expect(await grantRole.read(connections, "", declared)).toBeUndefined();
      expect(await create(grantRole, declared)).toEqual({ ...declared, withAdminOption: false });
      await grantRole.remove(connections, "", declared);
      expect(await grantRole.read(connections, "", declared)).toBeUndefined();
    });
  });

  describe("transactions", () => {
    it("survive other sessions that change the same rows", async () => {
      await create(role, { name: "t_busy" });
      const rivals = [connections, connect(), connect(), connect()];
      const work = rivals.flatMap((rival, index) =>
        Array.from({ length: 8 }, (_, round) =>
          rival.change("geo", (transaction) =>
            transaction.query(`ALTER ROLE t_busy CONNECTION LIMIT ${index * 8 + round}`),
          ),
        ),
      );
      const settled = await Promise.allSettled(work);
      expect(settled.filter(({ status }) => status === "rejected")).toEqual([]);
      await Promise.all(rivals.slice(1).map((rival) => rival.stop("now")));
    });

    it("leave nothing when they fail", async () => {
      await expect(create(role, { name: "t_half", roles: ["t_missing"] })).rejects.toMatchObject({
        code: "42704",
      });
      expect(await exists("t_half")).toBe(false);
    });

    it("are ended on the server when the plugin must stop, and none begins after that", async () => {
      const stopping = connect();
      const running = stopping.change("geo", (transaction) =>
        transaction.query("SELECT pg_sleep(300)"),
      );
      const ended = expect(running).rejects.toMatchObject({ code: "57P01" });
      const sleepers = (): Promise<readonly unknown[]> =>
        governed.rows(
          "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(300)%' AND pid <> pg_backend_pid()",
        );
      while ((await sleepers()).length === 0);
      await stopping.stop("now");
      await ended;
      while ((await sleepers()).length > 0);
      await expect(stopping.read("geo", () => Promise.resolve(1))).rejects.toThrow("cancelled");
    });
  });

  it.each([
    { why: "a wrong password", overrides: { password: "wrong" }, code: "28P01" },
    { why: "a missing database", overrides: { database: "nowhere" }, code: "3D000" },
    { why: "a server that is not there", overrides: { port: "1" }, code: "ECONNREFUSED" },
  ])("says $why", async ({ overrides, code }) => {
    await expect(role.read(connect(overrides), "x", {})).rejects.toMatchObject({ code });
  });
});
