/**
 * Gate rule impact-lock-risk: its texts, its examples, and what it finds.
 * Does NOT cover the form of the header (see files/header) nor the review and rollback lines.
 */
import { cutBetweenWords } from "../../../../../stack/cutText";
import { type StatementImpact } from "../../../impact/impact";
import { oneLine, sqlName } from "../../../sql/sqlText";
import { type Subject } from "../../input/subject";
import { jobsRegion } from "../exampleParts";
import { atField, docs, fileRule } from "../fileRule";
import { existing, weight } from "./headerFacts";

const blocksWriters = weight("SHARE");

const risks = ["Low", "Medium", "High"] as const;

interface Risk {
  readonly level: (typeof risks)[number];
  readonly because: string;
}

/** The risk of one statement, by the words of migrations/README.md. */
function riskOf(subject: Subject, impact: StatementImpact): Risk {
  const { statement } = impact;
  const text = `line ${statement.line}, ${cutBetweenWords(oneLine(statement.text), 60)}`;
  const locks = impact.locks.filter(
    ({ object, mode }) =>
      /^(table|materialized view)$/.test(object.kind) && weight(mode) >= blocksWriters,
  );
  const held = existing(
    subject,
    impact,
    locks.map(({ object }) => object),
  ).map(sqlName);
  const read = existing(subject, impact, [...impact.rewrites, ...impact.scans]).map(sqlName);
  const table = read.find((name) => held.includes(name));
  if (table !== undefined) {
    return {
      level: "High",
      because: `${text}: ${table} is read or written in full under its lock`,
    };
  }
  return held[0] === undefined
    ? { level: "Low", because: "" }
    : { level: "Medium", because: `${text}: ${held[0]} is locked against writers` };
}

export const impactLockRisk = fileRule({
  id: "impact-lock-risk",
  problem: "`Lock escalation risk` is lower than what the statements do.",
  why: "whoever approves the change decides by this line when it may run.",
  instead:
    "`Low`: new objects only. `Medium`: writers are locked out for moments. `High`: for as long as a table is read or written in full.",
  source: `Policy, Header Block: IMPACT: Lock escalation risk; ${docs("explicit-locking.html")}`,
  bad: { ...jobsRegion, header: { "Lock escalation risk": "Low" } },
  good: { ...jobsRegion, header: { "Lock escalation risk": "Medium" } },
  find: (subject) => {
    const declared = subject.file.header.impact.lockEscalationRisk;
    const [worst] = subject.impacts
      .map((impact) => riskOf(subject, impact))
      .sort((a, b) => risks.indexOf(b.level) - risks.indexOf(a.level));
    if (worst === undefined || risks.indexOf(worst.level) <= risks.indexOf(declared)) return [];
    return [
      atField(
        subject,
        "Lock escalation risk",
        `Lock escalation risk is ${declared}, but it is ${worst.level}: ${worst.because}.`,
        `write: Lock escalation risk: ${worst.level}`,
      ),
    ];
  },
});
