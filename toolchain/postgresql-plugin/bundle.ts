/**
 * Builds the plugin's folder: one bundled file, the executable the engine starts, and a marker.
 * Does NOT install it: hand the folder to `pulumi plugin install resource postgresql 3.18.1 -f <folder>`, with a
 * PULUMI_HOME of the project's own.
 */
import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { build } from "esbuild";

/** A file that only the air-gap plugin's folder has. It holds `sha256:<hex>` of the bundle. */
const AIRGAP_MARKER = "AIRGAP";

const BUNDLE = "plugin.cjs";
const EXECUTABLE = "pulumi-resource-postgresql";

/** The engine starts it in the program's folder, perhaps through a link: the bundle is found beside the script itself. */
const SCRIPT = `#!/bin/sh
exec node "$(dirname "$(readlink -f "$0")")/${BUNDLE}" "$@"
`;

/**
 * Builds the folder; what is in it under the same names is overwritten. Takes about a second.
 *
 * @param outDir  Made when it does not exist.
 * @returns       The folder's absolute path.
 * @throws        esbuild's own error when the sources do not build.
 */
export async function bundlePlugin(outDir: string): Promise<string> {
  const folder = resolve(outDir);
  await mkdir(folder, { recursive: true });
  const bundle = join(folder, BUNDLE);
  await build({
    entryPoints: [join(__dirname, "main.ts")],
    outfile: bundle,
    // Paths in the bundle are relative to it: the digest is then the same on every machine.
    absWorkingDir: resolve(__dirname, "../.."),
    bundle: true,
    platform: "node",
    target: "node20",
    external: ["pg-native"],
    logLevel: "silent",
  });
  const digest = createHash("sha256")
    .update(await readFile(bundle))
    .digest("hex");
  await writeFile(join(folder, AIRGAP_MARKER), `sha256:${digest}\n`);
  await writeFile(join(folder, EXECUTABLE), SCRIPT);
  await chmod(join(folder, EXECUTABLE), 0o755);
  return folder;
}
