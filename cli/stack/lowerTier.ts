/**
 * Asks pulumi what the stack of the tier below publishes, for commands that run without the engine.
 * Does NOT install pulumi: where it is not at hand, nothing is known.
 */
import { join } from "node:path";

import { type LowerTier, readLowerTier } from "../../migrations/engine/history/promotion";
import { tierRules } from "../../stack/tier";
import { findPulumi } from "../../toolchain/pulumi";
import { run } from "../../toolchain/run";
import { projectFolder } from "./project";
import type { Stack } from "./stack";

/** A backend that does not answer must not hold up a command for longer, in milliseconds. */
const answerWithinMs = 30_000;

/** Null in the first tier, and where the stack does not say what it promotes from. Never throws. */
export async function lowerTierOf({ access, environment }: Stack): Promise<LowerTier | null> {
  const { tier, run: settings } = access.settings;
  const stack = settings.promotesFrom;
  if (stack === null || tierRules[tier].lowerTier === null) return null;
  const unknown = (reason: string): LowerTier => ({ kind: "unknown", stack, reason });
  const bin = findPulumi();
  if (bin === null) return unknown("pulumi is not at hand");
  const args = ["stack", "output", "--json", "--stack", stack, "--non-interactive"];
  const { status, stdout, stderr } = await run(join(bin, "pulumi"), args, {
    cwd: projectFolder(),
    env: { ...environment, PULUMI_SKIP_UPDATE_CHECK: "1" },
    timeoutMs: answerWithinMs,
  });
  const said =
    stderr
      .trim()
      .replace(/^error: /, "")
      .split("\n")[0] ?? "";
  if (status === 0) return readLowerTier(stack, JSON.parse(stdout));
  if (said.includes("no stack named")) return { kind: "missing", stack, reason: said };
  return unknown(said || "pulumi gave no reason");
}
