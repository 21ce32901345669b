/**
 * The air-gap plugin's Schema, Extension and GrantRole, and its transactions, on real servers, as an admin that is not
 * superuser. The engine is not needed here: what it sees of the plugin is tested with the stack.
 */
import { extension } from "../../../toolchain/postgresql-plugin/extension";
import { grantRole } from "../../../toolchain/postgresql-plugin/grantRole";
import { completed } from "../../../toolchain/postgresql-plugin/properties";
import { role } from "../../../toolchain/postgresql-plugin/role";
import { schema } from "../../../toolchain/postgresql-plugin/schema";
import type { Values } from "../../../toolchain/postgresql-plugin/wire";
import { noneIgnored, usePluginResources } from "../../support/plugin/pluginResources";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

describe.each(serverVersions)("the plugin's resources on PostgreSQL %d", (major) => {
  const plugin = usePluginResources(major);
  const { connect, create, update, exists, adminMemberships } = plugin;

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
      expect(await schema.read(plugin.connections, "geo.s moved", moved)).toEqual({
        ...outputs,
        name: "s moved",
        owner: "s_next",
      });
      await schema.remove(plugin.connections, "geo.s moved", moved);
      expect(await schema.read(plugin.connections, "geo.s moved", moved)).toBeUndefined();
      expect(await adminMemberships()).toEqual(before);
    });

    it("does not take back a membership that was there before", async () => {
      await create(role, { name: "s_standing" });
      await plugin.governed.superuser.query(`GRANT s_standing TO ${plugin.governed.admin.user}`);
      const before = await adminMemberships();
      await create(schema, { name: "standing", owner: "s_standing" });
      expect(await adminMemberships()).toEqual(before);
    });

    if (major > 15) {
      it("leaves a membership the admin granted itself with the options it had", async () => {
        await create(role, { name: "s_options" });
        await plugin.connections.change("geo", (transaction) =>
          transaction.query("GRANT s_options TO CURRENT_USER WITH INHERIT FALSE, SET TRUE"),
        );
        const before = await adminMemberships();
        const outputs = await create(schema, { name: "options", owner: "s_options" });
        await schema.remove(plugin.connections, "geo.options", outputs);
        expect(await adminMemberships()).toEqual(before);
      });
    }

    it("adopts one that is there, with its owner, unless ifNotExists is false", async () => {
      await create(role, { name: "s_adopter" });
      await plugin.connections.change("geo", (transaction) =>
        transaction.query("CREATE SCHEMA adopted"),
      );
      expect((await create(schema, { name: "adopted" })).owner).toBe(plugin.governed.admin.user);
      expect((await create(schema, { name: "adopted", owner: "s_adopter" })).owner).toBe(
        "s_adopter",
      );
      await expect(create(schema, { name: "adopted", ifNotExists: false })).rejects.toMatchObject({
        code: "42P06",
      });
    });

    it("with something in it is dropped only with dropCascade", async () => {
      const outputs = await create(schema, { name: "full" });
      await plugin.connections.change("geo", (transaction) =>
        transaction.query('CREATE TABLE "full".t (id int)'),
      );
      await expect(schema.remove(plugin.connections, "geo.full", outputs)).rejects.toMatchObject({
        code: "2BP01",
      });
      await schema.remove(plugin.connections, "geo.full", { ...outputs, dropCascade: true });
      expect(await schema.read(plugin.connections, "geo.full", outputs)).toBeUndefined();
    });

    it("is made in another database when one is named", async () => {
      await plugin.governed.superuser.query(
        `CREATE DATABASE other OWNER ${plugin.governed.admin.user}`,
      );
      const outputs = await create(schema, { name: "elsewhere", database: "other" });
      expect(schema.idOf(outputs, "geo")).toBe("other.elsewhere");
      expect(await schema.read(plugin.connections, "other.elsewhere", {})).toEqual(outputs);
      expect(await schema.read(plugin.connections, "geo.elsewhere", {})).toBeUndefined();
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
      const { name: username, password } = plugin.governed.server.superuser;
      const asSuperuser = connect({ username, password });
      const request = { id: "geo.pg_trgm", olds: updated, ignored: noneIgnored };
      const wanted = completed(extension.rules, elsewhere, updated);
      const moved = await extension.update(asSuperuser, { ...request, wanted });
      await asSuperuser.stop("now");
      expect(moved).toEqual({ ...updated, schema: "ext_b" });
      expect(await extension.read(plugin.connections, "geo.pg_trgm", {})).toEqual(moved);
      await extension.remove(plugin.connections, "geo.pg_trgm", moved);
      expect(await extension.read(plugin.connections, "geo.pg_trgm", moved)).toBeUndefined();
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
      expect(await grantRole.read(plugin.connections, "g_member_x_g_group_false", {})).toEqual(
        outputs,
      );
      expect(await create(grantRole, { ...inputs, withAdminOption: true })).toEqual({
        ...inputs,
        withAdminOption: true,
      });
      expect(await create(grantRole, inputs)).toEqual(outputs);
      await grantRole.remove(plugin.connections, "", outputs);
      expect(await grantRole.read(plugin.connections, "", outputs)).toBeUndefined();
      await grantRole.remove(plugin.connections, "", outputs);
    });

    it("takes what a role's creator holds for a membership since 16, as the official plugin does", async () => {
      await create(role, { name: "g_handle" });
      const declared: Values = { role: plugin.governed.admin.user, grantRole: "g_handle" };
      const shown = { ...declared, withAdminOption: true };
      const handle = major < 16 ? undefined : shown;
      expect(await grantRole.read(plugin.connections, "", declared)).toEqual(handle);
      expect(await create(grantRole, declared)).toEqual(
        major < 16 ? { ...declared, withAdminOption: false } : shown,
      );
      await grantRole.remove(plugin.connections, "", declared);
      expect(await grantRole.read(plugin.connections, "", declared)).toEqual(handle);
    });
  });

  describe("transactions", () => {
    it("survive other sessions that change the same rows", async () => {
      await create(role, { name: "t_busy" });
      const rivals = [plugin.connections, connect(), connect(), connect()];
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
        plugin.governed.rows(
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
