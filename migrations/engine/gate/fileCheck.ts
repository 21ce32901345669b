/**
 * Judges files without a database, by the rules that ask nothing but files. Pure.
 * Does NOT know what is applied, which tickets are named or what other tiers say (see gate.ts).
 */
import type { Tier } from "../../../stack/tier";
import type { MigrationFile } from "../files/file";
import type { RepeatableFile } from "../files/repeatable";
import { judgeBy } from "./gate";
import type { Violation } from "./input/gateRule";

/** What checkFiles needs to know beside the files. */
export interface FileCheck {
  /** Schemas that migrations may change. */
  readonly schemas: readonly string[];
  readonly now: Date;
  /** Names of the files to judge, all of them when absent; the others still say what was there before. */
  readonly judged?: readonly string[];
  /** Of the folder; absent: none. */
  readonly repeatables?: readonly RepeatableFile[];
  /** Files of the folder that are no whole migrations yet; absent: none. */
  readonly drafts?: readonly MigrationFile[];
}

/**
 * Judges files as if all of them were to run in the tier, without a database: by each rule that asks nothing but files.
 * How long ago a table was marked for removal, tickets and what is applied are not asked.
 *
 * @param files  All files of the folder, in any order.
 */
export function checkFiles(
  files: readonly MigrationFile[],
  tier: Tier,
  { schemas, now, judged, repeatables = [], drafts = [] }: FileCheck,
): readonly Violation[] {
  const pending = files.filter(({ fileName }) => judged?.includes(fileName) ?? true);
  const plan = {
    applied: [],
    pending,
    held: [],
    toRollBack: [],
    changedRollbacks: [],
    problems: [],
  };
  const input = {
    ...{
      tier,
      plan,
      files,
      repeatables,
      drafts,
      schemas,
      now,
      tickets: [],
      targetVersion: "latest",
    },
    ...{ migratorConfigured: true, appliedAt: null, isUpdate: false, lower: null },
    ...{ windows: [], breakGlass: null },
  };
  return judgeBy(input, ({ filesOnly }) => filesOnly === true);
}
