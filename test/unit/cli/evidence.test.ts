// The evidence of a ticket: each line of the policy's checklist answered, or left to people; exact texts.
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { evidenceReport } from "../../../cli/report/evidence";
import {
  type Answer,
  type Commit,
  type GitFacts,
  type MigrationFacts,
  type StackFacts,
} from "../../../cli/report/evidenceModel";
import { evidenceMarkdown, evidenceText } from "../../../cli/report/evidenceText";
import { statementReports } from "../../../cli/report/statementReport";
import type { MigrationFile } from "../../../migrations/engine/files/file";
import type { EventRow } from "../../../migrations/engine/history/event";
import { foldHistory, type LedgerRow } from "../../../migrations/engine/history/history";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { parseTier } from "../../../stack/tier";
import { parseWindow } from "../../../stack/window";
import { makeMigration, type MigrationParts } from "../../support/files/makeMigration";

beforeAll(loadParser);

const at = (time: string): Date => new Date(`2026-04-22T${time}Z`);
const now = at("12:00:00");
const commit: Commit = { hash: "a1b2c3d", author: "Ada", date: "2026-01-29" };
const clean: GitFacts = { added: commit, changed: commit, isDirty: false };

function facts(parts: MigrationParts = {}, more: Partial<MigrationFacts> = {}): MigrationFacts {
  const file = makeMigration({ name: "004_add_status", version: "0.4.0", ...parts });
  return {
    file,
    git: clean,
    rollbackGit: clean,
    warning: "Drops the table.",
    statements: statementReports(file, [file]),
    ...more,
  };
}

let id = 0;
function event(
  file: MigrationFile,
  overrides: Partial<EventRow> & Pick<EventRow, "kind">,
): EventRow {
  return {
    id: (id += 1),
    happenedAt: at("09:00:01"),
    login: "admin",
    version: file.header.version,
    run: null,
    segment: null,
    checksum: file.checksum,
    rollbackChecksum: file.rollback?.checksum ?? null,
    ticket: null,
    detail: {},
    ...overrides,
  };
}

/** A stack's database in which the file was applied and everything was decided, less what `without` names. */
function stackOf(
  tier: string,
  { file }: MigrationFacts,
  without: readonly string[] = [],
): StackFacts {
  const row: LedgerRow = {
    version: file.header.version,
    startedAt: at("09:00:00"),
    completedAt: at("09:00:01"),
    applied: !without.includes("applied"),
    rolledBackAt: null,
    executedBy: "migrator",
    ticket: file.header.ticket,
  };
  const events = [
    event(file, { kind: "proven" }),
    event(file, { kind: "started", login: "migrator" }),
    event(file, { kind: "segment-done", login: "migrator" }),
    event(file, { kind: "applied", login: "migrator" }),
    event(file, { kind: "validated", detail: { by: "Moss", reason: "map works" } }),
    event(file, { kind: "signed-off", detail: { by: "Eve" } }),
  ].filter(({ kind }) => !without.includes(kind));
  const rows = without.includes("row") ? [] : [row];
  return {
    stack: tier,
    tier: parseTier(tier),
    windows: [],
    reached: true,
    versions: foldHistory(rows, events).versions,
    events,
  };
}

const everywhere = (one: MigrationFacts): readonly StackFacts[] =>
  ["dev", "qa", "uat", "prod"].map((tier) => stackOf(tier, one));

/** The answer to a line and its facts. */
function line(item: RegExp, one: MigrationFacts, stacks: readonly StackFacts[] = everywhere(one)) {
  const { checklist } = evidenceReport("CHG-2026-0142", [one], stacks, now);
  const found = checklist.find((entry) => item.test(entry.item));
  if (found === undefined) throw new Error(`there is no line ${String(item)}`);
  return found;
}

it("has every line of the policy's checklist, in its order", () => {
  const policy = readFileSync(join(__dirname, "../../fixtures/policyChecklist.txt"), "utf8");
  const items = policy.trim().split("\n");
  expect(
    evidenceReport("CHG-2026-0142", [facts()], [], now).checklist.map(({ item }) => item),
  ).toEqual(items);
});

it("leaves to people what only people know, whatever the facts are", () => {
  const { checklist } = evidenceReport("CHG-2026-0142", [facts()], everywhere(facts()), now);
  expect(checklist.filter(({ answer }) => answer === "people").map(({ item }) => item)).toEqual([
    "Change ticket created and approved",
    "DBA/Platform team briefed",
    "Application team on standby for validation",
    "Communication sent to stakeholders",
  ]);
  expect(checklist.filter(({ answer }) => answer === "no" || answer === "unknown")).toEqual([]);
});

