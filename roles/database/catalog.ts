/**
 * Reads every privilege there is, and whatever else lets a role do something, in a constant number of queries.
 * Does NOT know what should be (privileges.ts), compare (acl.ts) or mend (heal.ts).
 */
import { type Client, escapeIdentifier } from "pg";

import { inspectPolicies, policyMendings } from "../../migrations/engine/ledger/policies";
import { pgstacAccess } from "../../pgstac/hardening/access";
import { type FurtherKind, isDeclared } from "../../stack/furtherRoles";
import { listedKinds, readsSchemas, roleKindRows, type SettingKind } from "../../stack/roleKinds";
import type { Settings } from "../../stack/settings";
import type { StoredSettings } from "../../stack/storedSettings";
import { trustedRoles } from "../compare/roleKind";
import type {
  AclContext,
  AclEntry,
  Bypass,
  Catalog,
  CatalogObject,
  DefaultPrivileges,
  LiveRole,
  Membership,
  OwnedObject,
  RoleSetting,
  WantedSetting,
} from "../model";
import { pgstacRoles } from "../pgstacRules";
import { azureRoles } from "../platformRoles";
import { privilegeRules } from "../privileges";
import { datasetDefiners } from "../roleRules";
import { bypassesQuery } from "./bypassQuery";
import {
  defaultsQuery,
  membershipsQuery,
  ownedQuery,
  ownerPrivilegesQuery,
  rolesQuery,
  settingsQuery,
} from "./catalogQueries";
import { objectsQuery } from "./catalogSources";

/** Names of the roles that the stack lists as of a kind. */
const namesListed = ({ roles }: Settings, kind: FurtherKind): readonly string[] =>
  roles.further.filter((role) => role.kind === kind).map(({ name }) => name);

/** Real names of the roles of each kind. */
function partiesOf(settings: Settings): AclContext["parties"] {
  const { service, infrastructure, migrators, approvers } = settings.roles;
  const bySetting: Readonly<Record<SettingKind, readonly string[]>> = {
    ...{ service: [service], infrastructure: [infrastructure] },
    ...{ migrator: migrators, approver: approvers },
  };
  const listed = listedKinds.map((kind) => [kind, namesListed(settings, kind)] as const);
  const always = roleKindRows.flatMap(([kind, { named }]) =>
    typeof named === "string" ? [] : [[kind, [named.always]] as const],
  );
  return { ...bySetting, ...Object.fromEntries([...listed, ...always]) } as AclContext["parties"];
}

/** Those that have a value: under the others nothing may be stored. */
const wantedOf = (stored: StoredSettings): readonly WantedSetting[] =>
  stored.flatMap(({ name, value }) => (value === null ? [] : [{ name, value }]));

/** Real names and values of one stack, for comparing. */
export function aclContext(settings: Settings): AclContext {
  const { roles, schemas, server, serviceLimits, pgstac } = settings;
  const { databaseSettings, roleSettings } = settings;
  const { further } = roles;
  const declared = further.filter(isDeclared);
  const schemasOf = new Map(further.map(({ name, schemas: own }) => [name, own ?? schemas]));
  const searchPath = (own: readonly string[]): WantedSetting => ({
    name: "search_path",
    value: [...own, "public"],
  });
  const timeout = (name: string, milliseconds: number): WantedSetting => ({
    name,
    value: String(milliseconds),
  });
  return {
    rules: privilegeRules,
    parties: partiesOf(settings),
    schemasOf,
    schemas,
    admin: roles.admin,
    database: server.database,
    platform: [
      ...namesListed(settings, "platform"),
      ...(settings.azure?.administrators ?? []).map(({ name }) => name),
    ],
    connectionLimits: new Map([
      [roles.service, serviceLimits.connectionLimit],
      ...[roles.infrastructure, ...roles.migrators, ...roles.approvers].map(
        (name) => [name, -1] as const,
      ),
      ...declared.map(({ name, connectionLimit }) => [name, connectionLimit] as const),
    ]),
    logins: new Map(declared.map(({ name, login }) => [name, login])),
    settingsOf: new Map<string, readonly WantedSetting[]>([
      [
        roles.service,
        [
          searchPath(schemas),
          timeout("statement_timeout", serviceLimits.statementTimeoutMs),
          timeout("lock_timeout", serviceLimits.lockTimeoutMs),
          timeout("idle_in_transaction_session_timeout", serviceLimits.idleInTransactionTimeoutMs),
        ],
      ],
      [roles.infrastructure, []],
      ...[...roles.migrators, ...roles.approvers].map((name) => [name, []] as const),
      ...declared.map(
        ({ name, kind, schemas: own }) =>
          [name, readsSchemas(kind) ? [searchPath(own ?? schemas)] : []] as const,
      ),
    ]),
    settingsHere: new Map<string | null, readonly WantedSetting[]>([
      ...(databaseSettings.length === 0 ? [] : [[null, wantedOf(databaseSettings)] as const]),
      ...roleSettings.map(([role, stored]) => [role, wantedOf(stored)] as const),
    ]),
    quote: escapeIdentifier,
    tiles: further.filter(({ tiles }) => tiles).map(({ name }) => name),
    definers: settings.datasetTables ? datasetDefiners : [],
    pgstac: pgstac === null ? null : pgstacAccess[pgstac.version],
  };
}

