/**
 * Gate rule postflight-validates: its texts, its examples, and what it finds.
 * Does NOT cover the start and applied rows: a file without them is not read at all (LEDGER_MISSING).
 */
import { sqlName, sqlText } from "../../../sql/sqlText";
import { blocksOf, canFail, mentions } from "../../input/blockTokens";
import type { NetChange } from "../../input/netChanges";
import { bodies, notice, remarksExist } from "../exampleParts";
import { fileRule } from "../fileRule";
import { createdBy, inSection } from "./checksFacts";

/** Where the catalog keeps a part of a table, and what its name and its table are called there. */
const catalogOf: Readonly<Record<string, readonly [catalog: string, name: string, of: string]>> = {
  column: ["pg_attribute", "attname", "attrelid"],
  constraint: ["pg_constraint", "conname", "conrelid"],
  trigger: ["pg_trigger", "tgname", "tgrelid"],
  policy: ["pg_policy", "polname", "polrelid"],
  rule: ["pg_rewrite", "rulename", "ev_class"],
};

/** The same of what has no table and is no function. */
const catalogByKind: Readonly<Record<string, readonly [catalog: string, name: string]>> = {
  statistics: ["pg_statistic_ext", "stxname"],
  publication: ["pg_publication", "pubname"],
};

/** The condition that holds where the object is not there. */
function isMissing({ key, name, placed: { operation } }: NetChange): string {
  const [kind = "", ...rest] = key.split(" ");
  const of = rest.join(" ");
  if (kind === "relation") return `to_regclass(${sqlText(of)}) IS NULL`;
  if (kind === "type") return `to_regtype(${sqlText(of)}) IS NULL`;
  const part = catalogOf[kind];
  if (part !== undefined) {
    const [catalog, called, table] = part;
    const owner = sqlText(of.slice(0, of.lastIndexOf(".")));
    const home =
      operation.kind === "alter domain"
        ? `contypid = to_regtype(${owner})`
        : `${table} = to_regclass(${owner})`;
    return `NOT EXISTS (SELECT 1 FROM pg_catalog.${catalog} WHERE ${home} AND ${called} = ${sqlText(name ?? "")})`;
  }
  if (operation.kind === "add enum value") {
    const type = sqlText(sqlName(operation.type));
    return `NOT EXISTS (SELECT 1 FROM pg_catalog.pg_enum WHERE enumtypid = to_regtype(${type}) AND enumlabel = ${sqlText(operation.value)})`;
  }
  const [catalog, called] = catalogByKind[kind] ?? ["pg_proc", "proname"];
  return `NOT EXISTS (SELECT 1 FROM pg_catalog.${catalog} WHERE ${called} = ${sqlText(name ?? "")})`;
}

export const postflightValidates = fileRule({
  id: "postflight-validates",
  problem: "An object that the file makes is not looked for in its post-flight.",
  why: "IF NOT EXISTS and a half-done run leave things out without an error; only a look at the catalog tells.",
  instead: "a DO block that raises an exception when the object is not in the catalog.",
  source: "Policy, Post-Flight Validation",
  exception: "reason",
  bad: { body: bodies.table, rollback: bodies.dropTable, postflight: notice },
  good: {
    body: bodies.table,
    rollback: bodies.dropTable,
    postflight: `${remarksExist}\n${notice}`,
  },
  find: (subject) => {
    const blocks = blocksOf(subject.file.segments, "postflight").filter(canFail);
    const missing = createdBy(subject).filter(
      ({ name }) => !blocks.some((block) => mentions(block, name ?? "")),
    );
    const keys = missing.map(({ key }) => key.replace(/^relation /, ""));
    if (keys.length === 0) return [];
    return [
      inSection(
        subject,
        blocksOf(subject.file.segments, "postflight"),
        "postflight",
        `the post-flight does not look for ${keys.join(", ")}.`,
        `DO $$ BEGIN IF ${missing.map(isMissing).join(" OR ")} THEN RAISE EXCEPTION ` +
          `'Validation failed: %', ${sqlText(missing.map(({ name }) => name ?? "").join(", "))}; END IF; END $$;`,
      ),
    ];
  },
});
