/**
 * Looks at what a stack is planned by: files, database, and what the stack of the tier below publishes (the engine tells).
 * Does NOT judge it (see migrations/engine/gate/rules/promotion).
 */
import * as pulumi from "@pulumi/pulumi";

import type { Access } from "../../stack/connection";
import type { Settings } from "../../stack/settings";
import { tierRules } from "../../stack/tier";
import { type LowerTier, readLowerTier } from "../engine/history/promotion";
import { migrationsFolder } from "../engine/survey/load";
import { type Survey, surveyStack } from "../engine/survey/survey";

/**
 * Looks at files, database and the tier below, and plans.
 *
 * @param unmade  Why there is no database to look at yet; null when there should be one.
 */
export async function surveyStacks(access: Access, unmade: string | null): Promise<Survey> {
  return surveyStack(access, migrationsFolder, {
    lower: await readLowerStack(access.settings),
    isUpdate: !pulumi.runtime.isDryRun(),
    isNew: isNewStack,
    unmade,
  });
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
