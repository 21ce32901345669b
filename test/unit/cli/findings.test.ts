// What `ddl check` writes in each format.
import { azurePipelinesReport } from "../../../cli/findings/azurePipelines";
import type { Finding, Report } from "../../../cli/findings/finding";
import { githubReport } from "../../../cli/findings/github";
import { jsonReport } from "../../../cli/findings/json";
import { sarifReport } from "../../../cli/findings/sarif";
import { textReport } from "../../../cli/findings/text";
import { styleFor } from "../../../cli/frame/terminal";

const finding = (overrides: Partial<Finding> = {}): Finding => ({
  file: "004_x.sql",
  line: 2,
  column: 8,
  severity: "error",
  rule: "ban-truncate",
  message: "TRUNCATE dagapp.jobs deletes every row.",
  why: "nothing brings them back.",
  remedy: "delete in batches.",
  excepted: null,
  ...overrides,
});

const report = (
  findings: readonly Finding[],
  text = "BEGIN;\n\tTRUNCATE dagapp.jobs;\n",
): Report => ({
  tier: "prod",
  migrations: 4,
  findings,
  pathOf: (file) => `migrations/${file}`,
  textOf: () => text,
});

const plain = styleFor(false, {});

describe("an exception of the header", () => {
  const excepted = report([finding({ severity: "warning", excepted: "twenty rows" })]);

  it("is told with its reason in each format", () => {
    expect(textReport(excepted, plain)).toContain(
      "  warning ban-truncate | tier prod | excepted: twenty rows\n",
    );
    expect(githubReport(excepted)).toContain("%0AExcepted: twenty rows%0A");
    expect(jsonReport(excepted)).toContain('"excepted": "twenty rows"');
    expect(JSON.parse(sarifReport(excepted, [], "1.0.0"))).toMatchObject({
      runs: [
        {
          results: [{ suppressions: [{ kind: "inSource", justification: "twenty rows" }] }],
        },
      ],
    });
    expect(sarifReport(report([finding()]), [], "1.0.0")).not.toContain("suppressions");
  });
});

describe("text", () => {
  it("shows place, line, caret, rule, why and what to do", () => {
    expect(textReport(report([finding()]), plain))
      .toBe(`migrations/004_x.sql:2:8: TRUNCATE dagapp.jobs deletes every row.
  2 | \tTRUNCATE dagapp.jobs;
    | \t      ^
  error ban-truncate | tier prod
  Why:  nothing brings them back.
  Do:   delete in batches.

4 migrations checked for prod: 1 error, 0 warnings`);
  });

  it("says why a finding is let pass", () => {
    const excepted = finding({ severity: "warning", excepted: "the table is empty" });
    expect(textReport(report([excepted]), plain)).toContain(
      "\n  warning ban-truncate | tier prod | excepted: the table is empty\n",
    );
  });

  it("puts the caret under the first word where only the line is known", () => {
    expect(textReport(report([finding({ column: null })]), plain)).toContain(
      "migrations/004_x.sql:2: TRUNCATE dagapp.jobs deletes every row.\n  2 | \tTRUNCATE dagapp.jobs;\n    | \t^\n",
    );
  });

  it.each([
    ["a finding about a whole file", finding({ line: null, column: null }), "BEGIN;"],
    ["a line that is not there", finding({ line: 9 }), "BEGIN;"],
  ])("shows no line for %s", (_, one, text) => {
    expect(textReport(report([one], text), plain)).not.toContain("^");
  });

  it("shows a piece of a line that is very long", () => {
    const text = `\n${"x".repeat(5000)}HERE${"y".repeat(5000)}`;
    const shown = textReport(report([finding({ column: 5001 })], text), plain).split("\n");
    expect(shown[1]).toBe(`  2 | ${"x".repeat(20)}HERE${"y".repeat(64)}`);
    expect(shown[2]).toBe(`    | ${" ".repeat(20)}^`);
  });

  it("says so when there is nothing", () => {
    expect(textReport(report([]), plain)).toBe(
      "4 migrations checked for prod: nothing to object to",
    );
  });

  it("is coloured only on a terminal that wants it", () => {
    const of = (isTerminal: boolean, env: Record<string, string>): string =>
      textReport(report([finding()]), styleFor(isTerminal, env));
    expect(of(true, {})).toContain("\u001b[31merror\u001b[39m");
    expect(of(true, { NO_COLOR: "" })).toContain("\u001b[");
    for (const without of [
      of(false, {}),
      of(true, { NO_COLOR: "1" }),
      of(true, { TERM: "dumb" }),
    ]) {
      expect(without).not.toContain("\u001b");
    }
  });
});

