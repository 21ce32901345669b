/**
 * What each version still needs on its way up to a stack, as data and as text. Pure.
 * Does NOT judge: the gate's violations are given, twice where the tier below was asked itself: by what it has published,
 * and by what its database says.
 */
import type { MigrationFile } from "../../migrations/engine/files/file";
import { isAbout } from "../../migrations/engine/gate/input/findings";
import type { Violation } from "../../migrations/engine/gate/input/gateRule";
import type { WaitingFile } from "../../migrations/engine/gate/waiting";
import { type Tier, tierRules } from "../../stack/tier";
import { counted } from "../findings/finding";
import { columns } from "../frame/columns";
import type { Style } from "../frame/terminal";
import { wrapped } from "../frame/wrap";

/** What a version may lack in the tier below, in the order in which it is done there. */
const belowNeeds = ["applied", "proven", "filled", "validated", "signed", "published"] as const;
type BelowNeed = (typeof belowNeeds)[number];

/** Rules of the gate that ask for one of them. */
const askedBy: Readonly<Record<string, BelowNeed>> = {
  "not-promoted": "applied",
  "stack-missing": "applied",
  "rollback-unproven": "proven",
  "proof-left-empty": "filled",
  "validation-missing": "validated",
  "sign-off-missing": "signed",
};

/** Rules by which the gate says that the tier below says nothing at all. */
const silentRules: ReadonlySet<string> = new Set(["stack-missing", "promotion-unknown"]);

/** Rules that the command at the end satisfies by itself. */
const answeredByCommand = new Set(["ticket-required", "idle-ticket"]);

interface PromotedVersion {
  readonly version: string;
  readonly name: string;
  readonly file: string;
  readonly ticket: string;
  /** What it lacks below; empty when nothing is in its way there. */
  readonly needs: readonly BelowNeed[];
  /** What else the gate would refuse it for. */
  readonly refused: readonly { readonly rule: string; readonly message: string }[];
}

/** A key changes its meaning or goes only with a new schemaVersion; new keys may come at any time. */
export interface PromotionReport {
  readonly schemaVersion: 1;
  readonly stack: string;
  readonly tier: Tier;
  readonly below: Tier;
  readonly targetVersion: string;
  /** Lowest first. */
  readonly versions: readonly PromotedVersion[];
  /** What is refused whatever the version. */
  readonly refused: readonly { readonly rule: string; readonly message: string }[];
  readonly waiting: readonly { readonly version: string; readonly waits: string }[];
  readonly held: readonly { readonly version: string; readonly name: string }[];
  /** What to type, in order. */
  readonly steps: readonly { readonly command: string; readonly why: string }[];
}

/** What the report is made from. */
export interface PromotionFacts {
  readonly stack: string;
  readonly tier: Tier;
  readonly below: Tier;
  readonly targetVersion: string;
  readonly pending: readonly MigrationFile[];
  readonly held: readonly MigrationFile[];
  readonly waiting: readonly WaitingFile[];
  /** By what the tier below has published. */
  readonly violations: readonly Violation[];
  /** By what its database says now; the same where it could not be asked. */
  readonly violationsLive: readonly Violation[];
  /** Whether commands are meant for the sandbox. */
  readonly isSandbox: boolean;
}

const errorsOf = (violations: readonly Violation[]): readonly Violation[] =>
  violations.filter(({ severity, rule }) => severity === "error" && !answeredByCommand.has(rule));

const needOf = (one: Violation): BelowNeed | null => askedBy[one.rule] ?? null;

function versionOf(file: MigrationFile, facts: PromotionFacts): PromotedVersion {
  const about = (all: readonly Violation[]): readonly Violation[] =>
    errorsOf(all).filter((one) => isAbout(one, file));
  const live = about(facts.violationsLive);
  const needs = new Set(live.flatMap((one) => needOf(one) ?? []));
  // What the database knows and the stack's outputs do not.
  const isUnpublished = about(facts.violations).some((one) => {
    const need = needOf(one);
    return need !== null && !needs.has(need);
  });
  // A stack that was never brought up, or cannot be asked, has published nothing, whatever its database knows.
  const isSilent = facts.violations.some(({ rule }) => silentRules.has(rule));
  if (isUnpublished || (isSilent && !needs.has("applied"))) needs.add("published");
  return {
    version: file.header.version,
    name: file.name,
    file: file.fileName,
    ticket: file.header.ticket,
    needs: belowNeeds.filter((need) => needs.has(need)),
    refused: live
      .filter((one) => needOf(one) === null)
      .map(({ rule, message }) => ({ rule, message })),
  };
}

export function promotionReport(facts: PromotionFacts): PromotionReport {
  const { stack, tier, below, targetVersion, pending, held, waiting } = facts;
  const versions = pending.map((file) => versionOf(file, facts));
  const waits = new Set(waiting.map(({ file }) => file));
  const refused = errorsOf(facts.violationsLive)
    .filter((one) => one.file === "" && needOf(one) === null)
    .map(({ rule, message }) => ({ rule, message }));
  return {
    schemaVersion: 1,
    stack,
    tier,
    below,
    targetVersion,
    versions,
    refused,
    waiting: waiting.map((one) => ({ version: one.file.header.version, waits: one.waits })),
    held: held
      .filter((file) => !waits.has(file))
      .map((file) => ({ version: file.header.version, name: file.name })),
    steps: stepsOf(facts, versions),
  };
}

