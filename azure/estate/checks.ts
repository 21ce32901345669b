/**
 * Judges what a stack says about its server on Azure, before anything is registered: does Azure offer it, may the tier
 * have it, do the parts agree. Pure. All problems at once.
 * Does NOT look at Azure: a name that is taken, or a size that one region lacks, only Azure can tell.
 */
import { type AzureServer, hostOf } from "../../stack/azure";
import type { Settings } from "../../stack/settings";
import { isTicket, ticketShape } from "../../stack/ticket";
import { addressNumber } from "./addresses";
import { connectionBudget } from "./connections";
import { resourceGroupName, serverName, serverNameLength } from "./names";
import {
  defaultVersion,
  offersExtension,
  skus,
  storageSizes,
  userConnections,
  versions,
} from "./offers";
import { auditExtension } from "./parameters";
import { serverTiers } from "./tierTable";

/** One problem, or null. */
type Check = (azure: AzureServer, settings: Settings) => string | null | readonly string[];

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const subnetPattern =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Network\/virtualNetworks\/[^/]+\/subnets\/[^/]+$/i;
const networkPattern =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Network\/virtualNetworks\/[^/]+$/i;
const datePattern = /^\d{4}-\d{2}-\d{2}$/;

const sizeOf = (azure: AzureServer, settings: Settings): string =>
  azure.sku ?? serverTiers[settings.tier].sku;

/** Those that hold for a server that is only looked at as well. */
const always: readonly Check[] = [
  ({ name }) =>
    name.length < serverNameLength.least ||
    name.length > serverNameLength.most ||
    !serverName.test(name)
      ? `name: "${name}" is not a server's name: ${serverNameLength.least} to ${serverNameLength.most} lower case letters, digits and single hyphens between them.`
      : null,
  ({ resourceGroup }) =>
    resourceGroupName.test(resourceGroup)
      ? null
      : `resourceGroup: "${resourceGroup}" is not a name of a resource group: up to 90 letters, digits, _ ( ) . and hyphens, no full stop at the end.`,
  ({ version }) =>
    version === null || versions.some((one) => one === version)
      ? null
      : `version: Azure's PostgreSQL ${version} is not one of ${versions.join(", ")}.`,
  ({ administrators }) =>
    administrators.flatMap(({ name, objectId }) =>
      guid.test(objectId) ? [] : [`administrators: the objectId of ${name} is not a GUID.`],
    ),
  // An administrator is above what is judged: one of the roles that are judged must not be it.
  ({ administrators }, { roles }) => {
    const judged = [
      ...[roles.service, roles.infrastructure, ...roles.migrators, ...roles.approvers],
      ...roles.further.filter(({ kind }) => kind !== "dba").map(({ name }) => name),
    ];
    return administrators
      .filter(({ name }) => judged.includes(name))
      .map(
        ({ name }) =>
          `administrators: ${name} is a role of this stack; an administrator of the server reaches everything, whatever its privileges.`,
      );
  },
  ({ principals }) =>
    principals.flatMap(({ role, objectId }) =>
      guid.test(objectId) ? [] : [`principals: the objectId of ${role} is not a GUID.`],
    ),
  ({ principals }, { roles }) => {
    const logins = [
      ...[roles.service, ...roles.migrators, ...roles.approvers],
      ...roles.further.map(({ name }) => name),
    ];
    return principals
      .filter(({ role }) => !logins.includes(role))
      .map(
        ({ role }) =>
          `principals: ${role} is none of the stack's logins (${logins.join(", ")}); it gets no token.`,
      );
  },
  ({ principals }) => {
    const named = principals.map(({ role }) => role);
    const twice = named.filter((role, index) => named.indexOf(role) !== index);
    return twice.map((role) => `principals: ${role} is named twice.`);
  },
  (_, { tier, server }) =>
    serverTiers[tier].allowsPasswords || server.authentication === "entra"
      ? null
      : `authentication: ${tier} has no passwords; set rmhgeoapi-database:authentication to entra.`,
  // The environment may lead through a tunnel, where the name is another.
  (azure, { server }) =>
    server.sslmode === "verify-full" || server.host !== hostOf(azure)
      ? null
      : `sslmode: ${server.sslmode} does not look whether the server is the right one; set verify-full.`,
  (_, { extensions }) =>
    extensions
      .filter((name) => !offersExtension(name))
      .map(
        (name) =>
          `extensions: Azure does not offer ${name}, so azure.extensions cannot list it; take it out of rmhgeoapi-database:extensions.`,
      ),
  (_, { extensions }) =>
    extensions.includes(auditExtension)
      ? null
      : `extensions: ${auditExtension} is missing; without it in the database pgaudit.log records nothing.`,
];

