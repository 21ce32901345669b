/**
 * What every provider of this program shares: configuration taken once per process, and checks that fail readably.
 * Does NOT know any resource.
 */
import type { dynamic } from "@pulumi/pulumi";

import { type Access, ConnectionError } from "./connection";
import { passwordSource } from "./credentials";
import { endWithEngine } from "./progress";
import { type ConfigSource, readSettings } from "./settings";

/** What a provider's `check` returns: inputs with the live state among them, or why there are none. */
export type CheckResult<Inputs> = dynamic.CheckResult<Inputs>;

let configured: Access | null = null;

/** Builds settings and password source from configuration and this process's environment. */
export function accessFrom(config: ConfigSource): Access {
  const settings = readSettings(config, process.env);
  return { settings, passwordOf: passwordSource(settings.server, config, process.env) };
}

/** Takes the stack's configuration, in a provider's process. Passwords come in here and stay in it. */
export function configure(request: { readonly config: ConfigSource }): Promise<void> {
  configured = accessFrom(request.config);
  endWithEngine();
  return Promise.resolve();
}

/** The access of this provider process. */
export function currentAccess(): Access {
  if (configured === null) throw new Error("the provider was used before it was configured");
  return configured;
}

/**
 * Turns an error into a failed check, so that the user sees its message and no stack. The engine prints the property's
 * value with it: name one that is short and no secret.
 *
 * @param unseen  Inputs of a resource that is new, where there may be no server yet: a preview goes on with them (the
 *                program has judged whether it may), and an update fails as soon as it has something to do. Null: none.
 */
export async function checked<Inputs>(
  property: keyof Inputs & string,
  work: () => Promise<Inputs>,
  unseen: Inputs | null,
): Promise<CheckResult<Inputs>> {
  try {
    return { inputs: await work() };
  } catch (error) {
    if (unseen !== null && error instanceof ConnectionError && error.isAbsent) {
      return { inputs: unseen };
    }
    const reason = error instanceof Error ? error.message : String(error);
    return { failures: [{ property, reason }] };
  }
}