function stepsOf(
  { stack, tier, below, isSandbox }: PromotionFacts,
  versions: readonly PromotedVersion[],
): PromotionReport["steps"] {
  const lacking = (need: BelowNeed): readonly string[] =>
    versions.filter(({ needs }) => needs.includes(need)).map(({ version }) => version);
  const promote = `npx ddl promote --stack ${stack}${isSandbox ? " --sandbox" : ""}`;
  const up = (name: string, tickets: readonly string[] = []): string => {
    const list = tickets.join(",");
    if (isSandbox) return `make up STACK=${name}${list === "" ? "" : ` TICKETS=${list}`}`;
    return `${list === "" ? "" : `DDL_TICKETS=${list} `}pulumi up --stack ${name}`;
  };
  const isRequired = tierRules[tier];
  const work: readonly (readonly [BelowNeed, string, string])[] = [
    ["applied", up(below), `not applied in ${below}`],
    ["proven", `${promote} --prove --all`, `rollback not proven in ${below}`],
    [
      "filled",
      `${promote} --prove ${lacking("filled").join(" ")}`,
      `proven without rows in ${below}: put some into migrations/samples.sql first`,
    ],
    ["validated", `${promote} --validate --all --by "NAME"`, `not validated in ${below}`],
    ["signed", `${promote} --sign --all --by "NAME"`, `not signed off in ${below}`],
    ["published", `${promote} --publish`, `recorded in ${below}, not published`],
  ];
  const steps = work.flatMap(([need, command, why]) => {
    const count = lacking(need).length;
    return count === 0 ? [] : [{ command, why: `${counted(count, "version")} ${why}` }];
  });
  const refused = versions.filter((one) => one.refused.length > 0);
  const files = refused.map(({ file }) => `migrations/${file}`);
  const checks =
    refused.length === 0
      ? []
      : [
          {
            command: `npx ddl check --tier ${tier} ${files.slice(0, 3).join(" ")}`,
            why: "what its file is refused for",
          },
        ];
  if (versions.length === 0) return steps;
  const tickets = isRequired.requiresTicket
    ? [...new Set(versions.map(({ ticket }) => ticket))]
    : [];
  const last = {
    command: up(stack, tickets),
    why: `applies ${counted(versions.length, "version")}`,
  };
  return [...steps, ...checks, last];
}

/** Words for what is missing; `below` is the tier's name. */
const needTexts: Readonly<Record<BelowNeed, (below: string) => string>> = {
  applied: (below) => `not applied in ${below}`,
  proven: (below) => `rollback not proven in ${below}`,
  filled: (below) => `proven without rows in ${below}`,
  validated: (below) => `not validated in ${below}`,
  signed: (below) => `not signed off in ${below}`,
  published: (below) => `recorded in ${below}, not published yet`,
};

export function promotionText(report: PromotionReport, style: Style): string {
  const { stack, below, targetVersion, versions, waiting, held, steps, refused } = report;
  const state = ({ needs, refused: reasons }: PromotedVersion): string => {
    // What is not applied there cannot have anything else there.
    const shown = needs.includes("applied") ? needs.slice(0, 1) : needs;
    const texts = shown.map((need) => needTexts[need](below));
    const others = [...new Set(reasons.map(({ rule }) => rule))];
    const all = [...texts, ...others];
    return all.length === 0 ? style.green("ready") : all.join(", ");
  };
  const heading =
    versions.length === 0
      ? `${stack}: nothing to promote from ${below} up to ${targetVersion}.`
      : `${stack}: ${counted(versions.length, "version")} to come from ${below}, up to ${targetVersion}`;
  const rows = columns(versions.map((one) => [one.version, one.name, one.ticket, state(one)]));
  const list = held.slice(0, 3).map(({ version, name }) => `${version} ${name}`);
  const more = held.length - list.length;
  const file = `Pulumi.${stack}.yaml`;
  return [
    style.bold(heading),
    ...rows,
    ...refused.map(({ rule, message }) => `  ${style.red(rule)}: ${message}`),
    ...versions.flatMap((one) =>
      one.refused.map(({ rule, message }) => `  ${one.version} ${rule}: ${message}`),
    ),
    ...waiting.map(({ version, waits }) => `Waits: ${version} ${waits}`),
    ...(held.length === 0
      ? []
      : [
          `Held above targetVersion ${targetVersion} (raise it in ${file}, reviewed): ` +
            `${list.join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
        ]),
    ...(steps.length === 0 ? [] : [style.bold("Do, in this order")]),
  ]
    .flatMap((line) => wrapped(line))
    .concat(steps.flatMap(({ command, why }) => [...wrapped(`  ${command}`), `      ${why}`]))
    .join("\n");
}
