/**
 * The words of a report about all stacks. Types only. Does NOT gather or write.
 */
import type { BreakGlass, VersionState } from "../../migrations/engine/history/history";
import type { Comparison } from "../../migrations/engine/history/structureRecord";
import type { PrivilegeMatrix } from "../../roles/compare/matrix";
import type { Tier } from "../../stack/tier";
import type { Window } from "../../stack/window";

/** What one stack says of itself, or why it could not be asked. */
export type EstateStack = { readonly stack: string } & (
  | { readonly reached: false; readonly tier: Tier | null; readonly reason: string }
  | {
      readonly reached: true;
      readonly tier: Tier;
      /** False before its first `up`. */
      readonly isSetUp: boolean;
      /** `host:port/database` */
      readonly database: string;
      readonly targetVersion: string;
      readonly windows: readonly Window[];
      readonly versions: readonly VersionState[];
      readonly breakGlass: BreakGlass | null;
      readonly structure: Comparison;
      /** Versions, lowest first. */
      readonly pending: readonly string[];
      readonly held: readonly string[];
      readonly toRollBack: readonly string[];
      /** Null where it is not set up. */
      readonly matrix: PrivilegeMatrix | null;
    }
);

/** One version as the files have it. */
export interface EstateVersion {
  readonly version: string;
  readonly file: string;
  readonly ticket: string;
  readonly checksum: string;
}
