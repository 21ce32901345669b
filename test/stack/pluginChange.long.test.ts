/**
 * The stack rests under the official `postgresql` plugin and under the stand-in, and under the one with a state that the
 * other wrote. Where the machine has no official plugin, the stand-in alone is looked at: it shows what that one shows.
 */
import { officialPlugin } from "../../toolchain/pluginPlaces";
import { smallMigrations, ticketOf } from "../support/files/smallMigrations";
import { installedPluginOnly } from "../support/plugin/officialPlugin";
import { done, type ProgramStack } from "../support/program/programStack";
import { useProgramStacks } from "../support/program/useProgramStacks";
import type { TierDatabase } from "../support/servers/tierDatabase";

jest.setTimeout(900_000);

type Plugin = "official" | "stand-in";
const has: readonly Plugin[] =
  officialPlugin() === undefined ? ["stand-in"] : ["official", "stand-in"];
const itWithBoth = has.length === 2 ? it : it.skip;

describe.each([18, 15] as const)("on PostgreSQL %d", (major) => {
  const suite = useProgramStacks({ major, settings: { autovacuum: "off" } });
  let database: TierDatabase;
  let stack: ProgramStack;

  const config = { extensions: ["unaccent"], targetVersion: "0.1.0" };

  async function make(tier: "dev" | "uat" | "prod"): Promise<void> {
    database = await suite.database();
    stack = await suite.stack(database, { tier, config, files: smallMigrations([{}]) });
  }

  /** From here on this plugin serves. */
  function use(plugin: Plugin, more: Readonly<Record<string, string>> = {}): void {
    stack.variables = { ...(plugin === "stand-in" ? installedPluginOnly : {}), ...more };
  }

  /** Every command finds the database as it is declared, and leaves it so; also with the state that a refresh wrote. */
  async function expectRest(): Promise<void> {
    const catalog = await database.catalog();
    const unchanged = /Resources:\s+\d+ unchanged/;
    done(await stack.preview("--expect-no-changes"));
    done(await stack.preview("--refresh", "--expect-no-changes"));
    expect(done(await stack.up("--refresh"))).toMatch(unchanged);
    expect(done(await stack.up())).toMatch(unchanged);
    expect(await database.catalog()).toEqual(catalog);
  }

  it.each(has)(
    "a dev stack rests under the %s plugin, also rebuilt and without its state",
    async (plugin) => {
      await make("dev");
      use(plugin);
      done(await stack.up());
      await expectRest();
      const catalog = await database.catalog();

      expect(await stack.ddl("rebuild")).toMatchObject({ status: 0 });
      done(await stack.up());
      expect(await database.catalog()).toEqual(catalog);
      await stack.forgetState();
      done(await stack.up());
      expect(await database.catalog()).toEqual(catalog);

      // The plugin does not see it go: ExactGrants does.
      const { admin, infrastructure } = database.roles;
      await database.sql("admin", `REVOKE "${infrastructure}" FROM "${admin}"`);
      expect((await stack.preview("--diff")).output).toContain(
        `role ${admin}: is not a member of ${infrastructure}`,
      );
      done(await stack.up());
      expect(await database.catalog()).toEqual(catalog);
      await expectRest();
    },
  );

  it.each(has)("prod and its protection rest under the %s plugin", async (plugin) => {
    await make("prod");
    use(plugin, { DDL_TICKETS: ticketOf(1) });
    done(await stack.up());
    use(plugin);
    await expectRest();
    const { status, output } = await stack.destroy();
    expect(status).not.toBe(0);
    expect(output).toContain("protect");
  });

  itWithBoth("what one plugin wrote rests under the other, both ways, in uat", async () => {
    await make("uat");
    use("official", { DDL_TICKETS: ticketOf(1) });
    done(await stack.up());
    use("stand-in");
    await expectRest();
    // Now the stand-in writes: new passwords, then a refresh.
    await stack.configure({ ...config, passwordVersion: "2" });
    done(await stack.up());
    done(await stack.refresh());
    use("official");
    await expectRest();
  });
});
