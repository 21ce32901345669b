/**
 * Answers the lines of the policy's checklist from facts. Pure.
 * Does NOT answer for people: what only they know stays open, and says so.
 * Source: policy, "Checklist: Before Production Deployment".
 */
import { samePerson } from "../../migrations/engine/gate/rules/header/person";
import { strictestTier, type Tier, tierRules, tiers } from "../../stack/tier";
import { describeWindows, nextWindow, openWindow } from "../../stack/window";
import type { Answer, ChecklistLine, GitFacts, MigrationFacts, StackFacts } from "./evidenceModel";
import { momentText } from "./times";

/** What was found for one line. */
interface LineAnswer {
  readonly answer: Answer;
  readonly fact: string;
}

const yes = (fact: string): LineAnswer => ({ answer: "yes", fact });
const no = (fact: string): LineAnswer => ({ answer: "no", fact });
const unknown = (fact: string): LineAnswer => ({ answer: "unknown", fact });

/** The worst answer stands for the line. */
function line(item: string, findings: readonly LineAnswer[]): ChecklistLine {
  const has = (wanted: Answer): boolean => findings.some(({ answer }) => answer === wanted);
  const answer = (["no", "unknown", "people"] as const).find(has) ?? "yes";
  return { item, answer, facts: findings.map(({ fact }) => fact) };
}

const forPeople = (item: string, ...facts: readonly string[]): ChecklistLine => ({
  item,
  answer: "people",
  facts,
});

function committed(name: string, git: GitFacts | null): LineAnswer {
  if (git === null) return unknown(`${name}: there is no git to ask`);
  const { added, changed, isDirty } = git;
  if (added === null) return no(`${name} is not committed`);
  if (isDirty) return no(`${name} has changes that are not committed`);
  const since =
    changed === null || changed.hash === added.hash
      ? ""
      : `, last changed in ${changed.hash} by ${changed.author} on ${changed.date}`;
  return yes(`${name} committed in ${added.hash} by ${added.author} on ${added.date}${since}`);
}

function reviewed({ file }: MigrationFacts): LineAnswer {
  const { reviewedBy, reviewedOn, author } = file.header;
  if (reviewedBy === null || reviewedOn === null) {
    return no(`${file.fileName} names no reviewer or no date`);
  }
  if (samePerson(reviewedBy, author))
    return no(`${file.fileName} was reviewed by its author, ${author}`);
  return yes(`${file.fileName} reviewed by ${reviewedBy} on ${reviewedOn}`);
}

function rollbackFindings(
  one: MigrationFacts,
  stacks: readonly StackFacts[],
): readonly LineAnswer[] {
  const { rollback, header, fileName } = one.file;
  if (rollback === null) return [no(`${fileName} has no rollback file`)];
  const proofs = stacks.flatMap((stack) => {
    if (!stack.reached) return [];
    const proof = stack.events.findLast(
      (event) =>
        event.kind === "proven" &&
        event.version === header.version &&
        event.checksum === one.file.checksum &&
        event.rollbackChecksum === rollback.checksum,
    );
    return proof === undefined
      ? []
      : [`${rollback.fileName} proven in ${stack.stack} at ${momentText(proof.happenedAt)}`];
  });
  const tested =
    header.rollback.tested === true
      ? yes(`${fileName} says "Rollback tested: Yes"`)
      : no(`${fileName} does not say that its rollback was tested`);
  const isEveryStackAsked = stacks.every(({ reached }) => reached);
  const unproven = `no stack${isEveryStackAsked ? "" : " that could be asked"} has a proof of ${rollback.fileName} for its present text`;
  return [
    committed(rollback.fileName, one.rollbackGit),
    tested,
    ...(proofs.length === 0
      ? [isEveryStackAsked ? no(unproven) : unknown(unproven)]
      : proofs.map(yes)),
  ];
}

/** Whether the tier above asks for a sign-off of this one. */
const isSignedOff = (tier: Tier): boolean =>
  tiers.some((above) => tierRules[above].lowerTier === tier && tierRules[above].requiresSignOff);

/** Whether one version was applied in a stack, with the file's text, and approved as the tier asks. */
function testedIn(one: MigrationFacts, stack: StackFacts): readonly LineAnswer[] {
  if (!stack.reached) return [unknown(`${stack.stack} could not be asked: ${stack.reason}`)];
  const { version } = one.file.header;
  const state = stack.versions.find((known) => known.version === version);
  const where = `${version} ${stack.stack}:`;
  if (state?.status !== "applied") {
    return [no(`${where} ${state === undefined ? "not applied" : state.status}`)];
  }
  if (state.checksum === null) return [no(`${where} run by hand and not acknowledged`)];
  if (state.baseline !== null) return [no(`${where} baselined, and never run there`)];
  if (state.checksum !== one.file.checksum) return [no(`${where} another text was applied`)];
  const when = state.completedAt === null ? "" : ` at ${momentText(state.completedAt)}`;
  const by = state.executedBy === null ? "" : ` by ${state.executedBy}`;
  const { tier } = stack;
  const approvals: readonly (readonly [
    isAsked: boolean,
    what: string,
    decision: typeof state.signOff,
  ])[] = [
    [tier !== null && tierRules[tier].validatesBeforeSignOff, "validated", state.validation],
    [tier !== null && isSignedOff(tier), "signed off", state.signOff],
  ];
  return [
    yes(`${where} applied${when}${by}`),
    ...approvals.flatMap(([isAsked, what, decision]): readonly LineAnswer[] => {
      if (decision !== null)
        return [yes(`${where} ${what} by ${decision.by} at ${momentText(decision.at)}`)];
      return isAsked ? [no(`${where} not ${what}`)] : [];
    }),
  ];
}

