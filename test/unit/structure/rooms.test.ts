/**
 * The rooms: every file is in one, no two files import each other, and the linter refuses an import against the table.
 * Does NOT judge what a room is for (see rooms.json).
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

import { entries, rooms } from "../../../rooms.json";

const project = join(__dirname, "..", "..", "..");
jest.setTimeout(300_000);

const outside = /^(test|bench|types)\//;
const sources = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts"], {
  cwd: project,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && !outside.test(path))
  .filter((path) =>
    readdirSync(join(project, dirname(path))).includes(path.split("/").at(-1) ?? ""),
  );

/** Local files that a file imports, types included unless `of` matches only some of the statements. */
function importsOf(file: string, of = /^/): readonly string[] {
  const text = readFileSync(join(project, file), "utf8");
  const statements = text.matchAll(
    /^(?:import|export)\b[^"]*"(\.{1,2}\/[^"]*)"|import\(\s*"(\.{1,2}\/[^"]*)"/gm,
  );
  return [...statements].flatMap(([statement, specifier, dynamic]) => {
    if (!of.test(statement)) return [];
    const path = normalize(join(dirname(file), specifier ?? dynamic ?? ""));
    return [`${path}.ts`, `${path}/index.ts`].filter((one) => sources.includes(one)).slice(0, 1);
  });
}

/** Whether a file lies in a room's folder; a folder that ends in ** holds its sub-folders too. */
const isIn = (file: string, folder: string): boolean =>
  folder.endsWith("/**")
    ? `${dirname(file)}/`.startsWith(folder.slice(0, -2))
    : dirname(file) === folder;

/** Circles of a graph as lists of its nodes. Source: Tarjan, "Depth-first search and linear graph algorithms". */
function circlesOf(graph: ReadonlyMap<string, readonly string[]>): readonly string[][] {
  const numbers = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (node: string): number => {
    const number = numbers.size;
    numbers.set(node, number);
    low.set(node, number);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      const reached = numbers.has(next)
        ? stack.includes(next)
          ? low.get(next)
          : undefined
        : visit(next);
      low.set(node, Math.min(low.get(node) ?? number, reached ?? number));
    }
    if (low.get(node) === number) {
      const circle = stack.splice(stack.indexOf(node));
      if (circle.length > 1 || (graph.get(node) ?? []).includes(node)) circles.push(circle);
    }
    return low.get(node) ?? number;
  };
  for (const node of graph.keys()) if (!numbers.has(node)) visit(node);
  return circles;
}

describe("the table of rooms", () => {
  it("holds every source file, once, or names it as an entry", () => {
    const homes = sources.map((file) => ({
      file,
      rooms: rooms.filter(({ folder }) => isIn(file, folder)).map(({ name }) => name),
    }));
    const isEntry = (file: string): boolean => entries.includes(file);
    expect(homes.filter(({ file, rooms }) => rooms.length !== 1 && !isEntry(file))).toEqual([]);
  });

  it("names rooms that exist, each with files and a charter of one sentence", () => {
    const empty = rooms.filter(({ folder }) => !sources.some((file) => isIn(file, folder)));
    expect(empty).toEqual([]);
    for (const { charter } of rooms) expect(charter).toMatch(/^[A-Z].*\.$/);
    expect(entries.filter((file) => !sources.includes(file))).toEqual([]);
  });

  it("runs one way: a room imports only rooms that do not reach it", () => {
    const graph = new Map<string, readonly string[]>(
      rooms.map(({ name, imports }) => [name, imports]),
    );
    const unknown = rooms.flatMap(({ imports }) => imports).filter((name) => !graph.has(name));
    expect(unknown).toEqual([]);
    expect(circlesOf(graph)).toEqual([]);
  });

  it("lets pure rooms take only types from rooms that act", () => {
    const roomOf = (file: string) => rooms.find(({ folder }) => folder === dirname(file));
    const acting = new Set(rooms.filter(({ pure }) => !pure).map(({ name }) => name));
    // Settings, tiers, errors, words of the command line and what pre-flight says are values beside what acts.
    const mixed = ["stack", "cli-frame", "survey"];
    const taken = sources
      .filter((file) => roomOf(file)?.pure === true && !entries.includes(file))
      .flatMap((file) =>
        importsOf(file, /^import (?!type )/).map((other) => [file, other] as const),
      )
      .filter(([, other]) => {
        const name = roomOf(other)?.name ?? "";
        return acting.has(name) && !mixed.includes(name);
      });
    expect(taken).toEqual([]);
  });
});

describe("files", () => {
  const graph = new Map(sources.map((file) => [file, importsOf(file)]));

  it("import each other in no circle, types included", () => {
    expect(circlesOf(graph)).toEqual([]);
  });

  it("would be found in a circle", () => {
    const seeded = new Map(graph).set("stack/tier.ts", ["stack/settings.ts"]);
    expect(circlesOf(seeded)).toEqual([
      expect.arrayContaining(["stack/tier.ts", "stack/settings.ts"]) as string[],
    ]);
  });
});

describe("the linter", () => {
  const seeds = [
    {
      what: "a room above",
      file: "migrations/engine/sql/syntaxProblems.ts",
      line: 'import "../run/run";',
      rule: "boundaries/dependencies",
    },
    {
      what: "a type of a room above",
      file: "migrations/engine/files/header.ts",
      line: 'import type { Outcome } from "../server/session";',
      rule: "boundaries/dependencies",
    },
    {
      what: "an effect in a pure room",
      file: "roles/compare/acl.ts",
      line: 'import { Client } from "pg";',
      rule: "no-restricted-imports",
    },
    {
      what: "the file system in a pure room",
      file: "migrations/engine/gate/gate.ts",
      line: 'import { readFileSync } from "node:fs";',
      rule: "no-restricted-imports",
    },
  ].map((seed) => {
    const before = readFileSync(join(project, seed.file), "utf8");
    return { ...seed, before, after: before.replace(/^import /m, `${seed.line}\nimport `) };
  });
  /**
   * In a process of its own: the configuration is a module, which jest does not load. Only the rules about imports, which
   * need no types: those would take the whole program.
   */
  const script = `
    const { ESLint } = require("eslint");
    const texts = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    const lint = async () => {
      const eslint = new ESLint({
        ruleFilter: ({ ruleId }) => /^(boundaries\\/|no-restricted-imports$)/.test(ruleId),
        overrideConfig: [{ languageOptions: { parserOptions: { projectService: false } } }],
      });
      const found = [];
      for (const { filePath, text } of texts) {
        const [{ messages }] = await eslint.lintText(text, { filePath });
        found.push(messages.map(({ ruleId }) => ruleId));
      }
      process.stdout.write(JSON.stringify(found));
    };
    lint();`;
  let found: readonly (readonly string[])[];
  beforeAll(() => {
    const texts = seeds.flatMap(({ file, before, after }) => [
      { filePath: file, text: before },
      { filePath: file, text: after },
    ]);
    const output = execFileSync(process.execPath, ["-e", script], {
      cwd: project,
      input: JSON.stringify(texts),
      encoding: "utf8",
    });
    found = JSON.parse(output) as readonly (readonly string[])[];
  });

  it.each(seeds.map(({ what, rule }, index) => ({ what, rule, index })))(
    "refuses $what",
    ({ rule, index }) => {
      expect(found[2 * index]).toEqual([]);
      expect(found[2 * index + 1]).toContain(rule);
    },
  );
});
