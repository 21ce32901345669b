// Batches: the directive, the statement of one round, its size, and what the progress line says.
import {
  batchStart,
  describeBatch,
  firstPages,
  mustWaitForReplicas,
  nextPages,
  pauseAfter,
  readPosition,
} from "../../../migrations/engine/run/batchPace";
import { parseStatements } from "../../../migrations/engine/sql/parser";
import { parseBatchDirective } from "../../../migrations/engine/statements/batchDirective";
import { planBatch } from "../../../migrations/engine/statements/batchStatement";
import { loadParser } from "../../../migrations/engine/statements/statements";

beforeAll(loadParser);

describe("parseBatchDirective", () => {
  it.each([
    ["-- batch", { rows: 10_000, targetMs: 500, pauseMs: 0 }],
    ["--batch rows=5", { rows: 5, targetMs: 500, pauseMs: 0 }],
    ["-- why\n-- BATCH target=2s  pause=30ms rows=7", { rows: 7, targetMs: 2000, pauseMs: 30 }],
  ])("reads %j", (comment, directive) => {
    expect(parseBatchDirective(comment)).toEqual({ directive });
  });

  it.each([null, "", "-- batched by hand", "-- a batch", "-- In batches"])(
    "takes %j for an ordinary comment",
    (comment) => {
      expect(parseBatchDirective(comment)).toBeNull();
    },
  );

  it.each([
    ["-- batch of rows", 'batch directive cannot be read: "of"'],
    ["-- batch rows", '"rows"'],
    ["-- batch rows=0", "rows is from 1 to 1000000, not 0"],
    ["-- batch rows=10ms", "rows takes a whole number"],
    ["-- batch target=500", "target takes a time such as 500ms or 2s"],
    ["-- batch target=2m", "target takes a time"],
    ["-- batch pause=61s", "pause is from 0 to 60000 ms, not 61000"],
    ["-- batch rows=1 rows=2", '"rows=2" is given twice'],
    ["-- batch constructor=1", '"constructor=1" is none of'],
  ])("refuses %j", (comment, message) => {
    expect(parseBatchDirective(comment)).toMatchObject({
      problem: expect.stringContaining(message) as string,
      line: 0,
    });
  });

  it("says which line of the comment is wrong", () => {
    expect(parseBatchDirective("-- why\n-- batch x=1")).toMatchObject({ line: 1 });
    expect(parseBatchDirective("-- batch\n-- batch")).toMatchObject({ line: 1 });
  });
});

describe("planBatch", () => {
  const plan = (text: string) => {
    const planned = planBatch({ text });
    if ("problem" in planned) throw new Error(planned.problem);
    return planned.batch;
  };

  it.each([
    ["a plain UPDATE", "UPDATE dagapp.jobs SET a = 1 WHERE a IS NULL", '"jobs".ctid'],
    ["an alias", 'UPDATE dagapp.jobs AS "J x" SET a = 1 WHERE a IS NULL OR b', '"J x".ctid'],
    [
      "a WHERE of a sub-select",
      "UPDATE t SET a = (SELECT max(b) FROM o WHERE o.x = t.x) WHERE a IS NULL",
      '"t".ctid',
    ],
    [
      "a WHERE in comments and texts",
      "UPDATE t /* WHERE */ SET a = ' WHERE ' -- WHERE\nWHERE a IS NULL -- WHERE",
      '"t".ctid',
    ],
    ["letters of several bytes", "DELETE FROM dagapp.größe WHERE 'ščřž🌍' = b", '"größe".ctid'],
    [
      "CASE and brackets",
      "UPDATE t SET a[1] = CASE WHEN b THEN (1) END WHERE (a[1] IS NULL)",
      '"t".ctid',
    ],
    ["ONLY", "DELETE FROM ONLY t WHERE a < 3", '"t".ctid'],
  ])("keeps %s valid and within a range", (_what, text, ctid) => {
    const { round, check, whole, lock } = plan(text);
    for (const sql of [round, check, whole, lock]) expect(parseStatements(sql)).toHaveLength(1);
    expect(round).toContain(`AND ${ctid} >= $1::tid AND ${ctid} < $2::tid RETURNING `);
  });

  it("binds the range to the whole condition", () => {
    const { round, check, whole, verb } = plan("UPDATE t SET a = 1 WHERE a IS NULL OR b");
    expect(round).toContain("WHERE( a IS NULL OR b\n) AND");
    expect(round).toContain("RETURNING ( a IS NULL OR b\n) AS still");
    expect(whole).toContain("WHERE( a IS NULL OR b\n) RETURNING ( a IS NULL OR b\n) AS still");
    expect(check).toContain('FROM (SELECT FROM "t" WHERE ( a IS NULL OR b\n) LIMIT $1)');
    expect(verb).toBe("UPDATE");
  });

  it("leaves children alone where the statement does", () => {
    expect(plan("DELETE FROM ONLY t WHERE a")).toMatchObject({ withChildren: false });
    expect(plan("DELETE FROM ONLY t WHERE a").check).toContain('FROM ONLY "t"');
    expect(plan("DELETE FROM ONLY t WHERE a").lock).toContain('TABLE ONLY "t"');
    expect(plan("DELETE FROM t WHERE a")).toMatchObject({ withChildren: true });
  });

  it.each([
    ["UPDATE t SET a = 1", "no WHERE"],
    ["UPDATE t SET a = 1 FROM o WHERE o.id = t.id", "has FROM"],
    ["DELETE FROM t USING o WHERE o.id = t.id", "has USING"],
    ["DELETE FROM t WHERE a RETURNING a", "has RETURNING"],
    ["WITH o AS (SELECT 1) DELETE FROM t WHERE a", "has WITH"],
    ["DELETE FROM t WHERE CURRENT OF c", "CURRENT OF"],
    ["INSERT INTO t VALUES (1)", "neither UPDATE nor DELETE"],
    ["DELETE FROM t WHERE random() < 0.5", "WHERE calls random()"],
    ["DELETE FROM s.t WHERE a IN (SELECT a FROM s.t)", "reads the table that is being changed"],
    ["UPDATE s.t SET a = (SELECT max(a) FROM t) WHERE a IS NULL", "reads the table"],
  ])("refuses %s", (text, problem) => {
    expect(planBatch({ text })).toMatchObject({
      problem: expect.stringContaining(problem) as string,
    });
  });

  it("allows a sub-select on a table of that name in another schema", () => {
    expect(planBatch({ text: "DELETE FROM s.t WHERE a IN (SELECT a FROM o.t)" })).toHaveProperty(
      "batch",
    );
  });

  it("finds PostgreSQL's position again, in head and condition", () => {
    const text = "UPDATE t SET größe = x WHERE nowhere IS NULL";
    const { round, positionIn } = plan(text);
    for (const word of ["größe", "nowhere"]) {
      const position = Array.from(round.slice(0, round.indexOf(word))).length + 1;
      expect(positionIn(position)).toBe(text.indexOf(word) + 1);
    }
    expect(positionIn(round.indexOf("$1::tid") + 1)).toBeNull();
    expect(positionIn(1)).toBeNull();
  });
});

