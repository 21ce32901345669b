/**
 * The program: look at files and database, declare roles, privileges, ledger and migrations, publish what was read back.
 * Does NOT decide anything itself; each part says in its first lines what it decides.
 */
import * as pulumi from "@pulumi/pulumi";

import { accessFrom } from "./migrations/engine/access";
import { migrationsFolder } from "./migrations/engine/load";
import { surveyStack } from "./migrations/engine/survey";
import { MigrationSet } from "./migrations/migrationSet";
import { Ledger } from "./migrations/provider";
import { declareRoles } from "./roles/declareRoles";
import { ExactGrants } from "./roles/exactGrants";
import { guarded } from "./roles/login";
import { refusing, showVerdict } from "./verdict";

export = async (): Promise<pulumi.Inputs> => {
  const { access, survey } = await refusing(async () => {
    const access = accessFrom(new pulumi.Config());
    return { access, survey: await surveyStack(access, migrationsFolder) };
  });
  const { tier, roles, server } = access.settings;
  await showVerdict(survey, tier);

  const { service, infrastructure, others } = await declareRoles(access, survey.existingRoles);
  const behind = (...dependsOn: pulumi.Resource[]) => ({ ...guarded(tier), dependsOn });
  const ledgerArgs = { infrastructureRole: roles.infrastructure, tier };
  const ledger = new Ledger("ledger", ledgerArgs, behind(service, infrastructure, ...others));
  const { database } = server;
  const privileges = new ExactGrants("privileges", { database }, behind(ledger));
  const migrations = new MigrationSet("migrations", { survey }, { dependsOn: [privileges] });
  new ExactGrants("privileges-after", { database }, behind(privileges, migrations));

  return {
    database: `${server.host}:${server.port}/${server.database}`,
    serviceRole: service.roleName,
    infrastructureRole: infrastructure.roleName,
    applied: migrations.applied,
  };
};
