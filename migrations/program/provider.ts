/**
 * Migration, Ledger and Proofs as Pulumi sees them: thin shells around engine/entry.ts.
 * Does NOT hold logic, because what stands here is turned into text and stored in every stack's state.
 */
import * as pulumi from "@pulumi/pulumi";

import type { LedgerInputs, MigrationInputs, MigrationOutputs } from "../engine/entry";
import type { ProofsInputs, ProofsOutputs } from "../engine/proof/proofPass";

/** Runs in the provider's process: captures nothing and loads the engine from the program's folder there. */
function engine(): typeof import("../engine/entry") {
  /* eslint-disable @typescript-eslint/no-require-imports, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- an import would be captured into the state; this is resolved when it runs */
  return require(`${process.cwd()}/stack/compiled.js`).provided("migrations/engine/entry.ts");
  /* eslint-enable */
}

/** Nothing is known of a resource that the state does not have. */
const isNew = (olds: object): boolean => Object.keys(olds).length === 0;

const migrationProvider: pulumi.dynamic.ResourceProvider = {
  configure: (request) => engine().configure(request),
  check: async (olds, news) =>
    engine().migration.check(news as MigrationInputs, isNew(olds as object)),
  diff: (_id, olds, news) =>
    Promise.resolve(
      engine().migration.diff(olds as Partial<MigrationOutputs>, news as MigrationInputs),
    ),
  create: async (inputs) => engine().migration.create(inputs as MigrationInputs),
  update: async (_id, _olds, news) => engine().migration.update(news as MigrationInputs),
  read: async (id, props) => engine().migration.read(id, props as MigrationOutputs),
  // No delete: dropping a file or a stack never changes a database.
};

/** One migration file. Created or updated by being run, or rolled back; never deleted from the database by Pulumi. */
export class Migration extends pulumi.dynamic.Resource {
  /** One line, read back from ledger and events: version, state, time, login, ticket, checksum. */
  declare readonly applied: pulumi.Output<string>;

  constructor(name: string, args: MigrationInputs, opts?: pulumi.CustomResourceOptions) {
    super(migrationProvider, name, { applied: undefined, ...args }, opts, "ddl", "Migration");
  }
}

const ledgerProvider: pulumi.dynamic.ResourceProvider = {
  configure: (request) => engine().configure(request),
  check: async (olds, news) => engine().ledger.check(news as LedgerInputs, isNew(olds as object)),
  diff: (_id, _olds, news) => Promise.resolve(engine().ledger.diff(news as LedgerInputs)),
  create: async (inputs) => engine().ledger.create(inputs as LedgerInputs),
  update: async (_id, _olds, news) => engine().ledger.update(news as LedgerInputs),
  read: async (id, props) => engine().ledger.read(id, props as LedgerInputs),
};

/** The policy's tracking table, the events beside it, the runner lock, and the tier's stamp. */
export class Ledger extends pulumi.dynamic.Resource {
  constructor(name: string, args: LedgerInputs, opts?: pulumi.CustomResourceOptions) {
    super(ledgerProvider, name, args, opts, "ddl", "Ledger");
  }
}

const proofsProvider: pulumi.dynamic.ResourceProvider = {
  configure: (request) => engine().configure(request),
  check: async (olds, news) => engine().proofs.check(news as ProofsInputs, isNew(olds as object)),
  diff: (_id, olds, news) =>
    Promise.resolve(engine().proofs.diff(news as ProofsInputs, olds as ProofsOutputs)),
  create: async (inputs) => engine().proofs.create(inputs as ProofsInputs),
  update: async (_id, olds, news) =>
    engine().proofs.update(olds as ProofsOutputs, news as ProofsInputs),
  read: async (id, props) => engine().proofs.read(id, props as ProofsOutputs),
  // No delete: a proof is a fact that stays among the events.
};

/** The proofs of all rollbacks: what is not proven is, in a scratch database, in one pass. */
export class Proofs extends pulumi.dynamic.Resource {
  /** One line: when the last pass was and how it ended. */
  declare readonly lastPass: pulumi.Output<string>;

  constructor(name: string, args: ProofsInputs, opts?: pulumi.CustomResourceOptions) {
    super(proofsProvider, name, { lastPass: undefined, ...args }, opts, "ddl", "Proofs");
  }
}
