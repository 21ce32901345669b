/**
 * The resources on Azure that no provider has, as Pulumi sees them: thin shells around entry.ts.
 * Does NOT hold logic, because what stands here is turned into text and stored in every stack's state.
 */
import * as pulumi from "@pulumi/pulumi";

/** Runs in the provider's process: captures nothing and loads the code from the program's folder there. */
function code(): typeof import("./entry") {
  /* eslint-disable @typescript-eslint/no-require-imports, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- an import would be captured into the state; this is resolved when it runs */
  return require(`${process.cwd()}/stack/compiled.js`).provided("azure/entry.ts");
  /* eslint-enable */
}

type Properties = Record<string, unknown>;

const databases: pulumi.dynamic.ResourceProvider = {
  configure: (request) => code().configure(request),
  check: async (olds: Properties, news: Properties) => code().databases.check(olds, news),
  diff: (_id, olds: Properties, news: Properties) =>
    Promise.resolve(code().databases.diff(olds, news)),
  create: async (inputs: Properties) => code().databases.create(inputs),
  update: async (_id, _olds, news: Properties) => code().databases.update(news),
  read: async (id, outputs: Properties) => code().databases.read(id, outputs),
  // No delete: forgetting a database must not drop it.
};

const restarts: pulumi.dynamic.ResourceProvider = {
  configure: (request) => code().configure(request),
  diff: (_id, olds: Properties, news: Properties) =>
    Promise.resolve(code().restarts.diff(olds, news)),
  create: async (inputs: Properties) => code().restarts.create(inputs),
  update: async (_id, _olds, news: Properties) => code().restarts.update(news),
};

const principals: pulumi.dynamic.ResourceProvider = {
  configure: (request) => code().configure(request),
  check: async (olds: Properties, news: Properties) => code().principals.check(olds, news),
  diff: (_id, olds: Properties, news: Properties) =>
    Promise.resolve(code().principals.diff(olds, news)),
  create: async (inputs: Properties) => code().principals.create(inputs),
  update: async (_id, olds: Properties, news: Properties) => code().principals.update(olds, news),
  read: async (id, outputs: Properties) => code().principals.read(id, outputs),
  delete: async (_id, outputs: Properties) => code().principals.delete(outputs),
};

/** The stack's database, owned by the admin. Made through `postgres`, where Entra's functions live as well. */
export class OwnedDatabase extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    args: { readonly database: string; readonly owner: string },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(databases, name, { ...args }, opts, "ddl", "OwnedDatabase");
  }
}

/** Restarts the server whenever a parameter changed that counts only after a restart. */
export class ServerRestart extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    args: { readonly serverId: pulumi.Input<string>; readonly parameters: readonly string[] },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(restarts, name, { ...args }, opts, "ddl", "ServerRestart");
  }
}

export interface EntraPrincipalsArgs {
  readonly principals: readonly {
    readonly role: string;
    readonly objectId: pulumi.Input<string>;
    readonly type: string;
  }[];
  /** Roles that may be principals without being listed: administrators, and roles that the stack expects. */
  readonly expected: readonly string[];
}

/** The one owner of what makes a role of the database a principal of Entra: its label. */
export class EntraPrincipals extends pulumi.dynamic.Resource {
  constructor(name: string, args: EntraPrincipalsArgs, opts?: pulumi.CustomResourceOptions) {
    super(principals, name, { ...args }, opts, "ddl", "EntraPrincipals");
  }
}