function testedLine(
  tier: Tier,
  migrations: readonly MigrationFacts[],
  stacks: readonly StackFacts[],
): ChecklistLine {
  const item = `Tested in ${tier.toUpperCase()}`;
  const own = stacks.filter((stack) => stack.tier === tier);
  if (own.length === 0) {
    const unread = stacks.flatMap((one) =>
      one.tier === null && !one.reached ? [`${one.stack} could not be read: ${one.reason}`] : [],
    );
    return line(item, [`no stack of this project has tier ${tier}`, ...unread].map(unknown));
  }
  const findings = own.flatMap((stack) =>
    // That a stack cannot be asked is said once.
    (stack.reached ? migrations : migrations.slice(0, 1)).flatMap((one) => testedIn(one, stack)),
  );
  return line(item, findings);
}

/** Whether the stack's file has a window that is open or to come. */
function scheduledIn({ stack, windows }: StackFacts, now: Date): LineAnswer {
  if (windows === null) return unknown(`the file of ${stack} could not be read`);
  const where = `maintenance windows of ${stack}: ${describeWindows(windows, now)}`;
  const isScheduled = (openWindow(windows, now) ?? nextWindow(windows, now)) !== null;
  return isScheduled ? yes(where) : no(where);
}

function windowLine(
  item: string,
  migrations: readonly MigrationFacts[],
  stacks: readonly StackFacts[],
  now: Date,
): ChecklistLine {
  const reasons = migrations.flatMap(({ file, statements }) => {
    const { fileName, header } = file;
    const rewritten = [...new Set(statements.flatMap(({ rewrites }) => rewrites))];
    return [
      ...(header.impact.downtimeRequired ? [`${fileName} needs downtime`] : []),
      ...(rewritten.length === 0 ? [] : [`${fileName} writes all of ${rewritten.join(", ")} anew`]),
    ];
  });
  if (reasons.length === 0) {
    return line(item, [yes("not needed: no downtime is declared, and no table is written anew")]);
  }
  const last = stacks.filter(({ tier }) => tier === strictestTier);
  const scheduled = last.map((stack) => scheduledIn(stack, now));
  const nobody = unknown(`no stack of this project has tier ${strictestTier}`);
  return line(item, [...reasons.map(yes), ...(last.length === 0 ? [nobody] : scheduled)]);
}

function planLine(item: string, migrations: readonly MigrationFacts[]): ChecklistLine {
  return line(
    item,
    migrations.map(({ file, warning }) => {
      const { rollback, header, fileName } = file;
      if (rollback === null) return no(`${fileName} has no rollback file`);
      if (warning === null) return no(`${rollback.fileName} has no WARNING`);
      return yes(
        `${rollback.fileName}: data recovery ${header.rollback.dataRecovery.toLowerCase()}. ${warning}`,
      );
    }),
  );
}

/** All lines, in the policy's order; one for each tier before the last. */
export function answerChecklist(
  migrations: readonly MigrationFacts[],
  stacks: readonly StackFacts[],
  now: Date,
): readonly ChecklistLine[] {
  const tickets = [...new Set(migrations.map(({ file }) => file.header.ticket))];
  const names = migrations.map(({ file }) => file.fileName);
  return [
    line(
      "Migration script committed and reviewed",
      migrations.flatMap((one) => [committed(one.file.fileName, one.git), reviewed(one)]),
    ),
    line(
      "Rollback script committed and reviewed",
      migrations.flatMap((one) => rollbackFindings(one, stacks)),
    ),
    ...tiers
      .filter((tier) => tier !== strictestTier)
      .map((tier) => testedLine(tier, migrations, stacks)),
    forPeople(
      "Change ticket created and approved",
      `${tickets.join(", ")} is named by ${names.join(", ")}`,
    ),
    windowLine("Maintenance window scheduled (if needed)", migrations, stacks, now),
    forPeople("DBA/Platform team briefed"),
    forPeople("Application team on standby for validation"),
    planLine("Rollback plan documented", migrations),
    forPeople("Communication sent to stakeholders"),
  ];
}
