/**
 * The version up to which one run goes, from the command line. Pure.
 * Does NOT raise what the stack's file says where raising it is the promotion.
 */
import type { MigrationFile } from "../../migrations/engine/files/file";
import type { Settings } from "../../stack/settings";
import { tierRules } from "../../stack/tier";
import { UsageError } from "../frame/command";
import { suggestion } from "../frame/nearest";

/** The migration that has a version. @throws {UsageError} none has. */
export function fileOfVersion(files: readonly MigrationFile[], version: string): MigrationFile {
  const file = files.find(({ header }) => header.version === version);
  if (file !== undefined) return file;
  const versions = files.map(({ header }) => header.version);
  const hint =
    versions.length === 0 ? "there is no migration file." : suggestion(version, versions);
  throw new UsageError(`No migration has version ${version}.`, hint);
}

/**
 * Settings with `to` as their target.
 *
 * @throws {UsageError} no file has the version, or it is above the stack's own target in a tier where that must be raised
 *                      in the stack's file. Source: policy, "UAT Execution", "Production Execution".
 */
export function withTarget(
  settings: Settings,
  files: readonly MigrationFile[],
  to: string | undefined,
): Settings {
  if (to === undefined) return settings;
  const wanted = fileOfVersion(files, to);
  const { tier, run } = settings;
  if (tierRules[tier].requiresTargetVersion) {
    // Not stated at all: the gate says so.
    if (run.targetVersion === "latest") return settings;
    const limit = files.find(({ header }) => header.version === run.targetVersion);
    if (limit !== undefined && wanted.number > limit.number) {
      throw new UsageError(
        `${to} is above the stack's targetVersion ${run.targetVersion}.`,
        `raising it in Pulumi.${tier}.yaml is the promotion, and is reviewed: do that first.`,
      );
    }
  }
  return { ...settings, run: { ...run, targetVersion: to } };
}
