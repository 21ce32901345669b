// The program: look at files and database, declare roles, privileges, ledger and migrations, publish what was read back.
// Does NOT decide anything itself; each part says in its first lines what it decides.
import "./stack/compiledProgram";

import * as pulumi from "@pulumi/pulumi";

import { declareServer } from "./azure/declareServer";
import { MigrationSet } from "./migrations/program/migrationSet";
import { provenVersions } from "./migrations/program/provenVersions";
import { Ledger } from "./migrations/program/provider";
import * as publish from "./migrations/program/publish";
import { surveyStacks } from "./migrations/program/surveyStacks";
import { refusing, showVerdict } from "./migrations/program/verdict";
import { declarePgstac } from "./pgstac/resource/declarePgstac";
import { declareRoles } from "./roles/resources/declareRoles";
import { ExactGrants } from "./roles/resources/exactGrants";
import { guarded } from "./roles/resources/login";
import { accessFrom } from "./stack/access";

export = async (): Promise<publish.Published> => {
  const access = await refusing(() => accessFrom(new pulumi.Config()));
  if (await refusing(publish.isAllToDo)) return refusing(() => publish.publishOnly(access));
  const azure = await refusing(() => declareServer(access));
  const survey = await refusing(() => surveyStacks(access, azure.unmade));
  const { tier, roles, server } = access.settings;
  const present = await refusing(() => showVerdict(survey, access));
  await publish.publishNow(access.settings, survey.history);
  const logins = azure.withPrincipals(await declareRoles(access, present, azure.host));
  const behind = (...dependsOn: pulumi.Resource[]) => ({ ...guarded(tier), dependsOn });
  const ledgerArgs = { infrastructureRole: roles.infrastructure, tier };
  const ledger = new Ledger("ledger", ledgerArgs, behind(...logins));
  const args = { database: server.database };
  const privileges = new ExactGrants("privileges", args, behind(ledger));
  const set = { survey, readBack: () => refusing(() => publish.publishLive(access)) };
  const pgstac = declarePgstac(access.settings, survey, behind(privileges));
  const migrations = new MigrationSet("migrations", set, { dependsOn: [privileges, ...pgstac] });
  const after = new ExactGrants("privileges-after", args, behind(privileges, migrations));
  const versions = provenVersions(access.settings, migrations, set, behind(after));
  return { ...publish.publishedOutputs(access, pgstac), versions };
};
