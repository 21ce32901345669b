/** Check, diff, refresh and import by rules; the rules under test are the four resources' own. */
import { extension } from "../../../../toolchain/postgresql-plugin/extension";
import { grantRole } from "../../../../toolchain/postgresql-plugin/grantRole";
import {
  checkProperties,
  completed,
  diffProperties,
  ignoredProperties,
  importedInputs,
  refreshedInputs,
} from "../../../../toolchain/postgresql-plugin/properties";
import { role } from "../../../../toolchain/postgresql-plugin/role";
import { schema } from "../../../../toolchain/postgresql-plugin/schema";
import { UNKNOWN, type Values } from "../../../../toolchain/postgresql-plugin/wire";

const none: ReadonlySet<string> = new Set();

describe("checkProperties", () => {
  it.each([
    {
      kind: role,
      news: { name: "a" },
      inputs: {
        name: "a",
        connectionLimit: -1,
        encryptedPassword: true,
        inherit: true,
        validUntil: "infinity",
      },
    },
    { kind: schema, news: { name: "a" }, inputs: { name: "a", ifNotExists: true } },
    { kind: extension, news: { name: "a" }, inputs: { name: "a" } },
    { kind: grantRole, news: { role: "a", grantRole: "b" }, inputs: { role: "a", grantRole: "b" } },
  ])("adds what the official plugin adds to a $kind.label", ({ kind, news, inputs }) => {
    expect(checkProperties(kind.rules, news, {})).toEqual({ inputs, failures: [] });
  });

  it.each([
    { kind: role, news: { name: "a", superuser: true }, property: "superuser" },
    { kind: role, news: { name: "a", encryptedPassword: false }, property: "encryptedPassword" },
    { kind: role, news: { name: "a", connectionLimit: -2 }, property: "connectionLimit" },
    { kind: role, news: { name: "a", statementTimeout: "soon" }, property: "statementTimeout" },
    { kind: role, news: {}, property: "name" },
    { kind: role, news: { name: "" }, property: "name" },
    { kind: schema, news: { name: "a", policies: [{ usage: true }] }, property: "policies" },
    { kind: grantRole, news: { role: "a" }, property: "grantRole" },
  ])("refuses $news of a $kind.label", ({ kind, news, property }) => {
    expect(
      checkProperties(kind.rules, news, {}).failures.map((failure) => failure.property),
    ).toEqual([property]);
  });

  it("keeps a name the official plugin made up", () => {
    expect(checkProperties(role.rules, {}, { name: "a-1234567" }).inputs.name).toBe("a-1234567");
  });

  it("reads numbers and booleans written as text", () => {
    const { inputs } = checkProperties(
      role.rules,
      { name: "a", login: "true", connectionLimit: "5" },
      {},
    );
    expect(inputs).toMatchObject({ login: true, connectionLimit: 5 });
  });

  it("does not judge an unknown value", () => {
    expect(
      checkProperties(role.rules, { name: UNKNOWN, connectionLimit: UNKNOWN }, {}).failures,
    ).toEqual([]);
  });

  it.each([
    [{ password: "a", passwordWo: "b", passwordWoVersion: "1" }, "exclude"],
    [{ passwordWo: "b" }, "go together"],
    [{ passwordWoVersion: "1" }, "go together"],
  ])("refuses a role with %j", (inputs, word) => {
    expect(role.refuse?.(inputs)).toContain(word);
  });
});