describe("a line is open when something is missing", () => {
  const dirty = { ...clean, isDirty: true };
  const cases: readonly (readonly [string, RegExp, () => MigrationFacts, Answer, string])[] = [
    [
      "not committed",
      /^Migration/,
      () => facts({}, { git: { ...clean, added: null } }),
      "no",
      "004_add_status.sql is not committed",
    ],
    [
      "changed since",
      /^Migration/,
      () => facts({}, { git: dirty }),
      "no",
      "004_add_status.sql has changes that are not committed",
    ],
    [
      "no git",
      /^Migration/,
      () => facts({}, { git: null }),
      "unknown",
      "004_add_status.sql: there is no git to ask",
    ],
    [
      "no reviewer",
      /^Migration/,
      () => facts({ reviewedBy: "" }),
      "no",
      "004_add_status.sql names no reviewer or no date",
    ],
    [
      "reviewed by its author",
      /^Migration/,
      () => facts({ reviewedBy: "ada" }),
      "no",
      "004_add_status.sql was reviewed by its author, Ada",
    ],
    [
      "reviewed by its author, spelled otherwise",
      /^Migration/,
      () => facts({ reviewedBy: "Adá <ada@example.org>" }),
      "no",
      "004_add_status.sql was reviewed by its author, Ada",
    ],
    [
      "rollback not committed",
      /^Rollback script/,
      () => facts({}, { rollbackGit: { ...clean, added: null } }),
      "no",
      "004_add_status_rollback.sql is not committed",
    ],
    [
      "rollback not tested",
      /^Rollback script/,
      () => facts({ tested: "No" }),
      "no",
      "004_add_status.sql does not say that its rollback was tested",
    ],
    [
      "no warning",
      /^Rollback plan/,
      () => facts({}, { warning: null }),
      "no",
      "004_add_status_rollback.sql has no WARNING",
    ],
    [
      "a rewrite",
      /^Maintenance/,
      () =>
        facts(
          {},
          { statements: facts().statements.map((one) => ({ ...one, rewrites: ["dagapp.jobs"] })) },
        ),
      "no",
      "004_add_status.sql writes all of dagapp.jobs anew",
    ],
  ];
  it.each(cases)("%s", (_, item, make, answer, fact) => {
    const found = line(item, make());
    expect(found.answer).toBe(answer);
    expect(found.facts).toContain(fact);
  });

  const lacking: readonly (readonly [string, string, string])[] = [
    ["dev", "row", "0.4.0 dev: not applied"],
    ["qa", "applied", "0.4.0 qa: incomplete"],
    ["qa", "signed-off", "0.4.0 qa: not signed off"],
    ["uat", "validated", "0.4.0 uat: not validated"],
    ["uat", "signed-off", "0.4.0 uat: not signed off"],
  ];
  it.each(lacking)("in %s without %s", (tier, without, fact) => {
    const one = facts();
    const found = line(new RegExp(`^Tested in ${tier}`, "i"), one, [stackOf(tier, one, [without])]);
    expect(found).toMatchObject({ answer: "no", facts: expect.arrayContaining([fact]) as unknown });
  });

  it("when another text was applied, or one that nobody recorded", () => {
    const one = facts();
    const other = { ...one, file: { ...one.file, checksum: "sha256:other" } };
    expect(line(/DEV/, one, [stackOf("dev", other)]).facts).toEqual([
      "0.4.0 dev: another text was applied",
    ]);
    const byHand = stackOf("dev", one, ["applied", "started"]);
    const applied = byHand.reached
      ? {
          ...byHand,
          versions: byHand.versions.map(
            (state) => ({ ...state, status: "applied", checksum: null }) as const,
          ),
        }
      : byHand;
    expect(line(/DEV/, one, [applied]).facts).toEqual([
      "0.4.0 dev: run by hand and not acknowledged",
    ]);
  });

  it("when a stack cannot be asked, or none has the tier: that is not known", () => {
    const away: StackFacts = {
      stack: "qa",
      tier: "qa",
      windows: [],
      reached: false,
      reason: "No server listens.",
    };
    expect(line(/QA/, facts(), [away])).toMatchObject({
      answer: "unknown",
      facts: ["qa could not be asked: No server listens."],
    });
    const unread: StackFacts = {
      stack: "odd",
      tier: null,
      windows: null,
      reached: false,
      reason: "tier: …",
    };
    expect(line(/UAT/, facts(), [unread])).toMatchObject({
      answer: "unknown",
      facts: ["no stack of this project has tier uat", "odd could not be read: tier: …"],
    });
  });

  const windows: readonly (readonly [string, readonly string[], Answer, string])[] = [
    ["none", [], "no", "none is configured"],
    ["a past one", ["2026-04-22T08:00Z/PT2H"], "no", "all that are configured are past"],
    [
      "one to come",
      ["2026-04-22T22:00Z/PT2H"],
      "yes",
      "the next, 2026-04-22T22:00Z/PT2H, opens at 2026-04-22T22:00:00.000Z",
    ],
    [
      "an open one",
      ["2026-04-22T11:00Z/PT2H"],
      "yes",
      "2026-04-22T11:00Z/PT2H is open until 2026-04-22T13:00:00.000Z",
    ],
  ];
  it.each(windows)("downtime, and prod's file has %s", (_, texts, answer, fact) => {
    const one = facts({ downtime: "Yes" });
    const prod = { ...stackOf("prod", one), windows: texts.map(parseWindow) };
    expect(line(/^Maintenance/, one, [prod])).toMatchObject({
      answer,
      facts: ["004_add_status.sql needs downtime", `maintenance windows of prod: ${fact}`],
    });
  });

  it("downtime, and prod's file cannot be read, or no stack is prod: that is not known", () => {
    const one = facts({ downtime: "Yes" });
    const unread = { ...stackOf("prod", one), windows: null };
    expect(line(/^Maintenance/, one, [unread]).answer).toBe("unknown");
    expect(line(/^Maintenance/, one, []).answer).toBe("unknown");
  });

  it("when no stack has proven the rollback for both texts", () => {
    const one = facts();
    const item = /^Rollback script/;
    expect(line(item, one, [stackOf("dev", one)]).answer).toBe("yes");
    expect(line(item, one, [stackOf("dev", one, ["proven"])]).answer).toBe("no");
    const away: StackFacts = {
      stack: "qa",
      tier: "qa",
      windows: [],
      reached: false,
      reason: "",
    };
    expect(line(item, one, [stackOf("dev", one, ["proven"]), away]).answer).toBe("unknown");
  });
});

