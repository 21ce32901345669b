/**
 * The tables of the documents that say what the code says: made from the same data, and put between markers.
 * Does NOT read or write a document (see docs.ts).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { commandRows, exitStatusTexts } from "../../cli/frame/help";
import { ddlProgram } from "../../cli/program";
import { gateRules } from "../../migrations/engine/gate/gateRules";
import { privilegeTable } from "../../roles/ruleText";
import { tiers } from "../../stack/tier";
import { themes } from "../support/attacks";
import { unrefusedTable } from "./attackPage";
import { commandTexts, makeTable } from "./commandText";
import { eventTable } from "./eventTable";
import { markdownTable } from "./markdownTable";
import { roomTable } from "./roomTable";
import { settingTable } from "./settingTable";
import { shortTierTable, tierTable } from "./tierTable";

/** A file of the project that a table is made from. */
const sourceOf = (name: string): string => readFileSync(join(__dirname, "..", "..", name), "utf8");

function ruleTable(): string {
  const rows = gateRules.map(({ id, severity, source, page }) => [
    `[\`${id}\`](../migrations/RULES.md#${id})`,
    ...tiers.map((tier) => severity(tier) ?? "-"),
    page.problem,
    source,
  ]);
  return markdownTable(["rule", ...tiers, "what is wrong", "source"], rows);
}

/** For each document its tables, by the name in their markers. */
export const documentTables: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "README.md": { tiers: shortTierTable() },
  "docs/permissions.md": { privileges: privilegeTable(), unrefused: unrefusedTable(themes) },
  "docs/gate.md": { tiers: tierTable(), rules: ruleTable() },
  "docs/commands.md": {
    "make targets": makeTable(sourceOf("Makefile")),
    commands: markdownTable(["command", "does"], commandRows(ddlProgram)),
    "exit statuses": markdownTable(
      ["status", "meaning"],
      exitStatusTexts.map(([status, meaning]) => [String(status), meaning]),
    ),
    "command texts": commandTexts(),
  },
  "docs/settings.md": { settings: settingTable(sourceOf("Pulumi.yaml")) },
  "docs/architecture.md": { rooms: roomTable(), events: eventTable() },
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
