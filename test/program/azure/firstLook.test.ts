/**
 * What only Azure can tell of a server that is to be made, and a login that has ended: one clear error each, before
 * anything is registered in an update, and before a preview ends. Against a stand-in of Azure's management API.
 */
import type { declareServer } from "../../../azure/declareServer";
import { firstLook } from "../../../azure/firstLook";
import { TokenError, tokenSource } from "../../../stack/entraToken";
import { azureSettings } from "../../support/azure/azureSettings";
import {
  type ManagementServer,
  offering,
  startManagement,
} from "../../support/azure/managementServer";
import { registerServer } from "../../support/azure/registerServer";
import type { Registered } from "../../support/program/mockedProgram";

jest.setTimeout(300_000);

let management: ManagementServer;
beforeAll(async () => {
  management = await startManagement();
});
afterAll(() => management.stop());

const settings = azureSettings("dev");
const free = { checkNameAvailability: { body: { nameAvailable: true } } };
const region = { "westeurope/capabilities": { body: offering("Standard_B1ms", "17") } };

/** As declareServer asks, with a login that a test chooses. */
const look =
  (
    given: { readonly token?: () => Promise<string>; readonly subscription?: string | null } = {},
  ): NonNullable<Parameters<typeof declareServer>[1]> =>
  (azure, own) =>
    firstLook(azure, own, {
      ...{ endpoint: management.endpoint, subscription: "s", token: () => Promise.resolve("t") },
      ...given,
    });

/** What is said, and what had been registered by then. */
async function outcome(
  given: Parameters<typeof look>[0] = {},
  preview = false,
): Promise<{ readonly said: string; readonly registered: number }> {
  const resources: Registered[] = [];
  const said = await registerServer(settings, { preview, look: look(given), resources }).then(
    () => "",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return { said, registered: resources.length };
}

it("has nothing against a name that is free, a size and a version that the region has", async () => {
  management.answers = { ...free, ...region };
  management.asked.length = 0;
  expect((await outcome()).said).toBe("");
  const own = "/subscriptions/s/providers/Microsoft.DBforPostgreSQL";
  expect([...management.asked].sort()).toEqual([
    `GET ${own}/locations/westeurope/capabilities`,
    "GET /subscriptions/s/resourceGroups/rg-geo-dev/providers/Microsoft.DBforPostgreSQL/flexibleServers/geo-dev",
    `POST ${own}/checkNameAvailability`,
  ]);
});

it("asks no more of a server that is there, and nothing in a preview of one", async () => {
  management.answers = { "flexibleServers/geo-dev": { body: { name: "geo-dev" } } };
  management.asked.length = 0;
  expect((await outcome()).said).toBe("");
  expect(management.asked).toHaveLength(1);
});

it.each([false, true])(
  "names all that Azure has against it at once (preview: %s)",
  async (preview) => {
    management.answers = {
      checkNameAvailability: {
        body: { nameAvailable: false, reason: "AlreadyExists", message: "It exists already." },
      },
      "westeurope/capabilities": { body: offering("Standard_B2s", "16") },
    };
    const { said, registered } = await outcome({}, preview);
    // What a preview registers is not made.
    if (!preview) expect(registered).toBe(0);
    expect(said).toContain(
      '3 problem(s):\n  azureServer.name: "geo-dev" is not free: It exists already. Servers of all customers',
    );
    expect(said).toContain("  azureServer.sku: westeurope does not have Standard_B1ms now.\n");
    expect(said).toContain(
      "  azureServer.version: westeurope does not have PostgreSQL 17; it has 16.",
    );
  },
);

it("names a region without the service, and a subscription that nobody said", async () => {
  management.answers = free;
  expect((await outcome()).said).toContain(
    'azureServer.location: Azure has no PostgreSQL in "westeurope".',
  );
  expect((await outcome({ subscription: null })).said).toContain("ARM_SUBSCRIPTION_ID is not set");
});

it.each([
  [
    "no login",
    "CredentialUnavailableError: run az login",
    "No token of Microsoft Entra can be had",
  ],
  [
    "a login that has ended",
    "AADSTS700082: The refresh token has expired",
    "has ended (AADSTS700082)",
  ],
])("ends with one error where there is %s", async (_, cause, words) => {
  const token = tokenSource(
    () => Promise.resolve({ getToken: () => Promise.reject(new Error(cause)) }),
    "scope",
  );
  await expect(
    firstLook(settings.azure, settings, { endpoint: "", subscription: "s", token }),
  ).rejects.toThrow(TokenError);
  for (const preview of [false, true]) {
    const { said } = await outcome({ token }, preview);
    expect(said).toContain(words);
    expect(said).toContain("az login");
  }
});

it.each([
  [403, "give the identity Reader on the subscription"],
  [503, "Try again later"],
])("says what to do where Azure answers with %d", async (status, words) => {
  management.answers = { "flexibleServers/geo-dev": { status, body: { error: "why" } } };
  const { said } = await outcome();
  expect(said).toMatch(new RegExp(`HTTP ${status}.*why`));
  expect(said).toContain(words);
});

it("says so where Azure cannot be reached", async () => {
  const away = firstLook(settings.azure, settings, {
    ...{ endpoint: "http://127.0.0.1:1", subscription: "s", token: () => Promise.resolve("t") },
  });
  await expect(away).rejects.toThrow(/Azure cannot be reached at http:\/\/127\.0\.0\.1:1: /);
});
