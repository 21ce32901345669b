/**
 * What tests of the air-gap plugin's resources need on a server of one major version, which it starts and stops.
 * Does NOT involve the engine (see pluginScenario).
 */
import { Connections } from "../../../toolchain/postgresql-plugin/connection";
import { completed } from "../../../toolchain/postgresql-plugin/properties";
import type { ResourceKind } from "../../../toolchain/postgresql-plugin/resource";
import { parseSettings } from "../../../toolchain/postgresql-plugin/settings";
import type { Values } from "../../../toolchain/postgresql-plugin/wire";
import { type GovernedServer, startGovernedServer } from "../servers/governedServer";

/** For an update that ignores no property. */
export const noneIgnored: ReadonlySet<string> = new Set();

/** The server, the plugin's connections to it as the admin, and short forms of its impacts. */
export interface PluginResources {
  readonly governed: GovernedServer;
  readonly connections: Connections;
  /** Further connections; the caller stops them. */
  readonly connect: (overrides?: Values) => Connections;
  readonly create: (kind: ResourceKind, inputs: Values) => Promise<Values>;
  readonly update: (
    kind: ResourceKind,
    id: string,
    olds: Values,
    inputs: Values,
    ignored?: ReadonlySet<string>,
  ) => Promise<Values>;
  /** Whether a role is on the server. */
  readonly exists: (name: string) => Promise<boolean>;
  /** What the admin is a member of, with all options. */
  readonly adminMemberships: () => Promise<readonly Record<string, unknown>[]>;
}

/** Registers a server for the tests of the enclosing `describe`. */
export function usePluginResources(major: 15 | 18): PluginResources {
  let governed: GovernedServer;
  let connections: Connections;

  const connect = (overrides: Values = {}): Connections =>
    new Connections(
      parseSettings(
        {
          host: governed.server.host,
          port: String(governed.server.port),
          username: governed.admin.user,
          password: governed.admin.password,
          database: governed.admin.database,
          sslmode: "disable",
          ...overrides,
        },
        {},
      ),
    );

  const create = (kind: ResourceKind, inputs: Values): Promise<Values> =>
    kind.create(connections, completed(kind.rules, inputs, {}));
  const update = (
    kind: ResourceKind,
    id: string,
    olds: Values,
    inputs: Values,
    ignored = noneIgnored,
  ): Promise<Values> =>
    kind.update(connections, { id, olds, wanted: completed(kind.rules, inputs, olds), ignored });
  const exists = async (name: string): Promise<boolean> =>
    (await governed.rows("SELECT 1 FROM pg_roles WHERE rolname = $1", [name])).length === 1;
  const adminMemberships = (): Promise<readonly Record<string, unknown>[]> =>
    governed.rows(
      `SELECT pg_get_userbyid(roleid) AS role, admin_option, to_jsonb(m) ->> 'inherit_option' AS inherit,
              to_jsonb(m) ->> 'set_option' AS set
         FROM pg_auth_members m WHERE member = $1::regrole ORDER BY 1, 2, 3, 4`,
      [governed.admin.user],
    );

  beforeAll(async () => {
    governed = await startGovernedServer(major, {
      log_statement: "all",
      log_min_messages: "debug1",
    });
    connections = connect();
  });
  afterAll(async () => {
    await connections.stop("now");
    await governed.stop();
  });

  return {
    get governed() {
      return governed;
    },
    get connections() {
      return connections;
    },
    connect,
    create,
    update,
    exists,
    adminMemberships,
  };
}
