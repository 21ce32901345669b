// What each version lacks on its way up, and what to type: told apart by what the tier below has recorded and published.
import { styleFor } from "../../../cli/frame/terminal";
import { type PromotionFacts, promotionReport, promotionText } from "../../../cli/report/promotion";
import type { Violation } from "../../../migrations/engine/gate/input/gateRule";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { makeMigration } from "../../support/files/makeMigration";

beforeAll(loadParser);
const plain = styleFor(false, {});

const setUp = () => {
  const one = makeMigration({ name: "001_one", version: "1.0.0", ticket: "CHG-2026-0101" });
  const two = makeMigration({ name: "002_two", version: "1.1.0", ticket: "CHG-2026-0102" });
  const found = (rule: string, file: string): Violation => ({
    ...{ rule, file, line: 4, severity: "error", message: `${rule} of ${file}` },
    ...{ why: "because", remedy: "do it" },
  });
  const facts: PromotionFacts = {
    stack: "uat",
    tier: "uat",
    below: "qa",
    ...{ targetVersion: "1.1.0", held: [], waiting: [] },
    ...{ pending: [one, two], violations: [], violationsLive: [], isSandbox: true },
  };
  return { one, two, found, facts };
};

it("tells what is not signed off from what is not published", () => {
  const { one, two, found, facts } = setUp();
  const both = [one, two].map(({ fileName }) => found("sign-off-missing", fileName));
  const report = promotionReport({
    ...facts,
    violations: both,
    violationsLive: both.slice(1),
  });
  expect(report.versions.map(({ needs }) => needs)).toEqual([["published"], ["signed"]]);
  const text = promotionText(report, plain);
  expect(text).toContain("1.0.0  001_one  CHG-2026-0101  recorded in qa, not published yet");
  expect(text).toContain("1.1.0  002_two  CHG-2026-0102  not signed off in qa");
  expect(report.steps.map(({ command }) => command)).toEqual([
    'npx ddl promote --stack uat --sandbox --sign --all --by "NAME"',
    "npx ddl promote --stack uat --sandbox --publish",
    "make up STACK=uat TICKETS=CHG-2026-0101,CHG-2026-0102",
  ]);
});

it("asks for rows where the proof below had none", () => {
  const { two, found, facts } = setUp();
  const left = [found("proof-left-empty", two.fileName)];
  const report = promotionReport({ ...facts, violations: left, violationsLive: left });
  expect(report.versions.map(({ needs }) => needs)).toEqual([[], ["filled"]]);
  expect(promotionText(report, plain)).toContain("proven without rows in qa");
  expect(report.steps[0]).toEqual({
    command: "npx ddl promote --stack uat --sandbox --prove 1.1.0",
    why: "1 version proven without rows in qa: put some into migrations/samples.sql first",
  });
});

it("is ready where nothing is missing but the tickets, which the command names", () => {
  const { one, found, facts } = setUp();
  const asked = [found("ticket-required", one.fileName), found("idle-ticket", "")];
  const report = promotionReport({
    ...facts,
    pending: [one],
    violations: asked,
    violationsLive: asked,
    isSandbox: false,
  });
  expect(report.versions).toMatchObject([{ needs: [], refused: [] }]);
  expect(report.refused).toEqual([]);
  expect(promotionText(report, plain)).toContain("CHG-2026-0101  ready");
  expect(report.steps.map(({ command }) => command)).toEqual([
    "DDL_TICKETS=CHG-2026-0101 pulumi up --stack uat",
  ]);
});

it("names what a file is refused for, what waits and what is held", () => {
  const { one, two, found, facts } = setUp();
  const refused = [found("ban-truncate", one.fileName)];
  const report = promotionReport({
    ...{ ...facts, violations: refused, violationsLive: refused, pending: [one] },
    waiting: [{ file: two, waits: "until 2026-12-05" }],
    held: [two, makeMigration({ name: "003_three", version: "1.2.0" })],
  });
  const text = promotionText(report, plain);
  expect(text).toContain("1.0.0 ban-truncate: ban-truncate of 001_one.sql");
  expect(text).toContain("Waits: 1.1.0 until 2026-12-05");
  expect(text).toContain("Held above targetVersion 1.1.0 (raise it in Pulumi.uat.yaml, reviewed):");
  expect(report.held.map(({ version }) => version)).toEqual(["1.2.0"]);
  expect(report.steps[0]?.command).toBe("npx ddl check --tier uat migrations/001_one.sql");
});

it("has nothing to say where nothing is pending", () => {
  const { facts } = setUp();
  const report = promotionReport({ ...facts, pending: [] });
  expect(promotionText(report, plain)).toBe("uat: nothing to promote from qa up to 1.1.0.");
});

it.each(["stack-missing", "promotion-unknown"])("counts as not published by %s", (rule) => {
  const { one, found, facts } = setUp();
  const report = promotionReport({ ...facts, pending: [one], violations: [found(rule, "")] });
  expect(report.versions.map(({ needs }) => needs)).toEqual([["published"]]);
  expect(report.refused).toEqual([]);
});
