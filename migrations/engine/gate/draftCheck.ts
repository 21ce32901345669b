/**
 * Judges the statements of a draft: a file that is no whole migration yet, or no migration at all. Pure.
 * Does NOT ask for what a migration's form asks for, nor for its rollback: that is said already, or is not wanted.
 */
import type { Tier } from "../../../stack/tier";
import type { MigrationFile } from "../files/file";
import { checkFiles, type FileCheck } from "./fileCheck";
import type { Violation } from "./input/gateRule";
import { checksRules } from "./rules/checks/rules";
import { exceptionRules } from "./rules/exceptions/rules";
import { headerRules } from "./rules/header/rules";
import { rollbackRules } from "./rules/rollback/rules";

/** Rules about the form around the change. */
const ofForm = new Set(
  [checksRules, exceptionRules, headerRules, rollbackRules].flat().map(({ id }) => id),
);

/**
 * @param files  All whole migrations of the folder: those with a lower number say what is there before.
 */
export function checkDraft(
  draft: MigrationFile,
  files: readonly MigrationFile[],
  tier: Tier,
  { schemas, now }: FileCheck,
): readonly Violation[] {
  const before = files.filter(({ number }) => number < draft.number);
  const scope = { schemas, now, judged: [draft.fileName] };
  return checkFiles([...before, draft], tier, scope).filter(
    ({ rule, line }) => line !== null && !ofForm.has(rule),
  );
}
