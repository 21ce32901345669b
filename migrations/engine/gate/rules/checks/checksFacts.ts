/**
 * What the rules of this folder share (checks).
 * Does NOT hold a rule and does NOT cover the start and applied rows: a file without them is not read at all (LEDGER_MISSING).
 */
import { type Block } from "../../input/blockTokens";
import { type RuleFinding } from "../../input/gateRule";
import { type NetChange, netChanges } from "../../input/netChanges";
import { type Subject } from "../../input/subject";

/** A finding about a section as a whole, at its first block. */
export const inSection = (
  { file }: Subject,
  blocks: readonly Block[],
  section: "preflight" | "postflight",
  message: string,
  remedy: string,
): RuleFinding => ({
  file: file.fileName,
  line:
    blocks[0]?.statement.line ??
    file.segments.find((segment) => segment.section === section)?.line ??
    null,
  message,
  remedy,
});

/** Objects that the file leaves behind and that have a name to look for. */
export const createdBy = (subject: Subject): readonly NetChange[] =>
  netChanges(subject.placedOperations).filter(({ sign, name }) => sign === "+" && name !== null);
