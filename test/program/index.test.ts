/** What index.ts registers for each tier. The engine is mocked, the database that it looks at is real and empty. */
import { type PostgresServer, startServer } from "../../sandbox/server";
import { type Tier, tiers } from "../../stack/tier";
import { VERSIONS } from "../support/files/migrationFiles";
import { type Registered, registerProgram, type Run } from "../support/program/mockedProgram";
import { makeTierDatabase, type TierDatabase } from "../support/servers/tierDatabase";

jest.setTimeout(300_000);

const role = "postgresql:index/role:Role";
const migration = "pulumi-nodejs:dynamic/ddl:Migration";
const tickets = { DDL_TICKETS: "CHG-2026-0101,CHG-2026-0102,CHG-2026-0103" };
/** uat and prod say how far they go. */
const migrationsOf = (tier: Tier): readonly string[] =>
  VERSIONS.slice(0, isGuardedTier(tier) ? 3 : undefined).map(
    (_, index) => `migration-${String(index + 1).padStart(3, "0")}`,
  );
const isGuardedTier = (tier: Tier): boolean => tier === "uat" || tier === "prod";
/** Signature of a secret in a request. Source: sdk/nodejs/runtime/rpc.ts, specialSecretSig. */
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

let server: PostgresServer;
let database: TierDatabase;

beforeAll(async () => {
  server = await startServer();
  database = await makeTierDatabase(server);
});
afterAll(() => server.stop());

const ofType = ({ resources }: Run, type: string): readonly Registered[] =>
  resources.filter((resource) => resource.type === type);
const named = ({ resources }: Run, name: string): Registered => {
  const found = resources.find((resource) => resource.name === name);
  if (found === undefined) throw new Error(`no resource ${name} was registered`);
  return found;
};

