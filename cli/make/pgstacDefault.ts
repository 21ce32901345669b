/**
 * Which stacks of the sandbox get PgSTAC though their file does not say so: those that take the latest of everything, where
 * the server has PostGIS and PgSTAC's own installer can be had. The others name what was approved, and so they do here.
 * Does NOT install it in a database: that is the Pulumi program's work.
 */
import { readFile } from "node:fs/promises";

import { parse } from "yaml";

import { packageDigests, pgstacVersions } from "../../pgstac/hardening/versions";
import type { Sandbox } from "../../sandbox/sandbox";
import { type Tier, tierRules } from "../../stack/tier";
import type { ProgressLog } from "../../toolchain/log";
import { ensurePypgstac } from "../../toolchain/pypgstac";

/** The stack as far as it decides. */
interface Asking {
  readonly sandbox: Sandbox;
  readonly stack: Tier;
  readonly project: string;
  /** The stack's configuration as the command before had it. */
  readonly configFile: string;
}

type Values = Readonly<Record<string, string>>;

/**
 * Values for keys that the committed file does not have. What a stack had before, it keeps: PgSTAC has no way back.
 *
 * @param committed  Text of the stack's file.
 * @param mayFetch   Whether the installer may be fetched now; else it has to be known already.
 */
export async function sandboxPgstac(
  { sandbox, stack, project, configFile }: Asking,
  committed: string,
  mayFetch: boolean,
  log: ProgressLog,
): Promise<Values> {
  const key = `${project}:pgstac`;
  const isBuilt = !tierRules[stack].requiresTargetVersion;
  if (!isBuilt || !sandbox.hasPostgis || configIn(committed)[key] !== undefined) return {};
  const before = configIn(await readFile(configFile, "utf8").catch(() => ""))[key];
  if (typeof before === "string") return { [key]: before };
  if (!mayFetch) return {};
  const [version] = pgstacVersions;
  try {
    await ensurePypgstac({ version, digest: packageDigests[version] }, log);
    return { [key]: version };
  } catch (error) {
    const [reason = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    log.say(
      `No PgSTAC, so pgstac stays an empty schema: ${reason.replace(/\.?\s*$/, "")}. Python 3.11 with venv, and PyPI or a mirror, bring it.`,
    );
    return {};
  }
}

function configIn(text: string): Readonly<Record<string, unknown>> {
  const { config } = (parse(text) ?? {}) as { config?: Readonly<Record<string, unknown>> };
  return config ?? {};
}
