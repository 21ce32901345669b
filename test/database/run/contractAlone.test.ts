/**
 * What no transaction holds as a whole is held to what was judged of it too: statements that run alone are measured in one
 * batch with the measurement, and stop the run behind them; rounds of a batch are measured one by one and rolled back.
 */
import type { MigrationFile } from "../../../migrations/engine/files/file";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { makeMigration, type MigrationParts } from "../../support/files/makeMigration";
import { apply, arrange, exists, failureOf } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** Functions of the database that no file holds; the server lets none that calls itself immutable write. */
const ground = [
  "CREATE TABLE dagapp.notes (note_id INTEGER)",
  "INSERT INTO dagapp.notes SELECT generate_series(1, 5)",
  "CREATE TABLE dagapp.jobs (job_id INTEGER, done BOOLEAN)",
  "INSERT INTO dagapp.jobs SELECT generate_series(1, 3)",
  "CREATE FUNCTION dagapp.wipe() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN DELETE FROM dagapp.notes; END $f$",
  "CREATE FUNCTION dagapp.empty() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN TRUNCATE dagapp.notes; END $f$",
  "CREATE FUNCTION dagapp.killer(INTEGER) RETURNS BOOLEAN LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN PERFORM dagapp.wipe(); RETURN true; END $f$",
  "CREATE FUNCTION dagapp.emptier(INTEGER) RETURNS BOOLEAN LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN PERFORM dagapp.empty(); RETURN true; END $f$",
  "CREATE FUNCTION dagapp.on_job() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN DELETE FROM dagapp.notes WHERE note_id = NEW.job_id; RETURN NEW; END $f$",
];

const gone = "dagapp.notes: 5 rows deleted, none announced";

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;
  let prod: ProgramDatabase["access"];

  const example = (body: string, more: Partial<MigrationParts> = {}): MigrationFile =>
    makeMigration({ tables: "dagapp.jobs", body, ...more });
  const notes = async (): Promise<unknown> =>
    (await database.rows("SELECT count(*)::int AS count FROM dagapp.notes"))[0]?.["count"];
  const recorded = async (): Promise<unknown> =>
    (
      await database.rows(
        `SELECT detail -> 'measured' AS measured FROM public.schema_migration_events
          WHERE kind = 'segment-done' AND detail ? 'measured' ORDER BY id DESC LIMIT 1`,
      )
    )[0]?.["measured"];
  const make = async (tier: "dev" | "prod"): Promise<void> => {
    database = await suite.database({ configuration: { tier } });
    const [from, to] = [-1, 1].map((hours) =>
      new Date(Date.now() + hours * 3_600_000).toISOString().replace(/\.\d+Z/, "Z"),
    );
    prod = database.accessWith({ tier, window: JSON.stringify([`${from}/${to}`]) });
    await arrange(database, ...ground);
  };

  beforeAll(loadParser);

  const built = (expression: string): string =>
    `CREATE INDEX CONCURRENTLY jobs_killer ON dagapp.jobs (${expression});\nCREATE TABLE dagapp.later (id INTEGER);`;

  it.each([
    ["deletes", "dagapp.killer(job_id)", gone],
    ["empties", "dagapp.emptier(job_id)", "dagapp.notes: emptied or written anew, not announced"],
  ])(
    "stops the run in prod behind a statement alone that %s what it does not name, and records it",
    async (_what, expression, said) => {
      await make("prod");
      const migration = example(built(expression));
      const error = await failureOf(apply(database, migration, { access: prod }));
      expect(error.message).toContain(said);
      expect(error.message).toContain("no transaction holds it, so that it was not rolled back");
      expect(error.message).toContain("Look at what it did and mend that first");
      expect(await recorded()).toMatchObject({ unannounced: [said] });
      expect(await exists(database, "dagapp.later")).toBe(false);
    },
  );

  it("lets the same pass in dev, with a warning, and records it", async () => {
    await make("dev");
    const { log, ranNow } = await apply(database, example(built("dagapp.killer(job_id)")));
    expect(ranNow).toBe(true);
    expect(log).toContainEqual(expect.stringContaining(`refused in uat and prod: ${gone}`));
    expect(await exists(database, "dagapp.later")).toBe(true);
  });

  it("measures maintenance that evaluates an index of an old table", async () => {
    await make("prod");
    await arrange(database, "CREATE INDEX old ON dagapp.jobs (dagapp.killer(job_id))");
    await arrange(database, "INSERT INTO dagapp.notes SELECT generate_series(1, 5)");
    const error = await failureOf(
      apply(database, example("REINDEX INDEX CONCURRENTLY dagapp.old;"), { access: prod }),
    );
    expect(error.message).toContain(gone);
  });

  it("says nothing of what builds, checks and drops as it is announced", async () => {
    await make("prod");
    const body = `CREATE TABLE dagapp.x (id INTEGER);
CREATE INDEX CONCURRENTLY jobs_id ON dagapp.jobs (job_id);
REINDEX INDEX CONCURRENTLY dagapp.jobs_id;
VACUUM (ANALYZE) dagapp.jobs;
DROP INDEX CONCURRENTLY dagapp.jobs_id;`;
    const { log } = await apply(database, example(body), { access: prod });
    expect(log.filter((line) => line.includes("announced"))).toEqual([]);
    expect(await notes()).toBe(5);
  });

  describe("a round of a batch", () => {
    const body = "-- batch rows=10\nUPDATE dagapp.jobs SET done = true WHERE done IS NULL;";
    const armed =
      "CREATE TRIGGER t AFTER UPDATE ON dagapp.jobs FOR EACH ROW EXECUTE FUNCTION dagapp.on_job()";

    it("is rolled back in prod when a trigger takes rows elsewhere", async () => {
      await make("prod");
      await arrange(database, armed);
      const error = await failureOf(apply(database, example(body), { access: prod }));
      expect(error.message).toContain("dagapp.notes: 3 rows deleted, none announced");
      expect(error.message).toContain("and was rolled back");
      expect(await notes()).toBe(5);
      expect(
        await database.rows("SELECT count(*)::int AS count FROM dagapp.jobs WHERE done"),
      ).toEqual([{ count: 0 }]);
    });

    it("passes in dev with a warning, and all rounds are recorded as one", async () => {
      await make("dev");
      await arrange(database, armed);
      const { log } = await apply(database, example(body));
      expect(log).toContainEqual(expect.stringContaining("a round did more than was announced"));
      expect(await recorded()).toMatchObject({
        impacts: [
          { name: "dagapp.jobs", updated: 3 },
          { name: "dagapp.notes", deleted: 3 },
        ],
        unannounced: ["dagapp.notes: 3 rows deleted, none announced"],
      });
    });

    it("adds up over many rounds, and says nothing of what is announced", async () => {
      await make("prod");
      await database.rows("INSERT INTO dagapp.jobs SELECT generate_series(4, 5000)");
      const { log } = await apply(database, example(body), { access: prod });
      expect(log.filter((line) => line.includes("announced"))).toEqual([]);
      expect(await recorded()).toMatchObject({ impacts: [{ name: "dagapp.jobs", updated: 5000 }] });
    });
  });
});
