/**
 * What the provider process runs for the resources of resources.ts, which load this file by its path at run time; the
 * path is stored in every stack's state: never rename it.
 * Does NOT hold decisions (database/, restart.ts).
 */
import { checked, type CheckResult, configure, currentAccess } from "../stack/access";
import { onDatabase, withClient } from "../stack/connection";
import { entraCredential } from "../stack/entraCredential";
import { managementScope, tokenSource } from "../stack/entraToken";
import { showProgress } from "../stack/progress";
import type { Principal } from "./database/label";
import { databaseDrift, ensureDatabase } from "./database/ownedDatabase";
import { mendPrincipals, readDrift } from "./database/principals";
import { restartServer } from "./restart";

export { configure };

/** Where Azure keeps its functions, and which exists before any other. */
const maintenanceDatabase = "postgres";

/**
 * What stands for a value that is not known yet, in a preview.
 * Source: sdk/nodejs/runtime/rpc.ts, unknownValue.
 */
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Properties = Readonly<Record<string, unknown>>;

const asAdmin = (activity: string, readOnly: boolean) =>
  ({ account: "admin", activity, readOnly }) as const;
const server = () => onDatabase(currentAccess(), maintenanceDatabase);
const unseenLine = "the server could not be looked at";

interface DatabaseInputs {
  readonly database: string;
  readonly owner: string;
  readonly drift?: readonly string[];
}

const hasDrift = ({ drift }: { readonly drift?: readonly string[] }): boolean =>
  (drift ?? []).length > 0;

export const databases = {
  check: (olds: Properties, given: Properties): Promise<CheckResult<DatabaseInputs>> => {
    const news = given as unknown as DatabaseInputs;
    const isNew = olds["database"] === undefined;
    const look = async (): Promise<DatabaseInputs> => ({
      ...news,
      drift: await withClient(server(), asAdmin("database", true), (client) =>
        databaseDrift(client, news.database, news.owner),
      ),
    });
    return checked("database", look, isNew ? { ...news, drift: [unseenLine] } : null);
  },

  diff: (olds: Properties, news: Properties) => {
    const [old, wanted] = [olds, news] as unknown as [DatabaseInputs, DatabaseInputs];
    return {
      changes: hasDrift(wanted) || old.database !== wanted.database || old.owner !== wanted.owner,
      replaces: old.database === wanted.database ? [] : ["database"],
    };
  },

  create: async (inputs: Properties): Promise<{ id: string; outs: DatabaseInputs }> => {
    const wanted = inputs as unknown as DatabaseInputs;
    return { id: wanted.database, outs: await ensure(wanted) };
  },

  update: async (news: Properties) => ({ outs: await ensure(news as unknown as DatabaseInputs) }),

  read: async (id: string, outputs: Properties) => {
    const { database, owner } = outputs as unknown as DatabaseInputs;
    const drift = await withClient(server(), asAdmin("database", true), (client) =>
      databaseDrift(client, database, owner),
    );
    return { id, props: { ...outputs, drift }, inputs: { ...outputs, drift } };
  },
};

async function ensure(inputs: DatabaseInputs): Promise<DatabaseInputs> {
  await withClient(server(), asAdmin("database", false), (client) =>
    ensureDatabase(client, inputs.database, inputs.owner),
  );
  return { ...inputs, drift: [] };
}

interface RestartInputs {
  readonly serverId: string;
  readonly parameters: readonly string[];
}

const restartPatienceMs = 15 * 60_000;
const restartLookEveryMs = 10_000;

export const restarts = {
  diff: (olds: Properties, news: Properties) => {
    const [old, wanted] = [olds, news] as unknown as [RestartInputs, RestartInputs];
    return { changes: old.parameters.join("\n") !== wanted.parameters.join("\n") };
  },

  create: async (inputs: Properties) => {
    const wanted = inputs as unknown as RestartInputs;
    return { id: `${wanted.serverId}/restart`, outs: await restart(wanted) };
  },

  update: async (news: Properties) => ({ outs: await restart(news as unknown as RestartInputs) }),
};

async function restart(inputs: RestartInputs): Promise<RestartInputs> {
  showProgress(`restarting the server, so that ${inputs.parameters.join(", ")} counts`);
  await restartServer(inputs.serverId, {
    endpoint: process.env["DDL_AZURE_MANAGEMENT"] ?? "https://management.azure.com",
    token: tokenSource(() => entraCredential(process.env), managementScope),
    patienceMs: restartPatienceMs,
    lookEveryMs: restartLookEveryMs,
  });
  return inputs;
}

export interface PrincipalInputs {
  readonly principals: readonly Principal[];
  readonly expected: readonly string[];
  readonly drift?: readonly string[];
}

const isKnown = ({ principals }: PrincipalInputs): boolean =>
  principals.every(({ objectId }) => objectId !== unknownValue);

const lineOf = ({ role, objectId, type }: Principal): string => `${role} ${objectId} ${type}`;

export const principals = {
  /** Puts what deviates among the inputs, so that a plain preview names it. */
  check: (olds: Properties, given: Properties): Promise<CheckResult<PrincipalInputs>> => {
    const news = given as unknown as PrincipalInputs;
    const isNew = olds["principals"] === undefined;
    const look = async (): Promise<PrincipalInputs> => {
      // Of an identity that this very run makes nothing can be said.
      if (!isKnown(news)) return { ...news, drift: ["an object id is known only after up"] };
      return { ...news, drift: await liveDrift(news) };
    };
    return checked("drift", look, isNew ? { ...news, drift: [unseenLine] } : null);
  },

  diff: (olds: Properties, news: Properties) => {
    const [old, wanted] = [olds, news] as unknown as [PrincipalInputs, PrincipalInputs];
    const text = ({ principals: list, expected }: PrincipalInputs): string =>
      [...list.map(lineOf), ...expected].join("\n");
    return { changes: hasDrift(wanted) || text(old) !== text(wanted) };
  },

  create: async (inputs: Properties) => ({
    id: "principals",
    outs: await mend(inputs as unknown as PrincipalInputs, []),
  }),

  /** Roles that are no longer listed lose their label. */
  update: async (olds: Properties, news: Properties) => {
    const [old, wanted] = [olds, news] as unknown as [PrincipalInputs, PrincipalInputs];
    const kept = new Set(wanted.principals.map(({ role }) => role));
    const gone = old.principals.map(({ role }) => role).filter((role) => !kept.has(role));
    return { outs: await mend(wanted, gone) };
  },

  read: async (id: string, outputs: Properties) => {
    const drift = await liveDrift(outputs as unknown as PrincipalInputs);
    return { id, props: { ...outputs, drift }, inputs: { ...outputs, drift } };
  },

  /** Takes the labels away; the roles belong to their own resources. */
  delete: async (outputs: Properties): Promise<void> => {
    const { principals: list, expected } = outputs as unknown as PrincipalInputs;
    await mend(
      { principals: [], expected },
      list.map(({ role }) => role),
    );
  },
};

const liveDrift = ({ principals: wanted, expected }: PrincipalInputs) =>
  withClient(server(), asAdmin("principals", true), (client) =>
    readDrift(client, wanted, expected),
  );

async function mend(inputs: PrincipalInputs, gone: readonly string[]): Promise<PrincipalInputs> {
  const { principals: wanted, expected } = inputs;
  const mended = await withClient(server(), asAdmin("principals", false), (client) =>
    mendPrincipals(client, wanted, { expected, gone }),
  );
  for (const line of mended) showProgress(`principals: ${line}`);
  return { ...inputs, drift: [] };
}
