/**
 * What pending migrations were measured to do in the tier below, beyond what their files announce.
 * Does NOT measure (see contract/): the tier below publishes what its own run found. Holds no rule.
 */
import { contractRule, exceptedNames, namesIn } from "../../../files/exceptedNames";
import type { MigrationFile } from "../../../files/file";
import { inHeader } from "../../input/findings";
import type { GateInput } from "../../input/gateInput";
import type { RuleFinding } from "../../input/gateRule";
import { promoted } from "./below";

export interface Unannounced {
  readonly file: MigrationFile;
  readonly stack: string;
  /** "dagapp.notes: 3 rows deleted, none announced" */
  readonly text: string;
}

/** Of pending files that the tier below has applied as they are. */
export const unannounced = (input: GateInput): readonly Unannounced[] =>
  promoted(input).flatMap(({ file, below, stack }) =>
    below.unannounced.map((text) => ({ file, stack, text })),
  );

export const findingOf = ({ file, stack, text }: Unannounced): RuleFinding => ({
  ...inHeader(file, "VERSION"),
  message: `in ${stack} it did more than it announces: ${text}.`,
  remedy:
    "write the change itself as a statement, or name the table under Tables affected (for rows that come in); else " +
    `- ${contractRule}: <schema.table>, and why it is right.`,
});

/** True when the file has an exception whose reason does not name what the text is about. */
export function isBeside({ file, text }: Unannounced): boolean {
  const [about] = namesIn(text);
  const named = exceptedNames(file);
  return (
    named.length > 0 &&
    !named.some(({ schema, name }) => schema === about?.schema && name === about.name)
  );
}
