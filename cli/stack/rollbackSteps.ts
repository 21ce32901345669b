/**
 * Decides which versions a rollback takes back, newest first. Pure.
 * Does NOT run them (see rollback.ts).
 */
import { compare, valid } from "semver";

import { inOrder } from "../../migrations/engine/files/collection";
import type { MigrationFile } from "../../migrations/engine/files/file";
import type { History } from "../../migrations/engine/history/history";
import { UsageError } from "../frame/command";
import { fileOfVersion } from "./target";

export interface RollbackStep {
  readonly migration: MigrationFile;
  /** Versions that must not be there any more when it is rolled back: of higher files, and others of the ledger. */
  readonly higher: readonly string[];
}

/** What is to be taken back: one version, or everything above one that stays. */
export type RollbackWish = { readonly version: string } | { readonly to: string };

/**
 * The steps, newest first; none when nothing above is applied or begun.
 *
 * @throws {UsageError} no file has a version that is named, or one that would have to go back has no file.
 */
export function rollbackSteps(
  files: readonly MigrationFile[],
  history: History,
  wish: RollbackWish,
): readonly RollbackStep[] {
  const there = versionsThere(history);
  const stepOf = (migration: MigrationFile): RollbackStep => ({
    migration,
    higher: [
      ...files.filter(({ number }) => number > migration.number).map((one) => one.header.version),
      ...withoutFile(files, there).filter((one) => isAbove(one, migration.header.version)),
    ],
  });
  if ("version" in wish) return [stepOf(fileOfVersion(files, wish.version))];

  const stays = fileOfVersion(files, wish.to);
  const lost = withoutFile(files, there).filter((one) => isAbove(one, wish.to));
  if (lost.length > 0) {
    throw new UsageError(
      `Version ${lost.join(", ")} is in the ledger, but no file has it: it cannot be rolled back.`,
      "restore its file and rollback file from git.",
    );
  }
  return inOrder(files)
    .filter(({ number, header }) => number > stays.number && there.includes(header.version))
    .toReversed()
    .map(stepOf);
}

/** Versions that are applied or begun: what can be taken back. */
export const versionsThere = ({ versions }: History): readonly string[] =>
  versions.filter(({ status }) => status !== "rolled back").map(({ version }) => version);

const withoutFile = (
  files: readonly MigrationFile[],
  versions: readonly string[],
): readonly string[] =>
  versions.filter((version) => !files.some(({ header }) => header.version === version));

/** What a ledger holds may be no semantic version; it then has no order, and is in nobody's way. */
const isAbove = (a: string, b: string): boolean =>
  valid(a) !== null && valid(b) !== null && compare(a, b) > 0;