describe("written down", () => {
  const one = (): MigrationFacts => facts();
  const failed = (file: MigrationFile): EventRow =>
    event(file, {
      kind: "failed",
      login: "migrator",
      happenedAt: at("08:59:00"),
      detail: { message: "lock timeout\nmore" },
    });
  const report = () => {
    const made = one();
    const uat = stackOf("uat", made);
    const stacks = uat.reached ? [{ ...uat, events: [failed(made.file), ...uat.events] }] : [];
    return evidenceReport("CHG-2026-0142", [made], stacks, now);
  };

  it("as text", () => {
    const { file } = one();
    const checksum = file.checksum;
    const rollback = file.rollback?.checksum ?? "";
    expect(evidenceText(report())).toBe(`Evidence of CHG-2026-0142

Before production deployment
  [x] Migration script committed and reviewed
        004_add_status.sql committed in a1b2c3d by Ada on 2026-01-29
        004_add_status.sql reviewed by Grace on 2026-01-30
  [x] Rollback script committed and reviewed
        004_add_status_rollback.sql committed in a1b2c3d by Ada on 2026-01-29
        004_add_status.sql says "Rollback tested: Yes"
        004_add_status_rollback.sql proven in uat at 2026-04-22 09:00:01 UTC
  [ ] Tested in DEV (could not be told)
        no stack of this project has tier dev
  [ ] Tested in QA (could not be told)
        no stack of this project has tier qa
  [x] Tested in UAT
        0.4.0 uat: applied at 2026-04-22 09:00:01 UTC by migrator
        0.4.0 uat: validated by Moss at 2026-04-22 09:00:01 UTC
        0.4.0 uat: signed off by Eve at 2026-04-22 09:00:01 UTC
  [ ] Change ticket created and approved (only people can answer)
        CHG-2026-0142 is named by 004_add_status.sql
  [x] Maintenance window scheduled (if needed)
        not needed: no downtime is declared, and no table is written anew
  [ ] DBA/Platform team briefed (only people can answer)
  [ ] Application team on standby for validation (only people can answer)
  [x] Rollback plan documented
        004_add_status_rollback.sql: data recovery manual. Drops the table.
  [ ] Communication sent to stakeholders (only people can answer)

0.4.0 004_add_status.sql
  description: Adds a table.
  author: Ada
  reviewed: Grace, 2026-01-30
  checksum: ${checksum}
  impact: 1 minute, downtime no, lock escalation risk low
  rollback: 004_add_status_rollback.sql, ${rollback}
  data recovery: Manual
  warning: Drops the table.
  plan:
    ${file.segments
      .flatMap(({ section, statements }) => (section === "migration" ? statements : []))
      .map(({ line: number, text }) => `L${number} ${text}`)
      .join("\n    ")}
  record of uat:
    2026-04-22 08:59:00 UTC failed, login migrator, lock timeout
    2026-04-22 09:00:01 UTC rollback proven, login admin
    2026-04-22 09:00:01 UTC started, login migrator
    2026-04-22 09:00:01 UTC applied, login migrator
    2026-04-22 09:00:01 UTC validated, by Moss, login admin, "map works"
    2026-04-22 09:00:01 UTC signed off, by Eve, login admin`);
  });

  it("as markdown, with nothing that would be taken for a mark", () => {
    const text = evidenceMarkdown(report());
    expect(text).toContain(
      "# Evidence of CHG-2026-0142\n\n## Before production deployment\n\n- [x] Migration script",
    );
    expect(text).toContain("- [ ] DBA/Platform team briefed (only people can answer)\n");
    expect(text).toContain("  - 004\\_add\\_status.sql reviewed by Grace on 2026-01-30\n");
    expect(text).toContain("\n## 0.4.0 `004_add_status.sql`\n");
    expect(text).toMatch(/\n### Plan\n\n- `L\d+ CREATE TABLE/);
    expect(text).toContain(
      "\n### Record of uat\n\n- 2026-04-22 08:59:00 UTC failed, login migrator, lock timeout\n",
    );
  });
});
