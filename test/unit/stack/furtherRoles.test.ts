// Roles that a stack names beside the policy's own: what is read, and every mistake at once.
import { isDeclared, parseFurtherRoles } from "../../../stack/furtherRoles";

const governed = ["dagapp", "geoapi"];
const parse = (...roles: readonly unknown[]) => parseFurtherRoles(JSON.stringify(roles), governed);

describe("parseFurtherRoles", () => {
  it("reads every kind, with what is left out", () => {
    const { roles, problems } = parse(
      { name: "tiles", kind: "reader", schemas: ["geoapi"], connectionLimit: 20, tiles: true },
      { name: "auditor", kind: "auditor", connectionLimit: 2 },
      { name: "watcher", kind: "monitoring" },
      { name: "dora", kind: "dba" },
      { name: "backup", kind: "platform" },
    );
    expect(problems).toEqual([]);
    const usual = { login: true, connectionLimit: -1, schemas: null, tiles: false };
    expect(roles).toEqual([
      {
        ...usual,
        name: "tiles",
        kind: "reader",
        schemas: ["geoapi"],
        connectionLimit: 20,
        tiles: true,
      },
      { ...usual, name: "auditor", kind: "auditor", connectionLimit: 2 },
      { ...usual, name: "watcher", kind: "monitoring" },
      { ...usual, name: "dora", kind: "dba" },
      { ...usual, name: "backup", kind: "platform" },
    ]);
    expect(roles.map(isDeclared)).toEqual([true, true, false, false, false]);
  });

  it.each(["", "[]"])("takes %j for none", (text) => {
    expect(parseFurtherRoles(text, governed)).toEqual({ roles: [], problems: [] });
  });

  it.each(["{", '"tiles"', "{}", "tiles"])("refuses %j", (text) => {
    expect(parseFurtherRoles(text, governed).problems).toEqual([
      "it is not a list of roles, each with name and kind.",
    ]);
  });

  it("names every mistake of every role at once", () => {
    const { roles, problems } = parse(
      "tiles",
      { kind: "reader" },
      { name: "a", kind: "writer" },
      { name: "pg_spy", kind: "reader" },
      { name: "ä".repeat(32), kind: "dba" },
      { name: "b", kind: "reader", schemas: ["other"], login: "yes", connectionLimit: 1.5 },
      { name: "c", kind: "dba", login: true, schemas: ["geoapi"] },
      { name: "d", kind: "reader", schemas: [] },
      { name: "e", kind: "monitoring", password: "x" },
    );
    expect(roles).toEqual([]);
    expect(problems).toEqual([
      "role 1: it is not an object with name and kind.",
      "role 2: a name is missing.",
      'a: kind "writer" is not one of reader, auditor, monitoring, dba, platform.',
      "pg_spy: PostgreSQL keeps this name for itself.",
      `${"ä".repeat(32)}: its name is longer than the 63 bytes PostgreSQL keeps of a name.`,
      "b: login is not true or false.",
      "b: connectionLimit is not a whole number from -1.",
      "b: schema other is not governed.",
      "c: login is not known of kind dba.",
      "c: schemas is not known of kind dba.",
      "d: schemas is not a list of governed schemas.",
      "e: password is not known of kind monitoring.",
    ]);
  });
});
