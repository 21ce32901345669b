// What documents say of the code is made from the code: tables between markers, RULES.md and ATTACKS.md.
import { gateRules } from "../../../migrations/engine/gate/gateRules";
import { attackPage } from "../../docs/attackPage";
import { makeTargets } from "../../docs/commandText";
import { documentTables, fillTables } from "../../docs/documentTables";
import { ruleBook } from "../../docs/ruleBook";
import { themes } from "../../support/attacks";
import { documents, read } from "../../support/files/documents";

const tables = Object.entries(documentTables).flatMap(([document, inIt]) =>
  Object.entries(inIt).map(([name, table]) => ({ document, name, table })),
);

describe("the documents' tables", () => {
  it.each(tables)("$document, $name: npm run docs writes it anew", ({ document, name, table }) => {
    expect(read(document)).toContain(`<!-- table ${name} -->\n\n${table}\n\n<!-- end ${name} -->`);
  });

  it("are the only ones between markers", () => {
    const marked = documents.flatMap((document) =>
      [...read(document).matchAll(/<!-- table (.+?) -->/g)].map(
        ([, name]) => `${document}: ${name}`,
      ),
    );
    expect(marked.sort()).toEqual(
      tables.map(({ document, name }) => `${document}: ${name}`).sort(),
    );
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

  it("list only targets that are no files", () => {
    const makefile = read("Makefile");
    const phony = /^\.PHONY: (.+)$/m.exec(makefile)?.[1]?.split(" ");
    expect(phony).toEqual(expect.arrayContaining(makeTargets(makefile).map(([name]) => name)));
  });
});

describe("the rules", () => {
  it("are all in the gate's table, once", () => {
    const table = documentTables["docs/gate.md"]?.["rules"] ?? "";
    const listed = [...table.matchAll(/^\| \[?`([a-z-]+)`/gm)].map(([, id]) => id);
    expect(listed).toEqual(gateRules.map(({ id }) => id));
    expect(new Set(listed).size).toBe(listed.length);
  });

  it("have their pages in RULES.md, as npm run docs writes them", async () => {
    expect(read("migrations/RULES.md")).toBe(await ruleBook());
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
