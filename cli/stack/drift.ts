/**
 * Describes how live privileges deviate from the rules, with the statements that mend them, and what was changed in the
 * schemas by hand.
 * Does NOT mend anything; up and heal do.
 */
import type { Client } from "pg";

import { readCurrentState } from "../../migrations/engine/ledger/structure";
import type { Beside } from "../../migrations/engine/server/beside";
import { inspectPrivileges } from "../../roles/database/inspection";
import type { Inspection } from "../../roles/model";
import { type Access, withClient } from "../../stack/connection";
import { driftText } from "../report/grantsText";
import { structureLines, vouchedLines } from "../report/statusText";

/**
 * A readable list of the deviations; empty when privileges are as declared.
 *
 * @param beside  A session of the admin's that is there already.
 */
export async function describeDrift(access: Access, beside?: Beside): Promise<string> {
  const { settings } = access;
  const look = (client: Client): Promise<Inspection> => inspectPrivileges(client, settings);
  const purpose = { account: "admin", activity: "drift", readOnly: true } as const;
  const { deviations } = await (beside === undefined
    ? withClient(access, purpose, look)
    : look(await beside.client()));
  if (deviations.length === 0) return "";
  const heading = `${deviations.length} privilege(s) are not as declared; up mends them:`;
  return `${heading}\n${driftText(deviations)}`;
}

/** What a look at the schemas says. */
export interface SchemaDrift {
  readonly isDrift: boolean;
  /** What stands on somebody's word is told too, and is no drift. Empty when there is nothing to tell. */
  readonly text: string;
}

/** Names what was changed in the schemas without a migration. */
export async function describeSchemaDrift(access: Access): Promise<SchemaDrift> {
  const purpose = { account: "admin", activity: "drift", readOnly: true } as const;
  const { structure, vouched, history } = await withClient(access, purpose, (client) =>
    readCurrentState(client, access.settings.schemas),
  );
  return {
    isDrift: structure.kind === "compared" && structure.differences.length > 0,
    text: [...structureLines(structure), ...vouchedLines(vouched, history.versions)].join("\n"),
  };
}
