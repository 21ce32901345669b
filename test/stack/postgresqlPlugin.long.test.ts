/** The life of resources with the air-gap plugin under the real engine, on real servers. */
import { usePluginScenario } from "../support/plugin/pluginScenario";
import type { Declared } from "../support/plugin/pluginStack";
import { serverVersions } from "../support/servers/versions";

jest.setTimeout(300_000);

describe.each(serverVersions)("the air-gap postgresql plugin on PostgreSQL %d", (major) => {
  const scenario = usePluginScenario(major);
  const { own, rows, exists, loginTo, expectDone, up, expectEmpty, everything, changed } = scenario;

  it("creates all four types, is at rest afterwards, and destroys them", async () => {
    await scenario.stack.declare(everything());
    await up();
    await expectEmpty();

    const state = await scenario.stack.state();
    for (const word of ["first-word", "one-word", scenario.governed.admin.password])
      expect(state).not.toContain(word);

    expectDone(await scenario.stack.pulumi("destroy", "--yes", "--skip-preview"));
    for (const name of ["infra", "service", "migrator", "reader"])
      expect(await exists(own(name))).toBe(false);
    expect(await rows("SELECT 1 FROM pg_namespace WHERE nspname LIKE $1", [own("%")])).toEqual([]);
    expect(await rows("SELECT 1 FROM pg_extension WHERE extname = 'pgcrypto'")).toEqual([]);
  });

  it("finds drift with --refresh and heals it", async () => {
    await scenario.stack.declare(everything());
    await up();
    await scenario.superuser.query(`
      ALTER ROLE ${own("service")} CREATEDB CONNECTION LIMIT 3;
      ALTER ROLE ${own("service")} SET statement_timeout = '5s';
      ALTER ROLE ${own("service")} RESET search_path;
      ALTER SCHEMA ${own("app")} OWNER TO ${scenario.governed.admin.user};
      ALTER EXTENSION pgcrypto SET SCHEMA public`);
    await scenario.administrator.query(
      `GRANT ${own("infra")} TO ${own("reader")}; REVOKE ${own("reader")} FROM ${own("outsider")}`,
    );
    const found = expectDone(await scenario.stack.pulumi("preview", "--refresh", "--diff"));
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
    await scenario.superuser.query(`ALTER EXTENSION pgcrypto SET SCHEMA ${own("plain")}`);
    await up("--refresh");
    await expectEmpty();
    expectDone(await scenario.stack.pulumi("destroy", "--yes", "--skip-preview"));
  });

  it("changes passwords and names", async () => {
    await scenario.stack.declare(everything());
    await up();
    await scenario.stack.declare(changed("service", { password: "second-word" }));
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
    await scenario.stack.declare(withService("second-word", { passwordWo: "two-word" }));
    expectDone(await scenario.stack.pulumi("preview", "--expect-no-changes"));
    await scenario.stack.declare(
      withService("second-word", { passwordWo: "two-word", passwordWoVersion: "2" }),
    );
    await up();

    await scenario.stack.declare(changed("service", { name: own("renamed") }));
    await up();
    await expectEmpty();
    await (await loginTo(own("renamed"), "first-word")).end();
    await scenario.stack.declare(
      changed("plain", { name: own("renamed_schema") }).filter(({ name }) => name !== "crypto"),
    );
    await up();
    expect(
      await rows("SELECT 1 FROM pg_namespace WHERE nspname = $1", [own("renamed_schema")]),
    ).toHaveLength(1);
    expectDone(await scenario.stack.pulumi("destroy", "--yes", "--skip-preview"));
    expect(await exists(own("renamed"))).toBe(false);
  });

  it("replaces what cannot be changed in place, the old one first where the names collide", async () => {
    await scenario.stack.declare(everything());
    await up();
    await scenario.stack.declare(changed("grant", { withAdminOption: true }));
    const preview = expectDone(await scenario.stack.pulumi("preview", "--diff"));
    expect(preview).toContain("withAdminOption");
    expect(await up()).toMatch(/1 (replaced|deleted)/);
    await expectEmpty();

    await scenario.stack.declare(
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
    expectDone(await scenario.stack.pulumi("destroy", "--yes", "--skip-preview"));
  });

  it("imports what is there, and leaves what is not", async () => {
    const connection = await provider();
    await scenario.administrator.query(`
      CREATE ROLE ${own("found")} LOGIN CONNECTION LIMIT 4;
      ALTER ROLE ${own("found")} SET statement_timeout = '5s';
      CREATE SCHEMA ${own("found")} AUTHORIZATION ${scenario.governed.admin.user}`);
    for (const [type, name, key] of [
      ["role:Role", "role", own("found")],
      ["schema:Schema", "schema", `${scenario.database}.${own("found")}`],
    ] as const) {
      const args = ["--yes", "--generate-code=false", "--protect=false"];
      expectDone(
        await scenario.stack.pulumi(
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
    await scenario.stack.declare([
      {
        type: "Role",
        name: "role",
        args: { name: own("found"), login: true, connectionLimit: 4, statementTimeout: 5000 },
      },
      { type: "Schema", name: "schema", args: { name: own("found") } },
    ]);
    await expectEmpty();

    const missing = await scenario.stack.pulumi(
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
    const state = JSON.parse(await scenario.stack.state()) as {
      checkpoint: { latest: { resources: readonly { type: string; urn: string }[] } };
    };
    const found = state.checkpoint.latest.resources.find(
      ({ type }) => type === "pulumi:providers:postgresql",
    );
    return `connection=${found?.urn ?? ""}`;
  }
});
