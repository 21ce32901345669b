/**
 * Rules that hold the header's IMPACT and DEPENDENCIES against what the SQL does. Saying too much is fine.
 * Does NOT check the form of the header (see header) nor the review and rollback lines (see gateFileRules).
 */
import { type StatementEffect } from "../../impact/effect";
import { lockModes } from "../../sql/lockModes";
import { type ObjectRef } from "../../sql/objectName";
import { oneLine, sqlName } from "../../sql/sqlText";
import type { Statement } from "../../statements/statements";
import { type Act } from "../input/act";
import type { GateRule } from "../input/gateRule";
import { actOf, actsOf, actsOfKind, type Subject, temporaryTables } from "../input/subject";
import { changedBy } from "../input/targets";
import { atField, atStatement, docs, fileRule } from "./fileRule";

const weight = (mode: (typeof lockModes)[number]): number => lockModes.indexOf(mode);
const keepsOutDdl = weight("SHARE UPDATE EXCLUSIVE");
const blocksWriters = weight("SHARE");

interface Named {
  readonly schema: string | null;
  readonly name: string;
}

/** Tables that the effect's statement finds in place. */
function existing<T extends Named>(
  subject: Subject,
  effect: StatementEffect,
  tables: readonly T[],
): readonly T[] {
  const act = actOf(subject, effect.statement);
  const isOwn = (table: Named): boolean =>
    effect.creates.some((made) => sqlName(made) === sqlName(table));
  return act === undefined
    ? []
    : tables.filter((table) => !subject.isNew(table, act) && !isOwn(table));
}

/** Tables that are made, written or locked against other DDL and more, with the first statement that does so. */
function affectedTables(subject: Subject): ReadonlyMap<string, Statement> {
  const affected = new Map<string, Statement>();
  const temporary = temporaryTables(subject.acts);
  const add = (statement: Statement, objects: readonly ObjectRef[]): void => {
    for (const { kind, schema, name } of objects) {
      const isTemporary = schema === "pg_temp" || (schema === null && temporary.has(name));
      const key = sqlName({ schema, name });
      if (kind === "table" && !isTemporary && !affected.has(key)) affected.set(key, statement);
    }
  };
  for (const { statement, creates, locks } of subject.effects) {
    if (statement.ledger !== null) continue;
    // A weaker lock may be only that of a foreign key's look at the other table.
    const held = locks.filter(({ mode }) => weight(mode) >= keepsOutDdl);
    add(statement, [...creates, ...held.map(({ object }) => object)]);
  }
  for (const act of actsOfKind(subject.acts, "query")) add(act.statement, changedBy(act));
  return affected;
}

const risks = ["Low", "Medium", "High"] as const;

interface Risk {
  readonly level: (typeof risks)[number];
  readonly because: string;
}

/** The risk of one statement, by the words of migrations/README.md. */
function riskOf(subject: Subject, effect: StatementEffect): Risk {
  const { statement } = effect;
  const text = `line ${statement.line}, ${oneLine(statement.text).slice(0, 60)}`;
  const locks = effect.locks.filter(
    ({ object, mode }) =>
      /^(table|materialized view)$/.test(object.kind) && weight(mode) >= blocksWriters,
  );
  const held = existing(
    subject,
    effect,
    locks.map(({ object }) => object),
  ).map(sqlName);
  const read = existing(subject, effect, [...effect.rewrites, ...effect.scans]).map(sqlName);
  const table = read.find((name) => held.includes(name));
  if (table !== undefined) {
    return {
      level: "High",
      because: `${text}: ${table} is read or written in full under its lock`,
    };
  }
  return held[0] === undefined
    ? { level: "Low", because: "" }
    : { level: "Medium", because: `${text}: ${held[0]} is locked against writers` };
}

/** A statement that takes long while an earlier one of its transaction holds ACCESS EXCLUSIVE. */
interface HeldLock {
  readonly act: Act;
  readonly table: string;
  readonly since: number;
}

