/**
 * What the findings of rules have in common: where they are, and words for what they name.
 * Does NOT find anything.
 */
import type { MigrationFile } from "../../files/file";
import { rollbackNameOf } from "../../files/header";
import type { RuleFinding } from "./gateRule";

/** About the stack, not a file. */
export const ofStack = { file: "", line: null } as const;

/** At a field of a migration's header. */
export const inHeader = (
  { fileName, header }: MigrationFile,
  field: string,
): Pick<RuleFinding, "file" | "line"> => ({ file: fileName, line: header.lines[field] ?? null });

/** True when the finding is in the migration's file or its rollback. */
export const isAbout = ({ file }: RuleFinding, { fileName }: MigrationFile): boolean =>
  file === fileName || file === rollbackNameOf(fileName);

/** A checksum, shortened to what tells it from others. */
export const shortChecksum = (checksum: string | null): string =>
  checksum === null ? "an unknown text" : checksum.slice(0, "sha256:".length + 8);

/** So many names are told: commands tell all of them. */
const mostNamed = 5;

export function shortList(names: readonly string[]): string {
  const more = names.length - mostNamed;
  return `${names.slice(0, mostNamed).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

export const listed = (texts: readonly string[]): string => texts.join(", ") || "none";
