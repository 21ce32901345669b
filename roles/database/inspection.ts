/**
 * Looks at all that the rules speak of and compares it with them: the one way to ask what deviates.
 * Does NOT mend anything (heal.ts), nor know what should be (privileges.ts).
 */
import type { Client } from "pg";

import type { Settings } from "../../stack/settings";
import { findDeviations } from "../compare/acl";
import type { Inspection } from "../model";
import { aclContext, readCatalog } from "./catalog";

/**
 * Reads the live catalog as the admin and says what is not as the rules of these settings say. Constant number of
 * queries, whatever the number of objects; reads only.
 */
export async function inspectPrivileges(client: Client, settings: Settings): Promise<Inspection> {
  const context = aclContext(settings);
  const catalog = await readCatalog(client, settings);
  return { context, catalog, deviations: findDeviations(context, catalog) };
}
