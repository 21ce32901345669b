// The restart of a server, against a stand-in of Azure's management API: asked for, waited for, and every way to fail.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { RestartError, restartServer } from "../../../azure/restart";

const id =
  "/subscriptions/s/resourceGroups/rg/providers/Microsoft.DBforPostgreSQL/flexibleServers/geo";

interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

let server: Server;
let endpoint: string;
let answers: Answer[];
let asked: string[];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(
      `${request.method ?? ""} ${request.url ?? ""} ${request.headers.authorization ?? ""}`,
    );
    const { status, body = "", headers = {} } = answers.shift() ?? { status: 500 };
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});

let tokens = 0;
const restart = async (given: readonly Answer[], patienceMs = 30_000): Promise<void> => {
  answers = [...given];
  asked = [];
  tokens = 0;
  await restartServer(id, {
    endpoint,
    token: () => Promise.resolve(`token ${(tokens += 1)}`),
    patienceMs,
    lookEveryMs: 1,
  });
};
const accepted = (header = "azure-asyncoperation"): Answer => ({
  status: 202,
  headers: { [header]: `${endpoint}/operations/1` },
});

it("asks, looks until it is done, and has a token for each question", async () => {
  await restart([
    accepted(),
    { status: 200, body: '{"status":"InProgress"}' },
    { status: 200, body: '{"status":"Succeeded"}' },
  ]);
  expect(asked).toEqual([
    `POST ${id}/restart?api-version=2025-08-01 Bearer token 1`,
    "GET /operations/1 Bearer token 2",
    "GET /operations/1 Bearer token 3",
  ]);
});

it("understands the older kind of answer, and one that is done at once", async () => {
  await restart([accepted("location"), { status: 202 }, { status: 200 }]);
  expect(asked).toHaveLength(3);
  await restart([{ status: 200 }]);
  expect(asked).toHaveLength(1);
});

it.each<[string, () => readonly Answer[], number, string]>([
  [
    "a right that lacks",
    () => [{ status: 403, body: "AuthorizationFailed" }],
    30_000,
    "(HTTP 403): AuthorizationFailed\n  Hint: The identity needs Microsoft.DBforPostgreSQL/flexibleServers/restart/action",
  ],
  [
    "a restart that fails",
    () => [accepted(), { status: 200, body: '{"status":"Failed","error":{"code":"ServerBusy"}}' }],
    30_000,
    'ended as Failed: {"status":"Failed","error":{"code":"ServerBusy"}}',
  ],
  [
    "a question that is refused later",
    () => [accepted(), { status: 404, body: "gone" }],
    30_000,
    "(HTTP 404): gone",
  ],
  [
    "one that does not end",
    () => [accepted(), { status: 202 }, { status: 202 }],
    -1,
    "is not done after",
  ],
])("tells of %s", async (_, given, patienceMs, words) => {
  const failure = restart(given(), patienceMs);
  await expect(failure).rejects.toThrow(RestartError);
  await expect(failure).rejects.toThrow(words);
});
