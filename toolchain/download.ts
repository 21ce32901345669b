/**
 * Fetches the official Pulumi archive, checks its published SHA-256 sum and unpacks it.
 * Does NOT wait long: a machine without the internet is told so within seconds.
 */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";

import type { ProgressLog } from "./log";
import { proxyFor } from "./proxy";
import { run } from "./run";
import { checksumOf, RELEASE_CHECKSUMS, releaseArchive } from "./versions";

/** Where the archives are; the environment may name a mirror. */
const downloadBase = (): string =>
  (process.env.DDL_PULUMI_DOWNLOADS ?? "https://get.pulumi.com/releases/sdk").replace(/\/+$/, "");

/** Until the first byte of an answer. */
const ANSWER_WITHIN_MS = 5_000;
/** Without a further byte in the middle of an archive. */
const STALLED_AFTER_MS = 15_000;

/**
 * Fills `folder` with the programs of the official archive.
 *
 * @throws {Error} not published for this platform, not reachable, or not what the published sum says.
 */
export async function downloadEngine(
  folder: string,
  scratch: string,
  log: ProgressLog,
): Promise<void> {
  const name = releaseArchive(process.platform, process.arch);
  if (name === undefined) {
    throw new Error(`no official archive for ${process.platform} ${process.arch}`);
  }
  const base = downloadBase();
  const list = await (await fetchWithin(`${base}/${RELEASE_CHECKSUMS}`)).text();
  const expected = checksumOf(name, list);
  if (expected === undefined) throw new Error(`${base}/${RELEASE_CHECKSUMS} does not name ${name}`);

  const archive = join(scratch, name);
  await fetchToFile(`${base}/${name}`, archive, log);
  const actual = createHash("sha256")
    .update(await readFile(archive))
    .digest("hex");
  if (actual !== expected) {
    throw new Error(`${base}/${name} has the SHA-256 sum ${actual}, but ${expected} is published`);
  }
  const unpacked = await run("tar", ["-xzf", archive, "-C", folder, "--strip-components=1"]);
  if (unpacked.status !== 0) throw new Error(`tar could not unpack ${name}: ${unpacked.stderr}`);
}

/** What is used of an answer, whichever fetch gave it. */
interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: unknown;
  text(): Promise<string>;
}

async function fetchWithin(url: string): Promise<Answer> {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new Error(`no answer within ${ANSWER_WITHIN_MS / 1000} s`));
  }, ANSWER_WITHIN_MS);
  try {
    const response = await request(url, controller.signal);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response;
  } catch (error) {
    const through = proxyFor(url, process.env);
    // Never its user and password.
    const by = through === undefined ? "" : ` through the proxy ${through.host}`;
    throw new Error(`${url}${by}: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Node's own fetch knows no proxies; undici is what it is made of. Loaded only when something is fetched. */
async function request(url: string, signal: AbortSignal): Promise<Answer> {
  const proxy = proxyFor(url, process.env);
  if (proxy === undefined) return fetch(url, { signal });
  const { fetch: proxiedFetch, ProxyAgent } = await import("undici");
  const token = Buffer.from(
    `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`,
  ).toString("base64");
  const dispatcher = new ProxyAgent({
    uri: proxy.origin,
    ...(proxy.username === "" ? {} : { token: `Basic ${token}` }),
  });
  return proxiedFetch(url, { signal, dispatcher });
}

async function fetchToFile(url: string, file: string, log: ProgressLog): Promise<void> {
  const response = await fetchWithin(url);
  const total = Number(response.headers.get("content-length") ?? 0);
  const controller = new AbortController();
  const giveUp = (): void => {
    controller.abort(new Error(`nothing came for ${STALLED_AFTER_MS / 1000} s`));
  };
  let timer = setTimeout(giveUp, STALLED_AFTER_MS);
  let received = 0;
  const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
  body.on("data", (chunk: Uint8Array) => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, STALLED_AFTER_MS);
    received += chunk.length;
    log.progress(`Downloading pulumi: ${megabytes(received)} of ${megabytes(total)} MB`);
  });
  try {
    await pipeline(body, createWriteStream(file), { signal: controller.signal });
  } catch (error) {
    throw new Error(`${url}: ${reasonOf(controller.signal.reason ?? error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

const megabytes = (bytes: number): number => Math.round(bytes / 1_000_000);

/** `fetch` hides the reason in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
