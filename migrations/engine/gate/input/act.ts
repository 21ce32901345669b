/**
 * One action in its place in a file: the word that rules share.
 * Does NOT read files (see subject.ts).
 */
import type { Segment } from "../../files/segments";
import type { Action } from "../../statements/action";
import type { Statement } from "../../statements/statements";

/** One action in its place. DO blocks stand for the actions inside them. */
export interface Act<A extends Action = Action> {
  readonly action: A;
  readonly statement: Statement;
  readonly segment: Segment;
  /** Place among the acts of its file. */
  readonly index: number;
}
