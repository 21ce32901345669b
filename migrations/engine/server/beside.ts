/**
 * The session beside a run that looks: the auditor's, else the admin's, in which a run records too what it may not say of
 * itself (see recorder.ts). Opened when it is first asked for, kept until the run ends.
 * Does NOT know what is looked at.
 */
import type { Access } from "../../../stack/connection";
import { KeptSession } from "./keptSession";

/**
 * Beside what every session has: definitions are printed as a snapshot has them (see schemaSnapshot.ts), and its long
 * queries are planned once, whatever their parameters are.
 */
const printingOfStructure = {
  lc_monetary: "C",
  jit: "off",
  plan_cache_mode: "force_generic_plan",
} as const;

export class Beside extends KeptSession {
  constructor(access: Access) {
    super(access, {
      ...({ account: "admin", activity: "pre-flight" } as const),
      readOnly: access.settings.roles.auditor !== null,
      parameters: printingOfStructure,
    });
  }
}
