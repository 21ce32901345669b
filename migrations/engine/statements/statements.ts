/**
 * Splits SQL into statements with the real parser and says of each what it is and where it stands.
 * Does NOT know sections or transactions as blocks (see segments) and forbids nothing (see gate).
 */
import { BadInputError, type Problem } from "../../../stack/errors";
import { parseStatements, type RawStatement } from "../sql/parser";
import { changesRole } from "../sql/roleChange";
import { classifyNode } from "../sql/statementKinds";
import { explainParserFailure } from "../sql/syntaxProblems";
import { asList, asText, dig } from "../sql/tree";
import { type LedgerStatement, readLedgerStatement } from "./ledgerStatements";
import type { Operation } from "./operation";
import { readOperations } from "./readOperations";

export { loadParser } from "../sql/parser";

/** One statement of a file. */
export interface Statement {
  /** Exact source, without leading comments and the semicolon. */
  readonly text: string;
  /** UTF-8 bytes from the start of the (LF-normalised) file. */
  readonly startOffset: number;
  /** Behind the last byte of `text`. */
  readonly endOffset: number;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in characters. */
  readonly column: number;
  /** libpg-query's node tag, for example CreateStmt. */
  readonly tag: string;
  /** Readable, upper case: "CREATE TABLE", "CREATE INDEX CONCURRENTLY", "DO", "BEGIN". */
  readonly kind: string;
  /** Dotted, unquoted name of the main object (of CREATE INDEX, TRIGGER, POLICY: the table). */
  readonly target: string | null;
  /** Name of the index that CREATE INDEX makes; it lies in the schema of `target`. */
  readonly indexName: string | null;
  /** The `--` lines directly above, without a blank line between; null when there are none. */
  readonly comment: string | null;
  readonly transaction: "begin" | "commit" | "rollback" | null;
  /** SAVEPOINT, two-phase commit, BEGIN with options, AND CHAIN: what a runner cannot keep. */
  readonly unsupportedTransaction: boolean;
  /** False: PostgreSQL refuses it in a transaction block. */
  readonly transactional: boolean;
  /** It may change the current role, openly or through set_config and the like. */
  readonly changesRole: boolean;
  readonly ledger: LedgerStatement | null;
  /** What it asks for; one for each command of ALTER TABLE. */
  readonly operations: readonly Operation[];
}

/** The statements, or why there are none. */
export type SplitResult =
  | { readonly statements: readonly Statement[] }
  | { readonly problems: readonly [Problem, ...Problem[]] };

const transactions: Readonly<Record<string, Statement["transaction"]>> = {
  TRANS_STMT_BEGIN: "begin",
  TRANS_STMT_START: "begin",
  TRANS_STMT_COMMIT: "commit",
  TRANS_STMT_ROLLBACK: "rollback",
};

/** Only statements whose text holds one of these are searched through (a tree walk is dear). */
const worthASearch =
  /schema_migration|set_config|pg_settings|session_authorization|\brole\b|\breset\b|u&"/i;

/** Walks forward through the bytes once, counting lines and characters. */
class Position {
  private offset = 0;
  line = 1;
  column = 1;

  constructor(private readonly bytes: Buffer) {}

  moveTo(offset: number): void {
    for (; this.offset < offset; this.offset += 1) {
      const byte = this.bytes[this.offset] ?? 0;
      if (byte === 10) {
        this.line += 1;
        this.column = 1;
      } else if ((byte & 0xc0) !== 0x80) {
        this.column += 1; // Continuation bytes of UTF-8 belong to the character before.
      }
    }
  }
}

const isBlank = (byte: number | undefined): boolean =>
  byte === 32 || (byte !== undefined && byte >= 9 && byte <= 13);

/** The `--` lines at the end of the gap between two statements. */
function commentAbove(gap: string): string | null {
  const lines = gap.trimEnd() === "" ? [] : gap.split("\n");
  lines.pop(); // What stands before the statement on its own line.
  const above: string[] = [];
  for (let line = lines.pop(); line?.trimStart().startsWith("--") === true; line = lines.pop()) {
    above.push(line.trim());
  }
  return above.length === 0 ? null : above.reverse().join("\n");
}

function describe(
  raw: RawStatement,
  text: string,
): Pick<
  Statement,
  | "kind"
  | "target"
  | "transactional"
  | "indexName"
  | "transaction"
  | "unsupportedTransaction"
  | "changesRole"
  | "ledger"
  | "operations"
> {
  const { tag, node } = raw;
  const transaction =
    tag === "TransactionStmt" ? (transactions[asText(node["kind"]) ?? ""] ?? null) : null;
  const hasOptions = asList(node["options"]).length > 0 || node["chain"] === true;
  const search = worthASearch.test(text);
  return {
    ...classifyNode(tag, node),
    indexName: tag === "IndexStmt" ? asText(node["idxname"]) : null,
    transaction,
    unsupportedTransaction: tag === "TransactionStmt" && (transaction === null || hasOptions),
    changesRole: search && changesRole(tag, node),
    ledger: search ? readLedgerStatement(tag, node) : null,
    operations: readOperations(raw, text),
  };
}

/** COPY … FROM STDIN: its data follow on a channel that only psql has. */
const readsFromClient = ({ tag, node }: RawStatement): boolean =>
  tag === "CopyStmt" && node["is_from"] === true && dig(node, "filename") === undefined;

/** The problem of COPY … FROM STDIN, whether or not its data made the parser fail. */
const copyProblem = (file: string, line: number, column: number): Problem => ({
  code: "COPY_FROM_STDIN",
  file,
  line,
  column,
  message: "COPY … FROM STDIN reads data that only psql can send.",
  hint: "write the rows as INSERT … VALUES, or load them outside the migration.",
});

/**
 * Splits SQL text; never throws because of the text.
 *
 * @param file  Name for messages.
 * @param text  LF-normalised SQL; lines and offsets count from its start.
 */
export function trySplitSql(file: string, text: string): SplitResult {
  const parsed = parseStatements(text);
  if ("reason" in parsed) return { problems: [explainParserFailure(file, text, parsed)] };
  const bytes = Buffer.from(text, "utf8");
  const position = new Position(bytes);
  const problems: Problem[] = [];
  let previousEnd = 0;
  const statements = parsed.map((raw): Statement => {
    let end = raw.end;
    while (end > raw.start && isBlank(bytes[end - 1])) end -= 1;
    position.moveTo(raw.start);
    const { line, column } = position;
    if (readsFromClient(raw)) problems.push(copyProblem(file, line, column));
    const source = bytes.toString("utf8", raw.start, end);
    const comment = commentAbove(bytes.toString("utf8", previousEnd, raw.start));
    previousEnd = raw.end;
    return {
      text: source,
      startOffset: raw.start,
      endOffset: end,
      line,
      column,
      tag: raw.tag,
      comment,
      ...describe(raw, source),
    };
  });
  const [first, ...rest] = problems;
  return first === undefined ? { statements } : { problems: [first, ...rest] };
}

/**
 * Splits SQL text into statements.
 *
 * @throws {BadInputError} the text is not SQL, or holds what only psql understands.
 * @throws {ParserNotLoadedError} loadParser was not awaited.
 */
export function splitSql(text: string, file = "input.sql"): readonly Statement[] {
  const result = trySplitSql(file, text);
  if ("problems" in result) throw new BadInputError(result.problems);
  return result.statements;
}
