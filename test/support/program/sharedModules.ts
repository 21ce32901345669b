/**
 * Modules of others that runs of the program in this process share: loading the SDK's parts anew costs each run a second.
 * Does NOT share the SDK itself, nor anything of the project's own: what one run remembers must not reach the next.
 */

/** They remember nothing of a run, or are told of a new one. Those of the SDK (TypeScript alone is nine megabytes) as well. */
const names = [
  "@grpc/grpc-js",
  "@npmcli/arborist",
  "google-protobuf",
  "libpg-query",
  "pg",
  "pgpass",
  "semver",
  "typescript",
  "yaml",
] as const;

const loaded = new Map<string, unknown>();

/** Loads them; before an isolation, or they would be loaded in it. */
export function loadSharedModules(): void {
  for (const name of names) if (!loaded.has(name)) loaded.set(name, jest.requireActual(name));
  // Its parts are read here: each use of one would load it, and the SDK with it, anew in the isolation.
  const parts = jest.requireActual<object>("@pulumi/postgresql");
  if (!loaded.has("@pulumi/postgresql")) loaded.set("@pulumi/postgresql", { ...parts });
}

/**
 * Gives them to what is loaded in the isolation that this is called in.
 *
 * @param holdToSdk  False: without those that hold to the SDK that they were loaded with.
 */
export function useSharedModules(holdToSdk = true): void {
  for (const [name, actual] of loaded) {
    if (holdToSdk || !name.startsWith("@pulumi/")) jest.doMock(name, () => actual);
  }
}
