/** What an ALTER ROLE must say. */
import {
  attributeClauses,
  FRESH_ROLE,
  passwordStep,
} from "../../../../toolchain/postgresql-plugin/rolePlan";

const quote = (text: string): string => `'${text}'`;

describe("attributeClauses", () => {
  it("says nothing of a role that is as wanted", () => {
    expect(attributeClauses(FRESH_ROLE, FRESH_ROLE, quote)).toEqual([]);
  });

  it("names each attribute that differs, in the wanted direction", () => {
    const live = { ...FRESH_ROLE, createRole: true, superuser: true };
    const wanted = {
      ...FRESH_ROLE,
      login: true,
      inherit: false,
      connectionLimit: 5,
      validUntil: "2040-01-01",
    };
    expect(attributeClauses(live, wanted, quote)).toEqual([
      "NOSUPERUSER",
      "LOGIN",
      "NOINHERIT",
      "NOCREATEROLE",
      "CONNECTION LIMIT 5",
      "VALID UNTIL '2040-01-01'",
    ]);
  });
});

describe("passwordStep", () => {
  it.each([
    { olds: { name: "a" }, wanted: { name: "a" }, step: { kind: "keep" } },
    {
      olds: { name: "a" },
      wanted: { name: "a", password: "p" },
      step: { kind: "set", password: "p" },
    },
    {
      olds: { name: "a", password: "p" },
      wanted: { name: "a", password: "p" },
      step: { kind: "keep" },
    },
    {
      olds: { name: "a", password: "p" },
      wanted: { name: "b", password: "p" },
      step: { kind: "set", password: "p" },
    },
    {
      olds: { name: "a", password: "p" },
      wanted: { name: "a", password: null },
      step: { kind: "clear" },
    },
    { olds: { name: "a" }, wanted: { name: "b" }, step: { kind: "keep" } },
    {
      olds: { name: "a", passwordWoVersion: "1" },
      wanted: { name: "a", passwordWo: "q", passwordWoVersion: "1" },
      step: { kind: "keep" },
    },
    {
      olds: { name: "a", passwordWoVersion: "1" },
      wanted: { name: "a", passwordWo: "q", passwordWoVersion: "2" },
      step: { kind: "set", password: "q" },
    },
    { olds: { name: "a", passwordWoVersion: "1" }, wanted: { name: "a" }, step: { kind: "clear" } },
  ])("$olds to $wanted: $step.kind", ({ olds, wanted, step }) => {
    expect(passwordStep(olds, wanted)).toEqual(step);
  });
});
