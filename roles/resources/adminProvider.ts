/**
 * The postgresql provider that every Role, Schema, Extension and GrantRole uses: one login, the admin.
 * Does NOT connect by itself, and is never told that the admin is a superuser, because it is not.
 */
import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";

import type { Access } from "../../stack/connection";

/** Longest wait for a connection, in seconds. */
const connectTimeout = 10;
/** Resources are made in parallel; more connections than this would only wait for each other's catalog rows. */
const maxConnections = 4;

/**
 * Declares the provider. With Entra authentication the plugin asks for tokens itself.
 *
 * @param host  Where the server is; not known before it is made.
 */
export async function adminProvider(
  { settings, passwordOf }: Access,
  host: pulumi.Input<string>,
): Promise<postgresql.Provider> {
  const { server, roles } = settings;
  const login =
    server.authentication === "entra"
      ? { azureIdentityAuth: true }
      : { password: pulumi.secret((await passwordOf("admin", roles.admin)) ?? "") };
  return new postgresql.Provider("admin", {
    host,
    port: server.port,
    database: server.database,
    username: roles.admin,
    ...login,
    sslmode: server.sslmode,
    ...(server.sslRootCert === null ? {} : { sslrootcert: server.sslRootCert }),
    superuser: false,
    connectTimeout,
    maxConnections,
  });
}
