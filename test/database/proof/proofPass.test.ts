/**
 * The pass over unproven rollbacks that `up` makes in dev and qa, by the functions that the provider calls: what it
 * proves, what it says of what does not hold, and that nothing keeps the next one from trying again.
 * Policy: "Rollback tested".
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Client } from "pg";

import { rollbackTexts } from "../../../migrations/engine/history/proof";
import { StampError } from "../../../migrations/engine/history/stamp";
import {
  ProofFailedError,
  proofs,
  type ProofsInputs,
  type ProofsOutputs,
  runPass,
} from "../../../migrations/engine/proof/proofPass";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { loadMigrations } from "../../../migrations/engine/survey/load";
import type { Access } from "../../../stack/connection";
import { nameOf, smallMigrations, versionOf } from "../../support/files/smallMigrations";
import { apply, failureOf } from "../../support/program/runs";
import { configureProvider } from "../../support/servers/createLedger";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;
  let folder: string;
  let warnings: string[];
  let progress: string[];

  const voice = {
    progress: (line: string) => void progress.push(line),
    warn: (text: string) => Promise.resolve(void warnings.push(text)),
  };

  beforeAll(loadParser);
  beforeEach(async () => {
    [warnings, progress] = [[], []];
    database = await suite.database();
    folder = await mkdtemp(join(tmpdir(), "proof-pass-"));
    await write(smallMigrations([{}, {}, {}]));
  });
  afterEach(async () => {
    expect(
      await database.rows("SELECT datname FROM pg_database WHERE datname LIKE 'ddl%'"),
    ).toEqual([]);
    await rm(folder, { recursive: true });
  });

  const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  };
  /** The rollback of a migration, with another statement in it. */
  const rollbackWith = async (number: number, statement: string): Promise<void> => {
    const name = `${nameOf(number)}_rollback.sql`;
    const text = smallMigrations(Array.from({ length: number }, () => ({})))[name] ?? "";
    await write({ [name]: text.replace(`DROP TABLE IF EXISTS dagapp.t${number};`, statement) });
  };
  const inputs = async (): Promise<ProofsInputs> => {
    const { migrations } = await loadMigrations(folder);
    return { database: "geo", rollbacks: rollbackTexts(migrations) };
  };
  const applyFirst = async (count: number, to = database): Promise<void> => {
    const { migrations } = await loadMigrations(folder);
    const lower = migrations.slice(0, count).map(({ header }) => header.version);
    for (const [index, one] of migrations.slice(0, count).entries()) {
      await apply(to, one, { lower: lower.slice(0, index) });
    }
  };
  const run = async (access: Access = database.access): Promise<ProofsOutputs> =>
    runPass(access, await inputs(), "before", voice, folder);
  const proven = async (): Promise<readonly unknown[]> =>
    (
      await database.rows(
        "SELECT version FROM public.schema_migration_events WHERE kind = 'proven' ORDER BY id",
      )
    ).map(({ version }) => version);

  it("proves what is applied and named, once, and finds nothing to do after that", async () => {
    await applyFirst(2);
    const ended = await run();
    expect(await proven()).toEqual([1, 2].map(versionOf));
    // The third is named, as in a run that --target cut short: it is not applied.
    expect(ended.unproven).toEqual([versionOf(3)]);
    expect(ended.lastPass).toMatch(/^20\S+Z: 2 of 2 proven in \d+\.\d s$/);
    expect(warnings).toEqual([]);
    expect(progress).toEqual([
      "proving 2 rollback(s) in a scratch database",
      expect.stringMatching(/^001_table_1\.sql: the rollback of 0\.1\.0 is proven: /),
      expect.stringMatching(/^002_table_2\.sql: the rollback of 0\.2\.0 is proven: /),
      expect.stringMatching(/^2 of 2 rollback\(s\) proven in \d+\.\d s$/),
    ]);

    expect((await run()).lastPass).toBe("before");
    expect(await proven()).toHaveLength(2);

    // Another text of a rollback is another rollback.
    await applyFirst(3);
    await rollbackWith(2, "DROP TABLE IF EXISTS dagapp.t2; SELECT 2;");
    expect((await run()).unproven).toEqual([]);
    expect(await proven()).toEqual([1, 2, 2, 3].map(versionOf));
    // Only the newest proof is published, so that of the text before does not count for a text that is taken back.
    await rollbackWith(2, "DROP TABLE IF EXISTS dagapp.t2;");
    expect((await run()).unproven).toEqual([]);
    expect(await proven()).toEqual([1, 2, 2, 3, 2].map(versionOf));
  });

  it("in dev warns of a rollback that does not hold, and tries again each time, also after it was corrected", async () => {
    await rollbackWith(2, "DROP TABLE IF EXISTS dagapp.t2; CREATE TABLE dagapp.remains (id INT);");
    await applyFirst(3);
    const ended = await run();
    expect(ended.unproven).toEqual([versionOf(2)]);
    expect(await proven()).toEqual([1, 3].map(versionOf));
    expect(warnings).toEqual([expect.stringContaining("1 rollback(s) are not proven")]);
    expect(warnings[0]).toContain(`the rollback of ${versionOf(2)} is not proven`);
    expect(warnings[0]).toContain("after the rollback: table dagapp.remains is new");
    expect(warnings[0]).toContain("Hint: correct the rollback file");

    await run();
    expect(warnings).toHaveLength(2);
    await rollbackWith(2, "DROP TABLE IF EXISTS dagapp.t2;");
    expect((await run()).unproven).toEqual([]);
    expect(warnings).toHaveLength(2);
  });

  it("in qa fails, keeps what it has proven, and goes on once the file is corrected", async () => {
    await rollbackWith(2, "DROP TABLE dagapp.nowhere;");
    await applyFirst(3);
    await database.rows(`ALTER TABLE public.schema_migration_events DISABLE ROW LEVEL SECURITY`);
    await database.rows(
      `UPDATE public.schema_migration_events SET detail = '{"tier": "qa"}' WHERE kind = 'stamped'`,
    );
    const qa = database.accessWith({ tier: "qa" });
    const error = await failureOf(run(qa));
    expect(error).toBeInstanceOf(ProofFailedError);
    expect(error.message).toContain("2 rollback(s) are not proven");
    expect(error.message).toContain("SQLSTATE 42P01");
    expect(error.message).toContain(`the rollback of ${versionOf(3)} was not tried`);
    expect(await proven()).toEqual([versionOf(1)]);
    await rollbackWith(2, "DROP TABLE IF EXISTS dagapp.t2;");
    expect((await run(qa)).unproven).toEqual([]);
    expect(await proven()).toEqual([1, 2, 3].map(versionOf));
  });

  it("only warns, in dev and qa alike, where the admin may not make a database or an extension", async () => {
    await applyFirst(1);
    const { admin } = database.names;
    await database.rows(`ALTER ROLE ${admin} NOCREATEDB`);
    expect((await run()).unproven).toHaveLength(3);
    await database.rows(`ALTER ROLE ${admin} CREATEDB`);
    expect(warnings).toEqual([expect.stringContaining("The admin login needs CREATEDB")]);
    expect(warnings[0]).toContain("will be tried again at the next up");

    await run(database.accessWith({ extensions: '["nowhere"]' }));
    expect(warnings[1]).toContain("The extension nowhere cannot be made");
    expect(await proven()).toEqual([]);
    expect((await run()).unproven).toEqual([2, 3].map(versionOf));
  });

  it("is not planned anew where only an administrator can help, and proves from the template that one made", async () => {
    await applyFirst(3);
    // Neither trusted nor made here: as PostGIS where the platform makes no exception.
    const extensions = '["pageinspect"]';
    const stuck = database.accessWith({ extensions });
    const ground = "pageinspect, from nothing";
    const planned = { ...(await inputs()), ground };
    const outputs = await runPass(stuck, planned, "before", voice, folder);
    expect(outputs.unproven).toHaveLength(3);
    for (const text of [
      '"trusted = true" to pageinspect.control',
      "IS_TEMPLATE true",
      "proofTemplate",
    ])
      expect(warnings[0]).toContain(text);
    const changesOf = (news: ProofsInputs): boolean =>
      proofs.diff({ ...news, unproven: outputs.unproven }, outputs).changes;
    expect(changesOf(planned)).toBe(false);
    expect(changesOf({ ...planned, ground: "pageinspect, from its_template" })).toBe(true);
    expect(changesOf({ ...planned, rollbacks: planned.rollbacks.slice(1) })).toBe(true);

    const template = `template_of_${database.names.admin}`;
    await database.rows(`CREATE DATABASE ${template} TEMPLATE template0`);
    const { host, port, superuser } = suite.server;
    const { name: user, password } = superuser;
    const inside = new Client({ host, port, user, password, database: template });
    await inside.connect();
    await inside.query("CREATE EXTENSION pageinspect");
    await inside.end();
    await database.rows(`ALTER DATABASE ${template} IS_TEMPLATE true ALLOW_CONNECTIONS false`);
    const helped = database.accessWith({ extensions, proofTemplate: template });
    const proven = await runPass(helped, planned, outputs.lastPass, voice, folder);
    expect(proven).toMatchObject({ unproven: [] });
    expect(proven).not.toHaveProperty("stuck");
    expect(warnings).toHaveLength(1);
  });

  it("proves nothing in a database that is another tier's", async () => {
    await applyFirst(1);
    const error = await failureOf(run(database.accessWith({ tier: "qa" })));
    expect(error).toBeInstanceOf(StampError);
    expect(await proven()).toEqual([]);
  });

  it("leaves a file that changed after it was planned to the next run", async () => {
    await applyFirst(1);
    const planned = await inputs();
    await rollbackWith(1, "DROP TABLE IF EXISTS dagapp.t1; SELECT 1;");
    const { lastPass } = await runPass(database.access, planned, "before", voice, folder);
    expect(lastPass).toBe("before");
    expect(await proven()).toEqual([]);
  });

  it("two at once, of stacks that share the server, do not meet", async () => {
    const other = await suite.database();
    await applyFirst(2);
    await applyFirst(2, other);
    // One that a killed pass left: both want to drop it.
    const name = `ddl_proof_${Math.floor(Date.now() / 1000) - 3600}_0123abcd`;
    await database.asAdmin((client) => client.query(`CREATE DATABASE ${name}`));
    const ends = await Promise.all([run(), run(), run(other.access), run(other.access)]);
    for (const { unproven } of ends) expect(unproven).toEqual([versionOf(3)]);
    expect(warnings).toEqual([]);
    expect(await other.deviations()).toEqual([]);
    expect(await database.deviations()).toEqual([]);
    await other.close();
  });

  it("shows in a plain preview what a pass would prove, and has nothing to show afterwards", async () => {
    await configureProvider(database);
    const shown = async () => (await proofs.check(await inputs())).inputs?.unproven ?? [];
    expect(await shown()).toEqual([1, 2, 3].map(versionOf));
    expect(proofs.diff({ ...(await inputs()), unproven: await shown() })).toEqual({
      changes: true,
    });
    await applyFirst(3);
    const outputs = await run();
    expect(await shown()).toEqual([]);
    expect(proofs.diff({ ...(await inputs()), unproven: [] })).toEqual({ changes: false });
    expect(await proofs.read("proofs", outputs)).toEqual({
      ...{ id: "proofs", props: outputs, inputs: outputs },
    });
    await rollbackWith(3, "SELECT 1;");
    const changed = { ...outputs, ...(await inputs()) };
    expect((await proofs.read("proofs", changed)).props.unproven).toEqual([versionOf(3)]);
  });
});
