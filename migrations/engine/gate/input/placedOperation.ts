/**
 * One operation in its place in a file: the word that rules share.
 * Does NOT read files (see subject.ts).
 */
import type { Segment } from "../../files/segments";
import type { Operation } from "../../statements/operation";
import type { Statement } from "../../statements/statements";

/** One operation in its place. DO blocks stand for the operations inside them. */
export interface PlacedOperation<A extends Operation = Operation> {
  readonly operation: A;
  readonly statement: Statement;
  readonly segment: Segment;
  /** Place among the placed operations of its file. */
  readonly index: number;
}
