/**
 * The commands behind the Makefile that are about one stack of the sandbox.
 * Does NOT hold their work: each is a few calls.
 */
import { spawnSync } from "node:child_process";

import { rebuildSchemas } from "../../migrations/engine/run/rebuild";
import { isMisleading, pulumiHome } from "../../sandbox/environment";
import type { Access } from "../../stack/connection";
import { firstTier, type Tier, tiers } from "../../stack/tier";
import { type ProgressLog, streamLog } from "../../toolchain/log";
import { policyArguments } from "../../toolchain/policyHost";
import { CHANGES_EXPECTED } from "../../toolchain/pulumi";
import {
  type AnyCommand,
  type Call,
  type Command,
  type ExitStatus,
  exitStatus,
  type OptionSpec,
  type PassingCommand,
} from "../frame/command";
import { messageOf } from "../frame/execute";
import { describeDrift, describeSchemaDrift } from "../stack/drift";
import { projectFolder } from "../stack/project";
import { stackAccess } from "../stack/stackAccess";
import { changedNothing, runPulumi } from "./engine";
import { prepare, type Prepared } from "./prepare";
import { summarise } from "./summary";

/** Line by line and without the list of outputs: the summary says what matters. */
const quiet = ["--non-interactive", "--suppress-progress", "--suppress-outputs"] as const;

const endsAsPulumi = "0 when all is done, else as pulumi ends; 1 when pulumi could not be started";

const stack: OptionSpec = {
  value: "STACK",
  summary: "which stack of the sandbox",
  choices: tiers,
  fallback: firstTier,
  refusal: (value) =>
    `The sandbox has no stack ${value}.\nHint: STACK is one of ${tiers.join(", ")}.`,
};

/** What stands behind `--`. */
const passedOn = (program: string): Command["arguments"] => [
  { name: "ARGUMENT", summary: `for ${program}, behind --`, required: false, many: true },
];

const stackOf = (call: Call): Tier => {
  const name = call.text("stack");
  return tiers.find((tier) => tier === name) ?? firstTier;
};

/** Settings of a prepared stack, for what is done without the engine. */
function accessOf(prepared: Prepared): Promise<Access> {
  return stackAccess(projectFolder(), prepared.configFile, prepared.env);
}

const up: PassingCommand = {
  name: "up",
  summary: "Bring a stack of the sandbox up to date",
  arguments: passedOn("pulumi"),
  options: { stack },
  examples: [],
  endsWith: endsAsPulumi,
  async run(call) {
    const log = streamLog();
    const { print } = call.terminal;
    const prepared = await prepare(stackOf(call), "change", log);
    const status = await runPulumi(prepared, ["up", "--yes", ...quiet, ...call.args], log);
    if (status !== 0) return status;
    if (await changedNothing(prepared)) print("Nothing changed: the database is as declared.");
    print(await summarise(await accessOf(prepared)));
    return exitStatus.fine;
  },
};

const rebuild: PassingCommand = {
  name: "rebuild",
  summary: "Drop the schemas of a dev or qa stack and build them anew",
  arguments: passedOn("pulumi"),
  options: {
    stack,
    "end-sessions": { summary: "end sessions that hold it up, and those of the application" },
  },
  examples: [],
  endsWith: endsAsPulumi,
  async run(call) {
    const log = streamLog();
    const access = await accessOf(await prepare(stackOf(call), "change", log));
    const endSessions = call.flag("end-sessions");
    const versions = await rebuildSchemas(access, log.say, { endSessions });
    log.say(`Schemas dropped and made anew; ${versions} version(s) are applied again now`);
    return up.run(call);
  },
};

const preview: PassingCommand = {
  name: "preview",
  summary: "Show what up would do",
  arguments: passedOn("pulumi"),
  options: { stack },
  examples: [],
  endsWith: endsAsPulumi,
  async run(call) {
    const log = streamLog();
    const prepared = await prepare(stackOf(call), "look", log);
    const env = { ...prepared.env, DDL_PREVIEW_MUST_PASS: "1" };
    const policies = await policyArguments(pulumiHome(prepared.sandbox));
    const args = ["preview", ...policies, ...quiet, ...call.args];
    return runPulumi({ ...prepared, env }, args, log);
  },
};

