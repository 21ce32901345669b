/**
 * A STAND-IN for Azure's management API: answers what a test says, by the end of the path, and keeps what it was asked.
 * It is not Azure's code: the answers are shaped as in Azure/azure-rest-api-specs, Microsoft.DBforPostgreSQL, 2025-08-01.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** By the end of the path, without its query; what is not named is not there (404). */
type Answers = Readonly<Record<string, { readonly status?: number; readonly body?: unknown }>>;

export interface ManagementServer {
  readonly endpoint: string;
  /** `GET /subscriptions/…`, without queries. */
  readonly asked: string[];
  answers: Answers;
  stop(): Promise<void>;
}

/** What a region offers that has one size and one version. */
export const offering = (sku: string, version: string) => ({
  value: [
    {
      name: "FlexibleServerCapabilities",
      supportedServerEditions: [{ name: "Burstable", supportedServerSkus: [{ name: sku }] }],
      supportedServerVersions: [{ name: version }],
    },
  ],
});

export async function startManagement(): Promise<ManagementServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    management.asked.push(`${request.method ?? ""} ${path}`);
    const [, found] = Object.entries(management.answers).find(([end]) => path.endsWith(end)) ?? [];
    request.resume();
    response.writeHead(found === undefined ? 404 : (found.status ?? 200));
    response.end(JSON.stringify(found?.body ?? {}));
  });
  // A connection that is kept must outlast a slow test.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const management: ManagementServer = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    answers: {},
    stop: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => {
          done();
        });
      }),
  };
  return management;
}
