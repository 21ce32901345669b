/**
 * Which statements of a file run in batches, and what is wrong with those that are meant to and cannot.
 * Pure. Does NOT run them (see batchRun.ts).
 */
import type { Problem } from "../../../stack/errors";
import { type BatchDirective, parseBatchDirective } from "../statements/batchDirective";
import { type BatchStatement, planBatch } from "../statements/batchStatement";
import type { Statement } from "../statements/statements";
import type { Segment } from "./segments";

/** A statement that runs in batches. */
export interface Batch {
  readonly batch: BatchStatement;
  readonly directive: BatchDirective;
}

/** The batch that a statement is meant to be, or null. The file has been checked. */
export function batchOf(statement: Statement): Batch | null {
  const parsed = parseBatchDirective(statement.comment);
  if (parsed === null || "problem" in parsed) return null;
  const planned = planBatch(statement);
  return "batch" in planned ? { batch: planned.batch, directive: parsed.directive } : null;
}

function problemOf(segment: Segment, statement: Statement): Problem | null {
  const parsed = parseBatchDirective(statement.comment);
  if (parsed === null) return null;
  const { file } = segment;
  if ("problem" in parsed) {
    const lines = (statement.comment ?? "").split("\n").length;
    const line = statement.line - lines + parsed.line;
    return { code: "BATCH_DIRECTIVE", file, line, message: parsed.problem, hint: parsed.hint };
  }
  const report = (message: string, hint: string): Problem => {
    const { line, column } = statement;
    return { code: "BATCH_STATEMENT", file, line, column, message, hint };
  };
  if (
    segment.kind !== "single" ||
    segment.section === "preflight" ||
    segment.section === "postflight"
  ) {
    return report(
      "a batch is many transactions, so it cannot be inside BEGIN … COMMIT or among the checks.",
      "put the statement with its comment between COMMIT and the next BEGIN of the MIGRATION section.",
    );
  }
  const planned = planBatch(statement);
  if ("batch" in planned) return null;
  return report(`${statement.kind} cannot run in batches: ${planned.problem}`, planned.hint);
}

/** A problem for each batch that cannot be run, in order. */
export function checkBatches(segments: readonly Segment[]): readonly Problem[] {
  return segments.flatMap((segment) =>
    segment.statements.flatMap((statement) => problemOf(segment, statement) ?? []),
  );
}
