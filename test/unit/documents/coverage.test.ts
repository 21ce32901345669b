// Everything that the program promises is proven by some test, and test/COVERAGE.md says by which.
import { type Coverage, coverage } from "../../docs/coverage";
import { coveragePage } from "../../docs/coveragePage";
import { read } from "../../support/files/documents";

let found: Coverage;
beforeAll(async () => {
  found = await coverage();
});

/** The cells of a page's rows, under the title of their chapter. */
function rowsOf(page: string): ReadonlyMap<string, readonly string[]> {
  const rows = new Map<string, readonly string[]>();
  let chapter = "";
  for (const line of page.split("\n")) {
    if (line.startsWith("## ")) chapter = line.slice(3);
    const cells = line.split(/(?<!\\)\|/).slice(1, -1);
    const [name = ""] = cells.map((cell) => cell.trim());
    if (name !== "" && name !== "---") {
      rows.set(
        `${chapter}: ${name}`,
        cells.slice(1).flatMap((cell) => cell.trim().split(", ")),
      );
    }
  }
  return rows;
}

it("leaves nothing without a proof", () => {
  const unproven = Object.entries(found).flatMap(([title, covered]) =>
    covered.filter(({ suites }) => suites.length === 0).map(({ name }) => `${title}: ${name}`),
  );
  expect(unproven).toEqual([]);
});

it("finds what stands in each chapter", () => {
  expect(Object.values(found).map((covered) => covered.length > 10)).toEqual([
    ...Object.keys(found).map(() => true),
  ]);
});

it("is written down: npm run docs", () => {
  const now = rowsOf(coveragePage(found));
  const written = rowsOf(read("test/COVERAGE.md"));
  expect([...written.keys()]).toEqual([...now.keys()]);
  const gone = [...written].flatMap(([name, suites]) =>
    suites
      .filter((suite) => suite !== "-" && now.get(name)?.includes(suite) !== true)
      .map((suite) => `${name}: ${suite}`),
  );
  expect(gone).toEqual([]);
});
