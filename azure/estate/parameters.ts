/**
 * Server parameters that a governed server sets, in the order in which they are set. Pure.
 * Does NOT set them: Azure takes one at a time, so governedServer.ts chains them.
 */
import type { Settings } from "../../stack/settings";
import { preloaded } from "./offers";
import { serverTiers } from "./tierTable";

export interface Parameter {
  readonly name: string;
  readonly value: string;
  /** A static parameter is stored at once and counts after a restart (restart.ts). */
  readonly isStatic: boolean;
}

/**
 * The start of every line in the server's log. `%u` is what the alert on DDL needs: by default no line of a statement
 * names its user. Time, session, user, database, application, process.
 */
const logLinePrefix = "%t-%c-user=%u,db=%d,app=%a,pid=%p-";

/** Extensions that the estate itself needs on every server, beside those that the stack names. */
export const auditExtension = "pgaudit";

/** Exactly what may be created: the stack's extensions and the auditor. */
export function allowedExtensions({ extensions }: Pick<Settings, "extensions">): readonly string[] {
  return [...new Set([...extensions, auditExtension])].sort();
}

/**
 * All parameters of a stack's server.
 *
 * `log_statement = ddl` writes the password of a CREATE ROLE in clear where Readers of the server may download it, and
 * pgaudit does not: so it is set only where no login has a password.
 *
 * Source: Microsoft's pages concepts-server-parameters and security-audit; CIS Azure Foundations 3.0.0, 5.2.1 to 5.2.7.
 */
export function parametersOf(settings: Settings): readonly Parameter[] {
  const tier = serverTiers[settings.tier];
  const extensions = allowedExtensions(settings);
  const libraries = ["pg_stat_statements", ...extensions.filter((name) => preloaded.has(name))];
  const usesPasswords = settings.server.authentication === "password";
  const dynamic = {
    "azure.extensions": extensions.join(","),
    require_secure_transport: "on",
    ssl_min_protocol_version: tier.sslMinimum,
    "azure.accepted_password_auth_method": "scram-sha-256",
    password_encryption: "scram-sha-256",
    "connection_throttle.enable": "on",
    log_line_prefix: logLinePrefix,
    log_statement: usesPasswords ? "none" : "ddl",
    log_connections: settings.azure?.version === "18" ? "all" : "on",
    log_disconnections: "on",
    log_checkpoints: "on",
    log_lock_waits: "on",
    "logfiles.download_enable": "off",
    "logfiles.retention_days": "7",
    "pgaudit.log": "ddl,role",
    "pgaudit.log_client": "off",
    "pgaudit.log_parameter": "off",
    "pg_qs.query_capture_mode": "top",
    "pgms_wait_sampling.query_capture_mode": "all",
    idle_in_transaction_session_timeout: String(tier.idleInTransactionMs),
    "pgbouncer.enabled": "false",
    "pgaadauth.enable_group_sync": "off",
  };
  return [
    // First: pgaudit's own parameters are known only once its library may be loaded.
    { name: "shared_preload_libraries", value: [...new Set(libraries)].join(","), isStatic: true },
    ...Object.entries(dynamic).map(([name, value]) => ({ name, value, isStatic: false })),
  ];
}
