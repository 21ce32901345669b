// The rules themselves: well formed, and without what the policy forbids.
import { defaultPrivilegeKinds, privilegeRules } from "../../../roles/privileges";
import { privilegeTable } from "../../../roles/ruleText";

const forbidden = ["CREATE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"];
const meaningOf: Readonly<Record<string, readonly string[]>> = {
  database: ["CONNECT", "TEMPORARY", "CREATE"],
  schema: ["USAGE", "CREATE"],
  sequence: ["USAGE", "SELECT", "UPDATE"],
  function: ["EXECUTE"],
  procedure: ["EXECUTE"],
  type: ["USAGE"],
  column: ["SELECT", "INSERT", "UPDATE", "REFERENCES"],
};
const ofRows = [
  "SELECT",
  "INSERT",
  "UPDATE",
  "DELETE",
  "TRUNCATE",
  "REFERENCES",
  "TRIGGER",
  "MAINTAIN",
];

describe("privilegeRules", () => {
  it.each(privilegeRules)("gives $to in $where only what PostgreSQL knows there", (rule) => {
    expect(rule.privileges).not.toHaveLength(0);
    expect(rule.on).not.toHaveLength(0);
    for (const kind of rule.on) {
      expect(meaningOf[kind] ?? ofRows).toEqual(expect.arrayContaining([...rule.privileges]));
    }
    expect(rule.columns !== undefined).toBe(rule.on.includes("column"));
    expect(rule.because).toMatch(/^[A-Z].*\.$/);
  });

  it.each(["service", "migrator", "approver", "auditor", "public"] as const)(
    "gives %s nothing that changes a schema",
    (to) => {
      const given = privilegeRules
        .filter((rule) => rule.to === to)
        .flatMap((rule) => rule.privileges);
      expect(given.filter((privilege) => forbidden.includes(privilege))).toEqual([]);
    },
  );

  it.each([
    ["ledger", ["infrastructure", "approver", "auditor"]],
    ["events", ["infrastructure", "approver", "auditor"]],
    ["runner lock", ["infrastructure"]],
  ] as const)("lets nobody have the %s but %j", (where, allowed) => {
    const parties = privilegeRules.filter((rule) => rule.where === where).map((rule) => rule.to);
    expect(new Set(parties)).toEqual(new Set(allowed));
  });

  it("lets an approver write nothing but events", () => {
    const written = privilegeRules.filter(
      ({ to, privileges }) => to === "approver" && privileges.some((one) => one !== "SELECT"),
    );
    expect(written.map(({ where, privileges }) => [where, privileges])).toEqual([
      ["database", ["CONNECT"]],
      ["public", ["USAGE"]],
      ["events", ["INSERT"]],
    ]);
  });

  it("lets nobody change or remove an event", () => {
    const given = privilegeRules
      .filter(({ where }) => where === "events")
      .flatMap((r) => r.privileges);
    expect(new Set(given)).toEqual(new Set(["SELECT", "INSERT"]));
  });

  it("keeps who, when and which number of an event out of what may be written", () => {
    const columns = privilegeRules.flatMap((rule) =>
      rule.where === "events" ? (rule.columns ?? []) : [],
    );
    expect(columns).not.toHaveLength(0);
    for (const column of ["id", "happened_at", "login"]) expect(columns).not.toContain(column);
  });

  it("says each thing once", () => {
    const said = privilegeRules.flatMap(({ to, where, on, privileges }) =>
      on.flatMap((kind) => privileges.map((privilege) => [to, where, kind, privilege].join(" "))),
    );
    expect(new Set(said).size).toBe(said.length);
  });

  it("has default privileges for each kind that the service role uses and that can have them", () => {
    for (const { kind } of defaultPrivilegeKinds) {
      expect(privilegeRules.some(({ to, on }) => to === "service" && on.includes(kind))).toBe(true);
    }
  });
});

describe("privilegeTable", () => {
  it("has a row for every rule, each with four cells", () => {
    const lines = privilegeTable().split("\n");
    expect(lines).toHaveLength(privilegeRules.length + 2);
    for (const line of lines) expect(line.split(" | ")).toHaveLength(4);
    expect(lines).toContain(
      "| service | USAGE | sequences of the governed schemas | An INSERT into a serial column calls nextval. |",
    );
  });
});
