/**
 * Reads `samples.sql` of the migrations' folder: INSERT statements for tables that a proof cannot fill by itself.
 * Does NOT run them (see proof/proofRows.ts). The file is no migration, and never runs in a governed database.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { samplesFile } from "../files/collection";
import { parseStatements } from "../sql/parser";
import { loadParser } from "../statements/statements";

/** One INSERT of the file. */
interface Sample {
  /** 1-based. */
  readonly line: number;
  readonly text: string;
}

/** What the file holds, and what of it is not used, in words. */
export interface Samples {
  readonly inserts: readonly Sample[];
  readonly remarks: readonly string[];
}

/** Reads the file; nothing where there is none. */
export async function readSamples(folder: string): Promise<Samples> {
  await loadParser();
  const text = await readFile(join(folder, samplesFile), "utf8").catch(() => "");
  const parsed = parseStatements(text);
  if ("reason" in parsed) {
    return { inserts: [], remarks: [`${samplesFile} cannot be read as SQL: ${parsed.message}.`] };
  }
  const bytes = Buffer.from(text);
  const all = parsed.map(({ start, end, tag }) => {
    const sql = bytes.toString("utf8", start, end);
    const before =
      bytes.toString("utf8", 0, start) + (/^(\s|--[^\n]*\n|\/\*[^]*?\*\/)*/.exec(sql)?.[0] ?? "");
    return { line: before.split("\n").length, text: sql, isInsert: tag === "InsertStmt" };
  });
  return {
    inserts: all.filter(({ isInsert }) => isInsert),
    remarks: all
      .filter(({ isInsert }) => !isInsert)
      .map(({ line }) => `${samplesFile}:${line} is not used: only INSERT is.`),
  };
}
