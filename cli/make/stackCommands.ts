/**
 * The commands behind the Makefile that are about one stack of the sandbox.
 * Does NOT hold their work: each is a few calls.
 */
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { rebuildSchemas } from "../../migrations/engine/run/rebuild";
import {
  environmentFor,
  isMisleading,
  pulumiHome,
  sandboxEnvironment,
} from "../../sandbox/environment";
import { writePrivate } from "../../sandbox/record";
import type { Access } from "../../stack/connection";
import { firstTier, type Tier, tierAbove, tiers } from "../../stack/tier";
import { streamLog } from "../../toolchain/log";
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
import { runLog } from "../frame/runLog";
import { wrap } from "../frame/wrap";
import { rebuiltText } from "../report/rebuilt";
import { describeDrift, describeSchemaDrift } from "../stack/drift";
import { projectFolder } from "../stack/project";
import { signedVersions } from "../stack/signedVersions";
import { stackAccess } from "../stack/stackAccess";
import { changedNothing, runPulumi, type Voice } from "./engine";
import { prepare, type Prepared } from "./prepare";
import { describeAll, ruleLines, summarise } from "./summary";

/** What pulumi's own display leaves out where it is asked for: the summary says what matters. */
const quiet = ["--non-interactive", "--suppress-progress", "--suppress-outputs"] as const;

/** Tells the program how long a plan may be: see migrations/program/verdict.ts. */
const planVariable = "DDL_PLAN";

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

const verbose: OptionSpec = { summary: "also roles, rules of privileges, and every version" };

const up: PassingCommand = {
  name: "up",
  summary: "Bring a stack of the sandbox up to date",
  arguments: passedOn("pulumi"),
  options: { stack, verbose },
  examples: [],
  endsWith: endsAsPulumi,
  async run(call) {
    const voice = voiceOf(call);
    const since = new Date();
    const tier = stackOf(call);
    const prepared = await prepare(tier, "change", streamLog());
    const { status, changes, seconds } = await runPulumi(
      { ...prepared, env: { ...prepared.env, [planVariable]: "short" } },
      ["up", "--yes", ...quiet, ...call.args],
      voice,
    );
    const access = await accessOf(prepared);
    const { print, style } = call.terminal;
    if (status !== 0) {
      print(
        wrap(`\n${style.red("Not all was done")} (status ${status}): what stands above says why.`),
      );
    } else if (await changedNothing(prepared)) {
      print("Nothing changed: the database is as declared.");
    }
    try {
      print(
        await summarise(
          access,
          await accessAbove(tier, prepared),
          { since, changes, seconds },
          style,
        ),
      );
      if (status === 0) await showRules(call, prepared, access);
    } catch (error) {
      // Where the run failed, what it said is what counts.
      if (status === 0) throw error;
    }
    return status;
  },
};

/** Everything, when it is asked for; the rules of privileges alone, when they are others than at the last run here. */
async function showRules(call: Call, prepared: Prepared, access: Access): Promise<void> {
  const { print } = call.terminal;
  const isOther = await areRulesOther(prepared);
  if (call.flag("verbose")) print(await describeAll(access));
  else if (isOther) print(["", "Privileges: the rules are others now", ...ruleLines()].join("\n"));
}

/** Compares with what was left here last, and leaves what holds now. */
async function areRulesOther({ sandbox, stack: name }: Prepared): Promise<boolean> {
  const file = join(sandbox.folder, `rules-${name}.txt`);
  const now = ruleLines().join("\n");
  const before = await readFile(file, "utf8").catch(() => null);
  if (before !== now) await writePrivate(file, now);
  return before !== null && before !== now;
}

/** The stack that promotes from this one; null for the last. */
async function accessAbove(tier: Tier, { sandbox, variables }: Prepared): Promise<Access | null> {
  const above = tierAbove(tier);
  if (above === null) return null;
  const bin = dirname(process.execPath);
  const own = environmentFor({ ...variables, ...sandboxEnvironment(sandbox, above, bin) });
  return stackAccess(projectFolder(), join(projectFolder(), `Pulumi.${above}.yaml`), own).catch(
    () => null,
  );
}

const voiceOf = (call: Call): Voice => ({ log: runLog(), style: call.terminal.style });

const rebuild: PassingCommand = {
  name: "rebuild",
  summary: "Drop the schemas of a dev or qa stack and build them anew",
  arguments: passedOn("pulumi"),
  options: {
    stack,
    verbose,
    "end-sessions": { summary: "end sessions that hold it up, and those of the application" },
  },
  examples: [],
  endsWith: endsAsPulumi,
  async run(call) {
    const log = streamLog();
    const tier = stackOf(call);
    const access = await accessOf(await prepare(tier, "change", log));
    const endSessions = call.flag("end-sessions");
    const signed = await signedVersions(access);
    const versions = await rebuildSchemas(access, log.say, { endSessions });
    log.say(rebuiltText(tier, versions, signed));
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
    const prepared = await prepare(stackOf(call), "look", streamLog());
    const env = { ...prepared.env, DDL_PREVIEW_MUST_PASS: "1" };
    const policies = await policyArguments(pulumiHome(prepared.sandbox));
    const args = ["preview", ...policies, ...quiet, ...call.args];
    const { status, isEmpty } = await runPulumi({ ...prepared, env }, args, voiceOf(call));
    if (status === 0 && isEmpty) call.terminal.print("Nothing would change.");
    return status;
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
    try {
      return await lookForDrift(call);
    } catch (error) {
      call.terminal.say(messageOf(error));
      return exitStatus.unknown;
    }
  },
};

async function lookForDrift(call: Call): Promise<ExitStatus> {
  const { print } = call.terminal;
  const tier = stackOf(call);
  const prepared = await prepare(tier, "look", streamLog());
  const env = { ...prepared.env, [planVariable]: "short" };
  const args = ["preview", "--expect-no-changes", ...quiet, ...call.args];
  const { status } = await runPulumi({ ...prepared, env }, args, voiceOf(call));
  const access = await accessOf(prepared);
  const described = await describeDrift(access);
  const schemas = await describeSchemaDrift(access);
  for (const text of [described, schemas.text].filter((one) => one !== "")) print(wrap(text));
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
    const args = ["refresh", "--yes", "--skip-preview", ...quiet, ...call.args];
    const prepared = await prepare(stackOf(call), "change", streamLog());
    const { status } = await runPulumi(prepared, args, voiceOf(call));
    if (status === 0) call.terminal.print("The state is as the database.");
    return status;
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
