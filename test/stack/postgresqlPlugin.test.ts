/**
 * The air-gap plugin under the real engine, on real servers: what a user of `pulumi` sees of it.
 * Each test has a stack of its own on a shared server, so that they run in any order.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Client } from "pg";

import { type GovernedServer, startGovernedServer } from "../support/governedServer";
import { type Declared, type Outcome, PluginStack } from "../support/pluginStack";

jest.setTimeout(120_000);

describe.each([15, 18] as const)("the air-gap postgresql plugin on PostgreSQL %d", (major) => {
  let governed: GovernedServer;
  let stack: PluginStack;
  let id = 0;
  /** Names of one test's own: roles belong to the whole server. */
  let own: (name: string) => string;
  /** A database of the test's own, owned by the admin, and the superuser's session in it. */
  let database: string;
  let superuser: Client;
  let administrator: Client;
  let rows: (
    sql: string,
    values?: readonly unknown[],
  ) => Promise<readonly Record<string, unknown>[]>;

  beforeAll(async () => {
    governed = await startGovernedServer(major);
  });
  afterAll(() => governed.stop());
  beforeEach(async () => {
    id += 1;
    const prefix = `t${id}`;
    own = (name) => `${prefix}_${name}`;
    database = own("geo");
    await governed.superuser.query(`CREATE DATABASE ${database} OWNER ${governed.admin.user}`);
    const { name, password } = governed.server.superuser;
    superuser = await governed.login(name, password, database);
    administrator = await governed.login(governed.admin.user, governed.admin.password, database);
    await administrator.query(`CREATE ROLE ${own("outsider")}`);
    rows = async (sql, values = []) =>
      (await superuser.query<Record<string, unknown>>(sql, [...values])).rows;
    stack = await PluginStack.make(governed.server, { ...governed.admin, database });
  });
  afterEach(async () => {
    await Promise.all([superuser.end(), administrator.end()]);
    await stack.remove();
  });

  const exists = async (name: string): Promise<boolean> =>
    (await rows("SELECT 1 FROM pg_roles WHERE rolname = $1", [name])).length === 1;
  const loginTo = (user: string, password: string): Promise<Client> =>
    governed.login(user, password, database);
  const expectDone = ({ status, output }: Outcome): string => {
    if (status !== 0) throw new Error(`pulumi ended with status ${status}:\n${output}`);
    return output;
  };
  const up = async (...args: readonly string[]): Promise<string> =>
    expectDone(await stack.pulumi("up", "--yes", "--skip-preview", ...args));
  /** Both previews are empty, and the refreshing one does not even mention a property. */
  const expectEmpty = async (): Promise<void> => {
    expectDone(await stack.pulumi("preview", "--expect-no-changes"));
    const output = expectDone(
      await stack.pulumi("preview", "--refresh", "--expect-no-changes", "--diff"),
    );
    expect(output).not.toContain("--outputs:--");
  };

  const everything = (): readonly Declared[] => [
    { type: "Role", name: "infra", args: { name: own("infra"), inherit: false } },
    {
      type: "Role",
      name: "service",
      args: {
        name: own("service"),
        login: true,
        inherit: false,
        password: "first-word",
        connectionLimit: 5,
        statementTimeout: 30_000,
        searchPaths: ["app", "$user"],
        validUntil: "2040-01-01",
      },
    },
    {
      type: "Role",
      name: "migrator",
      args: {
        name: own("migrator"),
        login: true,
        inherit: false,
        passwordWo: "one-word",
        passwordWoVersion: "1",
        roles: [own("infra")],
        assumeRole: own("infra"),
      },
      dependsOn: ["infra"],
    },
    { type: "Role", name: "reader", args: { name: own("reader") } },
    {
      type: "Schema",
      name: "app",
      args: { name: own("app"), owner: own("infra") },
      dependsOn: ["infra"],
    },
    { type: "Schema", name: "plain", args: { name: own("plain") } },
    {
      type: "Extension",
      name: "crypto",
      args: { name: "pgcrypto", schema: own("plain") },
      dependsOn: ["plain"],
    },
    {
      type: "GrantRole",
      name: "grant",
      args: { role: own("outsider"), grantRole: own("reader") },
      dependsOn: ["reader"],
    },
  ];
  const changed = (name: string, args: Readonly<Record<string, unknown>>): readonly Declared[] =>
    everything().map((resource) =>
      resource.name === name ? { ...resource, args: { ...resource.args, ...args } } : resource,
    );

  it("creates all four types, is at rest afterwards, and destroys them", async () => {
    await stack.declare(everything());
    await up();
    await expectEmpty();

    const state = await stack.state();
    for (const word of ["first-word", "one-word", governed.admin.password])
      expect(state).not.toContain(word);

    expectDone(await stack.pulumi("destroy", "--yes", "--skip-preview"));
    for (const name of ["infra", "service", "migrator", "reader"])
      expect(await exists(own(name))).toBe(false);
    expect(await rows("SELECT 1 FROM pg_namespace WHERE nspname LIKE $1", [own("%")])).toEqual([]);
    expect(await rows("SELECT 1 FROM pg_extension WHERE extname = 'pgcrypto'")).toEqual([]);
  });

  it("finds drift with --refresh and heals it", async () => {
    await stack.declare(everything());
    await up();
    await superuser.query(`
      ALTER ROLE ${own("service")} CREATEDB CONNECTION LIMIT 3;
      ALTER ROLE ${own("service")} SET statement_timeout = '5s';
      ALTER ROLE ${own("service")} RESET search_path;
      ALTER SCHEMA ${own("app")} OWNER TO ${governed.admin.user};
      ALTER EXTENSION pgcrypto SET SCHEMA public`);
    await administrator.query(
      `GRANT ${own("infra")} TO ${own("reader")}; REVOKE ${own("reader")} FROM ${own("outsider")}`,
    );
    const found = expectDone(await stack.pulumi("preview", "--refresh", "--diff"));
    for (const word of [
      "createDatabase",
      "connectionLimit",
      "statementTimeout",
      "searchPaths",
      "roles",
      "owner",
      "schema",
    ]) {
      expect(found).toContain(word);
    }
    await superuser.query(`ALTER EXTENSION pgcrypto SET SCHEMA ${own("plain")}`);
    await up("--refresh");
    await expectEmpty();
    expectDone(await stack.pulumi("destroy", "--yes", "--skip-preview"));
  });

  it("changes passwords and names", async () => {
    await stack.declare(everything());
    await up();
    await stack.declare(changed("service", { password: "second-word" }));
    await up();
    await expectEmpty();
    await (await loginTo(own("service"), "second-word")).end();
    await expect(loginTo(own("service"), "first-word")).rejects.toMatchObject({
      code: "28P01",
    });

    const withService = (
      password: string,
      migrator: Readonly<Record<string, unknown>>,
    ): readonly Declared[] =>
      changed("migrator", migrator).map((resource) =>
        resource.name === "service"
          ? { ...resource, args: { ...resource.args, password } }
          : resource,
      );
    await stack.declare(withService("second-word", { passwordWo: "two-word" }));
    expectDone(await stack.pulumi("preview", "--expect-no-changes"));
    await stack.declare(
      withService("second-word", { passwordWo: "two-word", passwordWoVersion: "2" }),
    );
    await up();

    await stack.declare(changed("service", { name: own("renamed") }));
    await up();
    await expectEmpty();
    await (await loginTo(own("renamed"), "first-word")).end();
    await stack.declare(
      changed("plain", { name: own("renamed_schema") }).filter(({ name }) => name !== "crypto"),
    );
    await up();
    expect(
      await rows("SELECT 1 FROM pg_namespace WHERE nspname = $1", [own("renamed_schema")]),
    ).toHaveLength(1);
    expectDone(await stack.pulumi("destroy", "--yes", "--skip-preview"));
    expect(await exists(own("renamed"))).toBe(false);
  });

  it("replaces what cannot be changed in place, the old one first where the names collide", async () => {
    await stack.declare(everything());
    await up();
    await stack.declare(changed("grant", { withAdminOption: true }));
    const preview = expectDone(await stack.pulumi("preview", "--diff"));
    expect(preview).toContain("withAdminOption");
    expect(await up()).toMatch(/1 (replaced|deleted)/);
    await expectEmpty();

    await stack.declare(
      changed("crypto", { name: "citext" }).map((resource) =>
        resource.name === "grant"
          ? { ...resource, args: { ...resource.args, withAdminOption: true } }
          : resource,
      ),
    );
    await up();
    expect(
      await rows("SELECT extname FROM pg_extension WHERE extname IN ('citext', 'pgcrypto')"),
    ).toEqual([{ extname: "citext" }]);
    expectDone(await stack.pulumi("destroy", "--yes", "--skip-preview"));
  });

  it("imports what is there, and leaves what is not", async () => {
    const connection = await provider();
    await administrator.query(`
      CREATE ROLE ${own("found")} LOGIN CONNECTION LIMIT 4;
      ALTER ROLE ${own("found")} SET statement_timeout = '5s';
      CREATE SCHEMA ${own("found")} AUTHORIZATION ${governed.admin.user}`);
    for (const [type, name, key] of [
      ["role:Role", "role", own("found")],
      ["schema:Schema", "schema", `${database}.${own("found")}`],
    ] as const) {
      const args = ["--yes", "--generate-code=false", "--protect=false"];
      expectDone(
        await stack.pulumi(
          "import",
          `postgresql:index/${type}`,
          name,
          key,
          ...args,
          "--provider",
          connection,
        ),
      );
    }
    await stack.declare([
      {
        type: "Role",
        name: "role",
        args: { name: own("found"), login: true, connectionLimit: 4, statementTimeout: 5000 },
      },
      { type: "Schema", name: "schema", args: { name: own("found") } },
    ]);
    await expectEmpty();

    const missing = await stack.pulumi(
      ...[
        "import",
        "postgresql:index/role:Role",
        "none",
        own("none"),
        "--yes",
        "--generate-code=false",
      ],
      ...["--provider", connection],
    );
    expect(missing.status).not.toBe(0);
    expect(missing.output).toContain("does not exist");
  });

  /** Registers the provider, which an import takes its connection from, and returns its reference. */
  async function provider(): Promise<string> {
    await up();
    const state = JSON.parse(await stack.state()) as {
      checkpoint: { latest: { resources: readonly { type: string; urn: string }[] } };
    };
    const found = state.checkpoint.latest.resources.find(
      ({ type }) => type === "pulumi:providers:postgresql",
    );
    return `connection=${found?.urn ?? ""}`;
  }

  // What follows is between engine and plugin: the server's version has no part in it.
  if (major === 15) return;

  it("takes over a state as the official plugin writes it", async () => {
    await stack.declare(everything());
    await up();
    const file = join(stack.folder, "state.json");
    expectDone(await stack.pulumi("stack", "export", "--file", file));
    const exported = JSON.parse(await readFile(file, "utf8")) as {
      deployment: {
        resources: {
          type: string;
          inputs: Record<string, unknown>;
          outputs: Record<string, unknown>;
        }[];
      };
    };
    const resources = exported.deployment.resources.filter(({ type }) =>
      type.startsWith("postgresql:"),
    );
    expect(resources).toHaveLength(8);
    for (const { inputs, outputs } of resources) {
      inputs.__defaults = [];
      outputs.__pulumi_raw_state_delta = { obj: { ps: {} } };
      for (const [key, value] of Object.entries(outputs)) {
        if (Array.isArray(value) && value.length === 0) outputs[key] = null;
        if (value === null) Reflect.deleteProperty(outputs, key);
      }
    }
    await writeFile(file, JSON.stringify(exported));
    expectDone(await stack.pulumi("stack", "import", "--file", file));
    expectDone(await stack.pulumi("preview", "--expect-no-changes"));
    expectDone(await stack.pulumi("preview", "--refresh", "--expect-no-changes"));
    expectDone(await stack.pulumi("destroy", "--yes", "--skip-preview"));
  });

  it("previews values that are not known yet", async () => {
    await stack.declare([
      { type: "Schema", name: "first", args: { name: own("first") } },
      {
        type: "Schema",
        name: "second",
        args: { name: own("second"), owner: { from: "first", property: "owner" } },
      },
      {
        type: "Role",
        name: "third",
        args: { name: { from: "second", property: "id" }, password: "p" },
      },
    ]);
    expectDone(await stack.pulumi("preview", "--diff"));
    await up();
    await expectEmpty();
    expect(await exists(`${database}.${own("second")}`)).toBe(true);
    expectDone(await stack.pulumi("destroy", "--yes", "--skip-preview"));
  });

  it.each<{
    why: string;
    resources: () => readonly Declared[];
    provider?: Record<string, unknown>;
    says: string;
  }>([
    {
      why: "a type it does not have",
      resources: () => [
        {
          type: "Grant",
          name: "g",
          args: { database: "d", role: "r", objectType: "schema", privileges: [] },
        },
      ],
      says: "the air-gap postgresql plugin has no resource type postgresql:index/grant:Grant",
    },
    {
      why: "a superuser",
      resources: () => [{ type: "Role", name: "r", args: { name: own("super"), superuser: true } }],
      says: "so this plugin never makes one",
    },
    {
      why: "policies",
      resources: () => [
        {
          type: "Schema",
          name: "s",
          args: { name: own("s"), policies: [{ usage: true, role: "r" }] },
        },
      ],
      says: "does not support policies",
    },
    {
      why: "a wrong password of the provider",
      resources: () => [
        { type: "Role", name: "r", args: { name: own("x"), password: "hidden-word" } },
      ],
      provider: { password: "wrong-word" },
      says: "SQLSTATE 28P01",
    },
    {
      why: "a server that is not there",
      resources: () => [{ type: "Role", name: "r", args: { name: own("x") } }],
      provider: { port: 1 },
      says: "127.0.0.1:1",
    },
    {
      why: "an Azure identity",
      resources: () => [{ type: "Role", name: "r", args: { name: own("x") } }],
      provider: { azureIdentityAuth: true },
      says: "the air-gap postgresql plugin does not support azureIdentityAuth",
    },
  ])(
    "refuses $why in one line, and shows no secret",
    async ({ resources, provider: overrides, says }) => {
      await stack.declare(resources(), overrides);
      const { status, output } = await stack.pulumi("up", "--yes", "--skip-preview");
      expect(status).not.toBe(0);
      expect(output.split("\n").filter((line) => line.includes(says))).not.toEqual([]);
      for (const word of ["hidden-word", "wrong-word", "at Connections", "exited prematurely"]) {
        expect(output).not.toContain(word);
      }
    },
  );

  describe("an interrupted step", () => {
    const waiting = (): Promise<readonly Record<string, unknown>[]> =>
      rows(
        `SELECT pid FROM pg_stat_activity WHERE query LIKE 'CREATE ROLE%' AND wait_event_type = 'Lock' AND datname IS NOT NULL`,
      );
    const sessions = (): Promise<readonly Record<string, unknown>[]> =>
      rows(
        "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'pulumi-resource-postgresql%'",
      );
    const until = async (isDone: () => Promise<boolean>): Promise<void> => {
      while (!(await isDone())) await sleep(50);
    };

    it.each(["SIGKILL", "SIGINT"] as const)(
      "of an engine that got %s does not stay on the server",
      async (signal) => {
        const name = own("blocked");
        const rival = await governed.login(
          governed.server.superuser.name,
          governed.server.superuser.password,
        );
        await rival.query("BEGIN");
        await rival.query(`CREATE ROLE ${name}`);
        await stack.declare([{ type: "Role", name: "blocked", args: { name } }]);
        const engine = stack.start("up", "--yes", "--skip-preview");
        const ended = new Promise((done) => engine.once("exit", done));
        await until(async () => (await waiting()).length === 1);
        const interruptedAt = Date.now();
        engine.kill(signal);
        await until(async () => (await sessions()).length === 0);
        // Sooner than the lock timeout, which would end the step in any case.
        expect(Date.now() - interruptedAt).toBeLessThan(20_000);
        await ended;
        await rival.query("ROLLBACK");
        await rival.end();
        expect(await exists(name)).toBe(false);
        if (signal === "SIGINT") {
          // No lock and nothing half done is left behind: the same command carries on.
          await up();
          expect(await exists(name)).toBe(true);
        }
      },
    );
  });
});
