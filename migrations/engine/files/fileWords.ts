/**
 * The words that the two files of a migration hold, however they are written there: whether one of them may mean a table.
 * Pure. Does NOT tell names from other words.
 */
import { memo } from "../../../stack/memo";
import type { MigrationFile } from "./file";

/** All words and all names in quotes, in lower case. */
export const wordsOf = memo(({ segments, rollback }: MigrationFile): ReadonlySet<string> => {
  const texts = [...segments, ...(rollback?.segments ?? [])].flatMap(({ statements }) =>
    statements.map(({ text }) => text.toLowerCase()),
  );
  return new Set(
    texts.flatMap((text) => [
      ...(text.match(/[\p{L}\p{N}_$]+/gu) ?? []),
      ...[...text.matchAll(/"((?:[^"]|"")+)"/g)].map(([, name = ""]) => name.replaceAll('""', '"')),
    ]),
  );
});
