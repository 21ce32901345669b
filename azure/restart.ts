/**
 * Restarts a Flexible Server through Azure's management API and waits until it is done: no provider has that.
 * Does NOT decide when: ServerRestart does so when a static parameter changed.
 *
 * Source: Azure REST API, "Servers - Restart", 2025-08-01; Azure Resource Manager, "Track asynchronous operations".
 */
import { setTimeout as sleep } from "node:timers/promises";

import { MigrationError } from "../stack/errors";

/** The server did not restart. */
export class RestartError extends MigrationError {
  readonly code = "AZURE_RESTART";
}

export interface Management {
  /** Address of the API. */
  readonly endpoint: string;
  /** A token for it. */
  readonly token: () => Promise<string>;
  /** Longest wait for the restart, and between two looks where the API names no time. Milliseconds. */
  readonly patienceMs: number;
  readonly lookEveryMs: number;
}

const apiVersion = "2025-08-01";

/** @throws {RestartError} with what Azure says. */
export async function restartServer(serverId: string, management: Management): Promise<void> {
  const { endpoint, token, patienceMs, lookEveryMs } = management;
  const ask = async (url: string, method: "GET" | "POST"): Promise<Response> => {
    const headers = { authorization: `Bearer ${await token()}` };
    return fetch(url, { method, headers });
  };
  const first = await ask(`${endpoint}${serverId}/restart?api-version=${apiVersion}`, "POST");
  if (!first.ok) throw await refusal(serverId, first);
  const operation = first.headers.get("azure-asyncoperation") ?? first.headers.get("location");
  if (first.status !== 202 || operation === null) return;
  const until = Date.now() + patienceMs;
  for (let answer = first; ;) {
    const seconds = Number(answer.headers.get("retry-after"));
    await sleep(seconds > 0 ? seconds * 1000 : lookEveryMs);
    answer = await ask(operation, "GET");
    if (!answer.ok) throw await refusal(serverId, answer);
    const text = await answer.text();
    const status = answer.status === 202 ? "InProgress" : statusOf(text);
    if (status === "Succeeded") return;
    if (status === "Failed" || status === "Canceled") {
      throw new RestartError(
        `The restart of ${serverId} ended as ${status}: ${text}`,
        "Look at the server's activity log, then run up again.",
      );
    }
    if (Date.now() > until) {
      throw new RestartError(
        `The restart of ${serverId} is not done after ${Math.round(patienceMs / 1000)} s.`,
        "Wait until the server is ready (az postgres flexible-server show --query state), then run up again.",
      );
    }
  }
}

/** An answer without a status is one of the older kind: 200 means done. */
function statusOf(text: string): string {
  const answer: unknown = text === "" ? null : JSON.parse(text);
  return typeof answer === "object" && answer !== null && "status" in answer
    ? String(answer.status)
    : "Succeeded";
}

async function refusal(serverId: string, answer: Response): Promise<RestartError> {
  return new RestartError(
    `Azure refuses to restart ${serverId} (HTTP ${answer.status}): ${(await answer.text()).slice(0, 500)}`,
    "The identity needs Microsoft.DBforPostgreSQL/flexibleServers/restart/action on the server; see docs/azure.md.",
  );
}
