/** The air-gap plugin's Role on real servers, as an admin that is not superuser. */
import { readFile } from "node:fs/promises";

import { completed } from "../../../toolchain/postgresql-plugin/properties";
import { role } from "../../../toolchain/postgresql-plugin/role";
import { schema } from "../../../toolchain/postgresql-plugin/schema";
import { scramVerifier } from "../../../toolchain/postgresql-plugin/scram";
import type { Values } from "../../../toolchain/postgresql-plugin/wire";
import { usePluginResources } from "../../support/plugin/pluginResources";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

describe.each(serverVersions)("the plugin's roles on PostgreSQL %d", (major) => {
  const plugin = usePluginResources(major);
  const { create, update, exists, adminMemberships } = plugin;

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
      expect(await role.read(plugin.connections, 'r "all"', outputs)).toEqual(outputs);
    });

    it("finds drift made by hand, in any spelling, and heals it", async () => {
      const outputs = await create(role, { name: "r_drift", statementTimeout: 1000 });
      await create(role, { name: "r_other" });
      await plugin.governed.superuser.query(
        "ALTER ROLE r_drift CREATEDB CONNECTION LIMIT 3 VALID UNTIL '2030-01-01'",
      );
      await plugin.governed.superuser.query("ALTER ROLE r_drift SET statement_timeout = '5s'");
      await plugin.governed.superuser.query('ALTER ROLE r_drift SET search_path = App, "$user"');
      await plugin.governed.superuser.query("ALTER ROLE r_drift SET role = 'r_other'");
      const live = (await role.read(plugin.connections, "r_drift", outputs)) ?? {};
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
        await (await plugin.governed.login(name, password)).end();
        await update(role, name, outputs, { name, login: true, password: "another one" });
        await expect(plugin.governed.login(name, password)).rejects.toMatchObject({
          code: "28P01",
        });
        await (await plugin.governed.login(name, "another one")).end();
      },
    );

    it("makes the verifier the server would have made", async () => {
      await plugin.governed.superuser.query("CREATE ROLE r_verifier");
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
        await plugin.governed.superuser.query(
          `ALTER ROLE r_verifier PASSWORD ${plugin.governed.superuser.escapeLiteral(password)}`,
        );
        const [row] = await plugin.governed.rows(
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
      const log = await readFile(plugin.governed.server.logFile, "utf8");
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
      await (await plugin.governed.login("r_wo", "one")).end();
      outputs = await update(role, "r_wo", outputs, {
        ...first,
        passwordWo: "two",
        passwordWoVersion: "2",
      });
      await (await plugin.governed.login("r_wo", "two")).end();
      await update(role, "r_wo", outputs, { name: "r_wo", login: true });
      await expect(plugin.governed.login("r_wo", "two")).rejects.toMatchObject({ code: "28P01" });
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
      await (await plugin.governed.login("r_after", "kept")).end();
      expect(await exists("r_before")).toBe(false);
    });

    it("changes memberships by what is live, and leaves them when they are ignored", async () => {
      for (const name of ["r_m1", "r_m2", "r_m3"]) await create(role, { name });
      const outputs = await create(role, { name: "r_member", roles: ["r_m1", "r_m2"] });
      await plugin.governed.superuser.query("REVOKE r_m1 FROM r_member");
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
      await plugin.governed.superuser.query("GRANT r_foreign_group TO r_foreign");
      const olds = (await role.read(plugin.connections, "r_foreign", {})) ?? {};
      const revoking = update(role, "r_foreign", olds, { name: "r_foreign", login: true });
      if (major === 15) {
        expect(await revoking).toMatchObject({ roles: [], login: true });
      } else {
        await expect(revoking).rejects.toThrow(
          'REVOKE "r_foreign_group" FROM "r_foreign" GRANTED BY "postgres"',
        );
        expect(await role.read(plugin.connections, "r_foreign", olds)).toEqual(olds);
      }
    });

    it("is deleted: what it owned goes to the admin, what it was granted goes", async () => {
      const outputs = await create(role, { name: "r_owner" });
      await create(schema, { name: "owned", owner: "r_owner" });
      await plugin.governed.superuser.query("GRANT CREATE ON SCHEMA public TO r_owner");
      const before = await adminMemberships();
      await role.remove(plugin.connections, "r_owner", outputs);
      expect(await exists("r_owner")).toBe(false);
      expect(
        await plugin.governed.rows(
          "SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace WHERE nspname = 'owned'",
        ),
      ).toEqual([{ owner: plugin.governed.admin.user }]);
      expect(await adminMemberships()).toEqual(before.filter((row) => row.role !== "r_owner"));
      await role.remove(plugin.connections, "r_owner", outputs);
    });

    it("stays when skipDropRole says so, and keeps what it owns with skipReassignOwned", async () => {
      const inputs: Values = { name: "r_kept", skipDropRole: true, skipReassignOwned: true };
      const outputs = await create(role, inputs);
      await create(schema, { name: "kept", owner: "r_kept" });
      await role.remove(plugin.connections, "r_kept", outputs);
      expect(
        await plugin.governed.rows(
          "SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace WHERE nspname = 'kept'",
        ),
      ).toEqual([{ owner: "r_kept" }]);
      await expect(
        role.remove(plugin.connections, "r_kept", { ...outputs, skipDropRole: false }),
      ).rejects.toMatchObject({ code: "2BP01" });
    });

    it("that is gone reads as nothing, and one that is there already is refused", async () => {
      expect(await role.read(plugin.connections, "r_nobody", {})).toBeUndefined();
      await create(role, { name: "r_twice" });
      await expect(create(role, { name: "r_twice" })).rejects.toMatchObject({ code: "42710" });
    });
  });
});
