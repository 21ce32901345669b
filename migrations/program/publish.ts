/**
 * The stack's outputs: where the database is, who its roles are, and what ledger and events say of each applied version.
 * Does NOT publish what was planned: a run that fails has published what it did, and nothing else.
 */
import { setImmediate } from "node:timers/promises";

import * as pulumi from "@pulumi/pulumi";

import type { Access } from "../../stack/connection";
import type { Settings } from "../../stack/settings";
import type { History } from "../engine/history/history";
import {
  type PublishedPgstac,
  publishedPgstac,
  type PublishedVersion,
  publishedVersions,
} from "../engine/history/promotion";
import { isToPublishOnly, publishOnlyVariable } from "../engine/history/publishOnly";
import { ensureStamp } from "../engine/history/stamp";
import { readLive } from "./liveHistory";

/** What the stack publishes; the next tier's stack reads `tier` and `versions`. */
export interface Published {
  /** `host:port/database`. */
  readonly database: string;
  readonly tier: string;
  readonly serviceRole: string;
  readonly infrastructureRole: string;
  /** PgSTAC as it was brought here last, with sign-off and validation; absent where the stack has none. */
  readonly pgstac?: pulumi.Input<PublishedPgstac | null>;
  /** Lowest first, with checksums, proof, sign-off and validation. */
  readonly versions: pulumi.Input<readonly PublishedVersion[]>;
}

type Place = Omit<Published, "versions" | "pgstac">;

function placeOf({ server, tier, roles }: Settings): Place {
  return {
    database: `${server.host}:${server.port}/${server.database}`,
    tier,
    serviceRole: roles.service,
    infrastructureRole: roles.infrastructure,
  };
}

/**
 * Everything but the versions.
 *
 * @param declared  PgSTAC, whose events are read once it is there; none where the stack has none.
 */
export function publishedOutputs(
  access: Access,
  [declared]: readonly { readonly installed: pulumi.Output<string> }[],
): Omit<Published, "versions"> {
  const place = placeOf(access.settings);
  if (declared === undefined) return place;
  const read = async (): Promise<PublishedPgstac | null> => publishedPgstac(await readLive(access));
  return { ...place, pgstac: declared.installed.apply(read) };
}

/** All that a history says. */
function publishedBy(settings: Settings, history: History): Published {
  const pgstac = publishedPgstac(history);
  const versions = publishedVersions(history);
  return { ...placeOf(settings), versions, ...(pgstac === null ? {} : { pgstac }) };
}

/**
 * Publishes at once, and not when the program ends: the engine drops the outputs of a program whose resource fails, but
 * keeps those that were registered before. Nothing in a preview.
 */
export async function publishNow(settings: Settings, history: History): Promise<void> {
  const stack = pulumi.runtime.getStackResource();
  if (stack === undefined || pulumi.runtime.isDryRun()) return;
  pulumi.runtime.registerResourceOutputs(stack, publishedBy(settings, history));
  // The request is made on a later turn, and must be on its way before the next migration's.
  await setImmediate();
}

/**
 * People have decided, and nothing else is to be done than to say so.
 *
 * @throws {PublishOnlyError} nobody asks for that now.
 */
export const isAllToDo = (): boolean =>
  isToPublishOnly(process.env[publishOnlyVariable], new Date());

/**
 * The stack's outputs with what people decided, and with what the stack published before of what only its resources know.
 * Declares nothing: the engine has to be told that no resource is meant (see cli/stack/publishing.ts), or it would take
 * them all for gone.
 */
export async function publishOnly(access: Access): Promise<Published> {
  const [organization, project] = [pulumi.getOrganization(), pulumi.getProject()];
  const name = `${organization}/${project}/${pulumi.getStack()}`;
  const { outputs = {} } = (await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {
    name,
  })) as { readonly outputs?: object };
  const history = await readLive(access);
  ensureStamp(access.settings, history.stamp);
  return { ...outputs, ...publishedBy(access.settings, history) };
}

/** Reads ledger and events again, publishes what they say, and returns it. */
export async function publishLive(access: Access): Promise<readonly PublishedVersion[]> {
  const history = await readLive(access);
  await publishNow(access.settings, history);
  return publishedVersions(history);
}
