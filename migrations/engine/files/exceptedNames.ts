/**
 * The objects that a header excepts from the contract of a run: those that the reason names, with their schema.
 * Pure. Does NOT know what was measured (see contract/).
 */
import type { ObjectName } from "../sql/objectName";
import type { MigrationFile } from "./file";

/** The rule of the gate whose exceptions also speak for what a run measures. */
export const contractRule = "unannounced-effect";

/** `dagapp.jobs` or `"My schema".t` in a text. */
const nameInText =
  /(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)\.(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)/gu;

const unquoted = (part: string): string =>
  part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.toLowerCase();

/** The names with a schema that a text holds, in order. */
export function namesIn(text: string): readonly ObjectName[] {
  return [...text.matchAll(nameInText)].map(([whole]) => {
    const parts = whole.match(/"(?:[^"]|"")+"|[^.]+/gu) ?? [];
    return { schema: unquoted(parts[0] ?? ""), name: unquoted(parts[1] ?? "") };
  });
}

/** What the reasons of a file's exceptions to the contract's rule name. */
export const exceptedNames = ({ header }: Pick<MigrationFile, "header">): readonly ObjectName[] =>
  header.exceptions
    .filter(({ rule }) => rule === contractRule)
    .flatMap(({ reason }) => namesIn(reason));
