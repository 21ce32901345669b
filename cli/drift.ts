/**
 * Describes how live privileges deviate from the rules, with the statements that mend them.
 * Does NOT mend anything; up and heal do.
 */
import { type Access, withClient } from "../migrations/engine/database";
import { findDeviations } from "../roles/acl";
import { aclContext, readCatalog } from "../roles/catalog";
import { driftText } from "./report/grantsText";

/** A readable list of the deviations; empty when privileges are as declared. */
export async function describeDrift(access: Access): Promise<string> {
  const { settings } = access;
  const catalog = await withClient(
    access,
    { account: "admin", activity: "drift", readOnly: true },
    (client) => readCatalog(client, settings),
  );
  const deviations = findDeviations(aclContext(settings), catalog);
  if (deviations.length === 0) return "";
  const heading = `${deviations.length} privilege(s) are not as declared; up mends them:`;
  return `${heading}\n${driftText(deviations)}`;
}
