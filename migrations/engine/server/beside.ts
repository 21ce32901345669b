/**
 * The session beside a run that looks: the auditor's, else the admin's, in which a run records too what it may not say of
 * itself (see recorder.ts). Opened when it is first asked for, kept until the run ends.
 * Does NOT know what is looked at.
 */
import type { Client } from "pg";

import { type Access, connect } from "../../../stack/connection";

/**
 * Beside what every session has: definitions are printed as a snapshot has them (see schemaSnapshot.ts), and its long
 * queries are planned once, whatever their parameters are.
 */
const printingOfStructure = {
  lc_monetary: "C",
  jit: "off",
  plan_cache_mode: "force_generic_plan",
} as const;

export class Beside {
  private opening: Promise<Client> | null = null;

  constructor(private readonly access: Access) {}

  /** The session; another one where it was lost. */
  client(): Promise<Client> {
    this.opening ??= this.open();
    return this.opening;
  }

  async close(): Promise<void> {
    const { opening } = this;
    this.opening = null;
    const client = await opening?.catch(() => null);
    await client?.end().catch(() => undefined);
  }

  private open(): Promise<Client> {
    const purpose = {
      ...({ account: "admin", activity: "pre-flight" } as const),
      readOnly: this.access.settings.roles.auditor !== null,
      parameters: printingOfStructure,
    };
    const opening = connect(this.access, purpose);
    const forget = (): void => {
      if (this.opening === opening) this.opening = null;
    };
    opening.then((client) => client.on("error", forget).on("end", forget), forget);
    return opening;
  }
}
