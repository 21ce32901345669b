/**
 * Tokens of Microsoft Entra: one is used again while it lasts, then a new one is asked for, so that a run may be longer
 * than a token lives. Does NOT choose who we are (entraCredential.ts) and never prints or stores a token.
 */
import { MigrationError } from "./errors";

/** What hands out tokens, as @azure/identity does. */
export interface TokenCredential {
  getToken(scope: string): Promise<{ token: string; expiresOnTimestamp: number } | null>;
}

/** Scopes of tokens: for the database, and for Azure's management API. */
export const databaseScope = "https://ossrdbms-aad.database.windows.net/.default";
export const managementScope = "https://management.azure.com/.default";

/**
 * A token is looked at when a session starts, and lives 5 to 60 minutes. One that ends within this time is not used for a
 * new session any more. Milliseconds.
 */
const leastLeftMs = 5 * 60_000;

/** No token could be had. */
export class TokenError extends MigrationError {
  readonly code = "ENTRA_TOKEN";
}

/**
 * Builds a source of tokens for one scope. Sessions that start at once share one request.
 *
 * @param now  The clock, in milliseconds since 1970.
 */
export function tokenSource(
  credential: () => Promise<TokenCredential>,
  scope: string,
  now: () => number = Date.now,
): () => Promise<string> {
  let held: { readonly token: string; readonly expires: number } | null = null;
  let asking: Promise<string> | null = null;
  const ask = async (): Promise<string> => {
    const answer = await (await credential()).getToken(scope).catch((cause: unknown) => {
      throw explainTokenError(cause);
    });
    if (answer === null) throw explainTokenError(new Error("the credential gave no token"));
    if (answer.expiresOnTimestamp <= now()) {
      throw new TokenError(
        `The token that was given ended already, at ${new Date(answer.expiresOnTimestamp).toISOString()}.`,
        "Check this machine's clock, then log in again (az login).",
      );
    }
    held = { token: answer.token, expires: answer.expiresOnTimestamp };
    return answer.token;
  };
  return async () => {
    if (held !== null && held.expires - now() > leastLeftMs) return held.token;
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  };
}

/** The first line says what each way of logging in said; the rest is a stack or a link. */
function explainTokenError(cause: unknown): TokenError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const expired = /AADSTS(700024|700082|50173|70043)/.exec(text);
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return new TokenError(
    expired === null
      ? `No token of Microsoft Entra can be had:\n    ${lines.slice(0, 4).join("\n    ")}`
      : `The login that tokens come from has ended (${expired[0]}).`,
    "Log in with `az login`, or in a pipeline give it id-token: write and AZURE_CLIENT_ID, AZURE_TENANT_ID (docs/azure.md).",
    { cause },
  );
}
