/**
 * Groups a section's statements into what is run as one: BEGIN … COMMIT, or a single statement.
 * Does NOT run anything and does not know the tier.
 */
import type { Problem } from "../../../stack/errors";
import type { Statement } from "../statements/statements";
import type { SectionName } from "./sections";

/** What runs, succeeds and is recorded as one. */
export interface Segment {
  readonly file: string;
  /** From 0 through the whole file. */
  readonly index: number;
  readonly section: SectionName | "rollback";
  /** single: exactly one statement, outside BEGIN … COMMIT. */
  readonly kind: "transaction" | "single";
  /** Without BEGIN and COMMIT; never empty. */
  readonly statements: readonly Statement[];
  /** Of BEGIN, or of the single statement. */
  readonly line: number;
}

export interface Segmented {
  readonly segments: readonly Segment[];
  readonly problems: readonly Problem[];
}

interface Part {
  readonly section: Segment["section"];
  readonly statements: readonly Statement[];
}

/** Segments of one section, numbered later. */
type Unnumbered = Omit<Segment, "index">;

function segmentPart(
  file: string,
  { section, statements }: Part,
  problems: Problem[],
): readonly Unnumbered[] {
  const segments: Unnumbered[] = [];
  let open: { begin: Statement; statements: Statement[] } | null = null;
  const report = (code: string, statement: Statement, message: string, hint: string): void => {
    const { line, column } = statement;
    problems.push({ code, file, line, column, message, hint });
  };
  const close = (): void => {
    if (open !== null && open.statements.length > 0) {
      const { begin, statements: inside } = open;
      segments.push({ file, section, kind: "transaction", statements: inside, line: begin.line });
    }
    open = null;
  };
  const begin = (statement: Statement): void => {
    if (open === null) open = { begin: statement, statements: [] };
    else {
      const message = `BEGIN inside the transaction begun in line ${open.begin.line}.`;
      report(
        "NESTED_BEGIN",
        statement,
        message,
        "COMMIT the first one before it, or remove this BEGIN.",
      );
    }
  };
  const commit = (statement: Statement): void => {
    if (open === null) {
      const hint = "remove it, or put the BEGIN before it in the same section.";
      report("COMMIT_WITHOUT_BEGIN", statement, "COMMIT without a BEGIN in this section.", hint);
    }
    close();
  };
  const plain = (statement: Statement): void => {
    if (statement.kind === "CREATE INDEX CONCURRENTLY" && statement.indexName === null) {
      const message = "an index that is built CONCURRENTLY has no name.";
      const hint = "name it: only then can an attempt that broke off be told and cleared away.";
      report("INDEX_UNNAMED", statement, message, hint);
    }
    if (open === null) {
      segments.push({
        file,
        section,
        kind: "single",
        statements: [statement],
        line: statement.line,
      });
      return;
    }
    if (!statement.transactional) {
      const message = `${statement.kind} cannot run inside BEGIN … COMMIT (PostgreSQL refuses it, 25001).`;
      const hint = "put it after COMMIT, as a statement of its own.";
      report("NOT_TRANSACTIONAL", statement, message, hint);
    }
    open.statements.push(statement);
  };
  for (const statement of statements) {
    if (statement.unsupportedTransaction) {
      const message = `${statement.text.slice(0, 60)} is not supported in a migration.`;
      const hint = "use plain BEGIN and COMMIT: the runner records each block as a whole.";
      report("TRANSACTION_CONTROL", statement, message, hint);
    }
    if (statement.transaction === "begin") begin(statement);
    else if (statement.transaction === "commit") commit(statement);
    else if (statement.transaction === "rollback") {
      const hint = "remove it: a failing statement rolls its block back by itself.";
      report("ROLLBACK_STATEMENT", statement, "ROLLBACK in a migration throws work away.", hint);
      close();
    } else if (!statement.unsupportedTransaction) plain(statement);
  }
  const unfinished = open as { readonly begin: Statement } | null;
  if (unfinished !== null) {
    const message = "BEGIN without a COMMIT in the same section.";
    report(
      "BEGIN_WITHOUT_COMMIT",
      unfinished.begin,
      message,
      "end the block with COMMIT; before the next banner.",
    );
    close();
  }
  return segments;
}

/**
 * Builds the segments of a file.
 *
 * @param parts  Sections in order, each with its statements in order.
 */
export function buildSegments(file: string, parts: readonly Part[]): Segmented {
  const problems: Problem[] = [];
  const segments = parts.flatMap((part) => segmentPart(file, part, problems));
  return { segments: segments.map((segment, index) => ({ ...segment, index })), problems };
}
