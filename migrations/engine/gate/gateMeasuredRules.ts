/**
 * Gate rules about what a migration was measured to do in the tier below, beyond what its file announces.
 * Does NOT measure (see contract/): the tier below publishes what its own run found.
 */
import { type Severity, type Tier, tierRules } from "../../../stack/tier";
import { contractRule, exceptedNames, namesIn } from "../files/exceptedNames";
import type { MigrationFile } from "../files/file";
import type { GateInput, GateRule, RuleFinding } from "./input/gateRule";

const whereLowerTier = (tier: Tier): Severity | null =>
  tierRules[tier].lowerTier === null ? null : "error";

interface Unannounced {
  readonly file: MigrationFile;
  readonly stack: string;
  /** "dagapp.notes: 3 rows deleted, none announced" */
  readonly text: string;
}

/** Of pending files that the tier below has applied as they are. */
function unannounced({ plan, lower }: GateInput): readonly Unannounced[] {
  if (lower?.kind !== "known") return [];
  return plan.pending.flatMap((file) => {
    const below = lower.versions.find(
      ({ version, checksum }) => version === file.header.version && checksum === file.checksum,
    );
    return (below?.unannounced ?? []).map((text) => ({ file, stack: lower.stack, text }));
  });
}

const findingOf = ({ file, stack, text }: Unannounced): RuleFinding => ({
  file: file.fileName,
  line: file.header.lines["VERSION"] ?? null,
  message: `in ${stack} it did more than it announces: ${text}.`,
  remedy:
    "write the change itself as a statement, or name the table under Tables affected (for rows that come in); else " +
    `- ${contractRule}: <schema.table>, and why it is right.`,
});

/** True when the file has an exception whose reason does not name what the text is about. */
function isBeside({ file, text }: Unannounced): boolean {
  const [about] = namesIn(text);
  const named = exceptedNames(file);
  return (
    named.length > 0 &&
    !named.some(({ schema, name }) => schema === about?.schema && name === about.name)
  );
}

const why =
  "nobody has judged it: code that runs from triggers, defaults, checks or computed texts did it.";
const source = "Policy, Review: DBA reviews migration script";

export const measuredRules: readonly GateRule[] = [
  {
    id: contractRule,
    severity: whereLowerTier,
    foundByRuns: true,
    exception: "reason",
    why,
    source,
    check: (input) =>
      unannounced(input)
        .filter((one) => !isBeside(one))
        .map(findingOf),
  },
  {
    id: "unannounced-effect-unnamed",
    severity: whereLowerTier,
    why: "an exception holds for the objects that its reason names, and for nothing beside them.",
    source,
    check: (input) => unannounced(input).filter(isBeside).map(findingOf),
  },
];
