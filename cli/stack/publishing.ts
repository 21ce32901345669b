/**
 * Publishes what people decided about a stack's versions, so that the tier above can read it: the program is run by the
 * engine, with its lock, for the stack's outputs alone. Nothing in the database and no resource is touched.
 * Does NOT install pulumi, and never rejects: where it is not at hand, or its backend does not answer, that is said.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { parse } from "yaml";

import { publishOnlyVariable, publishWithinMs } from "../../migrations/engine/history/publishOnly";
import { sandboxFolder } from "../../sandbox/record";
import { findPulumi } from "../../toolchain/pulumi";
import { run } from "../../toolchain/run";
import { projectFolder } from "./project";
import type { Stack } from "./stack";

type Published =
  { readonly kind: "published" } | { readonly kind: "not published"; readonly reason: string };

/** @param isSandbox  Its configuration is the sandbox's own copy. */
export async function publishDecisions(
  stack: Pick<Stack, "name" | "environment">,
  isSandbox: boolean,
): Promise<Published> {
  const not = (reason: string): Published => ({ kind: "not published", reason });
  const bin = findPulumi();
  if (bin === null) return not("pulumi is not at hand");
  const { name: project } = parse(await readFile(join(projectFolder(), "Pulumi.yaml"), "utf8")) as {
    name: string;
  };
  const own = join(sandboxFolder(), `Pulumi.${stack.name}.yaml`);
  if (isSandbox && !existsSync(own))
    return not(`the sandbox's stack ${stack.name} is not made yet`);
  // A pattern that names no resource: the engine leaves all as they are, though the program declares none.
  const none = `urn:pulumi:${stack.name}::${project}::**::nothing but the outputs`;
  const args = [
    ...["up", "--stack", stack.name, ...(isSandbox ? ["--config-file", own] : [])],
    ...["--yes", "--skip-preview", "--non-interactive", "--suppress-outputs"],
    ...["--suppress-progress", "--target", none],
  ];
  const { status, stdout, stderr } = await run(join(bin, "pulumi"), args, {
    cwd: projectFolder(),
    env: {
      ...stack.environment,
      PATH: `${bin}:${stack.environment["PATH"] ?? ""}`,
      PULUMI_SKIP_UPDATE_CHECK: "1",
      [publishOnlyVariable]: new Date().toISOString(),
    },
    timeoutMs: publishWithinMs,
  });
  if (status === 0) return { kind: "published" };
  const said = `${stderr}\n${stdout}`.split("\n").find((line) => /error:/.test(line)) ?? "";
  return not(said.replace(/^.*error: */, "").trim() || "pulumi gave no reason");
}