/** Copying or merging rows whose number nobody knows. Scans, indexes, UPDATE and DELETE have rules of their own. */
function takesLong(subject: Subject, act: Act): boolean {
  const { action } = act;
  if (act.statement.ledger !== null) return false;
  if (action.kind !== "query" && action.kind !== "create table") return false;
  const { query } = action;
  const writes = query?.writes ?? [];
  const copies =
    action.kind === "create table" ||
    writes.some(({ verb }) => verb === "insert" || verb === "merge");
  const written = writes.map(({ table }) => sqlName(table));
  const isMerge = writes.some(({ verb }) => verb === "merge");
  return (
    copies &&
    (query?.reads ?? []).some(
      (read) => !subject.isNew(read, act) && (isMerge || !written.includes(sqlName(read))),
    )
  );
}

function heldLocks(subject: Subject): readonly HeldLock[] {
  const held = new Map<Act["segment"], { table: string; line: number }>();
  const found: HeldLock[] = [];
  for (const effect of subject.effects) {
    const act = actOf(subject, effect.statement);
    if (act === undefined || act.segment.kind === "single") continue;
    const before = held.get(act.segment);
    if (before !== undefined && takesLong(subject, act)) {
      found.push({ act, table: before.table, since: before.line });
    }
    const strongest = effect.locks.filter(
      ({ object, mode }) => object.kind === "table" && mode === "ACCESS EXCLUSIVE",
    );
    const [table] = existing(
      subject,
      effect,
      strongest.map(({ object }) => object),
    );
    if (table !== undefined && before === undefined) {
      held.set(act.segment, { table: sqlName(table), line: effect.statement.line });
    }
  }
  return found;
}

const jobsRegion = {
  body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;",
  rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
} as const;

