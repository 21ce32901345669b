/**
 * Asks the engine what stacks publish: that of the tier below, and whether this one has ever published anything.
 * Does NOT judge it (see migrations/engine/gate/gatePromotionRules.ts).
 */
import * as pulumi from "@pulumi/pulumi";

import type { Settings } from "../../stack/settings";
import { tierRules } from "../../stack/tier";
import { type LowerTier, readLowerTier } from "../engine/history/promotion";
import type { Circumstances } from "../engine/survey/survey";

/**
 * What the survey must be told beside files and database: the tier below, and whether this is a look ahead.
 *
 * @param unmade  Why there is no database to look at yet; null when there should be one.
 */
export async function readCircumstances(
  settings: Settings,
  unmade: string | null = null,
): Promise<Circumstances> {
  const isUpdate = !pulumi.runtime.isDryRun();
  return { lower: await readLowerStack(settings), isUpdate, isNew: isNewStack, unmade };
}

async function readOutputs(name: string): Promise<unknown> {
  const answer: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name });
  return (answer as { readonly outputs?: unknown }).outputs;
}

/** Whether this stack has never published anything: `up` does so first, and keeps it whatever fails then. */
async function isNewStack(): Promise<boolean> {
  const [organization, project] = [pulumi.getOrganization(), pulumi.getProject()];
  const outputs = await readOutputs(`${organization}/${project}/${pulumi.getStack()}`);
  return Object.keys(outputs ?? {}).length === 0;
}

/**
 * Reads the outputs of the stack that this one promotes from: null in the first tier, and where none is configured.
 *
 * By the engine's function behind StackReference and not by that resource: of a stack that does not exist, the resource
 * would end the whole preview, and every later refresh, where this tells so.
 */
async function readLowerStack({ tier, run }: Settings): Promise<LowerTier | null> {
  const stack = run.promotesFrom;
  if (stack === null || tierRules[tier].lowerTier === null) return null;
  try {
    return readLowerTier(stack, await readOutputs(stack));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { kind: "missing", stack, reason: text.replace(/^invocation of .* error: /, "") };
  }
}
