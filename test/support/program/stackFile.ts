/**
 * A stack in a file backend that holds nothing but its outputs: what another stack's program reads of it.
 * Does NOT run the engine.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Writes, or overwrites, the stack's checkpoint as the engine would have left it. */
export async function writeStackFile(
  state: string,
  project: string,
  stack: string,
  outputs: object,
): Promise<void> {
  const folder = join(state, ".pulumi", "stacks", project);
  const time = new Date().toISOString();
  const type = "pulumi:pulumi:Stack";
  const urn = `urn:pulumi:${stack}::${project}::${type}::${project}-${stack}`;
  const root = { urn, custom: false, type, outputs, created: time, modified: time };
  const latest = { manifest: { time, magic: "", version: "" }, resources: [root], metadata: {} };
  const checkpoint = { stack: `organization/${project}/${stack}`, latest };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${stack}.json`), `${JSON.stringify({ version: 3, checkpoint })}\n`);
}
