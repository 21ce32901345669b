/**
 * The stack's outputs: where the database is, who its roles are, and what ledger and events say of each applied version.
 * Does NOT publish what was planned: a run that fails has published what it did, and nothing else.
 */
import { setImmediate } from "node:timers/promises";

import * as pulumi from "@pulumi/pulumi";

import { type Access, withClient } from "../../stack/connection";
import type { Settings } from "../../stack/settings";
import type { History } from "../engine/history/history";
import {
  publishedAlone,
  type PublishedVersion,
  publishedVersions,
  publishOnlyVariable,
} from "../engine/history/promotion";
import { ensureStamp } from "../engine/history/stamp";
import { readHistory } from "../engine/ledger/ledger";

/** What the stack publishes; the next tier's stack reads `tier` and `versions`. */
export interface Published {
  /** `host:port/database`. */
  readonly database: string;
  readonly tier: string;
  readonly serviceRole: string;
  readonly infrastructureRole: string;
  /** Version of PgSTAC that is installed; absent where the stack has none. */
  readonly pgstac?: pulumi.Input<string>;
  /** Lowest first, with checksums, proof, sign-off and validation. */
  readonly versions: pulumi.Input<readonly PublishedVersion[]>;
}

export function publishedOutputs(
  { server, tier, roles }: Settings,
  pgstac: readonly { readonly installed: pulumi.Output<string> }[] = [],
): Omit<Published, "versions"> {
  const [declared] = pgstac;
  return {
    ...(declared === undefined ? {} : { pgstac: declared.installed }),
    database: `${server.host}:${server.port}/${server.database}`,
    tier,
    serviceRole: roles.service,
    infrastructureRole: roles.infrastructure,
  };
}

/**
 * Publishes at once, and not when the program ends: the engine drops the outputs of a program whose resource fails, but
 * keeps those that were registered before. Nothing in a preview.
 */
export async function publishNow(settings: Settings, history: History): Promise<void> {
  const stack = pulumi.runtime.getStackResource();
  if (stack === undefined || pulumi.runtime.isDryRun()) return;
  const versions = publishedVersions(history);
  pulumi.runtime.registerResourceOutputs(stack, { ...publishedOutputs(settings), versions });
  // The request is made on a later turn, and must be on its way before the next migration's.
  await setImmediate();
}

/** Set by `ddl promote`: people have decided, and nothing else is to be done than to say so. */
export const isAllToDo = (): boolean => process.env[publishOnlyVariable] === "1";

/**
 * Publishes what people decided, with what the stack published before of what only its resources know, and then ends the
 * program by an error: the engine keeps outputs that were registered before, and does nothing about resources that a
 * program which failed has not registered. Ended well, it would take them for gone.
 */
export async function publishOnly(access: Access): Promise<never> {
  const [organization, project] = [pulumi.getOrganization(), pulumi.getProject()];
  const name = `${organization}/${project}/${pulumi.getStack()}`;
  const { outputs = {} } = (await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {
    name,
  })) as { readonly outputs?: object };
  const purpose = { account: "admin", activity: "publish", readOnly: true } as const;
  const history = await withClient(access, purpose, readHistory);
  ensureStamp(access.settings, history.stamp);
  const versions = publishedVersions(history);
  const stack = pulumi.runtime.getStackResource();
  if (stack === undefined || pulumi.runtime.isDryRun())
    throw new Error("there is no update to publish by");
  const published = { ...outputs, ...publishedOutputs(access.settings), versions };
  pulumi.runtime.registerResourceOutputs(stack, published);
  await setImmediate();
  throw new Error(publishedAlone);
}

/** Reads ledger and events again, publishes what they say, and returns it. */
export async function publishLive(access: Access): Promise<readonly PublishedVersion[]> {
  const purpose = { account: "admin", activity: "publish", readOnly: true } as const;
  const history = await withClient(access, purpose, readHistory);
  await publishNow(access.settings, history);
  return publishedVersions(history);
}
