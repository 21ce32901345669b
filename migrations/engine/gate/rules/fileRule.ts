/**
 * How a rule about a migration's file is written down: its texts, its examples, and what it finds in one file.
 * Does NOT hold any rule.
 */
import type { Severity, Tier } from "../../../../stack/tier";
import type { Example } from "../input/examples";
import { inHeader } from "../input/findings";
import type { GateInput } from "../input/gateInput";
import { type Backing, elseWarn, type GateRule, type RuleFinding } from "../input/gateRule";
import { type PlacedOperation } from "../input/placedOperation";
import { type Subject, subjectsOf } from "../input/subject";

/** All that is to say about a rule. */
export interface FileRule {
  readonly id: string;
  /** Absent: an error in uat and prod, a warning in dev and qa. */
  readonly severity?: (tier: Tier) => Severity | null;
  /** What is wrong, in one sentence. */
  readonly problem: string;
  readonly why: string;
  readonly instead: string;
  readonly source: string;
  readonly exception?: "reason" | Backing;
  readonly bad: Example;
  readonly good: Example;
  /** What it finds in one migration, of those that are to run. */
  readonly find?: (subject: Subject) => readonly RuleFinding[];
  /** What it finds in several of them, in what goes back, or beside them. */
  readonly findInAll?: (input: GateInput) => readonly RuleFinding[];
  /** Its errors keep versions from going back, too. */
  readonly holdsRollbacks?: true;
  /** A warning where no migration is to run. */
  readonly warnsWhileIdle?: true;
}

/** The rule in the gate's form. */
export function fileRule(rule: FileRule): GateRule {
  const { id, why, source, exception, problem, instead, bad, good } = rule;
  const { find, findInAll, holdsRollbacks, warnsWhileIdle } = rule;
  return {
    id,
    severity: rule.severity ?? elseWarn("requiresSafeFiles"),
    why,
    source,
    filesOnly: true,
    ...(exception === undefined ? {} : { exception }),
    page: { about: "files", problem, instead, bad, good },
    ...(holdsRollbacks === undefined ? {} : { holdsRollbacks }),
    ...(warnsWhileIdle === undefined ? {} : { warnsWhileIdle }),
    check: (input) => [
      ...(find === undefined ? [] : subjectsOf(input).flatMap(find)),
      ...(findInAll === undefined ? [] : findInAll(input)),
    ],
  };
}

/** A finding at a statement. */
export const atStatement = (
  { statement, segment }: Pick<PlacedOperation, "statement" | "segment">,
  message: string,
  remedy: string,
): RuleFinding => ({
  file: segment.file,
  line: statement.line,
  column: statement.column,
  message,
  remedy,
});

/** A finding at a field of the forward file's header. */
export const atField = (
  { file }: Subject,
  field: string,
  message: string,
  remedy: string,
): RuleFinding => ({ ...inHeader(file, field), message, remedy });

/** What is dropped can be had back. */
export const backupNamed: Backing = {
  demand: "a `Backup reference` in the header",
  holds: ({ header }) => header.rollback.backupReference !== null,
};
/** The people who approve the change are told of the lock. */
export const lockRiskHigh: Backing = {
  demand: "`Lock escalation risk: High` in the header",
  holds: ({ header }) => header.impact.lockEscalationRisk === "High",
};
/** Someone has seen that the catalog comes back. */
export const rollbackTested: Backing = {
  demand: "`Rollback tested: Yes` in the header",
  holds: ({ header }) => header.rollback.tested === true,
};

/** Pages of PostgreSQL's documentation. */
export const docs = (page: string): string => `https://www.postgresql.org/docs/current/${page}`;
