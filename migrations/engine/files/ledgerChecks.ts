/**
 * Checks that a file records itself in the ledger: once each, in the right section, with its version.
 * Does NOT recognise the statements (see ledgerStatements).
 */
import type { Problem } from "../../../stack/errors";
import { ledgerTable } from "../../../stack/ownTables";
import type { LedgerStatement } from "../statements/ledgerStatements";
import type { Statement } from "../statements/statements";
import type { Segment } from "./segments";

interface Expected {
  readonly operation: Exclude<LedgerStatement["operation"], "other">;
  readonly section: Segment["section"];
  /** Shown where it is missing. */
  readonly example: string;
}

const expectations: Readonly<Record<"forward" | "rollback", readonly Expected[]>> = {
  forward: [
    {
      operation: "start",
      section: "preflight",
      example: `INSERT INTO ${ledgerTable} (version, description, started_at, applied) VALUES (…) at the end of PRE-FLIGHT CHECKS`,
    },
    {
      operation: "applied",
      section: "postflight",
      example: `UPDATE ${ledgerTable} SET applied = true, completed_at = now() WHERE version = '…' at the end of POST-FLIGHT VALIDATION`,
    },
  ],
  rollback: [
    {
      operation: "rolled back",
      section: "rollback",
      example: `UPDATE ${ledgerTable} SET applied = false, rolled_back_at = now() WHERE version = '…' as the last step`,
    },
  ],
};

interface Found {
  readonly ledger: LedgerStatement;
  readonly statement: Statement;
  readonly section: Segment["section"];
}

/**
 * Returns the problems of a file's ledger statements.
 *
 * @param version  The version of the header, or null when that is unusable (then not compared).
 */
export function checkLedgerStatements(
  file: string,
  segments: readonly Segment[],
  version: string | null,
  kind: "forward" | "rollback",
): readonly Problem[] {
  const problems: Problem[] = [];
  const expected = expectations[kind];
  const found = segments.flatMap(({ section, statements }) =>
    statements.flatMap((statement): Found[] =>
      statement.ledger === null ? [] : [{ ledger: statement.ledger, statement, section }],
    ),
  );
  const report = (code: string, at: Found | null, message: string, hint: string): void => {
    const place =
      at === null ? { line: null } : { line: at.statement.line, column: at.statement.column };
    problems.push({ code, file, ...place, message, hint });
  };
  for (const one of found) {
    const { operation } = one.ledger;
    const rule = expected.find((candidate) => candidate.operation === operation);
    if (operation === "other") {
      const message = `${one.statement.kind} on the migration tables is not one of the statements a migration may make there.`;
      report(
        "LEDGER_OTHER",
        one,
        message,
        "a migration only records its own start, completion and rollback.",
      );
    } else if (rule?.section !== one.section) {
      const message = `the ledger statement for "${operation}" does not belong in the ${one.section} section.`;
      report("LEDGER_MISPLACED", one, message, "see migrations/README.md for the place of each.");
    } else if (
      one.ledger.version === null ||
      (version !== null && one.ledger.version !== version)
    ) {
      const actual = one.ledger.version ?? "no constant version";
      const message = `the ledger statement for "${operation}" names ${actual}; the header's version is ${version ?? "unusable"}.`;
      report(
        "LEDGER_VERSION",
        one,
        message,
        "write the version as a text constant, equal to the header's.",
      );
    }
  }
  for (const { operation, section, example } of expected) {
    const matching = found.filter(
      (one) => one.ledger.operation === operation && one.section === section,
    );
    if (matching.length === 0) {
      report(
        "LEDGER_MISSING",
        null,
        `the ledger statement for "${operation}" is missing.`,
        `add ${example}.`,
      );
    }
    for (const again of matching.slice(1)) {
      report(
        "LEDGER_MISPLACED",
        again,
        `the ledger statement for "${operation}" is given twice.`,
        "keep the last one.",
      );
    }
  }
  return problems;
}
