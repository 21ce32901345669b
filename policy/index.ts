/**
 * The pack that `pulumi preview --policy-pack policy` runs: every rule of rules.ts over the whole stack.
 * Does NOT hold rules; loading it starts a server, so tests load rules.ts.
 */
import { PolicyPack } from "@pulumi/policy";

import { type EstateResource, tierOf } from "./estate";
import { estateRules } from "./rules";

new PolicyPack("rmhgeoapi-database-estate", {
  policies: estateRules.map(({ name, description, judge }) => ({
    name,
    description,
    enforcementLevel: "mandatory",
    validateStack: ({ resources }, report) => {
      const seen = resources.map(({ type, name: resource, props, opts }): EstateResource => ({
        type,
        name: resource,
        props,
        protect: opts.protect,
      }));
      for (const violation of judge({ tier: tierOf(seen), resources: seen })) report(violation);
    },
  })),
});
