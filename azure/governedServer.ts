/**
 * The server itself as one component: everything on Azure that decides who may reach it, how it logs and what of it is
 * kept. Registers what serverSpec.ts, parameters.ts and tierTable.ts say.
 * Does NOT hold what is inside the database (roles, migrations), and is loaded only by a stack that has `azure: create`.
 */
import * as authorization from "@pulumi/azure-native/authorization";
import * as dbforpostgresql from "@pulumi/azure-native/dbforpostgresql";
import * as resources from "@pulumi/azure-native/resources";
import * as pulumi from "@pulumi/pulumi";

import type { AzureServer } from "../stack/azure";
import type { Settings } from "../stack/settings";
import { namesOf, privateZone } from "./estate/names";
import { parametersOf } from "./estate/parameters";
import { serverSpec, tagsOf } from "./estate/serverSpec";
import { serverTiers } from "./estate/tierTable";
import { type Identities, identities } from "./identities";
import { observation } from "./observation";
import { privateEndpoint } from "./privateEndpoint";
import { OwnedDatabase, ServerRestart } from "./resources";
import { secretStore } from "./secretStore";

export interface GovernedServerArgs {
  readonly azure: AzureServer;
  readonly settings: Settings;
  /** Of the server's own administrator and of the service role; null where logins have tokens only. */
  readonly passwords: { readonly admin: string; readonly service: string } | null;
}

/**
 * What Azure changes by itself after creation: zones at a failover, storage as it fills up. And the administrator with
 * a password: once passwords are off Azure forgets the name, and to name it again would replace the server.
 */
const changedByAzure = [
  "availabilityZone",
  "highAvailability.standbyAvailabilityZone",
  "storage.storageSizeGB",
  "administratorLogin",
];

export class GovernedServer extends pulumi.ComponentResource {
  /** Known as soon as the server, its administrators, parameters and database are there. */
  readonly host: pulumi.Output<string>;
  readonly identities: Identities;

  constructor(name: string, args: GovernedServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ddl:azure:GovernedServer", name, {}, opts);
    const { azure, settings, passwords } = args;
    const tier = serverTiers[settings.tier];
    const names = namesOf(azure.name);
    const tags = tagsOf(azure, settings);
    const options = { parent: this, protect: tier.locks };

    const group = new resources.ResourceGroup(
      `${name}-group`,
      { resourceGroupName: azure.resourceGroup, location: azure.location, tags },
      options,
    );
    const common = { resourceGroup: group.name, location: azure.location, tags };
    this.identities = identities(
      name,
      { ...common, names, federations: azure.federations },
      options,
    );

    const server = new dbforpostgresql.Server(
      `${name}-server`,
      {
        ...serverSpec(azure, settings),
        resourceGroupName: group.name,
        ...(passwords === null
          ? {}
          : {
              administratorLogin: settings.roles.admin,
              administratorLoginPassword: pulumi.secret(passwords.admin),
            }),
      },
      { ...options, ignoreChanges: changedByAzure },
    );
    const ofServer = { serverName: server.name, resourceGroupName: group.name };

    // Azure carries out one change of a server at a time and refuses the next as "server busy": so all of them in a row.
    let last: pulumi.Resource = server;
    const after = (): pulumi.CustomResourceOptions => ({ ...options, dependsOn: [last] });
    for (const { name: principalName, objectId, type } of azure.administrators) {
      last = new dbforpostgresql.AdministratorsMicrosoftEntra(
        `${name}-administrator-${principalName}`,
        {
          ...ofServer,
          objectId,
          principalName,
          // Not the SDK's enum, which holds another service's words.
          principalType: type,
          tenantId: azure.tenantId,
        },
        after(),
      );
    }
    for (const { name: firewallRuleName, start, end } of azure.addresses) {
      last = new dbforpostgresql.FirewallRule(
        `${name}-address-${firewallRuleName}`,
        { ...ofServer, firewallRuleName, startIpAddress: start, endIpAddress: end },
        after(),
      );
    }
    const parameters = parametersOf(settings);
    for (const { name: configurationName, value } of parameters) {
      last = new dbforpostgresql.Configuration(
        `${name}-parameter-${configurationName}`,
        { ...ofServer, configurationName, value, source: "user-override" },
        after(),
      );
    }
    last = new ServerRestart(
      `${name}-restart`,
      {
        serverId: server.id,
        parameters: parameters
          .filter(({ isStatic }) => isStatic)
          .map((parameter) => `${parameter.name}=${parameter.value}`),
      },
      { parent: this, dependsOn: [last] },
    );

    const reachable: readonly pulumi.Resource[] =
      azure.subnetId === null
        ? []
        : privateEndpoint(
            name,
            {
              ...common,
              endpoint: names.endpoint,
              target: server.id,
              group: "postgresqlServer",
              zone: privateZone,
              subnetId: azure.subnetId,
              networkIds: azure.networkIds,
            },
            options,
          );
    const workspaceId = observation(
      name,
      {
        ...common,
        names,
        server: azure.name,
        serverId: server.id,
        logDays: tier.logDays,
        migrators: settings.roles.migrators,
        alertEmails: azure.alertEmails,
      },
      options,
    );
    if (passwords !== null) {
      secretStore(
        name,
        {
          ...{ names, azure, tags, resourceGroup: group.name },
          password: passwords.service,
          passwordVersion: settings.passwordVersion,
          reader: this.identities.application.principalId,
        },
        options,
      );
    }
    // Not through Azure's API: it gives a database made there to whichever administrator it likes.
    const database = new OwnedDatabase(
      `${name}-database`,
      { database: settings.server.database, owner: settings.roles.admin },
      { parent: this, protect: tier.locks, retainOnDelete: true, dependsOn: [last, ...reachable] },
    );
    if (tier.locks) {
      const keep = (part: string, scope: pulumi.Input<string>) =>
        new authorization.ManagementLockByScope(
          `${name}-keep-${part}`,
          {
            lockName: `${names.lock}-${part}`,
            level: "CanNotDelete",
            scope,
            notes: `Kept by rmhgeoapi-database (${azure.ticket}). To delete it, take the lock away first, with a ticket of its own.`,
          },
          { ...options, dependsOn: [database] },
        );
      keep("server", server.id);
      keep("logs", workspaceId);
    }
    this.host = pulumi.all([server.fullyQualifiedDomainName, database.id]).apply(([host]) => host);
    this.registerOutputs({ host: this.host });
  }
}
