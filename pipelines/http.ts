/**
 * One request to an API that answers in JSON. Does NOT know what is asked.
 */

export interface Request {
  readonly method: "GET" | "POST" | "PATCH";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/**
 * Sends it.
 *
 * @throws {Error} the API refuses, or cannot be reached; the message holds no token.
 */
export async function sendJson({ method, url, headers, body }: Request): Promise<unknown> {
  const where = `${method} ${new URL(url).origin}${new URL(url).pathname}`;
  const answer = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new Error(`${where}: it cannot be reached (${String(cause)})`, { cause });
  });
  const text = await answer.text();
  if (answer.ok) return text === "" ? null : JSON.parse(text);
  const hint =
    answer.status === 401 || answer.status === 403
      ? "\nHint: docs/pipelines.md says which rights the job's token needs."
      : "";
  throw new Error(`${where}: HTTP ${answer.status}: ${text.slice(0, 300)}${hint}`);
}

/** Entries of a list in an answer; empty when it is none. */
export function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value)
    ? value.filter(
        (entry): entry is Readonly<Record<string, unknown>> =>
          typeof entry === "object" && entry !== null,
      )
    : [];
}

/** A text of an answer, empty where it is none. */
export function textOf(value: unknown, name: string): string {
  const text = field(value, name);
  return typeof text === "string" ? text : "";
}

/** A field of an answer, or undefined. */
export const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
