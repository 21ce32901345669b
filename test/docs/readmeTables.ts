/**
 * The README's tables that say what the code says: made from the same data, and put between markers.
 * Does NOT read or write a file (see docs.ts).
 */
import { commands } from "../../cli/commands";
import { commandRows, exitStatusTexts } from "../../cli/frame/help";
import { gateRules } from "../../migrations/engine/gate/gateRules";
import { privilegeTable } from "../../roles/ruleText";
import { tiers } from "../../stack/tier";
import { themes } from "../support/attacks";
import { unrefusedTable } from "./attackPage";
import { markdownTable } from "./markdownTable";

function ruleTable(): string {
  const rows = gateRules.map(({ id, severity, why, source, page }) => [
    page === undefined ? `\`${id}\`` : `[\`${id}\`](migrations/RULES.md#${id})`,
    ...tiers.map((tier) => severity(tier) ?? "-"),
    page?.problem ?? why,
    source,
  ]);
  return markdownTable(["rule", ...tiers, "what is wrong, or why", "source"], rows);
}

/** All tables by the name in their markers. */
export const readmeTables: Readonly<Record<string, string>> = {
  privileges: privilegeTable(),
  rules: ruleTable(),
  unrefused: unrefusedTable(themes),
  commands: markdownTable(["command", "does"], commandRows(commands)),
  "exit statuses": markdownTable(
    ["status", "meaning"],
    exitStatusTexts.map(([status, meaning]) => [String(status), meaning]),
  ),
};

/**
 * Puts each table between `<!-- table NAME -->` and `<!-- end NAME -->`.
 *
 * @throws {Error} a pair of markers is missing.
 */
export function fillTables(text: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((filled, [name, content]) => {
    const [from, to] = [`<!-- table ${name} -->`, `<!-- end ${name} -->`];
    const [start, end] = [filled.indexOf(from), filled.indexOf(to)];
    if (start === -1 || end < start) throw new Error(`The markers ${from} … ${to} are missing.`);
    return `${filled.slice(0, start + from.length)}\n\n${content}\n\n${filled.slice(end)}`;
  }, text);
}
