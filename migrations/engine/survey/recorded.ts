/**
 * Reads a migration whose texts are on record as applied: its header and checksums at once, its statements when somebody
 * asks for them. Pure. Does NOT judge the statements of such a file again: they were judged before they ran, and a no-op
 * over thousands of files should not parse each.
 */
import { BadInputError } from "../../../stack/errors";
import { checksumOf } from "../files/checksum";
import {
  checkRollbackHeader,
  type MigrationFile,
  numberOf,
  type ParsedMigration,
  parseMigration,
  type RollbackFile,
  type SourceFile,
} from "../files/file";
import { type ParsedHeader, parseHeader, parseRollbackHeader } from "../files/header";
import { decodeSource } from "../files/sourceText";
import type { VersionState } from "../history/history";

/** What of a file can be told without a parser of SQL. */
interface Outline<H> {
  readonly header: H;
  readonly checksum: string;
  readonly sqlBytes: number;
}

/** Null where anything is out of the ordinary: then the file is parsed whole, which says what. */
function outlineOf<H>(
  file: SourceFile,
  readHeader: (fileName: string, text: string) => ParsedHeader<H>,
): Outline<H> | null {
  const source = decodeSource(file.name, file.bytes);
  if ("problems" in source) return null;
  const { header, problems, end } = readHeader(file.name, source.text);
  if (header === null || problems.length > 0) return null;
  // Only a lone CR can end a comment inside a line, and hide SQL where no checksum covers it.
  if (source.text.slice(0, end).includes("\r")) return null;
  const sql = source.text.slice(end);
  return { header, checksum: checksumOf(sql), sqlBytes: Buffer.byteLength(sql) };
}

/** Whether a text is on record as applied, for each version. */
export type IsRecorded = (
  version: string,
  checksum: string,
  rollbackChecksum: string | null,
) => boolean;

/** By what ledger and events say: applied now, and as exactly these texts. */
export function recordedIn(versions: readonly VersionState[]): IsRecorded {
  const stateOf = new Map(versions.map((state) => [state.version, state]));
  return (version, checksum, rollbackChecksum) => {
    const state = stateOf.get(version);
    return (
      state?.status === "applied" &&
      state.checksum === checksum &&
      state.rollbackChecksum === rollbackChecksum
    );
  };
}

/**
 * The pair with statements that are read when somebody asks for them; null where it must be parsed: anything is out of the
 * ordinary.
 *
 * @param readWhole  Gives the pair whole; called once at most.
 */
export function readUnparsed(
  forward: SourceFile,
  rollback: SourceFile | null,
  readWhole: () => MigrationFile,
): MigrationFile | null {
  const number = numberOf(forward.name);
  const ahead = outlineOf(forward, parseHeader);
  const back = rollback === null ? null : outlineOf(rollback, parseRollbackHeader);
  if (number === null || ahead === null || (rollback !== null && back === null)) return null;
  if (rollback !== null && back !== null) {
    if (checkRollbackHeader(rollback.name, back.header, ahead.header).length > 0) return null;
  }
  let parsed: MigrationFile | null = null;
  const whole = (): MigrationFile => {
    parsed ??= readWhole();
    return parsed;
  };
  const rollbackFile: RollbackFile | null =
    rollback === null || back === null
      ? null
      : {
          fileName: rollback.name,
          ...back,
          get segments() {
            return whole().rollback?.segments ?? [];
          },
        };
  return {
    number,
    name: forward.name.replace(/\.sql$/, ""),
    fileName: forward.name,
    ...ahead,
    rollback: rollbackFile,
    get segments() {
      return whole().segments;
    },
  };
}

/** The pair without its statements, or null when it must be parsed. */
function readOutlines(
  forward: SourceFile,
  rollback: SourceFile | null,
  isRecorded: IsRecorded,
): MigrationFile | null {
  const read = readUnparsed(forward, rollback, () => parseWhole(forward, rollback));
  if (read === null) return null;
  const { header, checksum } = read;
  return isRecorded(header.version, checksum, read.rollback?.checksum ?? null) ? read : null;
}

/** @throws {BadInputError} what ran is no migration by today's form; `ddl check` says so too. */
function parseWhole({ name, bytes }: SourceFile, rollback: SourceFile | null): MigrationFile {
  const result = parseMigration(name, bytes, rollback);
  if ("problems" in result) throw new BadInputError(result.problems);
  return result.migration;
}

/**
 * As parseMigration, but what is recorded is parsed only when its statements are asked for.
 *
 * @throws {BadInputError} later, by `segments`, when the recorded text cannot be read any more.
 */
export const parseUnlessRecorded =
  (isRecorded: IsRecorded) =>
  (name: string, bytes: Buffer, rollback: SourceFile | null): ParsedMigration => {
    const migration = readOutlines({ name, bytes }, rollback, isRecorded);
    return migration === null ? parseMigration(name, bytes, rollback) : { migration };
  };
