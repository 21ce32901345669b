/**
 * The commands behind the Makefile: `node --import tsx cli/make/main.ts <command> [--stack S] [--end-sessions]
 * [-- pulumi's arguments]`.
 * Does NOT hold any command's work: each is a few calls.
 */
import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { parseArgs } from "node:util";

import { rebuildSchemas } from "../../migrations/engine/run/rebuild";
import { serverAccount } from "../../sandbox/account";
import { isMisleading, pulumiHome } from "../../sandbox/environment";
import { packagedBinaries } from "../../sandbox/packagedBinaries";
import { removeSandbox, stopSandbox } from "../../sandbox/sandbox";
import { removeSharedFolder } from "../../sandbox/sharedFolder";
import type { Access } from "../../stack/connection";
import { firstTier, type Tier, tiers } from "../../stack/tier";
import { cacheFolder } from "../../toolchain/cache";
import { type ProgressLog, streamLog } from "../../toolchain/log";
import { policyArguments } from "../../toolchain/policyHost";
import { CHANGES_EXPECTED, ensurePulumi } from "../../toolchain/pulumi";
import { describeDrift, describeSchemaDrift } from "../stack/drift";
import { projectFolder } from "../stack/project";
import { stackAccess } from "../stack/stackAccess";
import { changedNothing, runPulumi } from "./engine";
import { prepare, type Prepared } from "./prepare";
import { summarise } from "./summary";
import { tour, tourSandbox } from "./tour";

interface Call {
  readonly stack: Tier;
  /** Of a rebuild: end the sessions that hold it up, and those of the application. */
  readonly endSessions: boolean;
  /** Passed on to pulumi. */
  readonly extra: readonly string[];
  readonly log: ProgressLog;
}

/** Returns the exit status. */
type Command = (call: Call) => Promise<number>;

/** Line by line and without the list of outputs: the summary says what matters. */
const QUIET = ["--non-interactive", "--suppress-progress", "--suppress-outputs"] as const;

/** Settings of a prepared stack, for what is done without the engine. */
function accessOf(prepared: Prepared): Promise<Access> {
  return stackAccess(projectFolder(), prepared.configFile, prepared.env);
}

async function up({ stack, extra, log }: Call): Promise<number> {
  const prepared = await prepare(stack, "change", log);
  const status = await runPulumi(prepared, ["up", "--yes", ...QUIET, ...extra], log);
  if (status !== 0) return status;
  if (await changedNothing(prepared)) print("Nothing changed: the database is as declared.");
  print(await summarise(await accessOf(prepared)));
  return 0;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  up,

  async rebuild(call) {
    const access = await accessOf(await prepare(call.stack, "change", call.log));
    const say = (message: string): void => {
      call.log.say(message);
    };
    const versions = await rebuildSchemas(access, say, { endSessions: call.endSessions });
    call.log.say(`Schemas dropped and made anew; ${versions} version(s) are applied again now`);
    return up(call);
  },

  async preview({ stack, extra, log }) {
    const prepared = await prepare(stack, "look", log);
    const env = { ...prepared.env, DDL_PREVIEW_MUST_PASS: "1" };
    const policies = await policyArguments(pulumiHome(prepared.sandbox));
    return runPulumi({ ...prepared, env }, ["preview", ...policies, ...QUIET, ...extra], log);
  },

  async drift({ stack, extra, log }) {
    try {
      const prepared = await prepare(stack, "look", log);
      const flags = ["--expect-no-changes", ...QUIET, ...extra];
      const status = await runPulumi(prepared, ["preview", ...flags], log);
      const access = await accessOf(prepared);
      const described = await describeDrift(access);
      const schemas = await describeSchemaDrift(access);
      for (const text of [described, schemas.text].filter((one) => one !== "")) print(text);
      if (described === "" && !schemas.isDrift) {
        print(
          status === 0
            ? `No drift: ${stack} is as declared.`
            : "Privileges are as declared; what else differs stands above.",
        );
      }
      if (status !== 0 && status !== CHANGES_EXPECTED) return 2;
      return status === CHANGES_EXPECTED || schemas.isDrift ? 1 : 0;
    } catch (error) {
      log.say(messageOf(error));
      return 2;
    }
  },

  async refresh({ stack, extra, log }) {
    const flags = ["--yes", "--skip-preview", ...QUIET, ...extra];
    return runPulumi(await prepare(stack, "change", log), ["refresh", ...flags], log);
  },

  async engine({ log }) {
    await ensurePulumi(log);
    return 0;
  },

  async env({ stack, log }) {
    const { variables, stackArguments } = await prepare(stack, "none", log);
    const unset = Object.keys(process.env).filter((name) => isMisleading(name) && !variables[name]);
    if (unset.length > 0) print(`unset ${unset.join(" ")}`);
    for (const [name, value] of Object.entries(variables)) print(`export ${name}=${quoted(value)}`);
    print(`# pulumi preview ${stackArguments.join(" ")}`);
    return 0;
  },

  async psql({ stack, extra, log }) {
    const { env, variables } = await prepare(stack, "none", log);
    const { DDL_HOST = "", DDL_PORT = "", DDL_ADMIN = "", DDL_DATABASE = "" } = variables;
    const where = ["-h", DDL_HOST, "-p", DDL_PORT, "-U", DDL_ADMIN, "-d", DDL_DATABASE];
    const session = spawnSync("psql", [...where, ...extra], { env, stdio: "inherit" });
    if (session.error === undefined) return session.status ?? 1;
    log.say(
      `psql could not be started (${session.error.message}).\nHint: install PostgreSQL's client.`,
    );
    return 1;
  },

  async postgis({ log }) {
    log.say((await packagedBinaries(serverAccount(), log)).description);
    return 0;
  },

  tour: () => tour(print),

  async "sandbox-stop"({ log }) {
    log.say((await stopSandbox()) ? "Sandbox stopped; its data stays" : "The sandbox does not run");
    return 0;
  },

  async clean({ log }) {
    await removeSandbox(tourSandbox());
    await removeSandbox();
    log.say("Sandbox removed");
    return 0;
  },

  async distclean({ log }) {
    await removeSandbox(tourSandbox());
    await removeSandbox();
    await rm(cacheFolder(), { recursive: true, force: true });
    await removeSharedFolder();
    log.say("Sandbox and the cache of programs removed");
    return 0;
  },
};

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** For a shell. */
const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

/** Errors of ours say what to do; of others the message is all there is to say. */
const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

async function main(): Promise<number> {
  const log = streamLog();
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      stack: { type: "string", default: firstTier },
      "end-sessions": { type: "boolean", default: false },
    },
  });
  const [name = "", ...extra] = positionals;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const stack = tiers.find((tier) => tier === values.stack);
  if (command === undefined) {
    log.say(
      `usage: cli/make/main.ts <${Object.keys(COMMANDS).join("|")}> [--stack ${tiers.join("|")}] [--end-sessions] [-- arguments]`,
    );
    return 2;
  }
  if (stack === undefined) {
    log.say(
      `The sandbox has no stack ${values.stack}.\nHint: STACK is one of ${tiers.join(", ")}.`,
    );
    return 2;
  }
  return command({ stack, endSessions: values["end-sessions"], extra, log });
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  },
);
