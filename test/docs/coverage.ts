/**
 * What is proven by which tests: for each gate rule, privilege rule, event kind, kind of statement and clause of the
 * policy, the suites that name it or run through the table it stands in.
 * Does NOT measure whether a test would fail (see test/mutations), and writes nothing (see coveragePage.ts).
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { gateRules } from "../../migrations/engine/gate/gateRules";
import type { GateRule } from "../../migrations/engine/gate/input/gateRule";
import { eventKinds } from "../../migrations/engine/history/eventKinds";
import { statementTags } from "../../migrations/engine/sql/statementKinds";
import { loadParser, splitSql } from "../../migrations/engine/statements/statements";
import { privilegeRules } from "../../roles/privileges";
import type { PrivilegeRule } from "../../roles/vocabulary";
import { objectRows, queryRows } from "../support/locks/objectRows";
import { constraintRows, partitionRows, tableRows, typeRows } from "../support/locks/rows";
import { ruleName, ruleProofs } from "../support/privileges/ruleProofs";

/** A thing that must be proven, and the suites that do, as paths below test/. */
export interface Covered {
  readonly name: string;
  readonly suites: readonly string[];
}

export type Coverage = Readonly<Record<string, readonly Covered[]>>;

const tests = join(__dirname, "..");

/** Suites that are about this very page prove nothing of it. */
const aboutDocuments = /^unit\/documents\//;

interface Suite {
  readonly path: string;
  readonly text: string;
}

const suites: readonly Suite[] = readdirSync(tests, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.ts") && !aboutDocuments.test(path))
  .sort()
  .map((path) => ({ path, text: readFileSync(join(tests, path), "utf8") }));

/** Suites whose text holds the name as a word in quotes, or behind "rule". */
function suitesNaming(name: string): readonly string[] {
  const named = new RegExp(`(["'\`]|\\brule )${name}(?![\\w-])`);
  return suites.filter(({ text }) => named.test(text)).map(({ path }) => path);
}

/** Suites that run through all examples of the rules, by what these are. */
const runsExamples: Readonly<Record<GateRule["page"]["about"], readonly string[]>> = {
  files: ["unit/gate/fileRules.test.ts", "database/gate/ruleExamples.test.ts"],
  "a run": ["unit/gate/runRules.test.ts"],
};

const union = (lists: readonly (readonly string[])[]): readonly string[] =>
  [...new Set(lists.flat())].sort();

const suitesOfRule = ({ id, page }: GateRule): readonly string[] =>
  union([suitesNaming(id), runsExamples[page.about]]);

/** What `source` calls the clause; several rules may share one. */
function clauses(): readonly Covered[] {
  const sources = union([gateRules.map(({ source }) => source)]);
  return sources.map((source) => ({
    name: source,
    suites: union(gateRules.filter((rule) => rule.source === source).map(suitesOfRule)),
  }));
}

/** Each rule of the stack's own roles is tried by statements that only it allows, and by the nearest ones that it does not. */
const provesPrivileges = "database/roles/privileges.test.ts";

/** Roles that a stack may have besides are made and audited by suites that name their kind. */
const suitesOfPrivilege = (rule: PrivilegeRule): readonly string[] =>
  ruleName(rule) in ruleProofs
    ? [provesPrivileges]
    : union([
        suitesNaming(rule.to),
        suitesNaming(`[^"'\`\\n]*${rule.to.replace(" ", "_")}`),
      ]).filter((path) => path.includes("/roles/"));

/** Statements whose locks, rewrites and scans are measured on a server. */
const measured = [
  ...[tableRows, typeRows, constraintRows, partitionRows],
  ...[objectRows, queryRows],
]
  .flat()
  .map((row) => (typeof row === "string" ? row : row.sql));

/** Suites that are about what a statement is and does, whatever else they use it for. */
const aboutStatements =
  /^(unit\/(statements|impact|gate)|database\/(statements|impact|gate))\/(?!mutations)/;

/** Texts in quotes that may be SQL. */
const quoted = (text: string): readonly string[] =>
  [...text.matchAll(/"((?:[^"\\\n]|\\.)+)"|`([^`$]+)`/g)]
    .map(([, plain = "", template = ""]) => plain || template)
    .filter((sql) => /^[A-Z]{2,}\b/.test(sql.trim()));

function tagsOf(statements: readonly string[]): ReadonlySet<string> {
  return new Set(
    statements.flatMap((sql) => {
      try {
        return splitSql(sql).map(({ tag }) => tag);
      } catch {
        return []; // Not every text in a test is SQL.
      }
    }),
  );
}

/** Everything, under the titles of the page. */
export async function coverage(): Promise<Coverage> {
  await loadParser();
  const byTag = [
    ...suites
      .filter(({ path }) => aboutStatements.test(path))
      .map(({ path, text }) => [path, tagsOf(quoted(text))] as const),
    ["database/impact/locks.test.ts", tagsOf(measured)] as const,
  ];
  return {
    "Clauses of the policy": clauses(),
    "Rules of the gate": gateRules.map((rule) => ({ name: rule.id, suites: suitesOfRule(rule) })),
    "Rules of privileges": privilegeRules.map((rule) => ({
      name: ruleName(rule),
      suites: suitesOfPrivilege(rule),
    })),
    "Kinds of events": eventKinds.map((kind) => ({
      name: kind,
      suites: suitesNaming(kind),
    })),
    "Kinds of statements": statementTags.map((tag) => ({
      name: tag,
      suites: union([byTag.filter(([, tags]) => tags.has(tag)).map(([path]) => path)]),
    })),
  };
}
