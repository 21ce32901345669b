// PRODUCTION_DDL.md: every clause of the policy's headings, every rule of the gate, and tests that exist.
import { existsSync } from "node:fs";
import { join } from "node:path";

import { gateRules } from "../../../migrations/engine/gate/gateRules";
import { codeSpans, project, read } from "../../support/files/documents";

const text = read("PRODUCTION_DDL.md");
const spans = new Set(codeSpans(text));

/** The policy's own headings; the sources of rules name them too. */
const clauses = [
  "Permission Model",
  "Environment Patterns",
  "Migration Script Requirements",
  "Migration Tracking Table",
  "Change Management Process",
  "High-Risk Operations",
  "File Organization",
  "Emergency Procedures",
  "Checklist: Before Production Deployment",
];

describe("PRODUCTION_DDL.md", () => {
  it("has every heading of the policy", () => {
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect(headings).toEqual(expect.arrayContaining(clauses));
  });

  it.each(gateRules.map(({ id }) => id))("names the rule %s in a clause", (id) => {
    expect(spans).toContain(id);
  });

  it("has the clause that each rule names as its source", () => {
    const sources = gateRules.flatMap(({ source }) =>
      [...source.matchAll(/Policy, ([^:;]+)/g)].map(([, clause = ""]) => clause.trim()),
    );
    const lower = text.toLowerCase();
    expect(sources.filter((clause) => !lower.includes(clause.toLowerCase()))).toEqual([]);
  });

  it("names no rule that the gate does not have", () => {
    const ids = new Set(gateRules.map(({ id }) => id));
    const named = [...spans].filter((span) => /^[a-z]+(?:-[a-z]+)+$/.test(span));
    expect(named.filter((id) => !ids.has(id))).toEqual([]);
  });

  it("proves clauses by tests that exist", () => {
    const tests = [...spans].filter((span) => span.endsWith(".test.ts"));
    expect(tests.length).toBeGreaterThan(40);
    expect(tests.filter((path) => !existsSync(join(project, path)))).toEqual([]);
  });

  it("says of each clause what enforces it or that people do, and what proves it", () => {
    const rows = [...text.matchAll(/^\| (?!---|clause|line|who|operation)(.+) \|$/gm)].map(
      ([, row = ""]) => row.split(" | "),
    );
    const clauseRows = rows.filter((cells) => cells.length === 3 && !cells[0]?.includes("`"));
    const bare = clauseRows.filter(
      ([, enforced = "", proven = ""]) =>
        enforced.trim() === "" || (proven.trim() === "" && !enforced.includes("**people**")),
    );
    expect(bare).toEqual([]);
  });
});
