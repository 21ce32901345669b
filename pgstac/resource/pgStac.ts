/**
 * PgStac as Pulumi sees it: a thin shell around entry.ts.
 * Does NOT hold logic, because what stands here is turned into text and stored in every stack's state.
 */
import * as pulumi from "@pulumi/pulumi";

import type { PgstacInputs, PgstacOutputs } from "../entry";

/** Runs in the provider's process: captures nothing and loads the code from the program's folder there. */
function pgstac(): typeof import("../entry") {
  /* eslint-disable @typescript-eslint/no-require-imports, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- an import would be captured into the state; this is resolved when it runs */
  return require(`${process.cwd()}/stack/compiled.js`).provided("pgstac/entry.ts");
  /* eslint-enable */
}

const provider: pulumi.dynamic.ResourceProvider = {
  configure: (request) => pgstac().configure(request),
  check: async (olds, news) =>
    pgstac().pgstac.check(news as PgstacInputs, Object.keys(olds as object).length === 0),
  diff: (_id, olds, news) =>
    Promise.resolve(pgstac().pgstac.diff(olds as Partial<PgstacOutputs>, news as PgstacInputs)),
  create: async (inputs) => pgstac().pgstac.create(inputs as PgstacInputs),
  update: async (_id, _olds, news) => pgstac().pgstac.update(news as PgstacInputs),
  read: async (id, props) => pgstac().pgstac.read(id, props as PgstacOutputs),
  // No delete: forgetting the resource must not drop what items are in.
};

/** PgSTAC in its schema, at a version: installed, upgraded and hardened in one step, never taken back. */
export class PgStac extends pulumi.dynamic.Resource {
  /** What is installed, read back. */
  declare readonly installed: pulumi.Output<string>;

  constructor(name: string, args: PgstacInputs, opts?: pulumi.CustomResourceOptions) {
    super(provider, name, { installed: undefined, ...args }, opts, "ddl", "PgStac");
  }
}
