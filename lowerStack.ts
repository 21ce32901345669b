/**
 * Asks the stack of the tier below what it publishes.
 * Does NOT judge it (see migrations/engine/gatePromotionRules.ts).
 */
import * as pulumi from "@pulumi/pulumi";

import { type LowerTier, readLowerTier } from "./migrations/engine/promotion";
import type { Circumstances } from "./migrations/engine/survey";
import { tierRules } from "./migrations/engine/tier";
import type { Settings } from "./settings";

/** What the survey must be told beside files and database: the tier below, and whether this is a look ahead. */
export async function readCircumstances(settings: Settings): Promise<Circumstances> {
  return { lower: await readLowerStack(settings), isUpdate: !pulumi.runtime.isDryRun() };
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
    const answer: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {
      name: stack,
    });
    return readLowerTier(stack, (answer as { readonly outputs?: unknown }).outputs);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { kind: "missing", stack, reason: text.replace(/^invocation of .* error: /, "") };
  }
}
