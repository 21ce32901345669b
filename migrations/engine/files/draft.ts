/**
 * What can be read of a file that is no whole migration yet: its statements, as if they were one. For a look at what they do.
 * Does NOT say what is missing of the form (see file.ts): what comes from here is judged, and never run.
 */
import { type Statement, trySplitSql } from "../statements/statements";
import { checksumOf } from "./checksum";
import type { MigrationFile, SourceFile } from "./file";
import { type Header, parseHeader } from "./header";
import { checkBanners, findBanners } from "./sections";
import { buildSegments } from "./segments";
import { decodeSource } from "./sourceText";
import { noTimeLimits } from "./timeLimits";

/** Nothing is known of it: rules that ask the header are not to be asked. */
const blank: Omit<Header, "file"> = {
  version: "0.0.0",
  ticket: "pending",
  author: "",
  created: "",
  reviewedBy: null,
  reviewedOn: null,
  description: "",
  dependencies: [],
  impact: {
    tablesAffected: [],
    estimatedDuration: "",
    downtimeRequired: false,
    lockEscalationRisk: "Low",
  },
  rollback: { script: "", tested: null, dataRecovery: "Not possible", backupReference: null },
  limits: noTimeLimits,
  choices: { "Downtime required": "", "Lock escalation risk": "", "Data recovery": "" },
  exceptions: [],
  lines: {},
};

/**
 * The draft in the form of a migration without a rollback; null where its SQL cannot be read.
 *
 * @param number  Behind what it comes.
 */
export function parseDraft(source: SourceFile, number: number): MigrationFile | null {
  const { name } = source;
  const decoded = decodeSource(name, source.bytes);
  if ("problems" in decoded) return null;
  const { text } = decoded;
  const split = trySplitSql(name, text);
  if (!("statements" in split) || split.statements.length === 0) return null;
  const { header, end } = parseHeader(name, text);
  const { segments } = buildSegments(name, [
    { section: "migration", statements: changing(name, text, split.statements) },
  ]);
  if (segments.length === 0) return null;
  const sql = text.slice(end);
  return {
    number,
    name: name.replace(/\.sql$/, ""),
    fileName: name,
    header: header ?? { ...blank, file: name },
    checksum: checksumOf(sql),
    segments,
    sqlBytes: Buffer.byteLength(sql),
    rollback: null,
  };
}

/** Those of the MIGRATION section where there is one, else all. */
function changing(
  name: string,
  text: string,
  statements: readonly Statement[],
): readonly Statement[] {
  const banners = findBanners(text, statements);
  if (checkBanners(name, banners).length > 0) return statements;
  const from = banners.find(({ section }) => section === "migration")?.offset ?? 0;
  const to = banners.find(({ section }) => section === "postflight")?.offset ?? Infinity;
  return statements.filter(({ startOffset }) => startOffset >= from && startOffset < to);
}
