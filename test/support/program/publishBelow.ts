/**
 * A stack of the tier below, in a backend of its own and with the real engine, that publishes every migration of a folder
 * as applied, proven, validated and signed off. Its outputs are imported: nothing is run.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { loadMigrations } from "../../../migrations/engine/survey/load";
import type { Tier } from "../../../stack/tier";
import { findPulumi } from "../../../toolchain/pulumi";
import { run } from "../../../toolchain/run";
import { publishedAs } from "./published";

/** What leads pulumi to a backend in the folder. */
export const backendIn = (folder: string): Readonly<Record<string, string>> => ({
  PULUMI_BACKEND_URL: pathToFileURL(join(folder, "state")).href,
  PULUMI_HOME: join(folder, "home"),
  PULUMI_CONFIG_PASSPHRASE: "of a test",
  PULUMI_SKIP_UPDATE_CHECK: "1",
});

/** Name by which a stack of the next tier refers to it. */
export const stackBelow = (tier: Tier): string => `organization/rmhgeoapi-database/${tier}`;

/** Makes the stack. `folder` holds Pulumi.yaml and migrations. */
export async function publishBelow(folder: string, tier: Tier): Promise<void> {
  const bin = findPulumi();
  if (bin === null) throw new Error("no pulumi: run make test, or cli/make/main.ts engine, first");
  await mkdir(join(folder, "state"), { recursive: true });
  const { migrations } = await loadMigrations(join(folder, "migrations"));
  const outputs = { tier, versions: migrations.map((file) => publishedAs(file)) };
  const type = "pulumi:pulumi:Stack";
  const urn = `urn:pulumi:${tier}::rmhgeoapi-database::${type}::rmhgeoapi-database-${tier}`;
  const resources = [{ urn, custom: false, type, outputs }];
  const exported = join(folder, "below.json");
  await writeFile(exported, JSON.stringify({ version: 3, deployment: { resources } }));
  const stack = ["--stack", stackBelow(tier), "--non-interactive"];
  for (const words of [
    ["stack", "init", ...stack],
    ["stack", "import", "--file", exported, ...stack],
  ]) {
    const env = { ...process.env, ...backendIn(folder) };
    const { status, stderr } = await run(join(bin, "pulumi"), words, { cwd: folder, env });
    if (status !== 0) throw new Error(`pulumi ${words.join(" ")}: ${stderr}`);
  }
}
