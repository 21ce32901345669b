/**
 * A new gate rule as text: the rule's own file, and the list of its theme with the rule in it. Pure.
 * Does NOT write files (see newRule.ts) or know what a rule looks for.
 */

/** Ids are words of lower-case letters and digits with hyphens between them. */
export const isRuleId = (id: string): boolean => /^[a-z][a-z0-9]*(-[a-z0-9]+)+$/.test(id);

/** "ban-drop-table" as a constant: banDropTable. */
export const constantOf = (id: string): string =>
  id.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

type Form = "fileRule" | "planRule" | "exceptionRule";

/** Themes whose rules are not about what files say and do. */
const otherForms: Readonly<Record<string, Form>> = {
  ...{ record: "planRule", asked: "planRule", promotion: "planRule", pgstac: "planRule" },
  exceptions: "exceptionRule",
};

/** How a theme's rules are written down. */
export const formOf = (theme: string): Form => otherForms[theme] ?? "fileRule";

/** For each form what comes before the rule, and its fields behind `id`. */
const forms: Readonly<Record<Form, { readonly imports: string; readonly fields: string }>> = {
  fileRule: {
    imports: 'import { fileRule } from "../fileRule";',
    fields: `  problem: "…",
  why: "…",
  instead: "…",
  source: "Policy, …",
  exception: "reason",
  bad: { body: "…" },
  good: { body: "…" },
  find: () => [],`,
  },
  planRule: {
    imports:
      'import { always } from "../../input/gateRule";\nimport { planRule } from "../planRule";',
    fields: `  severity: always,
  problem: "…",
  why: "…",
  source: "Policy, …",
  bad: {},
  good: {},
  find: () => [],`,
  },
  exceptionRule: {
    imports:
      'import { always } from "../../input/gateRule";\nimport { exceptionRule } from "./exceptionRule";',
    fields: `  severity: always,
  problem: "…",
  why: "…",
  instead: "…",
  bad: { header: { EXCEPTIONS: "…" } },
  good: {},
  fault: () => null,`,
  },
};

/** The file of a rule that finds nothing yet. Its tests fail until texts, examples and what it finds are filled in. */
export function ruleText(theme: string, id: string): string {
  const form = formOf(theme);
  const { imports, fields } = forms[form];
  return `/**
 * Gate rule ${id}: its texts, its examples, and what it finds.
 * Does NOT cover …
 */
${imports}

export const ${constantOf(id)} = ${form}({
  id: "${id}",
${fields}
});
`;
}

/**
 * A theme's list with the rule at its end, still to be formatted.
 *
 * @throws {Error} the text is no list of rules, or has the rule already.
 */
export function withRule(list: string, id: string): string {
  const constant = constantOf(id);
  const end = list.indexOf("];");
  const imports = [...list.matchAll(/^import .*;\n/gm)];
  const last = imports.at(-1);
  if (end < 0 || last === undefined) throw new Error("this is no list of rules");
  if (new RegExp(`\\b${constant}\\b`).test(list)) throw new Error(`it has ${id} already`);
  const line = `import { ${constant} } from "./${id}";\n`;
  // In the order that the linter asks for.
  const next = imports.find(([text]) => text.includes('from "./') && pathOf(text) > `./${id}`);
  const at = next === undefined ? last.index + last[0].length : next.index;
  const before = list.slice(at, end).replace(/,?\s*$/, "");
  return `${list.slice(0, at)}${line}${before}, ${constant}${list.slice(end)}`;
}

const pathOf = (line: string): string => /from "([^"]+)"/.exec(line)?.[1] ?? "";
