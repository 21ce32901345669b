/**
 * Which applied versions of a stack somebody has signed off or validated: what a rebuild makes void.
 * Does NOT fail where the database cannot tell: whoever asks goes on and meets that itself.
 */
import { readHistory } from "../../migrations/engine/ledger/ledger";
import { type Access, withClient } from "../../stack/connection";

/** Lowest first; empty where there are none, or nobody can tell. */
export async function signedVersions(access: Access): Promise<readonly string[]> {
  const purpose = { account: "admin", activity: "sign-offs", readOnly: true } as const;
  try {
    const { versions } = await withClient(access, purpose, readHistory);
    return versions
      .filter(({ status, signOff, validation }) => {
        return status === "applied" && (signOff !== null || validation !== null);
      })
      .map(({ version }) => version);
  } catch {
    return [];
  }
}
