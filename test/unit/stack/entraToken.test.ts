// Tokens: used again while they last, asked for anew before they end, once for all who wait; no error shows one.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { credentialKind, githubToken } from "../../../stack/entraCredential";
import { databaseScope, type TokenCredential, tokenSource } from "../../../stack/entraToken";

const minute = 60_000;

/** A credential whose tokens last as long as is said, and the clock that they are measured by. */
function makeCredential(lifeMs: number) {
  const state = { now: 1_000_000, asked: 0, scopes: [] as string[] };
  const credential: TokenCredential = {
    getToken: (scope) => {
      state.asked += 1;
      state.scopes.push(scope);
      return Promise.resolve({
        token: `token ${state.asked}`,
        expiresOnTimestamp: state.now + lifeMs,
      });
    },
  };
  const source = tokenSource(
    () => Promise.resolve(credential),
    databaseScope,
    () => state.now,
  );
  return { state, source };
}

it("uses a token again while more than five minutes are left of it", async () => {
  const { state, source } = makeCredential(60 * minute);
  expect(await source()).toBe("token 1");
  state.now += 54 * minute;
  expect(await source()).toBe("token 1");
  state.now += 2 * minute;
  expect(await source()).toBe("token 2");
  expect(state.scopes).toEqual([databaseScope, databaseScope]);
});

it("asks for each session anew where tokens live shorter than that", async () => {
  const { source } = makeCredential(4 * minute);
  expect([await source(), await source()]).toEqual(["token 1", "token 2"]);
});

it("asks once for all who wait at the same time", async () => {
  const { state, source } = makeCredential(4 * minute);
  expect(await Promise.all([source(), source(), source()])).toEqual([
    "token 1",
    "token 1",
    "token 1",
  ]);
  expect(state.asked).toBe(1);
});

it("asks again after a failure", async () => {
  let fails = true;
  const source = tokenSource(
    () =>
      Promise.resolve({
        getToken: () =>
          fails
            ? Promise.reject(new Error("network down"))
            : Promise.resolve({ token: "t", expiresOnTimestamp: Date.now() + 60 * minute }),
      }),
    databaseScope,
  );
  await expect(source()).rejects.toThrow(
    /^No token of Microsoft Entra can be had:\n {4}network down\n {2}Hint: Log in with `az login`/,
  );
  fails = false;
  expect(await source()).toBe("t");
});

it.each([
  [
    new Error("AADSTS700024: Client assertion is not within its valid time range.\nTrace ID: 1"),
    "The login that tokens come from has ended (AADSTS700024).",
  ],
  [new Error("AADSTS70043: the refresh token has expired"), "has ended (AADSTS70043)."],
  [null, "the credential gave no token"],
])("says what became of %p", async (failure, words) => {
  const getToken = (): Promise<null> =>
    failure === null ? Promise.resolve(null) : Promise.reject(failure);
  const source = tokenSource(() => Promise.resolve({ getToken }), databaseScope);
  await expect(source()).rejects.toThrow(words);
});

it("refuses a token that has ended when it comes", async () => {
  const { source } = makeCredential(-minute);
  const failure = source();
  await expect(failure).rejects.toThrow(/^The token that was given ended already, at .*clock/s);
  await expect(failure).rejects.not.toThrow("token 1");
});

describe("who we are", () => {
  const client = { AZURE_CLIENT_ID: "c", AZURE_TENANT_ID: "t" };
  const github = { ACTIONS_ID_TOKEN_REQUEST_URL: "u", ACTIONS_ID_TOKEN_REQUEST_TOKEN: "x" };
  const pipelines = {
    SYSTEM_OIDCREQUESTURI: "u",
    SYSTEM_ACCESSTOKEN: "x",
    AZURE_SERVICE_CONNECTION_ID: "s",
  };
  it.each<[string, Record<string, string>, string]>([
    ["nothing", {}, "default"],
    ["a client alone", client, "default"],
    ["a job of GitHub", { ...client, ...github }, "github"],
    ["a job of GitHub without a client", github, "default"],
    ["a job of Azure Pipelines", { ...client, ...pipelines }, "azure-pipelines"],
    ["one without its connection", { ...client, ...pipelines, SYSTEM_ACCESSTOKEN: "" }, "default"],
  ])("is chosen from %s", (_, environment, kind) => {
    expect(credentialKind(environment)).toBe(kind);
  });
});

describe("GitHub's token", () => {
  let server: Server;
  let asked: { url: string | undefined; authorization: string | undefined };
  let answer: readonly [number, string];
  let address: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked = { url: request.url, authorization: request.headers.authorization };
      response.writeHead(answer[0]).end(answer[1]);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token?api-version=2.0`;
  });
  afterAll(() => {
    server.close();
  });

  it("is asked for with the audience that Entra wants", async () => {
    answer = [200, '{"value":"a token"}'];
    expect(await githubToken(address, "bearer")).toBe("a token");
    expect(asked).toEqual({
      url: "/token?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange",
      authorization: "Bearer bearer",
    });
  });

  it.each([
    [403, "no"],
    [200, "{}"],
  ] as const)("is named as missing on %i %s", async (status, body) => {
    answer = [status, body];
    await expect(githubToken(address, "bearer")).rejects.toThrow(
      `GitHub gives this job no identity token (HTTP ${status})`,
    );
  });
});
