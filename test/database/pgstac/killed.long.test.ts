// A run that is killed while it brings PgSTAC: at each step, the application stays out or finds everything hardened, and
// the next run ends in the state of an undisturbed one.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { readHistory } from "../../../migrations/engine/ledger/ledger";
import { readSnapshot } from "../../../migrations/engine/ledger/schemaSnapshot";
import { ensurePgstac, pgstacSteps } from "../../../pgstac/database/install";
import type { PgstacVersion } from "../../../pgstac/hardening/versions";
import { healPrivileges } from "../../../roles/database/heal";
import type { PostgresServer } from "../../../sandbox/server";
import type { Access } from "../../../stack/connection";
import { makePgstacDatabase, startPostgisServer } from "../../support/pgstac/pgstacDatabase";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { describeWithPostgis } from "../../support/servers/withPostgis";

jest.setTimeout(300_000);

const silent = (): void => undefined;
const program = join(__dirname, "..", "..", "support", "crash", "pgstacInstall.ts");

/** In the middle of PgSTAC's own transaction, and as its program has just been started. */
const cases = [
  ...pgstacSteps.map((step) => ({ step: step, later: 0 })),
  { step: "migrating", later: 400 },
  { step: "migrating", later: 900 },
];

describeWithPostgis("killed while it brings PgSTAC", () => {
  let server: PostgresServer;
  const undisturbed = new Map<string, readonly string[]>();

  beforeAll(async () => {
    server = await startPostgisServer();
    const database = await makePgstacDatabase(server, "0.9.12");
    await ensurePgstac(database.access, "0.9.12", null, silent);
    undisturbed.set("0.9.12", await stateOf(database, database.access));
    const newer = database.accessWith({ pgstac: "0.10.0" });
    await ensurePgstac(newer, "0.10.0", null, silent);
    undisturbed.set("0.10.0", await stateOf(database, newer));
    await database.close();
  });
  afterAll(() => server.stop());

  /** Everything in the schema with owners and privileges, the roles of this database under names that are always the same. */
  async function stateOf(database: ProgramDatabase, { settings }: Access): Promise<string[]> {
    const lines = await database.asAdmin((client) => readSnapshot(client, settings.schemas));
    const suffix = database.names.admin.replace("admin", "");
    const connects = await database.rows(
      "SELECT has_database_privilege($1, current_database(), 'CONNECT') AS connects",
      [database.names.service],
    );
    const left = await database.rows(
      "SELECT to_regprocedure('public.pgstac_admin_owns()')::text AS helper",
    );
    return [
      ...lines.map(({ object, part, text }) => [object, part, text].join(" | ")),
      JSON.stringify([connects, left]),
    ]
      .map((line) => line.replaceAll(suffix, ""))
      .sort();
  }

  async function dies(
    { settings, passwordOf }: Access,
    version: PgstacVersion,
    { step, later }: (typeof cases)[number],
  ): Promise<void> {
    const password = await passwordOf("admin", settings.roles.admin);
    const child = spawn(process.execPath, ["--import", "tsx", program], {
      env: {
        ...process.env,
        INSTALL: JSON.stringify({ settings, password, version, step, later }),
      },
      stdio: ["ignore", "inherit", "inherit"],
    });
    const [, signal] = (await once(child, "exit")) as [number | null, string | null];
    expect(signal).toBe("SIGKILL");
  }

  /** What the application finds before the next run: it is out, or nothing in it is open. */
  async function ensureSafe(database: ProgramDatabase): Promise<void> {
    const [row] = await database.rows(
      `SELECT has_database_privilege($1, current_database(), 'CONNECT') AS connects,
              (SELECT count(*)::int FROM pg_proc p
                WHERE p.pronamespace = 'pgstac'::regnamespace AND p.prosecdef
                  AND NOT 'search_path=pgstac, public, pg_temp' = ANY (p.proconfig)) AS open`,
      [database.names.service],
    );
    expect([row, row?.["connects"] === false || row?.["open"] === 0]).toEqual([row, true]);
  }

  /** As a stack's up does: privileges first, then PgSTAC. */
  async function up(
    database: ProgramDatabase,
    access: Access,
    version: PgstacVersion,
  ): Promise<void> {
    await database.asAdmin((client) => healPrivileges(client, access.settings));
    await ensurePgstac(access, version, null, silent);
  }

  const history = (database: ProgramDatabase) =>
    database.asAdmin(async (client) => (await readHistory(client)).pgstac);

  it.each(cases)("at $step + $later ms of an installation", async (one) => {
    const database = await makePgstacDatabase(server, "0.9.12");
    await dies(database.access, "0.9.12", one);
    await ensureSafe(database);
    await up(database, database.access, "0.9.12");
    expect(await history(database)).toMatchObject({ installed: "0.9.12" });
    expect(await database.deviations()).toEqual([]);
    expect(await stateOf(database, database.access)).toEqual(undisturbed.get("0.9.12"));
    expect((await ensurePgstac(database.access, "0.9.12", null, silent)).change).toBeNull();
    await database.close();
  });

  it.each(cases)("at $step + $later ms of an upgrade", async (one) => {
    const database = await makePgstacDatabase(server, "0.9.12");
    await ensurePgstac(database.access, "0.9.12", null, silent);
    const newer = database.accessWith({ pgstac: "0.10.0" });
    await dies(newer, "0.10.0", one);
    if (one.step !== "prepared") await ensureSafe(database);
    await up(database, newer, "0.10.0");
    expect(await history(database)).toMatchObject({ installed: "0.10.0" });
    expect(await stateOf(database, newer)).toEqual(undisturbed.get("0.10.0"));
    await database.close();
  });

  it("records what somebody brought by hand, and makes it safe", async () => {
    const database = await makePgstacDatabase(server, "0.9.12");
    await dies(database.access, "0.9.12", { step: "migrated", later: 0 });
    const { change } = await ensurePgstac(database.access, "0.9.12", "CHG-2026-0007", silent);
    expect(change).toMatchObject({ kind: "finish", from: null, to: "0.9.12" });
    expect(await history(database)).toMatchObject({ ticket: "CHG-2026-0007" });
    await database.close();
  });
});
