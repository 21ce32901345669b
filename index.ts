/**
 * The program: look at files and database, declare roles, privileges, ledger and migrations, publish what was read back.
 * Does NOT decide anything itself; each part says in its first lines what it decides.
 */
import * as pulumi from "@pulumi/pulumi";

import { declareServer } from "./azure/declareServer";
import { migrationsFolder } from "./migrations/engine/survey/load";
import { surveyStack } from "./migrations/engine/survey/survey";
import { readCircumstances } from "./migrations/program/lowerStack";
import { MigrationSet } from "./migrations/program/migrationSet";
import { provenVersions } from "./migrations/program/provenVersions";
import { Ledger } from "./migrations/program/provider";
import {
  type Published,
  publishedOutputs,
  publishLive,
  publishNow,
} from "./migrations/program/publish";
import { refusing, showVerdict } from "./migrations/program/verdict";
import { declareRoles } from "./roles/resources/declareRoles";
import { ExactGrants } from "./roles/resources/exactGrants";
import { guarded } from "./roles/resources/login";
import { accessFrom } from "./stack/access";

export = async (): Promise<Published> => {
  const { access, azure, survey } = await refusing(async () => {
    const access = accessFrom(new pulumi.Config());
    const azure = await declareServer(access);
    const circumstances = await readCircumstances(access.settings, azure.unmade);
    return { access, azure, survey: await surveyStack(access, migrationsFolder, circumstances) };
  });
  const { tier, roles, server, run } = access.settings;
  await showVerdict(survey, tier, run.windows);
  await publishNow(access.settings, survey.history);
  const declared = await declareRoles(access, survey.existingRoles, azure.host);
  const logins = azure.withPrincipals(declared);
  const behind = (...dependsOn: pulumi.Resource[]) => ({ ...guarded(tier), dependsOn });
  const ledgerArgs = { infrastructureRole: roles.infrastructure, tier };
  const ledger = new Ledger("ledger", ledgerArgs, behind(...logins));
  const args = { database: server.database };
  const privileges = new ExactGrants("privileges", args, behind(ledger));
  const setArgs = { survey, readBack: () => refusing(() => publishLive(access)) };
  const migrations = new MigrationSet("migrations", setArgs, { dependsOn: [privileges] });
  const after = new ExactGrants("privileges-after", args, behind(privileges, migrations));
  const versions = provenVersions(access.settings, migrations, setArgs, behind(after));
  return { ...publishedOutputs(access.settings), versions };
};
