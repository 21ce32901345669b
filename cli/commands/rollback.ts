/**
 * `ddl rollback`: takes versions back with their rollback files, newest first.
 * Does NOT judge whether what was written since may be lost: whoever calls it has (policy, "Production Incident").
 */
import type { MigrationFile } from "../../migrations/engine/files/file";
import { aboutRollbacks, holdsRollbacks } from "../../migrations/engine/gate/goingBack";
import type { History } from "../../migrations/engine/history/history";
import { rollbackImpactsAmong } from "../../migrations/engine/impact/classify";
import { readHistory } from "../../migrations/engine/ledger/ledger";
import { rollBackVersion } from "../../migrations/engine/run/rollback";
import { type Runner, withRunner } from "../../migrations/engine/server/runner";
import {
  ensureLedgerShape,
  ensureUpgraded,
  surveyStack,
} from "../../migrations/engine/survey/survey";
import { withClient } from "../../stack/connection";
import { ticketShape } from "../../stack/ticket";
import { tierRules } from "../../stack/tier";
import { counted } from "../findings/finding";
import { type Call, type Command, type ExitStatus, exitStatus, UsageError } from "../frame/command";
import { durationText } from "../report/times";
import { lowerTierOf } from "../stack/lowerTier";
import {
  type RollbackStep,
  rollbackSteps,
  type RollbackWish,
  versionsThere,
} from "../stack/rollbackSteps";
import { ensureGoverned, migrationsOf, openStack, type Stack, stackOptions } from "../stack/stack";
import { singleTicket } from "../stack/tickets";
import { violationTexts } from "../stack/violationTexts";
import { watchedRun } from "../stack/watchedRun";

export const rollback: Command = {
  name: "rollback",
  summary: "Take a version back with its rollback file, or all above one, newest first",
  details: [
    "Read the WARNING of the rollback file first: what it drops is gone. The same gate as a lowered targetVersion: in uat",
    "and prod a ticket, and a rollback that was tested or proven.",
    "Lower targetVersion too, or the next apply or up runs the version again.",
  ],
  arguments: [
    { name: "VERSION", summary: "the version to take back: the newest there is", required: false },
  ],
  options: {
    ...stackOptions,
    to: { value: "VERSION", summary: "take back all above this one, which stays" },
    ticket: { value: ticketShape, summary: "the ticket under which it is taken back" },
  },
  examples: [
    ["ddl rollback 0.3.0 --stack uat --ticket CHG-2026-0210", "the newest version"],
    ["ddl rollback --to 0.1.0 --stack dev --sandbox", "all above 0.1.0 in the sandbox's dev"],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const wish = wishOf(call);
  const stack = await openStack(call);
  const ticket = ticketOf(call, stack);
  const history = await historyOf(stack);
  ensureGoverned(stack, history);
  const files = await migrationsOf(stack);
  const steps = rollbackSteps(files, history, wish);
  if (steps.length === 0) {
    call.terminal.print("Nothing to do: no later version is applied.");
    return exitStatus.fine;
  }
  // Of the others the runner says why there is nothing to take back.
  const there = steps
    .map(({ migration }) => migration.header.version)
    .filter((version) => versionsThere(history).includes(version));
  if (there.length > 0 && !(await mayGoBack(call, stack, there, ticket))) return exitStatus.failed;
  const left = await watchedRun("rollback", call, (tell, isStopping) =>
    withRunner(stack.access, (runner) =>
      takeBack(call, tell, runner, files, steps, ticket, isStopping),
    ),
  );
  if (left > 0) {
    call.terminal.say(
      `Stopped: ${left} of ${steps.length} not taken back. Call it again to go on.`,
    );
    return exitStatus.failed;
  }
  const { targetVersion } = stack.access.settings.run;
  call.terminal.say(
    `targetVersion is ${targetVersion}: where that is above, the next apply or up runs the version again.`,
  );
  return exitStatus.fine;
}

/** Asks the gate as a lowered target would, and says what would be lost. */
async function mayGoBack(
  call: Call,
  { access, folder, ...stack }: Stack,
  takeBack: readonly string[],
  ticket: string | undefined,
): Promise<boolean> {
  const { settings } = access;
  const run = { ...settings.run, tickets: ticket === undefined ? [] : [ticket] };
  const asked = { ...stack, folder, access: { ...access, settings: { ...settings, run } } };
  // The tier below has proven what may run here in the place of what was applied.
  const circumstances = { lower: () => lowerTierOf(asked), isUpdate: true, takeBack };
  const { violations, losses, plan } = await surveyStack(asked.access, folder, circumstances);
  const { say, print, style } = call.terminal;
  const found = aboutRollbacks(violations);
  for (const text of violationTexts(found, asked, call)) say(`${text}\n`);
  if (holdsRollbacks(found)) {
    const errors = found.filter(({ severity }) => severity === "error").length;
    print(`${style.red("Refused")}: ${counted(errors, "error")}; nothing was run.`);
    return false;
  }
  for (const loss of plan.toRollBack.flatMap(({ fileName }) => losses.get(fileName) ?? [])) {
    say(`would be lost: ${loss}`);
  }
  return true;
}

async function takeBack(
  { terminal: { print } }: Call,
  tell: (line: string) => void,
  runner: Runner,
  files: readonly MigrationFile[],
  steps: readonly RollbackStep[],
  ticket: string | undefined,
  isStopping: () => boolean,
): Promise<number> {
  for (const [index, { migration, higher }] of steps.entries()) {
    if (isStopping()) return steps.length - index;
    const started = Date.now();
    const request = {
      migration,
      higher,
      expected: rollbackImpactsAmong(files, migration),
      ...(ticket === undefined ? {} : { ticket }),
    };
    const { version, ranNow } = await rollBackVersion(runner, request, (line) => {
      tell(`${migration.name}: ${line}`);
    });
    const took = durationText(Date.now() - started);
    print(`${version} ${ranNow ? `rolled back in ${took}` : "was rolled back already"}`);
  }
  return 0;
}

function wishOf(call: Call): RollbackWish {
  const [version] = call.args;
  const to = call.text("to");
  if (version !== undefined && to === undefined) return { version };
  if (version === undefined && to !== undefined) return { to };
  throw new UsageError(
    version === undefined
      ? "ddl rollback needs VERSION or --to."
      : "VERSION and --to say two different things.",
    "name the version to take back, or with --to the one that stays.",
  );
}

function ticketOf(call: Call, { access }: Stack): string | undefined {
  const { tier } = access.settings;
  const ticket = singleTicket(call);
  if (ticket === undefined && tierRules[tier].requiresTicket) {
    throw new UsageError(
      `A rollback in ${tier} needs a change ticket.`,
      "name it with --ticket CHG-2026-0142.",
    );
  }
  return ticket;
}

function historyOf({ access }: Stack): Promise<History> {
  const purpose = { account: "admin", activity: "plan", readOnly: true } as const;
  return withClient(access, purpose, async (client) => {
    ensureUpgraded(await ensureLedgerShape(client, access.settings.roles));
    return readHistory(client);
  });
}
