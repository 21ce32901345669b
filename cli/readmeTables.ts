/**
 * The README's tables that say what the code says: made from the same data, and put between markers.
 * Does NOT read or write a file (see docs.ts).
 */
import { gateRules } from "../migrations/engine/gateRules";
import { tiers } from "../migrations/engine/tier";
import { privilegeTable } from "../roles/privileges";
import { commands } from "./commands";
import { commandRows, exitStatusTexts } from "./help";

/** A cell must stay on its line and may not end its column. */
const cell = (text: string): string => text.replace(/\s+/g, " ").replaceAll("|", "\\|").trim();

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows]
    .map((row) => `| ${row.map(cell).join(" | ")} |`)
    .join("\n");
}

function ruleTable(): string {
  const rows = gateRules.map(({ id, severity, why }) => [
    `\`${id}\``,
    ...tiers.map((tier) => severity(tier) ?? "-"),
    why,
  ]);
  return table(["rule", ...tiers, "because"], rows);
}

/** All tables by the name in their markers. */
export const readmeTables: Readonly<Record<string, string>> = {
  privileges: privilegeTable(),
  rules: ruleTable(),
  commands: table(["command", "does"], commandRows(commands)),
  "exit statuses": table(
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
