/**
 * What the provider process runs for PgStac. The program's provider shell loads this file by its path at run time, and the
 * path is stored in every stack's state: never rename it.
 * Does NOT hold rules (pgstac/hardening), or install anything itself (pgstac/database).
 */
import { readHistory } from "../migrations/engine/ledger/ledger";
import { checked, type CheckResult, configure, currentAccess } from "../stack/access";
import { withClient } from "../stack/connection";
import { showProgress, showWarning } from "../stack/progress";
import { ensurePgstac } from "./database/install";
import { lookAtPgstac } from "./database/look";
import { describePlan, planPgstac } from "./hardening/plan";
import { parsePgstacVersion } from "./hardening/versions";

export { configure };

/** Inputs of PgStac as the program gives them. */
export interface PgstacInputs {
  /** What is to be installed. */
  readonly version: string;
  /** Change ticket of that version; "none" where there is none. */
  readonly ticket: string;
  /** The gate refuses to have anything done to it now. */
  readonly held?: boolean;
  /** Added by `check`: what is installed now. */
  readonly installed?: string;
  /** Added by `check`: what would be done, one line each; empty when nothing would. */
  readonly change?: readonly string[];
}

export interface PgstacOutputs extends PgstacInputs {
  readonly installed: string;
}

const noVersion = "none";

/** What is there now, and what leads from it to the version of the stack. */
async function look({
  version,
  held,
}: PgstacInputs): Promise<Required<Pick<PgstacInputs, "installed" | "change">>> {
  const purpose = { account: "admin", activity: "plan", readOnly: true } as const;
  const found = await withClient(currentAccess(), purpose, async (client) => {
    const { pgstac } = await readHistory(client);
    return { ...(await lookAtPgstac(client)), recorded: pgstac?.installed ?? null };
  });
  const wanted = parsePgstacVersion(version);
  const plan = wanted === undefined || held === true ? null : planPgstac(found, wanted);
  return {
    installed: found.version ?? noVersion,
    change: plan === null ? [] : describePlan(plan),
  };
}

export const pgstac = {
  /** @param isNew  Whether the state does not have it yet. */
  check: (inputs: PgstacInputs, isNew = false): Promise<CheckResult<PgstacInputs>> => {
    const unseen = {
      ...inputs,
      installed: noVersion,
      change: ["the database could not be looked at"],
    };
    return checked(
      "version",
      async () => ({ ...inputs, ...(await look(inputs)) }),
      isNew ? unseen : null,
    );
  },

  diff: (olds: Partial<PgstacOutputs>, news: PgstacInputs): { changes: boolean } => ({
    changes:
      news.installed !== news.version ||
      olds.installed !== news.installed ||
      (news.change ?? []).length > 0,
  }),

  create: async (inputs: PgstacInputs): Promise<{ id: string; outs: PgstacOutputs }> => ({
    id: "pgstac",
    outs: await reach(inputs),
  }),

  update: async (inputs: PgstacInputs): Promise<{ outs: PgstacOutputs }> => ({
    outs: await reach(inputs),
  }),

  read: async (
    id: string,
    outputs: PgstacOutputs,
  ): Promise<{ id: string; props: PgstacOutputs; inputs: PgstacOutputs }> => {
    const props = { ...outputs, ...(await look(outputs)) };
    return { id, props, inputs: props };
  },
};

async function reach(inputs: PgstacInputs): Promise<PgstacOutputs> {
  if (inputs.held === true) {
    return { ...inputs, installed: inputs.installed ?? noVersion, change: [] };
  }
  const wanted = parsePgstacVersion(inputs.version);
  if (wanted === undefined) throw new Error(`PgSTAC ${inputs.version} is not known`);
  const ticket = inputs.ticket === noVersion ? null : inputs.ticket;
  const { change } = await ensurePgstac(currentAccess(), wanted, ticket, (message) => {
    showProgress(`pgstac: ${message}`);
  });
  if (change?.kind === "upgrade") {
    await showWarning(
      `PgSTAC is ${wanted} now: pypgstac load refuses a database of another version, so install pypgstac ${wanted} beside the application too.`,
    );
  }
  return { ...inputs, installed: wanted, change: [] };
}
