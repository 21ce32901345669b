/**
 * Proven rollbacks in a whole run: up of dev and qa proves by itself, says what does not hold, publishes in the
 * same run, and uat's gate takes qa's word. Policy: "Rollback tested", "UAT Execution".
 */
import { writeFile } from "node:fs/promises";

import type { PublishedVersion } from "../../migrations/engine/history/promotion";
import { nameOf, smallMigrations, ticketOf, versionOf } from "../support/files/smallMigrations";
import type { InProcessOptions, InProcessStack } from "../support/program/inProcess/stack";
import { useInProcessStacks } from "../support/program/inProcess/use";
import { diagnostics, done } from "../support/program/outcome";
import { type TierDatabase, versionsOf } from "../support/servers/tierDatabase";

jest.setTimeout(600_000);

const stacks = useInProcessStacks();
const make = (options: InProcessOptions): Promise<InProcessStack> =>
  stacks.make({ ...options, config: { extensions: [], ...options.config } });
const published = async (stack: InProcessStack): Promise<readonly PublishedVersion[]> =>
  (await stack.outputs()).versions as readonly PublishedVersion[];
const provenIn = async (stack: InProcessStack): Promise<readonly string[]> =>
  (await published(stack)).filter(({ proven }) => proven !== null).map(({ version }) => version);
const recorded = ({ database }: InProcessStack): Promise<readonly unknown[]> =>
  versionsOf(database, "proven");
const scratchDatabases = (database: TierDatabase): Promise<readonly unknown[]> =>
  database.sql("superuser", "SELECT datname FROM pg_database WHERE datname ^@ 'ddl_proof_'");
/** A rollback that leaves a table behind. */
const leaving = (number: number, files: Readonly<Record<string, string>>): string =>
  (files[`${nameOf(number)}_rollback.sql`] ?? "").replace(
    "DROP TABLE IF EXISTS",
    "CREATE TABLE dagapp.left_behind (id INTEGER);\nDROP TABLE IF EXISTS",
  );

it("dev proves in the same up, warns of what does not hold, and tries that again until it is corrected", async () => {
  const files = smallMigrations([{}, {}, {}]);
  const stack = await make({ tier: "dev", files });
  const { database } = stack;
  const before = await database.nextTransaction();
  const plan = done(await stack.preview("--diff"));
  expect(plan).toMatch(
    /ddl:Proofs[^]*unproven\s*: \[\s+\[0\]: "0\.1\.0"\s+\[1\]: "0\.2\.0"\s+\[2\]: "0\.3\.0"/,
  );
  expect(await database.nextTransaction()).toBe(before);

  done(await stack.up());
  expect(await recorded(stack)).toEqual([1, 2, 3].map(versionOf));
  expect(await provenIn(stack)).toEqual([1, 2, 3].map(versionOf));
  expect(await scratchDatabases(database)).toEqual([]);
  done(await stack.preview("--expect-no-changes"));
  expect(done(await stack.up())).toMatch(/Resources:\s+\d+ unchanged/);
  done(await stack.preview("--expect-no-changes", "--refresh"));
  expect(await recorded(stack)).toHaveLength(3);

  // One more, whose rollback is wrong.
  const more = smallMigrations([{}, {}, {}, {}]);
  const rollback = `${nameOf(4)}_rollback.sql`;
  await stack.replaceMigrations({ ...more, [rollback]: leaving(4, more) });
  const warned = done(await stack.up());
  expect(diagnostics(warned)).toContain("warning: 1 rollback(s) are not proven:");
  expect(diagnostics(warned)).toContain("after the rollback: table dagapp.left_behind is new");
  expect(await versionsOf(database, "applied")).toEqual([1, 2, 3, 4].map(versionOf));
  expect(await provenIn(stack)).toEqual([1, 2, 3].map(versionOf));

  // Nothing else to do, and so it is seen, and tried, until it holds.
  const open = await stack.preview("--expect-no-changes", "--diff");
  expect(open.status).not.toBe(0);
  expect(open.output).toMatch(/unproven\s*: \[\s+\[0\]: "0\.4\.0"\s+\]/);
  expect(diagnostics(done(await stack.up()))).toContain("1 rollback(s) are not proven");
  await writeFile(stack.file(`migrations/${rollback}`), more[rollback] ?? "");
  expect(diagnostics(done(await stack.up()))).not.toContain("not proven");
  expect(await provenIn(stack)).toEqual([1, 2, 3, 4].map(versionOf));
  expect(await recorded(stack)).toEqual([1, 2, 3, 4].map(versionOf));
  done(await stack.preview("--expect-no-changes"));

  // A lost state costs nothing.
  await stack.forgetState();
  done(await stack.up());
  expect(await recorded(stack)).toHaveLength(4);
});

it("proves nothing while a migration fails or the gate refuses", async () => {
  const files = smallMigrations([{}, { body: "SELECT 1 / 0;" }]);
  const stack = await make({ tier: "dev", files });
  expect((await stack.up()).status).not.toBe(0);
  expect(await versionsOf(stack.database, "applied")).toEqual([versionOf(1)]);
  expect(await recorded(stack)).toEqual([]);

  const edited = { body: "CREATE TABLE dagapp.t1 (id BIGINT PRIMARY KEY);" };
  await stack.replaceMigrations(smallMigrations([edited, {}]));
  const refused = await stack.up();
  expect(refused.status).not.toBe(0);
  expect(refused.output).toContain("rule edited-applied-file");
  expect(await recorded(stack)).toEqual([]);

  await stack.replaceMigrations(smallMigrations([{}, {}]));
  done(await stack.up());
  expect(await provenIn(stack)).toEqual([1, 2].map(versionOf));
});

it("qa fails when a rollback does not hold, and once it does, uat takes qa's word for it", async () => {
  const files = smallMigrations([{}, {}]);
  const rollback = `${nameOf(2)}_rollback.sql`;
  const qa = await make({ tier: "qa", files: { ...files, [rollback]: leaving(2, files) } });
  const failed = await qa.up();
  expect(failed.status).not.toBe(0);
  expect(failed.output).toContain("after the rollback: table dagapp.left_behind is new");
  // What was done is done, and told by the next up at the latest.
  expect(await versionsOf(qa.database, "applied")).toEqual([1, 2].map(versionOf));
  expect(await recorded(qa)).toEqual([versionOf(1)]);
  expect((await qa.up()).status).not.toBe(0);
  expect(await provenIn(qa)).toEqual([versionOf(1)]);

  // Corrected where it was written first, in dev.
  await qa.replaceMigrations(files);
  done(await qa.up());
  done(await qa.preview("--expect-no-changes"));

  const uat = await make({
    ...{ tier: "uat", files, state: qa.state },
    config: { targetVersion: versionOf(2) },
  });
  uat.variables = { DDL_TICKETS: [1, 2].map(ticketOf).join(",") };
  const unsigned = await uat.up();
  expect(unsigned.output).toContain("rule sign-off-missing");
  expect(unsigned.output).not.toContain("rule rollback-unproven");
  await qa.database.sql(
    "admin",
    `INSERT INTO public.schema_migration_events (kind, version, checksum, detail)
     SELECT 'signed-off', version, checksum, '{"by": "Eve"}' FROM public.schema_migration_events WHERE kind = 'applied'`,
  );
  done(await qa.up());
  done(await uat.up());
  expect(await versionsOf(uat.database, "applied")).toEqual([1, 2].map(versionOf));
  expect(await recorded(uat)).toEqual([]);
});
