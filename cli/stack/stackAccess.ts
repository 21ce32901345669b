/**
 * Reads a stack's settings without the engine: its config file, the schema's defaults and the environment.
 * Does NOT decrypt secrets; passwords come from the environment or PGPASSFILE here.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { parse } from "yaml";

import type { Access } from "../../stack/connection";
import { passwordSource } from "../../stack/credentials";
import { type ConfigSource, type Environment, readSettings } from "../../stack/settings";
import { isSecret } from "./stackConfig";

interface Declaration {
  readonly default?: unknown;
}

/** Text as the engine would hand it to a program: lists as JSON, everything else as it is written. */
function asText(value: unknown): string | undefined {
  // Only the engine can decrypt: here an encrypted value is as good as none.
  if (value === undefined || value === null || isSecret(value)) return undefined;
  if (typeof value === "string") return value;
  return JSON.stringify(value);
}

/**
 * Configuration of one stack.
 *
 * @param project  Text of Pulumi.yaml.
 * @param stack    Text of the stack's config file.
 */
export function configSource(project: string, stack: string): ConfigSource {
  const { name, config: declared = {} } = parse(project) as {
    name: string;
    config?: Readonly<Record<string, Declaration>>;
  };
  const { config: given = {} } = (parse(stack) ?? {}) as {
    config?: Readonly<Record<string, unknown>>;
  };
  return { get: (key) => asText(given[`${name}:${key}`] ?? declared[key]?.default) };
}

/** The one key that the sandbox gives a value of its own: see cli/make/pgstacDefault.ts. */
const BROUGHT_ALONG = "pgstac";

/**
 * Settings and passwords of a stack of the program in `folder`.
 *
 * @param more  File of the sandbox's, of which PgSTAC's version counts where the stack's own says none. It need not exist.
 */
export async function stackAccess(
  folder: string,
  configFile: string,
  environment: Environment,
  more: string | null = null,
): Promise<Access> {
  const project = await readFile(join(folder, "Pulumi.yaml"), "utf8");
  const own = configSource(project, await readFile(configFile, "utf8"));
  const brought = more === null ? "" : await readFile(more, "utf8").catch(() => "");
  const beside = configSource(project, brought);
  const isStated = own.get(BROUGHT_ALONG) !== configSource(project, "").get(BROUGHT_ALONG);
  const config: ConfigSource = {
    get: (key) => (key === BROUGHT_ALONG && !isStated ? beside : own).get(key),
  };
  const settings = readSettings(config, environment);
  return { settings, passwordOf: passwordSource(settings.server, config, environment) };
}
