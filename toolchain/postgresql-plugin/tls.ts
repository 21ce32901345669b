/**
 * How a connection is encrypted and whom it trusts, for each sslmode.
 * Does NOT connect. Source: libpq, "SSL Mode Descriptions" and "Protection Provided in Different Modes".
 */
import { readFileSync } from "node:fs";
import { checkServerIdentity } from "node:tls";

import type { ClientConfig } from "pg";

import { PluginError } from "./errors";
import type { Settings } from "./settings";

/**
 * Returns the driver's TLS options; false is a connection in plain.
 *
 * @throws {PluginError} the root certificate file cannot be read.
 */
export function tlsOptions(settings: Settings): ClientConfig["ssl"] {
  const { tlsMode, rootCertificateFile, host } = settings;
  // A socket in the file system has no TLS, whatever the mode says: as in libpq.
  if (tlsMode === "disable" || host.startsWith("/")) return false;
  const ca = rootCertificateFile === undefined ? {} : { ca: readRoots(rootCertificateFile) };
  // libpq: "require" verifies the chain when a root certificate is given.
  if (tlsMode === "require" && rootCertificateFile === undefined)
    return { rejectUnauthorized: false };
  return {
    ...ca,
    rejectUnauthorized: true,
    // The name is checked against the configured host: Node.js would take "localhost" for an address.
    checkServerIdentity: (_name, certificate) =>
      tlsMode === "verify-full" ? checkServerIdentity(host, certificate) : undefined,
  };
}

function readRoots(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new PluginError(`the provider's sslrootcert ${JSON.stringify(file)} cannot be read`, {
      cause: error,
    });
  }
}