describe("pace", () => {
  const directive = { rows: 10_000, targetMs: 500, pauseMs: 5 };
  const round = { pages: 40, changed: 2_000, tookMs: 500, heldUp: 0 };

  it("starts with a tenth of what one round may look at", () => {
    expect(firstPages(directive, 100)).toBe(10);
    expect(firstPages(directive, 0)).toBe(10);
    expect(firstPages({ ...directive, rows: 1 }, 100)).toBe(1);
  });

  it.each([
    ["keeps its size at the target", {}, 40],
    ["halves when it takes twice as long", { tookMs: 1_000 }, 20],
    ["does not shrink below a quarter at once", { tookMs: 60_000 }, 10],
    ["doubles at most", { tookMs: 1 }, 80],
    ["halves when others waited, however quick it was", { tookMs: 1, heldUp: 1 }, 20],
    ["never looks at more rows than asked for", { pages: 90, tookMs: 250 }, 100],
    ["keeps to the rows where pages are denser than estimated", { changed: 8_000 }, 40],
    ["and shrinks to them", { changed: 16_000 }, 25],
    ["grows from one page", { pages: 1, changed: 0, tookMs: 400 }, 2],
    ["stays at one page at least", { pages: 1, tookMs: 9_000 }, 1],
  ])("%s", (_what, difference, pages) => {
    expect(nextPages({ ...round, ...difference }, directive, 100)).toBe(pages);
  });

  it("rests as asked, and as long as the round itself when others waited", () => {
    expect(pauseAfter(round, directive)).toBe(5);
    expect(pauseAfter({ ...round, heldUp: 2 }, directive)).toBe(500);
  });

  it("reads a position back, and starts anew where there is none", () => {
    const position = { pass: 2, page: 7, changed: 900 };
    expect(readPosition(JSON.parse(JSON.stringify(position)))).toEqual(position);
    for (const value of [
      undefined,
      null,
      {},
      { ...position, page: -1 },
      { ...position, pass: "2" },
    ]) {
      expect(readPosition(value)).toEqual(batchStart);
    }
  });

  it("tells rows, rate and what is left", () => {
    const position = { pass: 1, page: 1_500, changed: 30_000 };
    expect(describeBatch(position, 4_500, { page: 500, changed: 10_000, tookMs: 2_000 })).toBe(
      "30,000 rows changed, 10,000 rows/s, page 1,500 of 4,500, about 6 s left",
    );
    expect(
      describeBatch({ ...position, pass: 3 }, 1_500, { page: 1_500, changed: 0, tookMs: 0 }),
    ).toMatch(/page 1,500 of 1,500 in pass 3$/);
  });

  it("waits for a replica that is far behind, not for one that is near or hidden", () => {
    expect([null, 0, 10_000, 10_001].map((delayMs) => mustWaitForReplicas({ delayMs }))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});
