/**
 * What all roles of this program share: a login and its password, and arguments by tier. Pure.
 * Does NOT declare a role.
 */
import { type Tier, tierRules } from "../../stack/tier";

/** A login whose password this program may know. */
export interface Login {
  readonly name: string;
  /** Plain text, or undefined to leave the password alone. */
  readonly password: string | undefined;
}

/** Options of resources that hold access or data: in uat and prod nothing in Pulumi may take them away. */
export function guarded(tier: Tier): {
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
} {
  const { protect } = tierRules[tier];
  return { protect, retainOnDelete: protect };
}

/** Arguments of a Role that keep a destroy that gets past `protect` from dropping it or moving what it owns. */
export function kept(tier: Tier): {
  readonly skipDropRole: boolean;
  readonly skipReassignOwned: boolean;
} {
  const { protect } = tierRules[tier];
  return { skipDropRole: protect, skipReassignOwned: protect };
}

/**
 * Options of a Role that exists: CREATE ROLE would fail where the state does not know it. The engine imports it, then
 * updates it to what is declared; where the state does know it, the option does nothing.
 */
export function takenOver(
  name: string,
  existing: ReadonlySet<string>,
): { readonly import?: string } {
  return existing.has(name) ? { import: name } : {};
}

/** Attributes that no role of ours ever has. */
export const powerless = {
  superuser: false,
  createRole: false,
  createDatabase: false,
  replication: false,
  bypassRowLevelSecurity: false,
  inherit: false,
} as const;

/** A password that the plugin sets but never stores; without one the role keeps what it has. */
export function passwordArgs<T>(
  password: T | undefined,
  version: string,
): { readonly passwordWo?: T; readonly passwordWoVersion?: string } {
  return password === undefined ? {} : { passwordWo: password, passwordWoVersion: version };
}