const drift: Command = {
  name: "drift",
  summary: "Say whether the database still is as declared",
  details: ["Ends with 1 when it is not, with 2 when that could not be told."],
  arguments: passedOn("pulumi"),
  options: { stack },
  examples: [],
  async run(call) {
    const log = streamLog();
    try {
      return await lookForDrift(call, log);
    } catch (error) {
      log.say(messageOf(error));
      return exitStatus.unknown;
    }
  },
};

async function lookForDrift(call: Call, log: ProgressLog): Promise<ExitStatus> {
  const { print } = call.terminal;
  const tier = stackOf(call);
  const prepared = await prepare(tier, "look", log);
  const args = ["preview", "--expect-no-changes", ...quiet, ...call.args];
  const status = await runPulumi(prepared, args, log);
  const access = await accessOf(prepared);
  const described = await describeDrift(access);
  const schemas = await describeSchemaDrift(access);
  for (const text of [described, schemas.text].filter((one) => one !== "")) print(text);
  if (described === "" && !schemas.isDrift) {
    print(
      status === 0
        ? `No drift: ${tier} is as declared.`
        : "Privileges are as declared; what else differs stands above.",
    );
  }
  if (status !== 0 && status !== CHANGES_EXPECTED) return exitStatus.unknown;
  return status === CHANGES_EXPECTED || schemas.isDrift ? exitStatus.failed : exitStatus.fine;
}

const refresh: PassingCommand = {
  name: "refresh",
  summary: "Read the state of the stack from the database again",
  arguments: passedOn("pulumi"),
  options: { stack },
  examples: [],
  endsWith: endsAsPulumi,
  async run(call) {
    const log = streamLog();
    const args = ["refresh", "--yes", "--skip-preview", ...quiet, ...call.args];
    return runPulumi(await prepare(stackOf(call), "change", log), args, log);
  },
};

const env: Command = {
  name: "env",
  summary: "Print the environment of a stack, for a shell to read",
  arguments: [],
  options: { stack },
  examples: [],
  async run(call) {
    const { print } = call.terminal;
    const { variables, stackArguments } = await prepare(stackOf(call), "none", streamLog());
    const unset = Object.keys(call.environment).filter(
      (name) => isMisleading(name) && !variables[name],
    );
    if (unset.length > 0) print(`unset ${unset.join(" ")}`);
    for (const [name, value] of Object.entries(variables)) print(`export ${name}=${quoted(value)}`);
    print(`# pulumi preview ${stackArguments.join(" ")}`);
    return exitStatus.fine;
  },
};

/** For a shell. */
const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

const psql: PassingCommand = {
  name: "psql",
  summary: "Open a session in a stack's database, as its admin",
  arguments: passedOn("psql"),
  options: { stack },
  examples: [],
  endsWith: "as psql ends; 1 when it could not be started",
  async run(call) {
    const log = streamLog();
    const { env: environment, variables } = await prepare(stackOf(call), "none", log);
    const { DDL_HOST = "", DDL_PORT = "", DDL_ADMIN = "", DDL_DATABASE = "" } = variables;
    const where = ["-h", DDL_HOST, "-p", DDL_PORT, "-U", DDL_ADMIN, "-d", DDL_DATABASE];
    const session = spawnSync("psql", [...where, ...call.args], {
      env: environment,
      stdio: "inherit",
    });
    if (session.error === undefined) return session.status ?? exitStatus.failed;
    log.say(
      `psql could not be started (${session.error.message}).\nHint: install PostgreSQL's client.`,
    );
    return exitStatus.failed;
  },
};

export const stackCommands: readonly AnyCommand[] = [
  up,
  rebuild,
  preview,
  drift,
  refresh,
  env,
  psql,
];
