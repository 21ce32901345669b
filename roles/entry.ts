/**
 * What the provider process runs for ExactGrants. The program's provider shell loads this file by its path at run
 * time, and the path is stored in every stack's state: never rename it.
 * Does NOT hold rules (privileges.ts) or compare (acl.ts).
 */
import { checked, type CheckResult, configure, currentAccess } from "../stack/access";
import { withClient } from "../stack/connection";
import { MigrationError } from "../stack/errors";
import { printable, printableSql } from "../stack/printable";
import { showMilestone, showProgress } from "../stack/progress";
import { takesAway } from "./compare/adoption";
import { healPrivileges } from "./database/heal";
import { inspectPrivileges } from "./database/inspection";
import type { Deviation } from "./model";

export { configure };

/** Inputs of ExactGrants: the rules' digest and, added by `check`, every deviation there is now. */
export interface GrantsInputs {
  /** Name of the database, for messages. */
  readonly database: string;
  /** Readable rules, one line each: a change of the rules is a change of the resource. */
  readonly rules: readonly string[];
  readonly drift?: readonly string[];
}

/** Grants could not all be mended; what an administrator must run is in the message. */
class PrivilegesLeftError extends MigrationError {
  readonly code = "PRIVILEGES_LEFT";
}

/** One line: what is wrong, and the statement that mends it. */
const driftLine = ({ text, statements }: Deviation): string =>
  `${printable(text)}: ${statements.map(printableSql).join("; ")}`;

async function liveDrift(): Promise<readonly string[]> {
  const { settings } = currentAccess();
  const { deviations } = await withClient(
    currentAccess(),
    { account: "admin", activity: "privileges", readOnly: true },
    (client) => inspectPrivileges(client, settings),
  );
  return deviations.map(driftLine);
}

export const grants = {
  /**
   * Puts what deviates now among the inputs, so that a plain preview names it. When the resource is new, everything
   * deviates and the rules beside it say the same: a count will do, and does not fill the state.
   */
  check: (olds: Partial<GrantsInputs>, news: GrantsInputs): Promise<CheckResult<GrantsInputs>> => {
    const isNew = olds.rules === undefined;
    const look = async (): Promise<GrantsInputs> => {
      const drift = await liveDrift();
      const count = `${drift.length} privilege(s) are not as the rules say`;
      return { ...news, drift: isNew && drift.length > 0 ? [count] : drift };
    };
    const unseen = { ...news, drift: ["the database could not be looked at"] };
    return checked("database", look, isNew ? unseen : null);
  },

  diff: (olds: GrantsInputs, news: GrantsInputs): { changes: boolean } => ({
    changes: (news.drift ?? []).length > 0 || olds.rules.join("\n") !== news.rules.join("\n"),
  }),

  create: async (inputs: GrantsInputs): Promise<{ id: string; outs: GrantsInputs }> => ({
    id: "privileges",
    outs: await heal(inputs),
  }),

  update: async (inputs: GrantsInputs): Promise<{ outs: GrantsInputs }> => ({
    outs: await heal(inputs),
  }),

  read: async (
    id: string,
    outputs: GrantsInputs,
  ): Promise<{ id: string; props: GrantsInputs; inputs: GrantsInputs }> => {
    const live = { ...outputs, drift: await liveDrift() };
    return { id, props: live, inputs: live };
  },
};

async function heal(inputs: GrantsInputs): Promise<GrantsInputs> {
  const { settings } = currentAccess();
  const purpose = { account: "admin", activity: "privileges" } as const;
  const { mended, left } = await withClient(currentAccess(), purpose, (client) =>
    healPrivileges(client, settings, {
      log: showProgress,
      ...(settings.onlyLooks ? { isSpared: takesAway } : {}),
    }),
  );
  if (mended.length > 0) showMilestone(`privileges: ${mended.length} mended`);
  if (left.length > 0 && settings.onlyLooks) {
    showProgress(`privileges: ${left.length} are left until the database is taken over`);
    return { ...inputs, drift: [] };
  }
  if (left.length > 0) {
    const lines = left.map(
      ({ deviation, reason }) =>
        `${printable(deviation.text)}\n    ${deviation.statements.map(printableSql).join("; ")}\n    ${printable(reason)}`,
    );
    throw new PrivilegesLeftError(
      `${left.length} privilege(s) could not be mended:\n  ${lines.join("\n  ")}`,
      "Have an administrator run the statements above, or name the role in furtherRoles; then run up again.",
    );
  }
  return { ...inputs, drift: [] };
}
