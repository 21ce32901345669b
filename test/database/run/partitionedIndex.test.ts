/**
 * An index on a partitioned table in use, the way that holds nobody up: ON ONLY the table, CONCURRENTLY on each partition,
 * attached. In qa and prod, through gate, run, a cut in the middle, rollback and proof, on rows.
 */
import { checkFiles } from "../../../migrations/engine/gate/fileCheck";
import { proveMigrations } from "../../../migrations/engine/proof/prove";
import { modelBefore } from "../../../migrations/engine/schema/schemaReplay";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { tierRules } from "../../../stack/tier";
import { exampleDay, exampleMigrations, exampleSchemas } from "../../support/files/ruleExample";
import { apply, arrange, rollBack } from "../../support/program/runs";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const suite = useServer({ major: 18 });
beforeAll(loadParser);

const walk = {
  before:
    "CREATE TABLE dagapp.readings (at DATE, v INTEGER) PARTITION BY RANGE (at);\n" +
    "CREATE TABLE dagapp.readings_2025 PARTITION OF dagapp.readings FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');\n" +
    "CREATE TABLE dagapp.readings_2026 PARTITION OF dagapp.readings FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
  body:
    "CREATE INDEX IF NOT EXISTS idx_readings_at ON ONLY dagapp.readings (at);\n" +
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_readings_2025_at ON dagapp.readings_2025 (at);\n" +
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_readings_2026_at ON dagapp.readings_2026 (at);\n" +
    "BEGIN;\nALTER INDEX dagapp.idx_readings_at ATTACH PARTITION dagapp.idx_readings_2025_at;\n" +
    "ALTER INDEX dagapp.idx_readings_at ATTACH PARTITION dagapp.idx_readings_2026_at;\nCOMMIT;",
  rollback: "DROP INDEX IF EXISTS dagapp.idx_readings_at;",
};

it("names that way where an index is asked for in one step", () => {
  const files = exampleMigrations({
    ...walk,
    body: "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_readings_at ON dagapp.readings (at);",
  });
  const judged = [files.at(-1)?.fileName ?? ""];
  const scope = { schemas: exampleSchemas, now: exampleDay, judged };
  const [found] = checkFiles(files, "prod", scope).filter(({ rule }) => rule === "server-refuses");
  expect(found?.remedy).toMatch(
    /CREATE INDEX .*ON ONLY dagapp\.readings[^]*CONCURRENTLY [^]*readings_2025[^]*ATTACH PARTITION/,
  );
});

it.each(["qa", "prod"] as const)(
  "goes through gate, run, rollback and proof in %s",
  async (tier) => {
    const files = exampleMigrations(walk);
    const last = files.at(-1);
    if (last === undefined) throw new Error("no files");
    const scope = { schemas: exampleSchemas, now: exampleDay, judged: [last.fileName] };
    expect(checkFiles(files, tier, scope).filter(({ severity }) => severity === "error")).toEqual(
      [],
    );

    const database = await suite.database({ configuration: { tier } });
    const versions = files.map(({ header }) => header.version);
    for (const [index, file] of files.slice(0, -1).entries()) {
      await apply(database, file, {
        lower: versions.slice(0, index),
        model: modelBefore(files, file.number),
      });
    }
    const insert =
      "INSERT INTO dagapp.readings SELECT DATE '2025-06-01' + n, n FROM generate_series(1, 400) n";
    await arrange(database, insert);
    const model = modelBefore(files, last.number);
    const indexes = () =>
      database.rows(
        `SELECT c.relname AS name, i.indisvalid AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relname LIKE 'idx_readings%' ORDER BY 1`,
      );
    // As a run that was killed while it built the second one would leave it.
    await arrange(database, "CREATE INDEX idx_readings_2025_at ON dagapp.readings_2025 (at)");
    await apply(database, last, { lower: versions.slice(0, -1), model });
    const valid = ["idx_readings_2025_at", "idx_readings_2026_at", "idx_readings_at"].map(
      (name) => ({
        ...{ name, valid: true },
      }),
    );
    expect(await indexes()).toEqual(valid);
    await rollBack(database, last, { model });
    expect(await indexes()).toEqual([]);
    expect(await database.rows("SELECT count(*)::int AS n FROM dagapp.readings")).toEqual([
      { n: 400 },
    ]);
    await apply(database, last, { lower: versions.slice(0, -1), model });
    expect(await indexes()).toEqual(valid);
    if (!tierRules[tier].samplesOwnRows) return;
    const [proof] = await proveMigrations(database.access, files, [last], () => undefined, {});
    expect(proof).toMatchObject({ outcome: "proven" });
  },
);