describe("diffProperties", () => {
  const outputs: Values = completed(role.rules, { name: "a", login: true, roles: ["x", "y"] }, {});
  const inputs: Values = { name: "a", login: true, roles: ["y", "x"] };

  it("is empty for what the program declared, in any order of a set", () => {
    expect(diffProperties(role.rules, inputs, outputs, none)).toEqual([]);
  });

  it("is empty on a state that lacks every property of zero value, as null or not at all", () => {
    const sparse = {
      name: "a",
      login: true,
      roles: ["x", "y"],
      searchPaths: null,
      encrypted: null,
    };
    expect(diffProperties(role.rules, inputs, sparse, none)).toEqual([]);
  });

  it.each<{ news: Values; kind: string; property: string }>([
    { news: { ...inputs, connectionLimit: 3 }, property: "connectionLimit", kind: "add" },
    { news: { name: "a", roles: ["x", "y"] }, property: "login", kind: "delete" },
    { news: { ...inputs, roles: ["x"] }, property: "roles", kind: "update" },
    { news: { ...inputs, name: UNKNOWN }, property: "name", kind: "update" },
    {
      news: { ...inputs, passwordWo: "p", passwordWoVersion: "2" },
      property: "passwordWoVersion",
      kind: "add",
    },
  ])("finds $property changed ($kind)", ({ news, property, kind }) => {
    expect(diffProperties(role.rules, news, outputs, none)).toEqual([
      { property, kind, isReplacing: false },
    ]);
  });

  it("finds drift the program says nothing about", () => {
    const drifted = { ...outputs, createDatabase: true, statementTimeout: 5000 };
    expect(
      diffProperties(role.rules, inputs, drifted, none).map(({ property }) => property),
    ).toEqual(["createDatabase", "statementTimeout"]);
  });

  it("does not compare passwordWo, which no state holds", () => {
    expect(diffProperties(role.rules, { ...inputs, passwordWo: "p" }, outputs, none)).toEqual([]);
  });

  it("leaves to the server what the program leaves open", () => {
    const live = { name: "s", database: "d", owner: "o", ifNotExists: true };
    expect(diffProperties(schema.rules, { name: "s", ifNotExists: true }, live, none)).toEqual([]);
  });

  it.each([
    { kind: schema, key: "database", replaces: true },
    { kind: schema, key: "name", replaces: false },
    { kind: schema, key: "owner", replaces: false },
    { kind: extension, key: "name", replaces: true },
    { kind: extension, key: "database", replaces: true },
    { kind: extension, key: "version", replaces: false },
    { kind: grantRole, key: "role", replaces: true },
    { kind: grantRole, key: "grantRole", replaces: true },
    { kind: role, key: "name", replaces: false },
  ])("$kind.label.$key replaces: $replaces", ({ kind, key, replaces }) => {
    const olds = completed(kind.rules, { [key]: "old" }, {});
    const changes = diffProperties(kind.rules, { ...olds, [key]: "new" }, olds, none);
    expect(changes).toEqual([{ property: key, kind: "update", isReplacing: replaces }]);
  });

  it("does not look at ignored properties, whatever the form of their path", () => {
    const ignored = ignoredProperties(role.rules, ["roles[0]", "connectionLimit"]);
    expect(
      diffProperties(role.rules, { ...inputs, roles: [], connectionLimit: 1 }, outputs, ignored),
    ).toEqual([]);
    expect(
      diffProperties(role.rules, { name: "b" }, outputs, ignoredProperties(role.rules, ["*"])),
    ).toEqual([]);
  });
});

describe("refreshedInputs", () => {
  it("replaces what drifted and adds nothing", () => {
    const live = completed(role.rules, { name: "a", connectionLimit: 3, createRole: true }, {});
    expect(
      refreshedInputs(role.rules, { name: "a", connectionLimit: -1, password: "p" }, live),
    ).toEqual({
      name: "a",
      connectionLimit: 3,
      password: "p",
    });
  });
});

describe("importedInputs", () => {
  it("has the defaults of check, and what differs from saying nothing", () => {
    const live = completed(role.rules, { name: "a", login: true, roles: ["x"] }, {});
    expect(importedInputs(role.rules, live)).toEqual({
      name: "a",
      login: true,
      roles: ["x"],
      connectionLimit: -1,
      encryptedPassword: true,
      inherit: true,
      validUntil: "infinity",
    });
  });
});
