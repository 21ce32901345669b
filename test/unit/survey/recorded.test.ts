// Files that are on record as applied are read without their statements, until somebody asks.
import type { VersionState } from "../../../migrations/engine/history/history";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { collect, type Sources } from "../../../migrations/engine/survey/load";
import { parseUnlessRecorded, recordedIn } from "../../../migrations/engine/survey/recorded";
import { forwardText, makeMigration, rollbackText } from "../../support/files/makeMigration";

beforeAll(loadParser);

const name = "001_add_jobs";
const sourcesOf = (forward: string, rollback: string | null): Sources => ({
  files: [
    { name: `${name}.sql`, bytes: Buffer.from(forward) },
    ...(rollback === null ? [] : [{ name: `${name}_rollback.sql`, bytes: Buffer.from(rollback) }]),
  ],
  repeatables: [],
  unreadable: [],
});

/** What is left of a parse when every text is on record. */
const collected = (forward: string, rollback: string | null = rollbackText()) =>
  collect(
    sourcesOf(forward, rollback),
    parseUnlessRecorded(() => true),
  );

describe("parseUnlessRecorded", () => {
  it("gives the same as a parse, once asked", () => {
    const [found] = collected(forwardText()).migrations;
    expect(found).toEqual(makeMigration());
    expect(collected(forwardText(), null).migrations).toEqual([makeMigration({}, false)]);
  });

  it("does not parse what nobody asks for", () => {
    const broken = forwardText({ body: "CREATE TABEL dagapp.jobs ();" });
    const { migrations, problems } = collected(broken);
    expect(problems).toEqual([]);
    expect(() => migrations[0]?.segments).toThrow("TABEL");
  });

  it("parses what is out of the ordinary, whatever is recorded", () => {
    const codes = (forward: string, rollback = rollbackText()): readonly string[] =>
      collected(forward, rollback).problems.map(({ code }) => code);
    const hidden = forwardText().replace("--   Adds a table.", "--   Adds\rDROP TABLE a;\r--");
    expect(codes(hidden)).toContain("SQL_IN_HEADER");
    expect(codes(forwardText({ version: "1.x" }))).toContain("HEADER_VERSION");
    expect(codes(forwardText(), rollbackText({ ticket: "CHG-2026-0001" }))).toEqual([
      "ROLLBACK_TICKET",
    ]);
  });
});

describe("recordedIn", () => {
  const [checksum, rollbackChecksum] = ["sha256:forward", "sha256:rollback"];
  const state = { version: "1.0.0", status: "applied", checksum, rollbackChecksum };

  it.each([
    [{}, true],
    [{ status: "incomplete" }, false],
    [{ status: "rolled back" }, false],
    [{ checksum: "sha256:other" }, false],
    [{ checksum: null }, false],
    [{ rollbackChecksum: "sha256:other" }, false],
    [{ rollbackChecksum: null }, false],
  ])("with %j says %s", (change, expected) => {
    const isRecorded = recordedIn([{ ...state, ...change } as VersionState]);
    expect(isRecorded("1.0.0", checksum, rollbackChecksum)).toBe(expected);
    expect(isRecorded("1.1.0", checksum, rollbackChecksum)).toBe(false);
  });
});
