/**
 * Declares a stack's server with a mocked engine, and keeps what is asked of it.
 * Does NOT reach Azure: under mocks a resource echoes its inputs.
 */
import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";

import { declareServer } from "../../../azure/declareServer";
import type { Settings } from "../../../stack/settings";
import { keepRequests, type Registered } from "../program/mockedProgram";

export interface ServerRun {
  readonly resources: readonly Registered[];
  readonly unmade: string | null;
  readonly warnings: readonly string[];
}

/** What the mocked Azure answers to a question. Throws: there is none, or it may not be asked. */
export type Answer = (
  token: string,
  inputs: Readonly<Record<string, unknown>>,
) => Readonly<Record<string, unknown>>;

// eslint-disable-next-line @typescript-eslint/unbound-method -- put back as it was, and bound by whoever calls it
const { registerResource } = MockMonitor.prototype;

/** What Azure adds to the inputs of some resources. */
const outputsOf: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "azure-native:managedidentity:UserAssignedIdentity": {
    principalId: "44444444-4444-4444-4444-444444444444",
    clientId: "55555555-5555-5555-5555-555555555555",
  },
  "azure-native:dbforpostgresql:Server": { fullyQualifiedDomainName: "as Azure says" },
};

/**
 * Declares the server and, behind one role, the principals.
 *
 * @param preview  A preview, in which nothing that is made has outputs yet.
 */
export async function registerServer(
  settings: Settings,
  {
    preview = false,
    answer = () => ({}),
    passwords = { admin: "the admin's", service: "the service role's" },
    look = () => Promise.resolve([]),
    resources = [],
  }: {
    readonly preview?: boolean;
    readonly answer?: Answer;
    readonly passwords?: Readonly<Partial<Record<string, string>>>;
    /** What Azure has against making the server. */
    readonly look?: Parameters<typeof declareServer>[1];
    /** Where what is registered is kept, for who wants to see it after a refusal. */
    readonly resources?: Registered[];
  } = {},
): Promise<ServerRun> {
  const warnings: string[] = [];
  const spy = jest.spyOn(console, "warn").mockImplementation((...words: unknown[]) => {
    warnings.push(words.join(" "));
  });
  keepRequests(MockMonitor.prototype, resources);
  try {
    await pulumi.runtime.setMocks(
      {
        newResource: ({ type, name, inputs }) => ({
          id: preview ? "" : `/subscriptions/s/${name}`,
          state: {
            ...(inputs as object),
            ...nameOf(inputs as Readonly<Record<string, unknown>>),
            ...(preview ? {} : (outputsOf[type] ?? {})),
          },
        }),
        call: ({ token, inputs }) => {
          try {
            return answer(token, inputs as Readonly<Record<string, unknown>>);
          } catch (error) {
            // The SDK reads the engine's words from there.
            const details = `invocation of ${token} returned an error: ${String(error)}`;
            throw Object.assign(new Error(details), { details });
          }
        },
      },
      "rmhgeoapi-database",
      settings.tier,
      preview,
    );
    const passwordOf = (account: string) => Promise.resolve(passwords[account]);
    const declared = await declareServer({ settings, passwordOf }, look);
    declared.withPrincipals([]);
    await pulumi.runtime.disconnect();
    return { resources, unmade: declared.unmade, warnings };
  } finally {
    MockMonitor.prototype.registerResource = registerResource;
    spy.mockRestore();
  }
}

/** Resources of Azure answer with their physical name as `name`. */
function nameOf(inputs: Readonly<Record<string, unknown>>): { readonly name?: unknown } {
  const own = [
    ...["vaultName", "resourceName", "privateEndpointName", "privateZoneName", "serverName"],
    "resourceGroupName",
  ];
  const key = own.find((one) => one in inputs);
  return key === undefined ? {} : { name: inputs[key] };
}
