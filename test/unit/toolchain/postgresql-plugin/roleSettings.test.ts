/** What PostgreSQL keeps in pg_roles.rolconfig, read back. */
import fc from "fast-check";
import { escapeIdentifier } from "pg";

import {
  parseDurationMs,
  parseNameList,
  parseRoleSettings,
} from "../../../../toolchain/postgresql-plugin/roleSettings";

describe("parseDurationMs", () => {
  it.each([
    ["0", 0],
    ["5000", 5000],
    ["5s", 5000],
    ["1.5 min", 90_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    ["250us", 0],
    ["1500us", 2],
  ])("reads %s as %d ms", (text, milliseconds) => {
    expect(parseDurationMs(text)).toBe(milliseconds);
  });

  it.each(["", "s", "5 parsecs", "five"])("refuses %j", (text) => {
    expect(() => parseDurationMs(text)).toThrow(RangeError);
  });
});

describe("parseNameList", () => {
  it.each([
    ["", []],
    ['"$user", public', ["$user", "public"]],
    ["App,geo", ["app", "geo"]],
    ['"a ""b"", c", d', ['a "b", c', "d"]],
    ['""', [""]],
  ])("reads %j", (text, names) => {
    expect(parseNameList(text)).toEqual(names);
  });

  it.each(['"open', '"a"b', '"a" b'])("refuses %j", (text) => {
    expect(() => parseNameList(text)).toThrow(RangeError);
  });

  it("reads back any names that were quoted", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (names) => {
        expect(parseNameList(names.map((name) => escapeIdentifier(name)).join(", "))).toEqual(
          names,
        );
      }),
    );
  });
});

describe("parseRoleSettings", () => {
  it("finds the four settings among others", () => {
    expect(
      parseRoleSettings([
        "lock_timeout=2s",
        'search_path=app, "$user"',
        "statement_timeout=5s",
        "idle_in_transaction_session_timeout=60000",
        "role=infra",
      ]),
    ).toEqual({
      searchPaths: ["app", "$user"],
      statementTimeout: 5000,
      idleInTransactionSessionTimeout: 60_000,
      assumeRole: "infra",
    });
  });

  it("reads a role without settings", () => {
    expect(parseRoleSettings(null)).toEqual({
      searchPaths: [],
      statementTimeout: 0,
      idleInTransactionSessionTimeout: 0,
      assumeRole: "",
    });
  });
});
