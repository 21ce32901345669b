/**
 * Finds the stack that a command is about: its settings, its passwords, its migrations.
 * Does NOT connect. The sandbox is meant only when it is named: which database a command works on is never guessed.
 */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";

import { type MigrationFile, numberOf } from "../../migrations/engine/files/file";
import type { History } from "../../migrations/engine/history/history";
import { ensureStamp } from "../../migrations/engine/history/stamp";
import { loadMigrations } from "../../migrations/engine/survey/load";
import { environmentFor, sandboxEnvironment } from "../../sandbox/environment";
import { readRecord, sandboxFolder } from "../../sandbox/record";
import { ensureSandbox } from "../../sandbox/sandbox";
import type { Access } from "../../stack/connection";
import { BadInputError } from "../../stack/errors";
import type { Environment } from "../../stack/settings";
import { firstTier, tiers } from "../../stack/tier";
import { type Call, type OptionSpec, UsageError } from "../frame/command";
import { suggestion } from "../frame/nearest";
import { projectFolder, projectMigrations } from "./project";
import { stackAccess } from "./stackAccess";

/** The options of every command that works on a stack. */
export const stackOptions: Readonly<Record<string, OptionSpec>> = {
  stack: {
    value: "STACK",
    summary:
      "the stack: Pulumi.<stack>.yaml and, before it, the environment (DDL_…) say where it is",
    fallback: firstTier,
  },
  sandbox: { summary: "the stack's database in the local sandbox" },
};

/** A stack that can be worked on. */
export interface Stack {
  readonly name: string;
  readonly access: Access;
  /** In which it was read: where pulumi finds the stack's backend, too. */
  readonly environment: Environment;
  /** Its folder of migrations. */
  readonly folder: string;
}

/**
 * The stack that a call is about.
 *
 * @throws {UsageError}    there is no such stack, or no sandbox.
 * @throws {SettingsError} naming every wrong value.
 */
export async function openStack(call: Call): Promise<Stack> {
  const name = call.text("stack") ?? firstTier;
  if (!call.flag("sandbox")) return stackIn(name, call.environment);
  const environment = await sandboxOf(call, name);
  return stackIn(name, environment, join(sandboxFolder(), `Pulumi.${name}.yaml`));
}

/**
 * A stack by its name, with another environment than the call's own.
 *
 * @param more  File whose values count where the stack's own has none: what the sandbox brought along.
 */
export async function stackIn(
  name: string,
  environment: Environment,
  more: string | null = null,
): Promise<Stack> {
  const configFile = await configFileOf(name);
  const access = await stackAccess(projectFolder(), configFile, environment, more);
  return { name, access, environment, folder: projectMigrations() };
}

/**
 * The stack's migrations.
 *
 * @throws {BadInputError} all problems of all files.
 */
export const migrationsOf = ({ folder }: Stack): Promise<readonly MigrationFile[]> =>
  migrationsIn(folder);

/** The migrations of a folder; raises what migrationsOf raises. */
export async function migrationsIn(folder: string): Promise<readonly MigrationFile[]> {
  const { migrations, problems } = await loadMigrations(folder);
  if (problems.length > 0) throw new BadInputError(problems);
  return migrations;
}

/**
 * The same up to a version, and of those above it what can be used: a draft there does not matter to who speaks of what is
 * below.
 *
 * @throws {BadInputError} a file up to it cannot be used; or any, where no file has the version.
 */
export async function migrationsUpTo(
  { folder }: Stack,
  version: string,
): Promise<readonly MigrationFile[]> {
  const { migrations, problems } = await loadMigrations(folder);
  const highest = migrations.find(({ header }) => header.version === version)?.number ?? Infinity;
  const own = problems.filter(({ file }) => (numberOf(file) ?? 0) <= highest);
  if (own.length > 0) throw new BadInputError(own);
  return migrations;
}

/**
 * Makes sure that the stack was brought up once: roles, schemas, ledger and privileges are its, not this command's; and
 * that the database is this stack's.
 *
 * @throws {UsageError} the database has no stamp.
 * @throws {StampError} it has another tier's.
 */
export function ensureGoverned({ access }: Stack, { stamp }: History): void {
  if (stamp === null) {
    throw new UsageError(
      "The database has no ledger of this program yet.",
      "bring the stack up once (pulumi up, make up): it makes roles, schemas and ledger.",
    );
  }
  ensureStamp(access.settings, stamp);
}

const configFileForm = /^Pulumi\.(.+)\.yaml$/;

/** Names of the stacks that this project has a file for. */
export async function stackNames(): Promise<readonly string[]> {
  const names = await readdir(projectFolder());
  return names.flatMap((name) => configFileForm.exec(name)?.[1] ?? []).sort();
}

async function configFileOf(name: string): Promise<string> {
  const names = await stackNames();
  if (!names.includes(name)) {
    throw new UsageError(`There is no stack ${name}.`, suggestion(name, names));
  }
  return join(projectFolder(), `Pulumi.${name}.yaml`);
}

/** The environment of one of the sandbox's databases. The server is started when it does not run. */
async function sandboxOf(call: Call, name: string): Promise<Environment> {
  const tier = tiers.find((one) => one === name);
  if (tier === undefined) {
    throw new UsageError(`The sandbox has no stack ${name}.`, suggestion(name, tiers));
  }
  if ((await readRecord(sandboxFolder())) === undefined) {
    throw new UsageError(
      `There is no sandbox in ${sandboxFolder()}.`,
      `make up STACK=${tier} makes it.`,
    );
  }
  const say = { say: call.terminal.say, progress: () => undefined };
  const sandbox = await ensureSandbox(say);
  return environmentFor(
    sandboxEnvironment(sandbox, tier, dirname(process.execPath)),
    call.environment,
  );
}

/** What to add to an error of a command that found no database: the sandbox may have been meant. Empty when not. */
export function sandboxHint(environment: Environment): string {
  const isElsewhere = environment["DDL_HOST"] !== undefined;
  if (isElsewhere || !existsSync(join(sandboxFolder(), "sandbox.json"))) return "";
  return "  The sandbox's databases are meant only with --sandbox.";
}
