// One migration from bytes: segments, checksum, and bytes that are no migration.
import fc from "fast-check";

import { parseMigration } from "../../../migrations/engine/files/file";
import { maxFileBytes } from "../../../migrations/engine/files/sourceText";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { forwardText, makeMigration, rollbackText } from "../../support/files/makeMigration";

beforeAll(loadParser);

const name = "001_add_jobs.sql";
const codesOf = (bytes: Buffer) => {
  const parsed = parseMigration(name, bytes, null);
  return "problems" in parsed ? parsed.problems.map(({ code, line }) => [code, line]) : [];
};

describe("parseMigration", () => {
  it("makes one segment of BEGIN … COMMIT and one of each other statement", () => {
    const body =
      "SET LOCAL lock_timeout = 1;\nBEGIN;\nSELECT 1;\nSELECT 2;\nCOMMIT;\nVACUUM dagapp.jobs;";
    const { segments } = makeMigration({ body });
    const shape = segments.map(({ index, section, kind, statements }) => [
      index,
      section,
      kind,
      statements.length,
    ]);
    expect(shape).toEqual([
      [0, "preflight", "single", 1],
      [1, "migration", "single", 1],
      [2, "migration", "transaction", 2],
      [3, "migration", "single", 1],
      [4, "postflight", "single", 1],
    ]);
    expect(segments[2]?.line).toBe(40);
  });

  it("leaves the header out of the checksum, and nothing else", () => {
    const base = makeMigration();
    expect(
      makeMigration({ ticket: "CHG-2026-9999", reviewedBy: "Eve", tested: "No" }).checksum,
    ).toBe(base.checksum);
    expect(makeMigration({ ticket: "CHG-2026-9999" }).rollback?.checksum).toBe(
      base.rollback?.checksum,
    );
    expect(makeMigration({ body: "SELECT 1;" }).checksum).not.toBe(base.checksum);
    expect(makeMigration({ preflight: "-- a comment" }).checksum).not.toBe(base.checksum);
    expect(makeMigration({ rollbackBody: "SELECT 1;" }).rollback?.checksum).not.toBe(
      base.rollback?.checksum,
    );
  });

  it.each([
    ["CRLF", (text: string) => text.replaceAll("\n", "\r\n")],
    ["a BOM", (text: string) => `\ufeff${text}`],
    ["both", (text: string) => `\ufeff${text.replaceAll("\n", "\r\n")}`],
  ])("reads a file with %s as the same migration", (_name, change) => {
    const rollback = {
      name: "001_add_jobs_rollback.sql",
      bytes: Buffer.from(change(rollbackText())),
    };
    const parsed = parseMigration(name, Buffer.from(change(forwardText())), rollback);
    expect(parsed).toEqual({ migration: makeMigration() });
  });

  it("accepts that there is no rollback file", () => {
    expect(makeMigration({}, false).rollback).toBeNull();
  });

  it("reports header and SQL problems of both files together", () => {
    const forward = Buffer.from(forwardText({ ticket: "none", body: "BEGIN;\nBEGIN;\nSELECT 1;" }));
    const rollback = { name: "001_add_jobs_rollback.sql", bytes: Buffer.from("SELECT 1;") };
    const parsed = parseMigration(name, forward, rollback);
    const codes = "problems" in parsed ? parsed.problems.map((problem) => problem.code) : [];
    expect(codes).toEqual([
      "HEADER_TICKET",
      "NESTED_BEGIN",
      "BEGIN_WITHOUT_COMMIT",
      "HEADER_MISSING",
      "LEDGER_MISSING",
    ]);
  });
});

describe("bytes that are no migration", () => {
  const good = forwardText();
  const inBody = (bytes: Buffer): Buffer => {
    const [before, after] = good.split("CREATE TABLE") as [string, string];
    return Buffer.concat([
      Buffer.from(`${before}-- `),
      bytes,
      Buffer.from(`\nCREATE TABLE${after}`),
    ]);
  };

  it.each([
    ["empty", Buffer.alloc(0), [["FILE_EMPTY", null]]],
    ["only blanks", Buffer.from(" \r\n\t"), [["FILE_EMPTY", null]]],
    ["a NUL byte", inBody(Buffer.of(0)), [["NUL_BYTE", 40]]],
    ["Latin-1", inBody(Buffer.of(0xe9, 0x20)), [["INVALID_UTF8", 40]]],
    [
      "a cut character",
      Buffer.concat([Buffer.from(good), Buffer.of(0xe2, 0x82)]),
      [["INVALID_UTF8", 48]],
    ],
    ["an encoded surrogate", inBody(Buffer.of(0xed, 0xa0, 0x80)), [["INVALID_UTF8", 40]]],
    ["UTF-16", Buffer.from(`\ufeff${good}`, "utf16le"), [["INVALID_UTF8", 1]]],
    ["a bidirectional override", inBody(Buffer.from("\u202e")), [["HIDDEN_CHARACTER", 40]]],
    ["more than the limit", Buffer.alloc(maxFileBytes + 1, 32), [["FILE_TOO_LARGE", null]]],
  ])("%s", (_name, bytes, expected) => {
    expect(codesOf(bytes)).toEqual(expected);
  });

  it("SQL behind a lone carriage return in the header", () => {
    const text = good.replace("AUTHOR:      Ada", "AUTHOR:      Ada\rDROP TABLE dagapp.jobs;");
    expect(codesOf(Buffer.from(text))).toContainEqual(["SQL_IN_HEADER", 6]);
  });

  it("a file of almost 20 MB is read in good time", () => {
    const note = `COMMENT ON TABLE dagapp.jobs IS '${"long text, ".repeat(1_800_000)}';`;
    const parsed = parseMigration(name, Buffer.from(forwardText({ body: note })), null);
    expect(parsed).toMatchObject({ migration: { name: "001_add_jobs" } });
  }, 300_000);

  it("never throws, whatever the bytes", () => {
    const mixed = fc
      .array(
        fc.oneof(
          fc.uint8Array({ maxLength: 4 }),
          fc.constantFrom(...good.split("\n")).map((line) => Buffer.from(`${line}\n`)),
        ),
      )
      .map((parts) => Buffer.concat(parts));
    const damaged = fc
      .tuple(fc.nat(good.length), fc.nat(200), fc.uint8Array({ maxLength: 5 }))
      .map(([at, length, bytes]) => {
        const text = Buffer.from(good);
        return Buffer.concat([text.subarray(0, at), bytes, text.subarray(at + length)]);
      });
    fc.assert(
      fc.property(fc.oneof(mixed, damaged), (bytes) => {
        const parsed = parseMigration(name, bytes, { name: "001_add_jobs_rollback.sql", bytes });
        if ("problems" in parsed) expect(parsed.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});
