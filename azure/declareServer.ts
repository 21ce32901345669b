/**
 * The server's place in the program: nothing, a look at one that exists, or one that is made first and waited for.
 * Does NOT load azure-native where a stack has `azure: none`.
 */
import * as pulumi from "@pulumi/pulumi";

import type { AzureServer, PrincipalSettings } from "../stack/azure";
import type { Access } from "../stack/connection";
import { entraCredential } from "../stack/entraCredential";
import { managementScope, tokenSource } from "../stack/entraToken";
import { type Settings, SettingsError } from "../stack/settings";
import { tierRules } from "../stack/tier";
import { problemsOf } from "./estate/checks";
import { differenceLine } from "./estate/differences";
import { firstLook } from "./firstLook";
import type { GovernedServer } from "./governedServer";
import { EntraPrincipals } from "./resources";

/** What the rest of the program needs to know of the server. */
export interface DeclaredServer {
  /** Where providers connect to: known to them only once the server is there. */
  readonly host: pulumi.Input<string>;
  /** Why there is no database to look at yet, in the preview of a server that `up` makes; else null. */
  readonly unmade: string | null;
  /** The roles that were declared and, behind them, which of them are principals of Entra. */
  readonly withPrincipals: (roles: readonly pulumi.Resource[]) => readonly pulumi.Resource[];
}

/* eslint-disable @typescript-eslint/no-require-imports -- loaded by the stacks that need it, and by no other */
const load = {
  governedServer: () => require("./governedServer") as typeof import("./governedServer"),
  adoptedServer: () => require("./adoptedServer") as typeof import("./adoptedServer"),
};
/* eslint-enable */

/**
 * Declares or looks at the server, and waits until it may be connected to.
 *
 * @param look  Asks Azure whether a server that is not there can be made.
 * @throws {SettingsError}  everything that is wrong with what the stack says of it, before anything is made.
 * @throws {AdoptError}     the server to adopt is missing or may not be governed as it is.
 * @throws {TokenError}     this login has no token, or none any more.
 * @throws {AzureLookError} Azure refuses to answer.
 */
export async function declareServer(
  access: Access,
  look: typeof lookOnAzure = lookOnAzure,
): Promise<DeclaredServer> {
  const { settings } = access;
  const { azure } = settings;
  if (azure === null) {
    return { host: settings.server.host, unmade: null, withPrincipals: (roles) => roles };
  }
  const problems = problemsOf(azure, settings);
  if (problems.length > 0) throw new SettingsError(problems);
  if (azure.mode === "adopt") {
    const differences = await load.adoptedServer().adoptedServer(azure, settings);
    if (differences.length > 0) {
      await pulumi.log.warn(
        `${azure.name} differs from the rules of ${settings.tier} in ${differences.length} point(s); it was taken as it is:\n${differences.map((one) => `    ${differenceLine(one)}`).join("\n")}`,
      );
    }
    return {
      host: settings.server.host,
      unmade: null,
      withPrincipals: (roles) => declarePrincipals(settings, azure, azure.principals, roles),
    };
  }
  const refuse = async (): Promise<void> => {
    const found = await look(azure, settings);
    if (found.length > 0) throw new SettingsError(found);
  };
  const passwords = await passwordsOf(access);
  // A preview makes nothing: there only a server that is yet to be made costs the questions.
  if (!pulumi.runtime.isDryRun()) await refuse();
  const { GovernedServer } = load.governedServer();
  const server = new GovernedServer("azure", {
    azure,
    settings,
    passwords,
  });
  const isThere = await isKnown(server.host);
  if (!isThere) await refuse();
  return {
    // The environment may lead there another way than Azure's name does.
    host: server.host.apply(() => settings.server.host),
    unmade: isThere
      ? null
      : `The server ${azure.name} is made by up; the survey looks as soon as it is there.`,
    withPrincipals: (roles) => {
      const principals = [...azure.principals, ...ownPrincipals(server, settings, azure)];
      return declarePrincipals(settings, azure, principals, roles);
    },
  };
}

/** Asks as whom the environment lets us be, in the subscription that the provider of Azure's resources takes. */
const lookOnAzure = (azure: AzureServer, settings: Settings): Promise<readonly string[]> => {
  const { ARM_SUBSCRIPTION_ID, AZURE_SUBSCRIPTION_ID, DDL_AZURE_MANAGEMENT } = process.env;
  const configured = new pulumi.Config("azure-native").get("subscriptionId");
  return firstLook(azure, settings, {
    endpoint: DDL_AZURE_MANAGEMENT ?? "https://management.azure.com",
    token: tokenSource(() => entraCredential(process.env), managementScope),
    subscription: configured ?? ARM_SUBSCRIPTION_ID ?? AZURE_SUBSCRIPTION_ID ?? null,
  });
};

/** Passwords, where the stack's logins have any. All that are missing at once. */
async function passwordsOf({
  settings,
  passwordOf,
}: Access): Promise<{ readonly admin: string; readonly service: string } | null> {
  if (settings.server.authentication === "entra") return null;
  const { roles } = settings;
  const [admin, service] = [
    await passwordOf("admin", roles.admin),
    await passwordOf("service", roles.service),
  ];
  if (admin !== undefined && service !== undefined) return { admin, service };
  throw new SettingsError([
    ...(admin === undefined
      ? ["adminPassword: the server cannot be made without it; set DDL_ADMIN_PASSWORD."]
      : []),
    ...(service === undefined
      ? ["servicePassword: the vault cannot keep what it is not given; set DDL_SERVICE_PASSWORD."]
      : []),
  ]);
}

/** In a preview an output of what is not made yet is never known; in an update it is, once it is made. */
async function isKnown(output: pulumi.Output<string>): Promise<boolean> {
  if (!pulumi.runtime.isDryRun()) {
    await new Promise<void>((done) => {
      output.apply(() => {
        done();
      });
    });
    return true;
  }
  // The SDK has it, and keeps it out of its declarations.
  return (output as pulumi.Output<string> & { readonly isKnown: Promise<boolean> }).isKnown;
}

interface DeclaredPrincipal {
  readonly role: string;
  readonly objectId: pulumi.Input<string>;
  readonly type: PrincipalSettings["type"];
}

/** The identities that this program makes: the application logs in as the service role, the pipeline as the migrator. */
function ownPrincipals(
  { identities }: GovernedServer,
  { roles }: Settings,
  { principals }: AzureServer,
): readonly DeclaredPrincipal[] {
  const own: readonly (readonly [string | null, pulumi.Output<string>])[] = [
    [roles.service, identities.application.principalId],
    [roles.migrator, identities.pipeline.principalId],
  ];
  return own.flatMap(([role, objectId]) =>
    role === null || principals.some((one) => one.role === role)
      ? []
      : [{ role, objectId, type: "service" as const }],
  );
}

function declarePrincipals(
  { tier, roles, server }: Settings,
  { administrators }: AzureServer,
  principals: readonly DeclaredPrincipal[],
  declared: readonly pulumi.Resource[],
): readonly pulumi.Resource[] {
  if (server.authentication === "password") return declared;
  const expected = [
    roles.admin,
    ...administrators.map(({ name }) => name),
    ...roles.further.map(({ name }) => name),
  ];
  const { protect } = tierRules[tier];
  return [
    ...declared,
    new EntraPrincipals(
      "principals",
      { principals, expected: [...new Set(expected)] },
      { dependsOn: [...declared], protect, retainOnDelete: protect },
    ),
  ];
}