describe("github", () => {
  it("writes one workflow command for each finding", () => {
    const warning = finding({ severity: "warning", line: null, column: null, why: null });
    expect(githubReport(report([finding(), warning]))).toBe(
      [
        "::error file=migrations/004_x.sql,line=2,col=8,title=ban-truncate::TRUNCATE dagapp.jobs deletes every row.%0AWhy: nothing brings them back.%0ADo: delete in batches.",
        "::warning file=migrations/004_x.sql,title=ban-truncate::TRUNCATE dagapp.jobs deletes every row.%0ADo: delete in batches.",
        "4 migrations checked for prod: 1 error, 1 warning",
      ].join("\n"),
    );
  });

  it("escapes what would end a property or the line", () => {
    const one = finding({ message: "100%\r\n::error::x", rule: "a,b:c" });
    expect(githubReport(report([one]))).toMatch(/title=a%2Cb%3Ac::100%25%0D%0A::error::x%0AWhy/);
  });
});

describe("azure", () => {
  it("writes one logging command for each finding", () => {
    const warning = finding({ severity: "warning", line: null, column: null, why: null });
    expect(azurePipelinesReport(report([finding(), warning]))).toBe(
      [
        "##vso[task.logissue type=error;sourcepath=migrations/004_x.sql;linenumber=2;columnnumber=8;code=ban-truncate;]TRUNCATE dagapp.jobs deletes every row.%0AWhy: nothing brings them back.%0ADo: delete in batches.",
        "##vso[task.logissue type=warning;sourcepath=migrations/004_x.sql;code=ban-truncate;]TRUNCATE dagapp.jobs deletes every row.%0ADo: delete in batches.",
        "4 migrations checked for prod: 1 error, 1 warning",
      ].join("\n"),
    );
  });

  it("escapes what would end a property or the line", () => {
    const one = finding({ message: "100%\r\n##vso[x]y", rule: "a;b]c" });
    expect(azurePipelinesReport(report([one]))).toContain(
      "code=a%3Bb%5Dc;]100%AZP25%0D%0A##vso[x]y%0AWhy",
    );
  });
});

it("json has everything, with a version", () => {
  expect(JSON.parse(jsonReport(report([finding()])))).toEqual({
    schemaVersion: 1,
    tier: "prod",
    migrations: 4,
    errors: 1,
    warnings: 0,
    findings: [{ ...finding(), path: "migrations/004_x.sql" }],
  });
});

describe("sarif", () => {
  const rules = [
    {
      id: "ban-drop",
      why: "data is lost.",
      source: "Policy, High-Risk Operations",
      page: { problem: "a table is dropped." },
    },
    {
      id: "ban-truncate",
      why: "nothing brings them back.",
      source: "Policy",
      page: { problem: "TRUNCATE deletes every row.", instead: "delete in batches." },
    },
  ];
  const log = JSON.parse(
    sarifReport(
      report([finding(), finding({ rule: "SYNTAX_ERROR", line: null, column: null, why: null })]),
      rules,
      "0.1.0",
    ),
  ) as {
    runs: {
      tool: { driver: { rules: { id: string }[] } };
      results: { ruleIndex: number; ruleId: string }[];
    }[];
  };
  const [first] = log.runs;

  it("lists every rule with its help, those without findings too", () => {
    expect(first?.tool.driver).toEqual({
      name: "ddl",
      semanticVersion: "0.1.0",
      rules: [
        {
          id: "ban-drop",
          shortDescription: { text: "A table is dropped." },
          help: { text: "Why: data is lost.\nSource: Policy, High-Risk Operations" },
        },
        {
          id: "ban-truncate",
          shortDescription: { text: "TRUNCATE deletes every row." },
          help: {
            text: "Why: nothing brings them back.\nInstead: delete in batches.\nSource: Policy",
          },
        },
        {
          id: "SYNTAX_ERROR",
          shortDescription: { text: "SYNTAX_ERROR" },
          help: { text: "docs/errors.md explains this code." },
        },
      ],
    });
  });

  it("gives each finding its rule and place", () => {
    expect(log).toMatchObject({ version: "2.1.0", runs: [{ columnKind: "unicodeCodePoints" }] });
    expect(first?.results).toEqual([
      {
        ruleId: "ban-truncate",
        ruleIndex: 1,
        level: "error",
        message: {
          text: "TRUNCATE dagapp.jobs deletes every row.\nWhy: nothing brings them back.\nDo: delete in batches.",
        },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: "migrations/004_x.sql", uriBaseId: "%SRCROOT%" },
              region: { startLine: 2, startColumn: 8 },
            },
          },
        ],
      },
      {
        ruleId: "SYNTAX_ERROR",
        ruleIndex: 2,
        level: "error",
        message: { text: "TRUNCATE dagapp.jobs deletes every row.\nDo: delete in batches." },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: "migrations/004_x.sql", uriBaseId: "%SRCROOT%" },
            },
          },
        ],
      },
    ]);
  });

  it("names a file outside of the repository by its whole path", () => {
    const outside = { ...report([finding()]), pathOf: () => "/tmp/a b.sql" };
    expect(sarifReport(outside, [], "0.1.0")).toContain('"uri": "file:///tmp/a%20b.sql"\n');
  });
});
