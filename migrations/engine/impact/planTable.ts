/**
 * Impacts as a table for people: one line per statement, the same columns in preview and on the command line.
 * Does NOT judge (see gate) and does not show the SQL itself (see preview).
 */
import { blockedWords } from "../sql/lockModes";
import { dottedName, type ObjectRef, withoutArguments } from "../sql/objectName";
import { wholeRow } from "../statements/assignedRow";
import type { Statement } from "../statements/statements";
import type { StatementImpact } from "./impact";
import { strongestOld } from "./risk";

/** The cells of one statement, uncut. */
export interface PlanRow {
  readonly line: number;
  readonly risk: StatementImpact["risk"];
  /** Kind and target, first command and how many more: "ALTER TABLE dagapp.jobs ADD COLUMN +1". */
  readonly statement: string;
  /** The strongest lock on what others use, or "-". */
  readonly lock: string;
  /** What that lock keeps others from, and where, if not only at the target: "writes: dagapp.jobs +1". */
  readonly stops: string;
  /** "will fail", "rewrites", "scans a.b", "drops", "changes rows", "cannot be undone", "unknown", joined by ", ". */
  readonly work: string;
}

/** Dotted, and without the arguments of a function. */
const nameOf = ({ schema, name }: ObjectRef): string =>
  dottedName({ schema, name: withoutArguments(name) });

const isTable = ({ kind }: ObjectRef): boolean => kind !== "index" && kind !== "sequence";

/**
 * The first name and how many there are beside it; "" for the target alone. What the line does not name already comes
 * first, tables before what belongs to them.
 */
function listed(refs: readonly ObjectRef[], target: string | null): string {
  const rank = (ref: ObjectRef): number =>
    Number(nameOf(ref) === target) * 2 + Number(!isTable(ref));
  const [first, ...others] = [...refs].sort((a, b) => rank(a) - rank(b));
  if (first === undefined || (others.length === 0 && nameOf(first) === target)) return "";
  return others.length === 0 ? nameOf(first) : `${nameOf(first)} +${others.length}`;
}

const joined = (words: string, separator: string, names: string): string =>
  names === "" ? words : `${words}${separator}${names}`;

/** Kind and target, and what ALTER TABLE or SELECT is about. */
function headline({ kind, target, operations }: Statement): string {
  const commands = operations.flatMap((operation) =>
    operation.kind === "alter table" ? [operation.command.kind.toUpperCase()] : [],
  );
  const calls = operations.flatMap((operation) =>
    operation.kind === "query" && target === null ? operation.query.unknownFunctions : [],
  );
  const [first, ...others] = [...commands, ...calls.map((name) => `${name}()`)];
  const more = others.length === 0 ? null : `+${others.length}`;
  return [kind, target, first, more].filter((part) => part != null).join(" ");
}

function workOf(impact: StatementImpact): string {
  const { rewrites, scans, drops, reversible, unknown, mistakes } = impact;
  const { target } = impact.statement;
  const verbs = [
    ["rewrites", rewrites],
    ["scans", scans],
    ["drops", drops],
  ] as const;
  const done = verbs.filter(([, refs]) => refs.length > 0);
  const parts = [
    ...(mistakes.length > 0 ? ["will fail"] : []),
    ...done.map(([verb, refs]) => joined(verb, " ", listed(refs, target))),
    ...(reversible === "data" && drops.length === 0 ? ["changes rows"] : []),
    ...(reversible === "no" ? ["cannot be undone"] : []),
    ...(unknown !== null ? ["unknown"] : []),
  ];
  return parts.join(", ") || "-";
}

/** One row per statement, in order. */
export function planRows(impacts: readonly StatementImpact[]): readonly PlanRow[] {
  return impacts.map((impact): PlanRow => {
    const { statement, risk, locks } = impact;
    const lock = strongestOld(locks);
    const alike = locks.filter(({ mode, isNew }) => !isNew && mode === lock?.mode);
    const where = listed(
      alike.map(({ object }) => object),
      statement.target,
    );
    return {
      line: statement.line,
      risk,
      statement: headline(statement),
      lock: lock?.mode ?? "-",
      stops: lock === null ? "-" : joined(blockedWords(lock.mode), ": ", where),
      work: workOf(impact),
    };
  });
}

