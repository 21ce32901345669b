/**
 * What `ddl` is to the frame: its commands, and how each kind of error ends it.
 * Does NOT run a command (see frame/execute.ts).
 */
import { ConnectionError } from "../stack/connection";
import { FolderUnreadableError, MigrationError } from "../stack/errors";
import { SettingsError } from "../stack/settings";
import { commands } from "./commands";
import { type ExitStatus, exitStatus, type Program, UsageError } from "./frame/command";
import { sandboxHint } from "./stack/stack";

export const ddlProgram: Program = {
  name: "ddl",
  purpose:
    "Checks, plans, runs and accounts for the migrations of the database, by the policy in PRODUCTION_DDL.md.",
  commands,
  statusOf,
  hintOf: (error, environment) =>
    error instanceof ConnectionError ? sandboxHint(environment) : "",
};

/** Refused or failed, as against: called wrongly, or it could not be told. */
function statusOf(error: unknown): ExitStatus {
  const cannotTell =
    error instanceof UsageError ||
    error instanceof SettingsError ||
    error instanceof ConnectionError ||
    error instanceof FolderUnreadableError ||
    !(error instanceof MigrationError);
  return cannotTell ? exitStatus.unknown : exitStatus.failed;
}
