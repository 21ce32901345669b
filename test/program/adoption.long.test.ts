/**
 * Databases that were made elsewhere are brought under governance by the whole program: looked at, compared, baselined and
 * taken over, with their rows and the application's login as they were.
 */
import { writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

import { Client, escapeIdentifier, escapeLiteral } from "pg";

import { loadMigrations } from "../../migrations/engine/survey/load";
import { migrationsFolder } from "../support/files/migrationFiles";
import type { InProcessStack } from "../support/program/inProcess/stack";
import { useInProcessStacks } from "../support/program/inProcess/use";
import { done } from "../support/program/outcome";
import { makeTierDatabase, readLedger, type TierDatabase } from "../support/servers/tierDatabase";

jest.setTimeout(600_000);

const stacks = useInProcessStacks();

/** What the sections MIGRATION of the first three files hold, statement by statement. */
async function schemaOfFiles(): Promise<readonly string[]> {
  const { migrations } = await loadMigrations(migrationsFolder);
  return migrations
    .slice(0, 3)
    .flatMap(({ segments }) => segments.filter(({ section }) => section === "migration"))
    .flatMap(({ statements }) => statements.map(({ text }) => text))
    .filter((text) => !/^(BEGIN|COMMIT)\b/i.test(text.trim()));
}

const differences = [
  "ALTER TABLE dagapp.jobs ADD COLUMN note TEXT",
  "CREATE INDEX jobs_note ON dagapp.jobs (note)",
  "ALTER TABLE dagapp.jobs ALTER COLUMN stage SET DEFAULT 2",
];

const names = [
  "table dagapp.jobs: column note",
  "table dagapp.jobs: column stage",
  "table dagapp.jobs: index jobs_note",
];

const job = (id: string): string =>
  `INSERT INTO dagapp.jobs (job_id, job_type) VALUES (${escapeLiteral(id.repeat(64))}, 'kept')`;

const rowsOf = async (database: TierDatabase): Promise<unknown> =>
  database.sql("superuser", "SELECT job_id, job_type, stage FROM dagapp.jobs ORDER BY job_id");

/** Runs statements one by one with another's rights. */
async function asRole(
  database: TierDatabase,
  role: string,
  statements: readonly string[],
): Promise<void> {
  const { host, port, superuser } = stacks.server;
  const client = new Client({
    ...{ host, port, user: superuser.name, password: superuser.password, database: database.name },
  });
  await client.connect();
  try {
    await client.query(`SET ROLE ${escapeIdentifier(role)}`);
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A file for --vouch-file in the stack's folder. */
async function vouchFile(stack: InProcessStack): Promise<string> {
  const path = stack.file("vouched.txt");
  await writeFile(path, names.map((name) => `${name}=kept until 014\n`).join(""));
  return path;
}

const said = ["--by", "Ada Moss", "--reason", "made by the application in 2019"];

describe("a database of an application, which owns it", () => {
  let database: TierDatabase;
  let stack: InProcessStack;
  let owner: string;
  let application: Client;

  beforeAll(async () => {
    database = await makeTierDatabase(stacks.server);
    const { admin, service } = database.roles;
    owner = `owner_${database.name}`;
    const root = (text: string) => database.sql("superuser", text);
    await database.sql("admin", "CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public");
    await root(`CREATE ROLE ${owner} LOGIN`);
    await root(`GRANT ${owner} TO ${escapeIdentifier(admin)}`);
    await root(
      `CREATE ROLE ${escapeIdentifier(service)} LOGIN PASSWORD ${escapeLiteral(database.passwords.service)}`,
    );
    // Since PostgreSQL 16 nobody alters a role without the right to pass it on.
    await root(
      `GRANT ${escapeIdentifier(service)} TO ${escapeIdentifier(admin)} WITH ADMIN OPTION`,
    );
    for (const schema of ["dagapp", "geoapi"])
      await root(`CREATE SCHEMA ${schema} AUTHORIZATION ${owner}`);
    await asRole(database, owner, [...(await schemaOfFiles()), ...differences, job("a")]);
    await root(
      `GRANT USAGE, CREATE ON SCHEMA dagapp TO ${escapeIdentifier(service)};
       GRANT ALL ON ALL TABLES IN SCHEMA dagapp TO ${escapeIdentifier(service)}`,
    );
    stack = await stacks.make(
      { tier: "prod", config: { targetVersion: "0.3.0", adopt: "prod" } },
      database,
    );
    const { host, port } = stacks.server;
    application = new Client({
      ...{ host, port, user: service, password: database.passwords.service },
      database: database.name,
    });
    await application.connect();
  });
  afterAll(() => application.end());

  const ownersOf = async (): Promise<unknown> =>
    database.sql(
      "superuser",
      "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname IN ('dagapp', 'geoapi')",
    );
  const mayTruncate = async (): Promise<unknown> => {
    const [row] = await database.sql(
      "superuser",
      "SELECT has_table_privilege($1, 'dagapp.jobs', 'TRUNCATE') AS may",
      [database.roles.service],
    );
    return row?.["may"];
  };

  it("is looked at: the preview says who would lose what, and what files would make again", async () => {
    const { output } = await stack.preview();
    const text = output.replace(/\s+/g, " ");
    expect(text).toContain("This run takes nothing away.");
    expect(text).toContain(`${owner} loses: ownership of `);
    expect(text).toMatch(new RegExp(`${database.roles.service} loses: .*TRUNCATE`));
    expect(text).toContain("1 session of it is open");
    expect(text).toContain("001_initial_schema.sql would make what is there already: dagapp.");
    expect(text).toContain("held, until the database is taken over: 001_initial_schema.sql");
  });

  it("loses nothing by being adopted", async () => {
    done(await stack.up());
    expect(await ownersOf()).toEqual([{ tableowner: owner }]);
    expect(await mayTruncate()).toBe(true);
    expect(await readLedger(database)).toEqual([]);
    await application.query("SELECT count(*) FROM dagapp.jobs");
  });

  it("is compared with its files, and baselined by an approver for a ticket", async () => {
    const compared = await stack.ddl("compare", "0.3.0", "--json");
    expect(compared.status).toBe(1);
    const found = (
      JSON.parse(compared.stdout) as { differences: { name: string; isOwner: boolean }[] }
    ).differences;
    expect(found.filter(({ isOwner }) => !isOwner).map(({ name }) => name)).toEqual(names);
    expect(found.some(({ isOwner }) => isOwner)).toBe(true);

    const ticket = ["--ticket", "CHG-2026-0777"];
    const recorded = await stack.ddl(
      ...["baseline", "0.3.0", ...said, ...ticket, "--vouch-file", await vouchFile(stack)],
    );
    expect(recorded).toMatchObject({ status: 0 });
    expect(await readLedger(database)).toEqual(
      ["0.1.0", "0.2.0", "0.3.0"].map((version) => ({
        ...{ version, applied: true, executed_by: database.roles.approver },
        ticket_number: "CHG-2026-0777",
      })),
    );
  });

  it("is taken over: owners and privileges as declared, rows and login as they were", async () => {
    await stack.configure({ targetVersion: "0.3.0", adopt: "" });
    done(await stack.up());
    expect(await ownersOf()).toEqual([{ tableowner: database.roles.infrastructure }]);
    expect(await mayTruncate()).toBe(false);
    expect(await rowsOf(database)).toMatchObject([{ job_type: "kept", stage: 2 }]);
    await application.query(job("b"));
    expect(await database.sql("service", "SELECT count(*)::int AS n FROM dagapp.jobs")).toEqual([
      { n: 2 },
    ]);
    const quiet = await stack.preview("--expect-no-changes");
    expect(quiet).toMatchObject({ status: 0 });
    const compared = await stack.ddl("compare", "--json");
    expect(JSON.parse(compared.stdout)).toMatchObject({
      differences: names.map((name) => ({ name, vouched: { by: "Ada Moss" } })),
    });
    expect((await stack.ddl("status")).stdout).toContain("3 differences stand on somebody's word:");
  });
});

describe("a database that is taken over before anything of it is recorded", () => {
  it("has nothing run that is there already, and is told what to do first", async () => {
    const database = await makeTierDatabase(stacks.server);
    for (const sql of ["CREATE SCHEMA dagapp", "CREATE TABLE dagapp.jobs (job_id TEXT)"])
      await database.sql("admin", sql);
    const stack = await stacks.make(
      { tier: "dev", config: { targetVersion: "0.3.0", adopt: "dev" } },
      database,
    );
    done(await stack.up());
    await stack.configure({ targetVersion: "0.3.0", adopt: "" });
    const { status, output } = await stack.up();
    expect(status).not.toBe(0);
    const text = output.replace(/\s+/g, " ");
    expect(text).toContain("it would make what is there already: dagapp.jobs.");
    expect(text).toContain("npx ddl compare 0.3.0 --stack dev names what differs");
    expect(await readLedger(database)).toEqual([]);
  });
});

describe("a database whose files ran with psql, and was changed since", () => {
  let database: TierDatabase;
  let stack: InProcessStack;

  beforeAll(async () => {
    stack = await stacks.make({ tier: "uat", config: { targetVersion: "0.3.0" } });
    ({ database } = stack);
    // Without its tickets nothing runs, and roles and ledger are made.
    expect((await stack.up()).status).not.toBe(0);
    const { migrations } = await loadMigrations(migrationsFolder);
    for (const { segments } of migrations.slice(0, 3)) {
      for (const { statements } of segments) {
        await database.sql("infrastructure", statements.map(({ text }) => text).join(";\n"));
      }
    }
    for (const sql of [...differences, job("a")]) await database.sql("infrastructure", sql);
  });

  it("is refused until somebody says what it holds", async () => {
    const { status, output } = await stack.up();
    expect(status).not.toBe(0);
    expect(output.replace(/\s+/g, " ")).toContain("npx ddl compare --stack uat names what differs");
  });

  it("is baselined with its three differences, each by name, and is quiet then", async () => {
    const open = await stack.ddl("baseline", "0.3.0", ...said, "--ticket", "CHG-2026-0778");
    expect(open.status).toBe(1);
    for (const name of names) expect(open.stdout).toContain(name);
    const recorded = await stack.ddl(
      ...["baseline", "0.3.0", ...said, "--ticket", "CHG-2026-0778"],
      ...["--vouch-file", await vouchFile(stack)],
    );
    expect(recorded).toMatchObject({ status: 0 });
    done(await stack.up());
    expect(await stack.preview("--expect-no-changes")).toMatchObject({ status: 0 });
    expect(await rowsOf(database)).toMatchObject([{ job_type: "kept" }]);
    expect((await stack.ddl("status")).stdout).toContain("3 differences stand on somebody's word:");
  });
});

describe("a restored copy, with another owner", () => {
  it("is told how its ledger comes to its admin, and is taken over with rows and record", async () => {
    const first = await stacks.make({ tier: "dev", config: { targetVersion: "0.3.0" } });
    done(await first.up());
    await first.database.sql("infrastructure", job("a"));
    const copy = await makeTierDatabase(stacks.server);
    const restorer = `restorer_${copy.name}`;
    const root = (text: string) => copy.sql("superuser", text);
    await root(`CREATE ROLE ${restorer} LOGIN`);
    await root(`GRANT ${restorer} TO ${escapeIdentifier(copy.roles.admin)}`);
    await restore(first.database, copy, restorer);
    const stack = await stacks.make({ tier: "dev", config: { targetVersion: "0.3.0" } }, copy);

    const refused = await stack.up();
    expect(refused.status).not.toBe(0);
    const statements = refused.output.match(/ALTER TABLE public\.\w+ OWNER TO [^;]+/g) ?? [];
    expect(new Set(statements).size).toBe(3);
    for (const sql of new Set(statements)) await root(sql);

    // Nobody can change the owner of an extension alone: that is left to a person, with the statement.
    const left = await stack.up();
    expect(left.status).not.toBe(0);
    const [reassign = ""] = /REASSIGN OWNED BY "\w+" TO "\w+"/.exec(left.output) ?? [];
    await root(reassign);
    done(await stack.up());
    expect(await rowsOf(copy)).toMatchObject([{ job_type: "kept" }]);
    const compared = await stack.ddl("compare");
    expect(compared).toMatchObject({ status: 0 });
    await copy.sql("service", job("b"));
  });

  /** As pg_dump and pg_restore --no-owner --no-privileges leave it: everything is the restorer's. */
  async function restore(from: TierDatabase, to: TierDatabase, restorer: string): Promise<void> {
    const { host, port, superuser } = stacks.server;
    const client = new Client({
      ...{ host, port, user: superuser.name, password: superuser.password, database: "postgres" },
    });
    await client.connect();
    try {
      await nobodyIsIn(client, from.name);
      await client.query(`DROP DATABASE ${escapeIdentifier(to.name)}`);
      await client.query(
        `CREATE DATABASE ${escapeIdentifier(to.name)} TEMPLATE ${escapeIdentifier(from.name)} OWNER ${escapeIdentifier(to.roles.admin)}`,
      );
    } finally {
      await client.end();
    }
    const { infrastructure, admin } = from.roles;
    for (const role of [infrastructure, admin].map(escapeIdentifier)) {
      await to.sql("superuser", `REASSIGN OWNED BY ${role} TO ${restorer}; DROP OWNED BY ${role}`);
    }
    // A shared object is reassigned wherever it is said.
    await to.sql(
      "superuser",
      `ALTER DATABASE ${escapeIdentifier(from.name)} OWNER TO ${escapeIdentifier(admin)}`,
    );
    for (const role of [from.roles.service, from.roles.approver, from.roles.migrator]) {
      await to.sql("superuser", `DROP OWNED BY ${escapeIdentifier(role)}`);
    }
  }

  /** A template may have no sessions. Those of an ended `up` go by themselves, on a loaded machine not at once. */
  async function nobodyIsIn(client: Client, database: string): Promise<void> {
    const until = Date.now() + 60_000;
    for (;;) {
      const { rows } = await client.query<{ application_name: string; state: string }>(
        `SELECT application_name, state FROM pg_catalog.pg_stat_activity
         WHERE datname = $1 AND backend_type = 'client backend'`,
        [database],
      );
      if (rows.length === 0) return;
      if (Date.now() > until)
        throw new Error(`${database} still has sessions: ${JSON.stringify(rows)}`);
      await setTimeout(200);
    }
  }
});
