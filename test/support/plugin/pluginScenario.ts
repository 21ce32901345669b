/**
 * What tests of the air-gap plugin under the engine need: a server for all of them, and for each test a database, a
 * stack and names of its own, so that they run in any order.
 * Does NOT check what a command did beyond its success.
 */
import type { Client } from "pg";

import { type GovernedServer, startGovernedServer } from "../servers/governedServer";
import { type Declared, type Outcome, PluginStack } from "./pluginStack";

/** The state of the running test, and short forms of what tests do. */
export interface PluginScenario {
  readonly governed: GovernedServer;
  readonly stack: PluginStack;
  /** The test's database, owned by the admin. */
  readonly database: string;
  /** Sessions in that database. */
  readonly superuser: Client;
  readonly administrator: Client;
  /** A name of the test's own: roles belong to the whole server. The role `own("outsider")` is there. */
  readonly own: (name: string) => string;
  /** Rows of a query, as the superuser. */
  readonly rows: (
    sql: string,
    values?: readonly unknown[],
  ) => Promise<readonly Record<string, unknown>[]>;
  /** Whether a role is on the server. */
  readonly exists: (name: string) => Promise<boolean>;
  readonly loginTo: (user: string, password: string) => Promise<Client>;
  /** Returns what a command said, and throws when it failed. */
  readonly expectDone: (outcome: Outcome) => string;
  readonly up: (...args: readonly string[]) => Promise<string>;
  readonly expectEmpty: () => Promise<void>;
  /** A program with all four types. */
  readonly everything: () => readonly Declared[];
  /** The same with other arguments of one resource. */
  readonly changed: (name: string, args: Readonly<Record<string, unknown>>) => readonly Declared[];
}

/** Registers a server for the tests of the enclosing `describe`, and a stack for each. */
export function usePluginScenario(major: 15 | 18): PluginScenario {
  let governed: GovernedServer;
  let stack: PluginStack;
  let id = 0;
  /** A database of the test's own, owned by the admin, and the superuser's session in it. */
  let database: string;
  let superuser: Client;
  let administrator: Client;
  const own = (name: string): string => `t${id}_${name}`;

  beforeAll(async () => {
    governed = await startGovernedServer(major);
  });
  afterAll(() => governed.stop());
  beforeEach(async () => {
    id += 1;
    database = own("geo");
    await governed.superuser.query(`CREATE DATABASE ${database} OWNER ${governed.admin.user}`);
    const { name, password } = governed.server.superuser;
    superuser = await governed.login(name, password, database);
    administrator = await governed.login(governed.admin.user, governed.admin.password, database);
    await administrator.query(`CREATE ROLE ${own("outsider")}`);
    stack = await PluginStack.make(governed.server, { ...governed.admin, database });
  });
  afterEach(async () => {
    await Promise.all([superuser.end(), administrator.end()]);
    await stack.remove();
  });

  const rows = async (
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<readonly Record<string, unknown>[]> =>
    (await superuser.query<Record<string, unknown>>(sql, [...values])).rows;
  const exists = async (name: string): Promise<boolean> =>
    (await rows("SELECT 1 FROM pg_roles WHERE rolname = $1", [name])).length === 1;
  const loginTo = (user: string, password: string): Promise<Client> =>
    governed.login(user, password, database);
  const expectDone = ({ status, output }: Outcome): string => {
    if (status !== 0) throw new Error(`pulumi ended with status ${status}:\n${output}`);
    return output;
  };
  const up = async (...args: readonly string[]): Promise<string> =>
    expectDone(await stack.pulumi("up", "--yes", "--skip-preview", ...args));
  /** Both previews are empty, and the refreshing one does not even mention a property. */
  const expectEmpty = async (): Promise<void> => {
    expectDone(await stack.pulumi("preview", "--expect-no-changes"));
    const output = expectDone(
      await stack.pulumi("preview", "--refresh", "--expect-no-changes", "--diff"),
    );
    expect(output).not.toContain("--outputs:--");
  };

  const everything = (): readonly Declared[] => [
    { type: "Role", name: "infra", args: { name: own("infra"), inherit: false } },
    {
      type: "Role",
      name: "service",
      args: {
        name: own("service"),
        login: true,
        inherit: false,
        password: "first-word",
        connectionLimit: 5,
        statementTimeout: 30_000,
        searchPaths: ["app", "$user"],
        validUntil: "2040-01-01",
      },
    },
    {
      type: "Role",
      name: "migrator",
      args: {
        name: own("migrator"),
        login: true,
        inherit: false,
        passwordWo: "one-word",
        passwordWoVersion: "1",
        roles: [own("infra")],
        assumeRole: own("infra"),
      },
      dependsOn: ["infra"],
    },
    { type: "Role", name: "reader", args: { name: own("reader") } },
    {
      type: "Schema",
      name: "app",
      args: { name: own("app"), owner: own("infra") },
      dependsOn: ["infra"],
    },
    { type: "Schema", name: "plain", args: { name: own("plain") } },
    {
      type: "Extension",
      name: "crypto",
      args: { name: "pgcrypto", schema: own("plain") },
      dependsOn: ["plain"],
    },
    {
      type: "GrantRole",
      name: "grant",
      args: { role: own("outsider"), grantRole: own("reader") },
      dependsOn: ["reader"],
    },
  ];
  const changed = (name: string, args: Readonly<Record<string, unknown>>): readonly Declared[] =>
    everything().map((resource) =>
      resource.name === name ? { ...resource, args: { ...resource.args, ...args } } : resource,
    );

  return {
    get governed() {
      return governed;
    },
    get stack() {
      return stack;
    },
    get database() {
      return database;
    },
    get superuser() {
      return superuser;
    },
    get administrator() {
      return administrator;
    },
    own,
    rows,
    exists,
    loginTo,
    expectDone,
    up,
    expectEmpty,
    everything,
    changed,
  };
}
