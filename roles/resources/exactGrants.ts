/**
 * ExactGrants as Pulumi sees it: a thin shell around entry.ts.
 * Does NOT hold logic, because what stands here is turned into text and stored in every stack's state.
 */
import * as pulumi from "@pulumi/pulumi";

import type { GrantsInputs } from "../entry";
import { privilegeRules } from "../privileges";

/** Runs in the provider's process: captures nothing and loads the code from the program's folder there. */
function roles(): typeof import("../entry") {
  /* eslint-disable @typescript-eslint/no-require-imports, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- an import would be captured into the state; this is resolved when it runs */
  return require(`${process.cwd()}/stack/compiled.js`).provided("roles/entry.ts");
  /* eslint-enable */
}

const provider: pulumi.dynamic.ResourceProvider = {
  configure: (request) => roles().configure(request),
  check: async (olds, news) =>
    roles().grants.check(olds as Partial<GrantsInputs>, news as GrantsInputs),
  diff: (_id, olds, news) =>
    Promise.resolve(roles().grants.diff(olds as GrantsInputs, news as GrantsInputs)),
  create: async (inputs) => roles().grants.create(inputs as GrantsInputs),
  update: async (_id, _olds, news) => roles().grants.update(news as GrantsInputs),
  read: async (id, props) => roles().grants.read(id, props as GrantsInputs),
  // No delete: forgetting the resource must not take the application's rights away.
};

/** The one owner of every privilege: live privileges are made equal to the rules, nothing missing, nothing more. */
export class ExactGrants extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    args: { readonly database: string },
    opts?: pulumi.CustomResourceOptions,
  ) {
    const rules = privilegeRules.map(
      ({ to, privileges, on, where, schema, columns, readOnly }) =>
        `${to}: ${privileges.join(", ")} on ${readOnly === true ? "read-only " : ""}${on.join(", ")} in ${schema ?? where}${columns === undefined ? "" : ` (${columns.join(", ")})`}`,
    );
    super(provider, name, { ...args, rules }, opts, "ddl", "ExactGrants");
  }
}