export const headerRules: readonly GateRule[] = [
  fileRule({
    id: "impact-tables",
    problem: "`Tables affected` leaves out a table that is made, locked or written.",
    why: "people approve the change, and stand by, for the tables that are named.",
    instead: "every table that is new, locked against others or written, with its schema.",
    source: "Policy, Header Block: IMPACT: Tables affected",
    bad: { ...jobsRegion, header: { "Tables affected": "dagapp.tasks" } },
    good: { ...jobsRegion, header: { "Tables affected": "dagapp.jobs" } },
    find: (subject) => {
      const plain = (name: string): string => name.replaceAll('"', "");
      const last = (name: string): string => plain(name).split(".").at(-1) ?? "";
      const declared = subject.file.header.impact.tablesAffected.map(plain);
      // A name without its schema, on either side, is taken for the same.
      const isDeclared = (name: string): boolean =>
        declared.some((one) =>
          one.includes(".") && name.includes(".") ? one === plain(name) : last(one) === last(name),
        );
      const missing = [...affectedTables(subject)].filter(([name]) => !isDeclared(name));
      if (missing.length === 0) return [];
      const lines = missing.map(([name, { line }]) => `${name} (line ${line})`);
      return [
        atField(
          subject,
          "Tables affected",
          `Tables affected leaves out ${lines.join(", ")}.`,
          `write: Tables affected: ${[...declared, ...missing.map(([name]) => name)].join(", ")}`,
        ),
      ];
    },
  }),
  fileRule({
    id: "impact-lock-risk",
    problem: "`Lock escalation risk` is lower than what the statements do.",
    why: "whoever approves the change decides by this line when it may run.",
    instead:
      "`Low`: new objects only. `Medium`: writers are locked out for moments. `High`: for as long as a table is read or written in full.",
    source: `Policy, Header Block: IMPACT: Lock escalation risk; ${docs("explicit-locking.html")}`,
    bad: { ...jobsRegion, header: { "Lock escalation risk": "Low" } },
    good: { ...jobsRegion, header: { "Lock escalation risk": "Medium" } },
    find: (subject) => {
      const declared = subject.file.header.impact.lockEscalationRisk;
      const [worst] = subject.effects
        .map((effect) => riskOf(subject, effect))
        .sort((a, b) => risks.indexOf(b.level) - risks.indexOf(a.level));
      if (worst === undefined || risks.indexOf(worst.level) <= risks.indexOf(declared)) return [];
      return [
        atField(
          subject,
          "Lock escalation risk",
          `Lock escalation risk is ${declared}, but it is ${worst.level}: ${worst.because}.`,
          `write: Lock escalation risk: ${worst.level}`,
        ),
      ];
    },
  }),
  fileRule({
    id: "impact-downtime",
    problem:
      "A lock that shuts everybody out is held while many rows are read or written, and no downtime is declared.",
    why: "nobody can use the table until the transaction ends; that is downtime, whatever the header says.",
    instead: "COMMIT before the long statement; or `Downtime required: Yes`.",
    source: `Policy, Header Block: IMPACT: Downtime required; ${docs("explicit-locking.html")}`,
    bad: {
      body:
        "BEGIN;\nALTER TABLE dagapp.jobs ADD COLUMN region TEXT;\n" +
        "INSERT INTO dagapp.notes (note_id, body) SELECT 1, job_id FROM dagapp.jobs;\nCOMMIT;",
      rollback: jobsRegion.rollback,
    },
    good: {
      body:
        "BEGIN;\nALTER TABLE dagapp.jobs ADD COLUMN region TEXT;\nCOMMIT;\n" +
        "INSERT INTO dagapp.notes (note_id, body) SELECT 1, job_id FROM dagapp.jobs;",
      rollback: jobsRegion.rollback,
    },
    find: (subject) =>
      subject.file.header.impact.downtimeRequired
        ? []
        : heldLocks(subject).map(({ act, table, since }) =>
            atStatement(
              act,
              `${act.statement.kind} runs while line ${since} holds ACCESS EXCLUSIVE on ${table}.`,
              "COMMIT before it; or write Downtime required: Yes into the header.",
            ),
          ),
  }),
  fileRule({
    id: "dependencies-understated",
    problem:
      "DEPENDENCIES leaves out the migration before this one, or PgSTAC whose objects are used.",
    why: "who runs the file by hand learns from it what must be there.",
    instead: "`Requires migration 003 to be applied first`; `Requires PgSTAC 0.9.x schema`.",
    source: "Policy, Header Block: DEPENDENCIES",
    bad: { ...jobsRegion, header: { DEPENDENCIES: "None" } },
    good: { ...jobsRegion, header: { DEPENDENCIES: "Requires migration 001 to be applied first" } },
    find: (subject) => {
      const { dependencies } = subject.file.header;
      const previous = subject.earlier.at(-1);
      const says = (pattern: RegExp): boolean => dependencies.some((text) => pattern.test(text));
      const missing: string[] = [];
      if (previous !== undefined) {
        const { number, name, header } = previous;
        const version = header.version.replaceAll(".", "\\.");
        const words = new RegExp(
          `(?<![\\w.])(?:0*${number}|${name}(?:\\.sql)?|v?${version})(?![\\w-])`,
        );
        if (!says(words)) {
          missing.push(`Requires migration ${String(number).padStart(3, "0")} to be applied first`);
        }
      }
      const usesPgstac = actsOf(subject.file).some(({ statement }) =>
        /(?<![\w$])"?pgstac"?\s*\./i.test(statement.text.replace(/--.*$/gm, "")),
      );
      if (usesPgstac && !says(/pgstac/i)) missing.push("Requires PgSTAC 0.9.x schema");
      return missing.map((text) =>
        atField(
          subject,
          "DEPENDENCIES",
          `DEPENDENCIES does not say: ${text}.`,
          `add the line: - ${text}`,
        ),
      );
    },
  }),
];
