/**
 * Records that a person vouches for the governed schemas as they are now, whoever changed them: from then on that is what
 * should be there.
 * Does NOT change the schemas. What ran by hand as a version is acknowledged as such (see decisions.ts).
 */
import type { Access } from "../../../stack/connection";
import { listDifferences } from "../history/snapshot";
import type { Comparison } from "../history/structureRecord";
import { deciding, DecisionRefusedError, given } from "./decisions";
import { recordEvent } from "./ledger";
import { readVouched } from "./structure";

/** So many differences are named in the event. */
const mostRecorded = 100;

/**
 * Makes what is there what should be there.
 *
 * @returns how it differed before.
 * @throws {DecisionRefusedError} nothing differs, a version is half done, the schemas cannot be read now, or person or
 *                                reason is left out.
 */
export async function acknowledgeSchema(
  access: Access,
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<Comparison> {
  const said = { by: given("by", by), reason: given("reason", reason) };
  return deciding(access, "approver", async (client, history) => {
    const vouched = await readVouched(client, access.settings.schemas, history);
    if (vouched.kind === "cannot be told") {
      throw new DecisionRefusedError(
        `What should be in the schemas cannot be told now: ${vouched.reason}.`,
        "bring that to an end first, then acknowledge.",
      );
    }
    const { comparison, record } = vouched;
    const differences = comparison.kind === "compared" ? comparison.differences : null;
    if (differences?.length === 0) {
      throw new DecisionRefusedError(
        "The schemas are as they should be.",
        "nothing needs to be acknowledged.",
      );
    }
    const changes =
      differences === null ? {} : { changes: listDifferences(differences, mostRecorded) };
    await recordEvent(client, {
      kind: "acknowledged",
      detail: { ...said, ...changes, structure: record },
    });
    return comparison;
  });
}
