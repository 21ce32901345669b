/**
 * The real STAC API, stac-fastapi-pgstac, as a process on this machine that works in a test's database as a login of it.
 * Does NOT judge what it answers.
 */
import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";

import type { ProgramDatabase } from "../servers/programDatabase";
import { describeWithPostgis } from "../servers/withPostgis";
import { fetchStacFastapi } from "./fetchStacFastapi";

/** An answer, its body read as JSON; a body that is none is null. */
interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> | null;
}

export interface StacApi {
  call(method: string, path: string, body?: object): Promise<Answer>;
  /** What the process has said on standard error. */
  said(): string;
  stop(): Promise<void>;
}

/** `describe`, or `describe.skip` with the reason on standard error, where PostGIS or PyPI cannot be had. */
export function describeWithStacApi(title: string, suite: () => void): void {
  const script = join(__dirname, "fetchStacFastapi.ts");
  const fetched = spawnSync(process.execPath, ["--import", "tsx", script], { encoding: "utf8" });
  if (fetched.status === 0) {
    describeWithPostgis(title, suite);
    return;
  }
  process.stderr.write(
    `Skipped, for want of stac-fastapi-pgstac: ${title}: ${fetched.stderr.trim()}\n`,
  );
  describe.skip(title, suite);
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        done(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
  });
}

const startsWithinMs = 60_000;

/** Starts it as the service role, with transactions and bulk on. */
export async function startStacApi({ access, names }: ProgramDatabase): Promise<StacApi> {
  const python = await fetchStacFastapi();
  const port = await freePort();
  const { server } = access.settings;
  const application = ["stac_fastapi.pgstac.app:create_app", "--factory"];
  const child = spawn(
    python,
    ["-m", "uvicorn", ...application, "--host", "127.0.0.1", "--port", String(port)],
    {
      cwd: "/",
      env: {
        PATH: process.env["PATH"],
        ...{ PGUSER: names.service, PGHOST: server.host, PGPORT: String(server.port) },
        PGDATABASE: server.database,
        PGPASSWORD: (await access.passwordOf("service", names.service)) ?? "",
        ENABLE_TRANSACTIONS_EXTENSIONS: "TRUE",
      },
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = new Promise((done) => child.once("exit", done));
  const call = async (method: string, path: string, body?: object): Promise<Answer> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await response.text();
    try {
      return { status: response.status, body: JSON.parse(text) as Record<string, unknown> };
    } catch {
      return { status: response.status, body: null };
    }
  };
  const until = Date.now() + startsWithinMs;
  for (;;) {
    const answer = await call("GET", "/_mgmt/ping").catch(() => null);
    if (answer?.status === 200) break;
    if (Date.now() > until || child.exitCode !== null) throw new Error(`it did not start: ${said}`);
    await new Promise((done) => setTimeout(done, 100));
  }
  return {
    call,
    said: () => said,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
