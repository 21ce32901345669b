/**
 * Lets any engine run the pack in policy/: its host, a two-line script, is installed into a PULUMI_HOME of the project's.
 * Does NOT judge (policy/), and writes into no home of the user's.
 */
import { copyFile, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";

/** For `runtime: ddl` of PulumiPolicy.yaml the engine looks for a plugin of this name. */
const HOST = "pulumi-analyzer-policy-ddl";
const PACK = join(__dirname, "..", "policy");

/**
 * Installs the host where the engine finds it without a warning that it came from PATH.
 *
 * @param home  PULUMI_HOME of the commands that are going to run.
 * @returns     The arguments of `pulumi preview` that have the pack judge.
 */
export async function policyArguments(home: string): Promise<readonly string[]> {
  const folder = join(home, "plugins", "analyzer-policy-ddl-v0.1.0");
  await mkdir(folder, { recursive: true });
  // By a rename: another command may be starting it at this moment.
  const fresh = join(folder, `.${HOST}-${process.pid}`);
  await copyFile(join(PACK, "bin", HOST), fresh);
  await rename(fresh, join(folder, HOST));
  return ["--policy-pack", PACK];
}
