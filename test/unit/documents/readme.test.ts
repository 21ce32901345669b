// The documents say what the code says: generated tables, and paths that exist.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { gateRules } from "../../../migrations/engine/gate/gateRules";
import { attackPage } from "../../docs/attackPage";
import { fillTables, readmeTables } from "../../docs/readmeTables";
import { ruleBook } from "../../docs/ruleBook";
import { themes } from "../../support/attacks";

const project = join(__dirname, "..", "..", "..");
const read = (path: string): string => readFileSync(join(project, path), "utf8");
const readme = read("README.md");

describe("the README's tables", () => {
  it.each(Object.entries(readmeTables))("%s: npm run docs writes them anew", (name, table) => {
    expect(readme).toContain(`<!-- table ${name} -->\n\n${table}\n\n<!-- end ${name} -->`);
  });

  it("are replaced between their markers, and nothing else is", () => {
    const text = "a\n<!-- table x -->\nold\n<!-- end x -->\nb";
    const filled = fillTables(text, { x: "| new |" });
    expect(filled).toBe("a\n<!-- table x -->\n\n| new |\n\n<!-- end x -->\nb");
    expect(fillTables(filled, { x: "| new |" })).toBe(filled);
  });

  it.each(["", "<!-- table x -->", "<!-- end x --><!-- table x -->"])(
    "need markers: %j",
    (text) => {
      expect(() => fillTables(text, { x: "" })).toThrow("<!-- table x -->");
    },
  );
});

describe("the rules", () => {
  it("are all in the README's table, once", () => {
    const table = readmeTables["rules"] ?? "";
    const listed = [...table.matchAll(/^\| \[?`([a-z-]+)`/gm)].map(([, id]) => id);
    expect(listed).toEqual(gateRules.map(({ id }) => id));
    expect(new Set(listed).size).toBe(listed.length);
  });

  it("have their pages in RULES.md, as npm run docs writes them", () => {
    expect(read("migrations/RULES.md")).toBe(ruleBook);
  });
});

describe("the page of attacks", () => {
  it("npm run docs writes it anew", () => {
    expect(read("roles/ATTACKS.md")).toBe(attackPage(themes));
  });

  it("names each attempt of a theme once", () => {
    const titles = themes.flatMap(({ as, title, attacks }) =>
      attacks.map((attack) => `${as}, ${title}: ${attack.title}`),
    );
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
  });
});

describe.each([
  "README.md",
  "docs/errors.md",
  "PRODUCTION_DDL.md",
  "migrations/README.md",
  "migrations/RULES.md",
])("%s", (document) => {
  const text = read(document);
  const folder = join(project, document, "..");

  it("links to what exists", () => {
    const links = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link]) => link ?? "");
    const local = links.filter((link) => !link.includes("://"));
    expect(local.filter((link) => !existsSync(join(folder, link)))).toEqual([]);
    expect(local).not.toEqual([]);
  });

  it("names files that exist", () => {
    const paths = [...text.matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|md|sql|sh|yaml))`/g)];
    const missing = paths
      .map(([, path]) => path ?? "")
      .filter((path) => !/\b004_|NNN/.test(path))
      .filter((path) => ![project, folder].some((root) => existsSync(join(root, path))));
    expect(missing).toEqual([]);
  });
});
