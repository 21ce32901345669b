/**
 * The condition, in SQL, that holds where a part of a schema is not there: for the post-flight of a migration. Pure.
 * Does NOT ask whether it is as it should be.
 */
import type { Definition, Definitions } from "./definition";
import { literal } from "./statement";

/** A name as the catalog has it, of one that is quoted for SQL. */
const bare = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;

const inCatalog = (catalog: string, condition: string): string =>
  `NOT EXISTS (SELECT 1 FROM pg_catalog.${catalog} WHERE ${condition})`;

const onRelation = (catalog: string, home: string, named: string) =>
  function missing({ relation, name }: { readonly relation: string; readonly name: string }) {
    return inCatalog(
      catalog,
      `${home} = to_regclass(${literal(relation)}) AND ${named} = ${literal(bare(name))}`,
    );
  };

const onTable = {
  column: onRelation("pg_attribute", "attrelid", "NOT attisdropped AND attname"),
  constraint: onRelation("pg_constraint", "conrelid", "convalidated AND conname"),
  trigger: onRelation("pg_trigger", "tgrelid", "tgname"),
  policy: onRelation("pg_policy", "polrelid", "polname"),
  rule: onRelation("pg_rewrite", "ev_class", "rulename"),
} as const;

/** Null where there is nothing of its own to look for. */
function missing(definition: Definition): string | null {
  switch (definition.kind) {
    case "table":
    case "view":
    case "materialized view":
    case "sequence":
      return `to_regclass(${literal(definition.name)}) IS NULL`;
    case "column":
      return onTable.column(definition);
    case "constraint":
      if (definition.of === "DOMAIN") {
        return inCatalog(
          "pg_constraint",
          `contypid = to_regtype(${literal(definition.relation)}) AND conname = ${literal(bare(definition.name))}`,
        );
      }
      return definition.isValidated
        ? onTable.constraint(definition)
        : onTable.constraint(definition).replace("convalidated AND ", "");
    case "index":
      return inCatalog(
        "pg_index",
        `indexrelid = to_regclass(${literal(definition.name)}) AND indisvalid`,
      );
    case "trigger":
      return onTable.trigger(definition);
    case "policy":
      return onTable.policy(definition);
    case "rule":
      return onTable.rule(definition);
    case "function":
    case "procedure":
    case "aggregate":
      return `to_regprocedure(${literal(definition.identity)}) IS NULL`;
    case "enum":
      return [
        `to_regtype(${literal(definition.name)}) IS NULL`,
        ...definition.labels.map((label) =>
          inCatalog(
            "pg_enum",
            `enumtypid = to_regtype(${literal(definition.name)}) AND enumlabel = ${literal(label)}`,
          ),
        ),
      ].join(" OR ");
    case "composite type":
    case "domain":
      return `to_regtype(${literal(definition.name)}) IS NULL`;
    case "statistics":
      return inCatalog(
        "pg_statistic_ext",
        `stxname = ${literal(bare(definition.name.split(".").at(-1) ?? ""))}`,
      );
    case "whole":
      return definition.isMissing;
    case "toast":
    case "index statistics":
    case "cast":
    case "publication":
    case "schema":
    case "other":
      return null;
  }
}

/** What to look for after a difference was made good: its name, and the condition that holds where it is missing. */
export interface Look {
  readonly name: string;
  readonly isMissing: string;
}

/**
 * Looks for a part that is there in `to`; for a whole table with its constraints, indexes and triggers.
 *
 * @returns none where the part is not there, or there is nothing to look for.
 */
export function looksFor(object: string, part: string, to: Definitions): readonly Look[] {
  const parts = to.get(object);
  const own = part === "definition" ? "itself" : part;
  const wanted =
    own === "itself"
      ? [...(parts ?? [])].filter(([, one]) => one.kind !== "column")
      : [...(parts ?? [])].filter(([name]) => name === own);
  return wanted.flatMap(([name, definition]) => {
    const condition = missing(definition);
    const title = name === "itself" ? object : `${object}: ${name}`;
    return condition === null ? [] : [{ name: title, isMissing: condition }];
  });
}