describe.each(tiers)("the program in tier %s", (tier) => {
  let run: Run;
  beforeAll(async () => {
    run = await registerProgram(tier, database, {}, tickets);
  });
  const isGuarded = isGuardedTier(tier);
  const migrationNames = migrationsOf(tier);

  it("registers roles, schemas, extensions, ledger, privileges and every migration, and nothing else", () => {
    const registered = run.resources.map(({ type, name }) => `${type} ${name}`).sort();
    const { migrator } = database.roles;
    expect(registered).toEqual(
      [
        "ddl:migrations:MigrationSet migrations",
        "ddl:roles:ApproverLogins approvers",
        "ddl:roles:InfrastructureRole infrastructure",
        "ddl:roles:ReaderRoles readers",
        "ddl:roles:ServiceRole service",
        "postgresql:index/extension:Extension extension-btree_gist",
        "postgresql:index/extension:Extension extension-unaccent",
        "postgresql:index/grantRole:GrantRole infrastructure-admin",
        `${role} infrastructure-role`,
        `${role} approver-${database.roles.approver}`,
        `${role} migrator-${migrator}`,
        `${role} service-role`,
        "postgresql:index/schema:Schema schema-dagapp",
        "postgresql:index/schema:Schema schema-geoapi",
        "postgresql:index/schema:Schema schema-pgstac",
        "pulumi-nodejs:dynamic/ddl:ExactGrants privileges",
        "pulumi-nodejs:dynamic/ddl:ExactGrants privileges-after",
        "pulumi-nodejs:dynamic/ddl:Ledger ledger",
        ...(isGuarded ? [] : ["pulumi-nodejs:dynamic/ddl:Proofs proofs"]),
        ...migrationNames.map((name) => `${migration} ${name}`),
        "pulumi:providers:postgresql admin",
      ].sort(),
    );
  });

  it("leaves every privilege to ExactGrants", () => {
    const types = run.resources.map(({ type }) => type);
    expect(types.filter((type) => /Grant$|DefaultPrivileg/.test(type))).toEqual([]);
  });

  it("parents each part to its component", () => {
    const parentOf = (name: string): string => named(run, name).parent;
    const urnOf = (name: string): string => named(run, name).urn;
    for (const name of ["infrastructure-role", "schema-geoapi", "extension-unaccent"]) {
      expect(parentOf(name)).toBe(urnOf("infrastructure"));
    }
    expect(parentOf("service-role")).toBe(urnOf("service"));
    expect(parentOf("migration-002")).toBe(urnOf("migrations"));
  });

  it(`${isGuarded ? "protects" : "does not protect"} what holds access and data`, () => {
    const holding = run.resources.filter(({ type }) =>
      /^postgresql:index|ddl:(Ledger|ExactGrants)$/.test(type),
    );
    expect(holding).toHaveLength(13);
    for (const { name, protect, retainOnDelete } of holding) {
      expect({ name, protect, retainOnDelete }).toEqual({
        name,
        protect: isGuarded,
        retainOnDelete: isGuarded,
      });
    }
    for (const { inputs } of ofType(run, role)) {
      expect(inputs).toMatchObject({ skipDropRole: isGuarded, skipReassignOwned: isGuarded });
    }
  });

  it("makes no role powerful, and lets only service, migrator and approver log in", () => {
    for (const { inputs } of ofType(run, role)) {
      expect(inputs).toMatchObject({
        superuser: false,
        createRole: false,
        createDatabase: false,
        replication: false,
        bypassRowLevelSecurity: false,
        inherit: false,
      });
    }
    const { service, migrator, approver, infrastructure } = database.roles;
    const logins = ofType(run, role).map(({ inputs }) => [inputs.name, inputs.login]);
    expect(logins).toEqual(
      expect.arrayContaining([
        [service, true],
        [migrator, true],
        [approver, true],
        [infrastructure, false],
      ]),
    );
    expect(named(run, `migrator-${migrator}`).inputs.roles).toEqual([infrastructure]);
    expect(named(run, "service-role").inputs.roles).toBeUndefined();
  });

  it("sends passwords as secrets only", () => {
    const { admin, migrator, approver, service } = database.passwords;
    const secretOf = (value: unknown): unknown =>
      Object.values(value as object).includes(secretSignature)
        ? (value as { value: unknown }).value
        : "not a secret";
    expect(secretOf(named(run, "admin").inputs.password)).toBe(admin);
    expect(secretOf(named(run, "service-role").inputs.passwordWo)).toBe(service);
    expect(secretOf(named(run, `migrator-${database.roles.migrator}`).inputs.passwordWo)).toBe(
      migrator,
    );
    expect(secretOf(named(run, `approver-${database.roles.approver}`).inputs.passwordWo)).toBe(
      approver,
    );
    const plain = JSON.stringify(run.resources.map(({ inputs }) => withoutSecrets(inputs)));
    for (const password of Object.values(database.passwords)) {
      expect(plain).not.toContain(password);
    }
  });

  it("chains the migrations between the two passes over the privileges", () => {
    const urnOf = (name: string): string => named(run, name).urn;
    for (const [before, after] of [
      ["ledger", "privileges"],
      ["privileges", "migrations"],
      ["migration-001", "migration-002"],
      ["migration-002", "migration-003"],
      [migrationNames.at(-1) ?? "", "privileges-after"],
      ...(isGuarded ? [] : [["privileges-after", "proofs"] as const]),
    ] as const) {
      expect(named(run, after).dependencies).toContain(urnOf(before));
    }
    for (const { retainOnDelete } of ofType(run, migration)) expect(retainOnDelete).toBe(true);
  });

  it("has the proofs of rollbacks name every version that will be applied, where up proves", () => {
    const [proofs] = ofType(run, "pulumi-nodejs:dynamic/ddl:Proofs");
    const named = (proofs?.inputs.rollbacks ?? []) as readonly { readonly version: string }[];
    expect(named.map(({ version }) => version)).toEqual(
      isGuarded ? [] : VERSIONS.map(({ version }) => version),
    );
  });

  it("publishes what the database says, which is nothing as long as nothing has run", () => {
    expect(run.outputs).toEqual({
      database: `127.0.0.1:${server.port}/${database.name}`,
      tier,
      serviceRole: database.roles.service,
      infrastructureRole: database.roles.infrastructure,
      versions: [],
    });
    expect(run.exitCode).toBeUndefined();
    expect(run.logged.error).toEqual([]);
  });
});