/** Widest a line is, in characters: with the indent of a message it fits a terminal of a hundred columns. */
const tableWidth = 98;
/** The last column keeps that much room whatever stands before it. */
const leastRoom = 24;

function cutToWidth(text: string, limit: number): string {
  const characters = Array.from(text);
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join("")}…`;
}

/** What is looked at for each statement; the last cell goes on in further lines where it is long. */
const cellsOf = ({ line, risk, statement, lock, stops, work }: PlanRow): readonly string[] => {
  const [blocked = "", where] = stops.split(": ");
  const more = [
    ...(where === undefined ? [] : [`locks ${where}`]),
    ...(work === "-" ? [] : [work]),
  ];
  return [`L${line}`, risk, lock, blocked, [statement, ...more].join("; ")];
};

const header = ["LINE", "RISK", "LOCK", "STOPS", "STATEMENT"] as const;

/** Breaks a text between words; a word that is wider is cut. */
function broken(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(" ").map((one) => cutToWidth(one, width))) {
    const longer = current === "" ? word : `${current} ${word}`;
    if (current !== "" && Array.from(longer).length > width) {
      lines.push(current);
      current = word;
    } else current = longer;
  }
  return [...lines, current];
}

/**
 * The table: a header, then one row per statement that others may notice, in order. Statements that touch only what the
 * migration itself makes are counted in a last line.
 *
 * @returns  `[]` without statements.
 */
export function planTable(impacts: readonly StatementImpact[]): readonly string[] {
  const shown = impacts.filter(({ risk, mistakes }) => risk !== "none" || mistakes.length > 0);
  const quiet = impacts.length - shown.length;
  const rows = shown.length === 0 ? [] : [header, ...planRows(shown).map(cellsOf)];
  const last = header.length - 1;
  const widths = header
    .slice(0, last)
    .map((_, column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  const before = widths.reduce((sum, width) => sum + width + 2, 0);
  const room = Math.max(leastRoom, tableWidth - before);
  const lines = rows.flatMap((row) => {
    const start = widths.map((width, column) => (row[column] ?? "").padEnd(width)).join("  ");
    const [first = "", ...more] = broken(row[last] ?? "", room);
    return [`${start}  ${first}`, ...more.map((text) => " ".repeat(before) + text)];
  });
  const statements = quiet === 1 ? "1 statement" : `${quiet} statements`;
  const more = shown.length === 0 ? "" : " more";
  return quiet === 0
    ? lines
    : [...lines, `${statements.replace(" ", `${more} `)} that nobody else can notice`];
}

/** What each piece of code that a statement puts in place will do when it runs: by itself, or when something calls it. */
export function laterTexts({ arms, onlyNewObjects }: StatementImpact): readonly string[] {
  return arms.flatMap(({ what, does, sets, onCall, unknown }) => {
    const set = (sets?.columns ?? []).map((column) =>
      column === wholeRow ? "writes another row than it was given" : `sets ${column} of each row`,
    );
    const all = [...does, ...set, ...(unknown === null ? [] : [unknown])];
    // A function that only reads, and code of what nobody uses yet, is in the SQL for those who look.
    if (all.length === 0 && (onCall || onlyNewObjects)) return [];
    return [[what, ...(all.length === 0 ? [] : [all.join("; ")])].join(": ")];
  });
}

/**
 * What does not fit into a line: mistakes, what is unknown, what was assumed. One line each, in order.
 *
 * @returns  For example `L37 unknown: what a.f() does is not looked at.`
 */
export function describeImpacts(impacts: readonly StatementImpact[]): readonly string[] {
  return impacts.flatMap((impact) => {
    const { mistakes, unknown, assumes } = impact;
    const { line } = impact.statement;
    return [
      ...mistakes.map((text) => `L${line} will fail: ${text}.`),
      ...(unknown === null ? [] : [`L${line} unknown: ${unknown}.`]),
      ...assumes.map((text) => `L${line} assumed: ${text}.`),
      ...laterTexts(impact).map((text) => `L${line} runs later: ${text}.`),
    ];
  });
}
