/**
 * `npm run new-rule -- THEME RULE-ID`: makes the file of a gate rule and puts it into the list of its theme.
 * Does NOT know what they say (see ruleSkeleton.ts).
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { formOf, isRuleId, ruleText, withRule } from "./ruleSkeleton";

const rules = join(__dirname, "..", "..", "migrations", "engine", "gate", "rules");

const nearMisses: Readonly<Record<ReturnType<typeof formOf>, string>> = {
  fileRule:
    "test/unit/gate/fileRuleCases.test.ts and ways round it to test/unit/gate/evasions.test.ts",
  planRule: "test/unit/gate/gate.test.ts",
  exceptionRule: "test/unit/gate/exceptions.test.ts",
};

function main([theme = "", id = ""]: readonly string[]): string {
  const themes = readdirSync(rules).filter((name) => existsSync(join(rules, name, "rules.ts")));
  if (!themes.includes(theme) || !isRuleId(id)) {
    throw new Error(
      `usage: npm run new-rule -- THEME RULE-ID\n  THEME: one of ${themes.join(", ")}\n  RULE-ID: such as ban-drop-table`,
    );
  }
  const file = join(rules, theme, `${id}.ts`);
  if (existsSync(file)) throw new Error(`${theme}/${id}.ts exists.`);
  const list = join(rules, theme, "rules.ts");
  const listed = withRule(readFileSync(list, "utf8"), id);
  writeFileSync(file, ruleText(theme, id));
  writeFileSync(list, listed);
  execFileSync(process.execPath, [require.resolve("prettier/bin/prettier.cjs"), "--write", list], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return [
    `Made migrations/engine/gate/rules/${theme}/${id}.ts.`,
    "Next: fill in what stands as … and the examples, name the rule in a clause of PRODUCTION_DDL.md, add near",
    `misses to ${nearMisses[formOf(theme)]}; then npm run docs.`,
  ].join("\n");
}

try {
  process.stdout.write(`${main(process.argv.slice(2))}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