/** An object as the query has it: a list that stood with an earlier row is null. */
type ObjectRow = Omit<CatalogObject, "acl" | "initial"> & {
  readonly shape: string;
  readonly acl: readonly AclEntry[] | null;
  readonly initial: readonly AclEntry[] | null;
};

/** Puts each list with every object that has it; equal lists are then one. */
function withLists(rows: readonly ObjectRow[]): readonly CatalogObject[] {
  const lists = new Map<string, readonly AclEntry[]>();
  for (const { shape, acl } of rows) if (acl !== null) lists.set(shape, acl);
  return rows.map(({ shape, initial, ...object }) => ({
    ...object,
    acl: lists.get(shape) ?? [],
    initial: initial ?? [],
  }));
}

/** How the policies of the events, which exist, differ from those for these roles. */
async function eventPolicies(client: Client, { roles }: Settings): Promise<Catalog["policies"]> {
  return policyMendings(await inspectPolicies(client, roles)).map(({ name, what, statements }) => ({
    text: `table public.schema_migration_events: its policy ${name} ${what}`,
    statements,
  }));
}

/** Reads the live catalog. Constant number of queries, whatever the number of objects. */
export async function readCatalog(client: Client, settings: Settings): Promise<Catalog> {
  const { roles, schemas } = settings;
  const context = aclContext(settings);
  const rows = async <T extends object>(
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<readonly T[]> => (await client.query<T>(sql, [...values])).rows;

  const objects = await rows<ObjectRow>(objectsQuery, [schemas]);
  const makers = [roles.infrastructure, pgstacRoles["pgstac admin"]];
  const defaults = await rows<DefaultPrivileges>(defaultsQuery, [schemas, makers, roles.admin]);
  const liveRoles = await rows<LiveRole>(rolesQuery);
  const platform = [...context.platform, ...azureRoles(liveRoles)];
  const owners = [roles.admin, ...trustedRoles(context), ...platform];
  const ownerPrivileges = await rows<{ code: string; privileges: readonly string[] }>(
    ownerPrivilegesQuery,
  );
  const [version] = await rows<{ major: number }>(
    "SELECT current_setting('server_version_num')::integer / 10000 AS major",
  );
  return {
    major: version?.major ?? 0,
    roles: liveRoles,
    objects: withLists(objects),
    owned: await rows<OwnedObject>(ownedQuery, [schemas, owners]),
    defaults,
    memberships: await rows<Membership>(membershipsQuery),
    settings: await rows<RoleSetting>(settingsQuery),
    bypasses: await rows<Bypass>(bypassesQuery(), [schemas]),
    policies: objects.some(({ place }) => place === "events")
      ? await eventPolicies(client, settings)
      : [],
    ownerPrivileges: Object.fromEntries(
      ownerPrivileges.map(({ code, privileges }) => [code, privileges]),
    ),
  };
}
