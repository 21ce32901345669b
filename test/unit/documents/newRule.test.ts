// npm run new-rule: the file it makes, and the list that it adds to.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { constantOf, formOf, isRuleId, ruleText, withRule } from "../../docs/ruleSkeleton";

const rules = join(__dirname, "..", "..", "..", "migrations", "engine", "gate", "rules");
const themes = readdirSync(rules, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const listOf = (theme: string): string => readFileSync(join(rules, theme, "rules.ts"), "utf8");

describe.each(themes)("the theme %s", (theme) => {
  it("takes a new rule, once, with its import in order", () => {
    const added = withRule(listOf(theme), "ban-new-thing");
    expect(added).toContain('\nimport { banNewThing } from "./ban-new-thing";\n');
    expect(added).toMatch(/, banNewThing\];/);
    const paths = [...added.matchAll(/^import .* from "(\.\/[^"]+)"/gm)].map(([, path]) => path);
    expect(paths).toEqual([...paths].sort());
    expect(() => withRule(added, "ban-new-thing")).toThrow("it has ban-new-thing already");
  });

  it("has its rules in files of their ids", () => {
    const ids = readdirSync(join(rules, theme))
      .map((name) => name.replace(/\.ts$/, ""))
      .filter(isRuleId);
    for (const id of ids) {
      const text = readFileSync(join(rules, theme, `${id}.ts`), "utf8");
      expect(text).toContain(`export const ${constantOf(id)} = ${formOf(theme)}({\n  id: "${id}"`);
      expect(listOf(theme)).toContain(`import { ${constantOf(id)} } from "./${id}";`);
    }
  });
});

it.each([
  ["columns", "fileRule"],
  ["promotion", "planRule"],
  ["exceptions", "exceptionRule"],
])("makes a file of %s that exports the rule under the name the list imports", (theme, form) => {
  const text = ruleText(theme, "ban-new-thing");
  expect(text).toContain(`export const banNewThing = ${form}({\n  id: "ban-new-thing",`);
});

it.each(["", "Ban-it", "ban", "ban_it", "ban-", "-ban", "../ban-it"])("refuses the id %j", (id) => {
  expect(isRuleId(id)).toBe(false);
});

it("adds to no text that is no list", () => {
  expect(() => withRule("export {};", "ban-it")).toThrow("this is no list of rules");
});
