/**
 * The rules of privileges.ts in words, for people: sentences, and the table in docs/permissions.md. Pure.
 * Does NOT hold a rule.
 */
import { privilegeRules } from "./privileges";
import { type ObjectKind, type PrivilegeRule } from "./vocabulary";

/** A rule in words: who, what, on what. */
export interface RuleText {
  readonly to: string;
  readonly privileges: string;
  readonly place: string;
  readonly because: string;
}

/** The rules in words, in their order. */
export function ruleTexts(rules: readonly PrivilegeRule[] = privilegeRules): readonly RuleText[] {
  return rules.map((rule) => ({
    to: rule.to === "public" ? "PUBLIC" : rule.to,
    privileges: `${rule.privileges.join(", ")}${rule.optional === true ? " (may have)" : ""}`,
    place: placeText(rule),
    because: rule.because,
  }));
}

/** The table in docs/permissions.md: one row a rule. */
export function privilegeTable(): string {
  const cells = ruleTexts().map(({ to, privileges, place, because }) => [
    to,
    privileges,
    place,
    because,
  ]);
  return [["role", "may", "on", "because"], ["---", "---", "---", "---"], ...cells]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

/** Plural of a kind of object, for sentences. */
function plural(kind: ObjectKind): string {
  return `${kind}s`;
}

function placeText({ where, on, columns, schema, readOnly }: PrivilegeRule): string {
  const which = readOnly === true ? " that are neither VOLATILE nor SECURITY DEFINER," : "";
  const what = `${on.map(plural).join(", ")}${which}`;
  switch (where) {
    case "database":
      return "the database";
    case "governed":
      if (schema !== undefined) return `${what.replace("schemas", "the schema")} of ${schema}`;
      return on.includes("schema") ? "the governed schemas" : `${what} of the governed schemas`;
    case "public":
      return "schema public";
    case "ledger":
      return on.includes("sequence") ? "the ledger's sequence" : "the ledger";
    case "events":
      return columns === undefined ? "the events" : `the events' columns ${columns.join(", ")}`;
    case "runner lock":
      return "the runner lock";
    case "elsewhere":
      return `${what} outside`;
  }
}
