/**
 * Gate rule timeout-too-long: its texts, its examples, and what it finds.
 * Does NOT cover the form of the two lines (see files/header) nor statements that change a limit (see rows).
 */
import { type Tier, tierRules } from "../../../../../stack/tier";
import type { MigrationFile } from "../../../files/file";
import { limitLines, limitNames, type TimeLimits, timeText } from "../../../files/timeLimits";
import { always, type RuleFinding } from "../../input/gateRule";
import { docs, fileRule } from "../fileRule";

/** The longest that a file may ask for in the tier. */
const longestIn = (tier: Tier): Readonly<Record<keyof TimeLimits, number>> => ({
  lockTimeoutMs: tierRules[tier].longestLockTimeoutMs,
  statementTimeoutMs: tierRules[tier].longestStatementTimeoutMs,
});

/** A header with what its lines of limits are called in it. */
interface LimitedHeader {
  readonly file: string;
  readonly limits: TimeLimits;
  readonly lines: Readonly<Record<string, number>>;
  readonly nameOf: (limit: keyof TimeLimits) => string;
}

const forwardOf = ({ fileName, header }: MigrationFile): LimitedHeader => ({
  ...{ file: fileName, limits: header.limits, lines: header.lines },
  nameOf: (limit) => limitLines[limit].label,
});

const rollbackOf = ({ rollback }: MigrationFile): readonly LimitedHeader[] =>
  rollback === null
    ? []
    : [
        {
          ...{ file: rollback.fileName, limits: rollback.header.limits },
          lines: rollback.header.lines,
          nameOf: (limit) => limitLines[limit].field,
        },
      ];

function tooLong(
  tier: Tier,
  { file, limits, lines, nameOf }: LimitedHeader,
): readonly RuleFinding[] {
  const longest = longestIn(tier);
  return limitNames.flatMap((limit) => {
    const asked = limits[limit];
    const most = longest[limit];
    if (asked === null || asked <= most) return [];
    const name = nameOf(limit);
    return [
      {
        file,
        line: lines[name] ?? null,
        message: `${name} is ${timeText(asked)}; ${tier} lets a file ask for ${timeText(most)} at most.`,
        remedy: `write: ${name}: ${timeText(most)}, or less`,
      },
    ];
  });
}

const change = {
  body: "ALTER TABLE dagapp.jobs ADD COLUMN note TEXT;",
  rollback: "ALTER TABLE IF EXISTS dagapp.jobs DROP COLUMN IF EXISTS note;",
};

export const timeoutTooLong = fileRule({
  id: "timeout-too-long",
  severity: always,
  why: "whoever wants a table waits behind a change that waits for it, and behind one that goes on for long.",
  source: `Policy, Review: Lock escalation risks; ${docs("runtime-config-client.html#GUC-LOCK-TIMEOUT")}`,
  holdsRollbacks: true,
  problem: "A header asks for a longer `Lock timeout` or `Statement timeout` than the tier allows.",
  instead: "a time within the tier's limit; shorter than the stack's own is always right.",
  bad: { ...change, header: { "Lock timeout": "5 min" } },
  good: { ...change, header: { "Lock timeout": "500 ms" } },
  // What goes back runs its rollback file alone.
  findInAll: ({ tier, plan }) =>
    [
      ...plan.pending.flatMap((file) => [forwardOf(file), ...rollbackOf(file)]),
      ...plan.toRollBack.flatMap(rollbackOf),
    ].flatMap((header) => tooLong(tier, header)),
});
