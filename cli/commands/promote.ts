/**
 * `ddl promote`: what each pending version of a stack still needs on its way up, and the decisions of people in the tier
 * below for many versions at once.
 * Does NOT run a migration, and weighs no decision: decisions.ts refuses what would mean nothing.
 */
import type { MigrationFile } from "../../migrations/engine/files/file";
import type { History, VersionState } from "../../migrations/engine/history/history";
import {
  type LowerTier,
  publishedPgstac,
  publishedVersions,
} from "../../migrations/engine/history/promotion";
import { describeProof, isProven } from "../../migrations/engine/history/proof";
import { ensureStamp } from "../../migrations/engine/history/stamp";
import { signOff, validate } from "../../migrations/engine/ledger/decisions";
import { readHistory } from "../../migrations/engine/ledger/ledger";
import { proveVersions } from "../../migrations/engine/proof/prove";
import { type Survey, surveyStack } from "../../migrations/engine/survey/survey";
import { withClient } from "../../stack/connection";
import { type Tier, tierRules } from "../../stack/tier";
import { type Call, type Command, type ExitStatus, exitStatus, UsageError } from "../frame/command";
import { wrap } from "../frame/wrap";
import { type PromotionReport, promotionReport, promotionText } from "../report/promotion";
import { decisionText } from "../stack/approval";
import { stackBelow } from "../stack/below";
import { lowerTierOf } from "../stack/lowerTier";
import { publishDecisions } from "../stack/publishing";
import { openStack, type Stack, stackOptions } from "../stack/stack";
import { fileOfVersion } from "../stack/target";
import { ticketOption, withTickets } from "../stack/tickets";

export const promote: Command = {
  name: "promote",
  summary:
    "Show what pending versions need on their way up to a stack, and record it for many at once",
  details: [
    "Without an option it only looks, and prints what to type. --prove, --validate and --sign record in the tier below,",
    "for the versions that are named, those of --ticket, or --all that lack it, and publish it there.",
    "Of the two databases the environment (DDL_…) counts for --stack alone; the tier below is reached by its own file",
    "and PGPASSFILE. Ends with 1 while something is missing.",
  ],
  arguments: [
    { name: "VERSION", summary: "one of the pending versions", required: false, many: true },
  ],
  options: {
    ...stackOptions,
    sign: { summary: "sign off, in the tier below" },
    validate: { summary: "record that the application team looked, in the tier below" },
    prove: { summary: "prove rollbacks, beside the database of the tier below" },
    publish: { summary: "publish what the tier below has recorded, and nothing else" },
    all: { summary: "all pending versions that lack it" },
    ticket: { ...ticketOption, summary: "the versions of these change tickets" },
    by: { value: "NAME", summary: "the person whose word it is; needed to sign and validate" },
    note: { value: "TEXT", summary: "what was looked at, where the evidence is" },
    json: { summary: "for programs; documented by its schemaVersion" },
  },
  examples: [
    ["ddl promote --stack uat --sandbox", "what is missing, and what to type"],
    [
      'ddl promote --stack uat --sandbox --sign --all --by "Eve Holt"',
      "QA signs off what uat waits for",
    ],
    [
      'ddl promote --stack prod --prove --validate --ticket CHG-2026-0103 --by "Ada Moss"',
      "in uat, the versions of one ticket",
    ],
  ],
  run,
};

/** The stack to which versions go, and the one they come from. */
interface Walk {
  readonly to: Stack;
  readonly from: Stack;
  readonly below: Tier;
}

async function run(call: Call): Promise<ExitStatus> {
  const to = withTickets(await openStack(call), call);
  const { tier } = to.access.settings;
  const below = tierRules[tier].lowerTier;
  if (below === null) {
    throw new UsageError(
      `${tier} is the first tier: nothing comes to it from below.`,
      `name the stack that versions go to: --stack ${tierAboveText}.`,
    );
  }
  const walk: Walk = { to, from: await stackBelow(call, to, below), below };
  const { print, say, style } = call.terminal;
  let isDone = true;
  if (["sign", "validate", "prove", "publish"].some((name) => call.flag(name))) {
    isDone = await record(call, walk);
    const published = await publishDecisions(walk.from, call.flag("sandbox"));
    if (published.kind === "published") print(`Published by ${walk.from.name}.`);
    else {
      say(`Recorded, but not published: ${published.reason}`);
      say(`Do: run up on ${below}, which publishes it.`);
    }
  }
  const report = await reportOf(call, walk);
  print(call.flag("json") ? JSON.stringify(report, null, 2) : promotionText(report, style));
  const isReady =
    report.refused.length === 0 &&
    report.versions.every(({ needs, refused }) => needs.length === 0 && refused.length === 0);
  return isDone && isReady ? exitStatus.fine : exitStatus.failed;
}

