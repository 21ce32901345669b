/**
 * The ledger as the policy prints it, and as the program makes it: through what the Ledger resource's create calls.
 * Does NOT know what is right; the tests compare the two.
 */
import { configure, ledger } from "../../../migrations/engine/entry";
import { configOf, type Configuration, wellFormed } from "../program/makeSettings";
import type { ProgramDatabase } from "./programDatabase";

/** As the policy prints it. */
export const policyLedger = `
CREATE TABLE schema_migrations (
    id SERIAL PRIMARY KEY,
    version VARCHAR(50) NOT NULL UNIQUE,
    description TEXT,
    started_at TIMESTAMP WITH TIME ZONE,
    completed_at TIMESTAMP WITH TIME ZONE,
    applied BOOLEAN DEFAULT false,
    rolled_back_at TIMESTAMP WITH TIME ZONE,
    executed_by VARCHAR(100),
    ticket_number VARCHAR(50)
);
CREATE INDEX idx_migrations_version ON schema_migrations(version);
CREATE INDEX idx_migrations_applied ON schema_migrations(applied);`;

/** Configures this process as the engine configures a provider's. */
export async function configureProvider(
  { access, settings }: ProgramDatabase,
  overrides: Configuration = {},
): Promise<void> {
  const { roles, server } = settings;
  const adminPassword = await access.passwordOf("admin", roles.admin);
  await configure({
    config: configOf({
      ...wellFormed,
      database: server.database,
      port: String(server.port),
      admin: roles.admin,
      infrastructureRole: roles.infrastructure,
      serviceRole: roles.service,
      migrator: roles.migrator ?? "",
      migrators: JSON.stringify(roles.migrators),
      approver: roles.approver ?? "",
      approvers: JSON.stringify(roles.approvers),
      adminPassword,
      ...overrides,
    }),
  });
}

/** Makes and stamps, or adopts, with these values configured. */
export async function createLedger(
  database: ProgramDatabase,
  overrides: Configuration = {},
): Promise<unknown> {
  await configureProvider(database, overrides);
  const { infrastructure } = database.settings.roles;
  return ledger.create({ infrastructureRole: infrastructure, tier: "dev" });
}
