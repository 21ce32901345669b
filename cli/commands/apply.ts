/**
 * `ddl apply`: runs the pending migrations through the gate, as `pulumi up` does, and stops at the first that fails.
 * Does NOT make roles, schemas or the ledger, nor mend privileges: those are the stack's.
 */
import { filesBelow } from "../../migrations/engine/files/collection";
import { impactsAmong } from "../../migrations/engine/impact/classify";
import { applyMigration } from "../../migrations/engine/run/run";
import { Beside } from "../../migrations/engine/server/beside";
import { type Runner, withRunner } from "../../migrations/engine/server/runner";
import { ensureUpgraded, type Survey, surveyStack } from "../../migrations/engine/survey/survey";
import { counted } from "../findings/finding";
import { type Call, type Command, type ExitStatus, exitStatus } from "../frame/command";
import { durationText } from "../report/times";
import { describeDrift } from "../stack/drift";
import { lowerTierOf } from "../stack/lowerTier";
import { ensureGoverned, migrationsOf, openStack, type Stack, stackOptions } from "../stack/stack";
import { withTarget } from "../stack/target";
import { ticketOption, withTickets } from "../stack/tickets";
import { violationTexts } from "../stack/violationTexts";
import { watchedRun } from "../stack/watchedRun";

export const apply: Command = {
  name: "apply",
  summary: "Run the pending migrations of a stack, if the gate lets them",
  details: [
    "The same gate, runner lock and record as pulumi up. Asks for nothing: read ddl plan first. Stops at the first that",
    "fails; called again, it resumes. The first Ctrl-C lets the running migration end, the second cancels it.",
  ],
  arguments: [],
  options: {
    ...stackOptions,
    ticket: ticketOption,
    to: {
      value: "VERSION",
      summary: "go no further than this; in uat and prod not above the stack's targetVersion",
    },
  },
  examples: [
    ["ddl apply --stack dev --sandbox", "everything that is pending in the sandbox's dev"],
    ["ddl apply --stack uat --ticket CHG-2026-0101,CHG-2026-0102", "what these two tickets allow"],
    ["ddl apply --stack qa --to 0.2.0", "not all of it"],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const stack = await withTargetOf(call, withTickets(await openStack(call), call));
  const beside = new Beside(stack.access);
  try {
    return await runFrom(beside, call, stack);
  } finally {
    await beside.close();
  }
}

/** @param beside  The admin's one session, which looks before the run, during it and after it. */
async function runFrom(beside: Beside, call: Call, stack: Stack): Promise<ExitStatus> {
  const lower = await lowerTierOf(stack);
  const survey = await surveyStack(stack.access, stack.folder, { lower, isUpdate: true, beside });
  const { plan, violations } = survey;
  const { print, say, style } = call.terminal;
  const errors = violations.filter(({ severity }) => severity === "error");
  for (const text of violationTexts(violations, stack, call)) say(`${text}\n`);
  if (errors.length > 0) {
    print(`${style.red("Refused")}: ${counted(errors.length, "error")}; nothing was run.`);
    return exitStatus.failed;
  }
  const [newest] = plan.toRollBack;
  if (newest !== undefined) {
    const { targetVersion } = stack.access.settings.run;
    print(`Nothing was run: ${newest.header.version} is above the target ${targetVersion}.`);
    say(`ddl rollback --to ${targetVersion} takes back what is above it.`);
    return exitStatus.failed;
  }
  if (plan.pending.length === 0) {
    print("Nothing to do: the database is at its target.");
    return exitStatus.fine;
  }
  ensureGoverned(stack, survey.history);
  ensureUpgraded(survey.upgrades);
  const left = await watchedRun("apply", call, (tell, isStopping) =>
    withRunner(
      stack.access,
      (runner) => applyAll(call, tell, runner, survey, isStopping),
      "migrator",
      beside,
    ),
  );
  const drift = await describeDrift(stack.access, beside);
  if (drift !== "") say(drift);
  if (left === 0) return exitStatus.fine;
  say(`Stopped: ${counted(left, "migration")} not run. Call it again to go on.`);
  return exitStatus.failed;
}

/** Runs them in order; returns how many were left because somebody stopped it. */
async function applyAll(
  { terminal: { print } }: Call,
  tell: (line: string) => void,
  runner: Runner,
  { files, plan }: Survey,
  isStopping: () => boolean,
): Promise<number> {
  for (const [index, migration] of plan.pending.entries()) {
    if (isStopping()) return plan.pending.length - index;
    const lower = filesBelow(files, migration.number).map(({ header }) => header.version);
    const started = Date.now();
    const request = { migration, lower, expected: impactsAmong(files, migration) };
    const { version, ranNow } = await applyMigration(runner, request, (line) => {
      tell(`${migration.name}: ${line}`);
    });
    const took = durationText(Date.now() - started);
    print(`${version} ${ranNow ? `applied in ${took}` : "was applied already, by another runner"}`);
  }
  return 0;
}

async function withTargetOf(call: Call, stack: Stack): Promise<Stack> {
  const to = call.text("to");
  if (to === undefined) return stack;
  const settings = withTarget(stack.access.settings, await migrationsOf(stack), to);
  return { ...stack, access: { ...stack.access, settings } };
}