const tierAboveText = "qa, uat or prod";

/** The history of the tier below; null where its database cannot be asked. */
async function liveBelow({ from }: Walk): Promise<History | null> {
  const purpose = { account: "admin", activity: "promotion", readOnly: true } as const;
  try {
    return await withClient(from.access, purpose, async (client) => {
      const history = await readHistory(client);
      ensureStamp(from.access.settings, history.stamp, { empty: true, adopt: null });
      return history;
    });
  } catch {
    return null;
  }
}

const survey = ({ to }: Walk, lower: LowerTier | null): Promise<Survey> =>
  surveyStack(to.access, to.folder, { lower, isUpdate: false });

async function reportOf(call: Call, walk: Walk): Promise<PromotionReport> {
  const { to, from, below } = walk;
  const published = await lowerTierOf(to);
  const live = await liveBelow(walk);
  const byPublished = await survey(walk, published);
  const byLive =
    live === null
      ? byPublished
      : await survey(walk, {
          kind: "known",
          stack: from.name,
          tier: below,
          versions: publishedVersions(live),
          pgstac: publishedPgstac(live),
        });
  const { plan, waiting, violations } = byLive;
  return promotionReport({
    stack: to.name,
    tier: to.access.settings.tier,
    below,
    targetVersion: to.access.settings.run.targetVersion,
    pending: plan.pending,
    held: plan.held,
    waiting,
    violations: byPublished.violations,
    violationsLive: violations,
    isSandbox: call.flag("sandbox"),
  });
}

/** What is recorded of a version, in the order in which it is. */
interface Deed {
  readonly option: "validate" | "sign";
  readonly done: string;
  readonly record: typeof signOff;
  readonly has: (state: VersionState) => boolean;
}

const deeds: readonly Deed[] = [
  {
    option: "validate",
    done: "validated",
    record: validate,
    has: ({ validation }) => validation !== null,
  },
  {
    option: "sign",
    done: "signed off",
    record: signOff,
    has: ({ signOff: made }) => made !== null,
  },
];

/** Records what the call asks for; false when something of it failed. Each version is tried. */
async function record(call: Call, walk: Walk): Promise<boolean> {
  const { from } = walk;
  const { print, say } = call.terminal;
  const asked = deeds.filter(({ option }) => call.flag(option));
  const by = call.text("by") ?? "";
  if (asked.length > 0 && by === "") {
    throw new UsageError("Whose word is it?", 'add --by "NAME".');
  }
  if (asked.length === 0 && !call.flag("prove")) return true;
  const { plan, files, waiting } = await survey(walk, null);
  // What waits for a date may be signed meanwhile; what is above the target is not asked for yet.
  const wanted = wantedOf(call, files, [...plan.pending, ...waiting.map(({ file }) => file)]);
  const history = await withClient(
    from.access,
    { account: "admin", activity: "promotion", readOnly: true },
    readHistory,
  );
  const stateOf = new Map(history.versions.map((state) => [state.version, state]));
  const there = wanted.flatMap((file) => {
    const state = stateOf.get(file.header.version);
    return state?.status === "applied" ? [state] : [];
  });
  if (there.length === 0) print(`None of them is applied in ${from.name}: nothing was recorded.`);
  let isDone = true;
  if (call.flag("prove") && there.length > 0) {
    // Who names a version wants it anew: the proof that there is may have had no rows.
    const unproven = there
      .filter(({ proof }) => proof === null || call.args.length > 0)
      .map(({ version }) => version);
    const results =
      unproven.length === 0
        ? []
        : await proveVersions(from.access, from.folder, unproven, say, {
            detail: () => undefined,
            onResult: (result) => {
              print(wrap(describeProof(result)));
            },
          });
    isDone = results.every(isProven);
  }
  const note = call.text("note");
  for (const { done, record: put, has } of asked) {
    for (const state of there.filter((one) => !has(one))) {
      const approval = {
        version: state.version,
        by,
        ...(note === undefined ? {} : { reason: note }),
      };
      try {
        print(wrap(decisionText(done, await put(from.access, approval))));
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        isDone = false;
        say(`${state.version} not ${done}: ${error.message}`);
      }
    }
  }
  return isDone;
}

/** The versions that a call is about, lowest first. */
function wantedOf(
  call: Call,
  files: readonly MigrationFile[],
  pending: readonly MigrationFile[],
): readonly MigrationFile[] {
  const tickets = call.list("ticket").flatMap((text) => text.split(","));
  const named = call.args.map((version) => fileOfVersion(files, version));
  if (named.length > 0) return named;
  if (tickets.length > 0) return files.filter(({ header }) => tickets.includes(header.ticket));
  if (call.flag("all")) return pending;
  throw new UsageError(
    "Which versions?",
    "name them, or their change tickets (--ticket), or add --all: all that are pending.",
  );
}