const withoutSecrets = (inputs: Readonly<Record<string, unknown>>): unknown =>
  Object.fromEntries(
    Object.entries(inputs).filter(
      ([, value]) =>
        typeof value !== "object" ||
        value === null ||
        !Object.values(value).includes(secretSignature),
    ),
  );

it.each(["uat", "prod"] as const)(
  "registers everything but the pending migrations in %s while the gate refuses, and fails at the end",
  async (tier) => {
    const run = await registerProgram(tier, database);
    expect(ofType(run, migration)).toEqual([]);
    expect(ofType(run, role)).toHaveLength(4);
    expect(ofType(run, "pulumi-nodejs:dynamic/ddl:ExactGrants")).toHaveLength(2);
    expect(run.outputs.versions).toEqual([]);
    expect(run.logged.error.join("\n")).toContain("3 violation(s); no migration is run");
    expect(run.exitCode).not.toBe(0);
    expect(run.exitCode).toBeDefined();
  },
);

it.each([
  ["is not there", null, "rule stack-missing | tier prod | error"],
  ["has applied nothing", { tier: "uat", versions: [] }, "rule not-promoted | tier prod | error"],
])("runs no migration in prod when the tier below %s", async (_, below, words) => {
  const run = await registerProgram("prod", database, {}, tickets, below);
  expect(ofType(run, migration)).toEqual([]);
  expect(run.logged.error.join("\n")).toContain(words);
  expect(run.exitCode).toBeDefined();
});

it("holds files above targetVersion and says so", async () => {
  const run = await registerProgram("dev", database, { targetVersion: "0.1.0" });
  expect(ofType(run, migration).map(({ name }) => name)).toEqual(["migration-001"]);
  const held = VERSIONS.slice(1)
    .map(({ forward }) => forward)
    .join(", ");
  expect(run.logged.info.join("\n")).toContain(`held, above the stack's targetVersion: ${held}`);
});

it("registers nothing for a tier that is not known", async () => {
  await expect(registerProgram("dev", database, { tier: "staging" })).rejects.toThrow(
    'Tier "staging" is unknown.',
  );
});

it("declares the readers that a stack names, and expects the rest", async () => {
  const furtherRoles = [
    { name: "tiles", kind: "reader", schemas: ["geoapi"], connectionLimit: 20 },
    { name: "reports", kind: "reader", login: false },
    { name: "ann", kind: "auditor" },
    { name: "watcher", kind: "monitoring" },
    { name: "dora", kind: "dba" },
  ];
  const run = await registerProgram("prod", database, { furtherRoles }, tickets);
  const declared = ofType(run, role).filter(({ name }) => name.startsWith("reader-"));
  const readers = declared.filter(({ name }) => name !== "reader-ann");
  expect(named(run, "reader-ann").inputs).toMatchObject({ login: true, createRole: false });
  expect(named(run, "reader-ann").inputs).not.toHaveProperty("searchPaths");
  expect(readers.map(({ inputs, protect }) => ({ ...inputs, protect }))).toEqual([
    expect.objectContaining({
      ...{ name: "tiles", login: true, inherit: false, createRole: false, connectionLimit: 20 },
      ...{ searchPaths: ["geoapi", "public"], skipDropRole: true, protect: true },
    }),
    expect.objectContaining({
      ...{ name: "reports", login: false, connectionLimit: -1 },
      searchPaths: ["dagapp", "geoapi", "pgstac", "public"],
    }),
  ]);
  expect(ofType(run, role).map(({ inputs }) => inputs.name)).not.toContain("watcher");
  const { dependencies } = named(run, "ledger");
  expect(dependencies).toContain(named(run, "reader-tiles").urn);
});

it("takes over roles that the server has already", async () => {
  const other = await makeTierDatabase(server);
  await other.sql("admin", `CREATE ROLE "${other.roles.service}"`);
  const run = await registerProgram("dev", other);
  expect(named(run, "service-role").importId).toBe(other.roles.service);
  expect(named(run, "infrastructure-role").importId).toBe("");
});
