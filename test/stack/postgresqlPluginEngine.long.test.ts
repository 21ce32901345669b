/**
 * What is between the engine and the air-gap plugin, whatever the server's version: a state of the official plugin,
 * values not known yet, refusals, and engines that end in the middle of a step.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { usePluginScenario } from "../support/plugin/pluginScenario";
import type { Declared } from "../support/plugin/pluginStack";

jest.setTimeout(300_000);

describe("the air-gap postgresql plugin under the engine", () => {
  const scenario = usePluginScenario(18);
  const { own, rows, exists, expectDone, up, expectEmpty, everything } = scenario;

  it("takes over a state as the official plugin writes it", async () => {
    await scenario.stack.declare(everything());
    await up();
    const file = join(scenario.stack.folder, "state.json");
    expectDone(await scenario.stack.pulumi("stack", "export", "--file", file));
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
    expectDone(await scenario.stack.pulumi("stack", "import", "--file", file));
    expectDone(await scenario.stack.pulumi("preview", "--expect-no-changes"));
    expectDone(await scenario.stack.pulumi("preview", "--refresh", "--expect-no-changes"));
    expectDone(await scenario.stack.pulumi("destroy", "--yes", "--skip-preview"));
  });

  it("previews values that are not known yet", async () => {
    await scenario.stack.declare([
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
    expectDone(await scenario.stack.pulumi("preview", "--diff"));
    await up();
    await expectEmpty();
    expect(await exists(`${scenario.database}.${own("second")}`)).toBe(true);
    expectDone(await scenario.stack.pulumi("destroy", "--yes", "--skip-preview"));
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
      await scenario.stack.declare(resources(), overrides);
      const { status, output } = await scenario.stack.pulumi("up", "--yes", "--skip-preview");
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
        const rival = await scenario.governed.login(
          scenario.governed.server.superuser.name,
          scenario.governed.server.superuser.password,
        );
        await rival.query("BEGIN");
        await rival.query(`CREATE ROLE ${name}`);
        await scenario.stack.declare([{ type: "Role", name: "blocked", args: { name } }]);
        const engine = scenario.stack.start("up", "--yes", "--skip-preview");
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
