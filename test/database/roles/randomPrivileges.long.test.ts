/**
 * Whatever is done to privileges, memberships, owners and settings: one healing makes everything as the rules say, which
 * the server itself confirms on every object, and a second one has nothing to do. Each round's title holds its seed;
 * RANDOM_PRIVILEGES_SEED begins at another one, RANDOM_PRIVILEGES_ROUNDS goes on for longer.
 */
import type { Client } from "pg";

import { Target as Attacked } from "../../support/attacks/attackRun";
import { attemptAlone, works } from "../../support/privileges/attempt";
import { addAwkwardObjects } from "../../support/privileges/awkwardObjects";
import { drawChanges, readTargets, type Target } from "../../support/privileges/randomPrivileges";
import { disagreementsIn } from "../../support/privileges/ruleOracle";
import { addForeignTable, addSampleObjects } from "../../support/privileges/sampleObjects";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const firstSeed = Number(process.env["RANDOM_PRIVILEGES_SEED"] ?? 1);
const rounds = Number(process.env["RANDOM_PRIVILEGES_ROUNDS"] ?? 30);
const seeds = Array.from({ length: rounds }, (_, round) => firstSeed + round);

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;
  let superuser: Client;
  let targets: readonly Target[];
  let schemas: readonly string[];
  let named: (sql: string) => string;

  beforeAll(async () => {
    database = await suite.database();
    await addSampleObjects(database);
    await addForeignTable(database);
    await addAwkwardObjects(database, "dagapp");
    await database.asAdmin(async (client) => {
      await client.query("CREATE ROLE team");
      await client.query("CREATE SCHEMA lab");
      await client.query("CREATE TABLE lab.sample (id INTEGER, note TEXT)");
    });
    expect((await database.heal()).left).toEqual([]);
    schemas = [...database.settings.schemas, "public", "lab"];
    superuser = await database.connect("superuser");
    targets = await readTargets(superuser, schemas, major);
    const attacked = await Attacked.of(database);
    named = (sql) => attacked.named(sql.replaceAll("{team}", "team"));
  });

  it.each(seeds)("seed %d: one healing makes everything right", async (seed) => {
    const done: string[] = [];
    for (const statements of drawChanges(seed, targets, schemas)) {
      for (const sql of statements.map(named)) {
        // Some cannot be done, as a membership in a circle: then it is as if they had not been drawn.
        if ((await attemptAlone(superuser, sql)) === works) done.push(sql);
      }
    }
    const { mended, left } = await database.heal();
    const again = await database.heal();
    const problems = [
      ...(mended.length === 0 ? ["nothing had to be mended"] : []),
      ...left.map(
        ({ deviation, reason }) =>
          `left: ${deviation.text}: ${deviation.statements.join("; ")}: ${reason}`,
      ),
      ...again.mended.map(({ text }) => `mended by the second healing only: ${text}`),
      ...again.left.map(({ deviation }) => `left by the second healing: ${deviation.text}`),
      ...(await disagreementsIn(database, major)),
    ];
    const story = problems.length === 0 ? "" : [...problems, "after:", ...done].join("\n");
    expect(story).toBe("");
  });

  it("takes a right to pass on from a role that the admin is a member of", async () => {
    for (const sql of [
      "SET SESSION AUTHORIZATION {admin}",
      "GRANT {migrator} TO {admin}",
      "RESET SESSION AUTHORIZATION",
      "GRANT ALL ON SCHEMA public TO {migrator} WITH GRANT OPTION",
      "GRANT SELECT ON dagapp.item TO {migrator} WITH GRANT OPTION",
    ]) {
      await superuser.query(named(sql));
    }
    expect((await database.heal()).left).toEqual([]);
    expect(await disagreementsIn(database, major)).toEqual([]);
  });
});