const creating: readonly Check[] = [
  ({ tenantId }) => (guid.test(tenantId) ? null : `tenantId: "${tenantId}" is not a GUID.`),
  (azure, settings) =>
    skus.has(sizeOf(azure, settings))
      ? null
      : `sku: Azure offers no ${sizeOf(azure, settings)} for PostgreSQL; ${serverTiers[settings.tier].sku} is what ${settings.tier} has.`,
  (azure, settings) =>
    serverTiers[settings.tier].highAvailability !== "Disabled" &&
    skus.get(sizeOf(azure, settings)) === "Burstable"
      ? `sku: ${sizeOf(azure, settings)} is burstable and cannot be highly available, which ${settings.tier} must be.`
      : null,
  (azure, settings) => {
    const most = userConnections.get(sizeOf(azure, settings));
    if (most === undefined) return null;
    if (settings.serviceLimits.connectionLimit < 0) {
      return `serviceConnectionLimit: without a limit the application could take all ${most} connections of ${sizeOf(azure, settings)}.`;
    }
    const budget = connectionBudget(settings);
    const sum = budget.reduce((all, [, count]) => all + count, 0);
    const parts = budget.map(([whose, count]) => `${whose} ${count}`).join(", ");
    return sum > most
      ? `serviceConnectionLimit: ${parts} make ${sum} connections, and ${sizeOf(azure, settings)} leaves ${most} to all logins together; lower a limit or name a larger sku.`
      : null;
  },
  ({ storageGiB }, { tier }) => {
    const size = storageGiB ?? serverTiers[tier].storageGiB;
    return storageSizes.some((one) => one === size)
      ? null
      : `storageGiB: ${size} is not one of ${storageSizes.join(", ")}.`;
  },
  ({ administrators }) =>
    administrators.length === 0
      ? "administrators: nobody is named; without an administrator nobody of Entra can log in."
      : null,
  ({ administrators }, { roles, server }) =>
    server.authentication === "password" || administrators.some(({ name }) => name === roles.admin)
      ? null
      : `administrators: ${roles.admin}, the stack's admin, is not among them (${administrators.map(({ name }) => name).join(", ")}); case counts.`,
  ({ alertEmails }) =>
    alertEmails.length === 0 ? "alertEmails: nobody would be told of DDL by others." : null,
  ({ alertEmails }) =>
    alertEmails
      .filter((address) => !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(address))
      .map((address) => `alertEmails: "${address}" is not an address.`),
  ({ subnetId, addresses }, { tier }) =>
    subnetId === null && !serverTiers[tier].allowsPublicAccess
      ? `subnetId: ${tier} is reached through a private endpoint only; name its subnet${addresses.length > 0 ? ", and take addresses away" : ""}.`
      : null,
  ({ subnetId, addresses }) =>
    subnetId !== null && addresses.length > 0
      ? "addresses: a server with a private endpoint has no public addresses; leave one of the two out."
      : null,
  ({ subnetId, addresses }, { tier }) =>
    subnetId === null && addresses.length === 0 && serverTiers[tier].allowsPublicAccess
      ? "addresses: nobody could connect; name ranges of addresses, or subnetId."
      : null,
  ({ subnetId }) =>
    subnetId === null || subnetPattern.test(subnetId)
      ? null
      : `subnetId: "${subnetId}" is not the id of a subnet (/subscriptions/…/virtualNetworks/…/subnets/…).`,
  ({ subnetId, networkIds }) =>
    subnetId !== null && networkIds.length === 0
      ? "networkIds: no network would find the private endpoint's name; list those that connect."
      : null,
  ({ networkIds }) =>
    networkIds
      .filter((id) => !networkPattern.test(id))
      .map((id) => `networkIds: "${id}" is not the id of a virtual network.`),
  ({ addresses }) => addresses.flatMap(addressProblems),
  ({ secretExpires }, { server }) => {
    if (server.authentication === "entra") {
      return secretExpires === null
        ? null
        : "secretExpires: there is no password (authentication: entra); leave it out.";
    }
    return secretExpires !== null && isDay(secretExpires)
      ? null
      : "secretExpires: say on which day the service role's password ends (YYYY-MM-DD).";
  },
  ({ ticket }) =>
    isTicket(ticket) ? null : `ticket: "${ticket}" is not a change ticket (${ticketShape}).`,
];

/** Whether it is a day of the calendar. */
const isDay = (text: string): boolean => {
  if (!datePattern.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
};

function addressProblems({ name, start, end }: AzureServer["addresses"][number]): string[] {
  const [from, to] = [addressNumber(start), addressNumber(end)];
  if (from === null || to === null) {
    return [`addresses: ${name} is not a range of IPv4 addresses (${start} to ${end}).`];
  }
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(name)) {
    return [`addresses: "${name}" is not a rule's name: up to 80 letters, digits, _ and hyphens.`];
  }
  if (from === 0) {
    return [
      `addresses: ${name} starts at 0.0.0.0, which lets in every customer of Azure; name addresses of your own.`,
    ];
  }
  if (from > to) return [`addresses: ${name} ends (${end}) before it starts (${start}).`];
  const most = 256;
  return to - from >= most
    ? [`addresses: ${name} lets in ${to - from + 1} addresses; ${most} are the most of one rule.`]
    : [];
}

/**
 * Every problem of a stack's server, one line each, with the key in front; empty when it may be registered.
 */
export function problemsOf(azure: AzureServer, settings: Settings): readonly string[] {
  const checks = azure.mode === "create" ? [...always, ...creating] : always;
  return checks
    .flatMap((check) => check(azure, settings) ?? [])
    .map((problem) =>
      Object.keys(azure).some((key) => problem.startsWith(`${key}:`))
        ? `azureServer.${problem}`
        : problem,
    );
}

/** Version and size of a stack's server, as checked. */
export function sizing(
  azure: AzureServer,
  settings: Settings,
): { readonly version: string; readonly sku: string; readonly storageGiB: number } {
  const tier = serverTiers[settings.tier];
  return {
    version: azure.version ?? defaultVersion,
    sku: azure.sku ?? tier.sku,
    storageGiB: azure.storageGiB ?? tier.storageGiB,
  };
}
