/**
 * The words of DO blocks: enough to tell whether a check looks for a thing and fails without it.
 * Does NOT understand the check: that it looks in the right place is for review and tests.
 */
import { scanSync } from "libpg-query";

import { memo } from "../../../../stack/memo";
import type { Segment } from "../../files/segments";
import { parseStatements } from "../../sql/parser";
import { asList, asText, dig } from "../../sql/tree";
import { flatOperations } from "../../statements/operation";
import type { Statement } from "../../statements/statements";

/** A DO block as its words. */
export interface Block {
  readonly statement: Statement;
  /** Names and keywords in lower case (quoted names as they are). RAISE statements are left out. */
  readonly words: ReadonlySet<string>;
  /** All text constants, joined; those of RAISE are left out. */
  readonly constants: string;
  /** Levels of its RAISE statements in lower case; ASSERT counts as exception. */
  readonly raises: ReadonlySet<string>;
}

const levels = ["exception", "warning", "notice", "info", "log", "debug"];
const comments = new Set(["SQL_COMMENT", "C_COMMENT"]);

function bodyOf(statement: Statement): string | null {
  const parsed = parseStatements(statement.text);
  const node = "reason" in parsed ? undefined : parsed[0]?.node;
  for (const item of asList(node?.["args"])) {
    if (dig(item, "DefElem", "defname") === "as") {
      return asText(dig(item, "DefElem", "arg", "String", "sval"));
    }
  }
  return null;
}

function tokensOf(body: string): readonly { readonly text: string; readonly tokenName: string }[] {
  try {
    return scanSync(body).tokens.filter(({ tokenName }) => !comments.has(tokenName));
  } catch {
    // Not PL/pgSQL at all: the block finds nothing, and fails when it runs.
    return [];
  }
}

/** Read once for each statement: several rules ask. */
const blockOf = memo((statement: Statement): Block => {
  const words = new Set<string>();
  const constants: string[] = [];
  const raises = new Set<string>();
  let inRaise = false;
  let wasRaise = false;
  for (const { text, tokenName } of tokensOf(bodyOf(statement) ?? "")) {
    const lower = text.toLowerCase();
    if (lower === "assert") raises.add("exception");
    if (wasRaise) raises.add(levels.find((level) => level === lower) ?? "exception");
    wasRaise = lower === "raise";
    if (wasRaise) inRaise = true;
    if (text === ";") inRaise = false;
    if (inRaise) continue;
    if (tokenName === "SCONST") constants.push(text);
    else words.add(text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : lower);
  }
  return { statement, words, constants: constants.join(" "), raises };
});

const isBlock = memo(({ operations }: Statement): boolean =>
  flatOperations(operations).some(
    (operation) => operation.kind === "do" && dig(operation, "language") === "plpgsql",
  ),
);

/** The DO blocks of a section that are written in PL/pgSQL. */
export function blocksOf(
  segments: readonly Segment[],
  section: Segment["section"],
): readonly Block[] {
  return segments
    .filter((segment) => segment.section === section)
    .flatMap(({ statements }) => statements)
    .filter(isBlock)
    .map(blockOf);
}

/** True when the block mentions the name, as a name or as a word of a constant. */
export function mentions({ words, constants }: Block, name: string): boolean {
  if (words.has(name)) return true;
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("'", "''");
  return new RegExp(`(?<![\\w$])${escaped}(?![\\w$])`).test(constants);
}

/** True when it can fail. */
export const canFail = ({ raises }: Block): boolean => raises.has("exception");
