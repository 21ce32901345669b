/** The main path, from an empty database on: look, apply, find nothing left to do, lose the state. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { migrationsFolder, VERSIONS } from "../support/files/migrationFiles";
import { done, type ProgramStack } from "../support/program/programStack";
import { useProgramStacks } from "../support/program/useProgramStacks";
import { splitStatements } from "../support/servers/sqlFile";
import { readLedger, type TierDatabase, versionsOf } from "../support/servers/tierDatabase";
import { serverVersions } from "../support/servers/versions";

jest.setTimeout(900_000);

const allVersions = VERSIONS.map(({ version }) => version);

describe.each(serverVersions)("a dev stack on PostgreSQL %d", (major) => {
  const suite = useProgramStacks({ major, settings: { autovacuum: "off" } });
  let database: TierDatabase;
  let stack: ProgramStack;

  beforeAll(async () => {
    database = await suite.database();
    stack = await suite.stack(database, { tier: "dev" });
  });

  it("shows every statement without writing, applies all in order, finds nothing more to do, and outlives its state", async () => {
    const before = await database.nextTransaction();
    const plan = done(await stack.preview("--diff"));
    expect(statementsShown(plan)).toBe(await statementsInFiles());
    expect(await database.nextTransaction()).toBe(before);

    done(await stack.up());
    const { migrator } = database.roles;
    expect(await readLedger(database)).toEqual(
      VERSIONS.map(({ version, ticket }) => ({
        version,
        applied: true,
        executed_by: migrator,
        ticket_number: ticket,
      })),
    );
    expect(await versionsOf(database, "applied")).toEqual(allVersions);

    // Somebody else's next command, of whatever kind, has nothing to do.
    const catalog = await database.catalog();
    expect(done(await stack.up())).toMatch(/Resources:\s+\d+ unchanged/);
    done(await stack.preview("--expect-no-changes"));
    done(await stack.preview("--expect-no-changes", "--refresh"));

    await stack.forgetState();
    done(await stack.up());
    expect(await versionsOf(database, "started")).toEqual(allVersions);
    expect(await versionsOf(database, "applied")).toEqual(allVersions);
    expect(await database.catalog()).toEqual(catalog);
    done(await stack.preview("--expect-no-changes"));

    await expectNoSecretIn(stack.state, Object.values(database.passwords));
    const exported = await stack.exportState();
    for (const password of Object.values(database.passwords)) {
      expect(exported).not.toContain(password);
    }
  });
});

/** Lines such as `[3]: "L98 INSERT …` in the inputs of the migrations. */
const statementsShown = (plan: string): number => plan.match(/^ +\[\d+\]: "L\d+ /gm)?.length ?? 0;

/** Without BEGIN and COMMIT, which only part the others into transactions. */
async function statementsInFiles(): Promise<number> {
  const counts = VERSIONS.map(async ({ forward }) => {
    const statements = await splitStatements(
      await readFile(join(migrationsFolder, forward), "utf8"),
    );
    return statements.filter((statement) => !/^(--.*\n|\s)*(BEGIN|COMMIT)$/.test(statement)).length;
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/** State, history and backups: every file the engine wrote, old states included. */
async function expectNoSecretIn(folder: string, secrets: readonly string[]): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(4);
  for (const { parentPath, name } of files) {
    const text = await readFile(join(parentPath, name), "utf8");
    expect(secrets.filter((secret) => text.includes(secret)).map(() => name)).toEqual([]);
  }
}
