/**
 * What a runner has to know of a segment beside its statements: its name in messages, whether it only looks, what it
 * sets for the session, and what it may leave behind.
 * Pure. Does NOT run anything (see attempt.ts).
 */
import type { Statement } from "../statements/statements";
import { batchOf } from "./batch";
import type { Segment } from "./segments";

/** How a statement or a whole transaction is called in progress lines. */
export function titleOf(part: Statement | Segment): string {
  if ("text" in part) {
    const target = part.indexName ?? part.target;
    return `line ${part.line}: ${part.kind}${target === null ? "" : ` ${target}`}`;
  }
  const [only] = part.statements;
  if (part.kind === "single" && only !== undefined) return titleOf(only);
  return `line ${part.line}: transaction of ${part.statements.length} statements`;
}

/** Sections that only look: nothing of them is recorded, and a resumed run looks again. */
export const checks: ReadonlySet<Segment["section"]> = new Set(["preflight", "postflight"]);

/** A parameter set for the whole session: the session that takes over needs it too. */
export const setsSession = ({ tag, text }: Statement): boolean =>
  tag === "VariableSetStmt" && !/^set\s+(local|transaction|constraints)\b/i.test(text);

/** What a segment that failed may leave behind, where it is not one transaction. */
export function leavesOf(segment: Segment): string | null {
  const [first] = segment.statements;
  if (checks.has(segment.section) || first === undefined || segment.kind !== "single") return null;
  if (batchOf(first) !== null)
    return "The rounds of the batch that are done are kept; it goes on behind them.";
  if (first.transactional) return null;
  return `${first.kind} may have left half-done work, such as an invalid index: running it again clears that away.`;
}
