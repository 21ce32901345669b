/**
 * Writes out the attempts to get past the permission model, as the tests make them: the page roles/ATTACKS.md, and the
 * table in docs/permissions.md of what PostgreSQL cannot refuse. Pure. Does NOT make an attempt (see test/database/attacks*.test.ts).
 */
import type { Attack, Attacker, Outcome, Theme } from "../support/attacks/attack";
import { markdownTable } from "./markdownTable";

const who: Readonly<Record<Attacker, string>> = {
  service: "The service role",
  migrator: "A migrator",
  infrastructure: "The infrastructure role",
  migration: "A migration file",
};

/** How an attempt ends, in words. */
function ending(outcome: Outcome): string {
  switch (outcome.kind) {
    case "refused":
      return `refused (${outcome.code})`;
    case "no effect":
      return `a warning (${outcome.code}), no effect`;
    case "harmless":
      return "works, harmless";
    case "healed":
      return "works; drift, taken back by `up`";
    case "found":
      return "works; drift that `up` names for a person";
    case "stays":
      return "**works**, and stays";
    case "hinders":
      return `**works**; ${outcome.whom} gets ${outcome.code} until the session ends`;
  }
}

/** `{service}` and the like as the words of the page, without marks. */
const plain = (sql: string): string => sql.replace(/\{=?(\w+)\}/g, "$1");

/** SQL as code in a cell: as many marks around it as none inside is long. */
const code = (sql: readonly string[]): string =>
  `\`${plain(sql.join("; ")).replaceAll("`", "'")}\``;

const versions = ({ since, until }: Attack): string => {
  if (since !== undefined) return ` (since ${since})`;
  return until === undefined ? "" : ` (until ${until})`;
};

function themeText({ as, title, attacks }: Theme): string {
  const rows = attacks.map((attack) => [
    attack.title + versions(attack),
    code(attack.sql),
    ending(attack.outcome),
    attack.because,
  ]);
  return `## ${who[as]}: ${title}\n\n${markdownTable(["attempt", "SQL", "ends", "because"], rows)}`;
}

/** The whole page. */
export function attackPage(themes: readonly Theme[]): string {
  const all = themes.flatMap(({ attacks }) => attacks);
  const count = (kind: Outcome["kind"]): number =>
    all.filter(({ outcome }) => outcome.kind === kind).length;
  return `# Attempts to get past the permission model

Written by \`npm run docs\` from the lists in \`test/support/attacks/\`. Each is made on real servers, PostgreSQL 15 and 18, by
\`test/database/roles/attacks.test.ts\` and \`test/database/roles/attacksMigration.long.test.ts\`: it ends as the table says, and definitions, owners,
privileges, roles, settings, rows, ledger and events are compared before and behind it. What the infrastructure role is refused
is tried by a migrator in a session of its own and by a migration file that hides it in a DO block.

${all.length} attempts: ${count("refused")} refused, ${count("no effect")} without effect, ${count("harmless")} harmless,
${count("healed")} drift that the next \`up\` takes back, ${count("found")} drift that it leaves to a person,
${count("stays") + count("hinders")} that PostgreSQL has no way to refuse.

${themes.map(themeText).join("\n\n")}
`;
}

/** What works and is not taken back, one row each. */
export function unrefusedTable(themes: readonly Theme[]): string {
  const rows = themes.flatMap(({ as, attacks }) =>
    attacks
      .filter(({ outcome }) => outcome.kind === "stays" || outcome.kind === "hinders")
      .map(({ title, because }) => [`${who[as]} ${title}`, because]),
  );
  return markdownTable(["what", "why, and what limits it"], rows);
}
