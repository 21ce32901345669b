/**
 * The evidence of a change as one page for the people who approve it. Pure.
 * Does NOT gather anything (see evidenceFacts.ts).
 */
import type { EvidenceReport, MigrationEvidence } from "./evidence";
import type { Answer, ChecklistLine } from "./evidenceModel";
import { badge, element, list, listing, page, type Part, table } from "./page";
import { statementFacts } from "./statementReport";
import { momentText } from "./times";

const answers: Readonly<Record<Answer, Part>> = {
  yes: badge("good", "yes, found by the program"),
  no: badge("bad", "missing"),
  unknown: badge("open", "could not be told"),
  people: badge("open", "for a person to tick, with name and date: ________________"),
};

const checkLine = ({ item, answer, facts }: ChecklistLine): Part => [
  element("strong", `${answer === "yes" ? "☑" : "☐"} ${item}`),
  " ",
  answers[answer],
  facts.length === 0 ? "" : list(facts),
];

function factTable(one: MigrationEvidence): Part {
  const review =
    one.reviewedBy === null ? "nobody yet" : `${one.reviewedBy}, ${one.reviewedOn ?? "no date"}`;
  const { rollback } = one;
  return table(
    ["", ""],
    [
      ["Asked for by", one.ticket],
      ["What and why", one.description],
      ["Written by", `${one.author}, ${one.created}`],
      ["Reviewed by", review],
      ["File", `${one.file}, ${one.checksum}`],
      ["Held by commit", one.commit ?? "not committed"],
      ["Expected duration", one.estimatedDuration],
      ["Downtime", one.downtimeRequired ? "yes" : "no"],
      ["Lock escalation risk", one.lockEscalationRisk],
      ...(one.limits === "" ? [] : [["Limits of its run", one.limits]]),
      ["Rollback", rollback === null ? "none" : `${rollback.file}, ${rollback.checksum}`],
      [
        "Data recovery",
        `${one.dataRecovery}${rollback?.warning == null ? "" : `. ${rollback.warning}`}`,
      ],
    ],
  );
}

function planTable(one: MigrationEvidence): Part {
  const felt = one.statements.filter((statement) => statementFacts(statement).length > 0);
  const quiet = one.statements.length - felt.length;
  return [
    felt.length === 0
      ? ""
      : table(
          ["Line", "Statement", "Risk", "What others notice, and what it costs"],
          felt.map((statement) => [
            String(statement.line),
            [statement.kind, statement.target].filter((part) => part !== null).join(" "),
            statement.risk,
            list(statementFacts(statement).filter((fact) => !fact.startsWith("risk "))),
          ]),
        ),
    quiet === 0
      ? ""
      : element(
          "p",
          `${quiet} ${felt.length === 0 ? "" : "more "}statements that nobody else can notice.`,
          "soft",
        ),
  ];
}

function runTable(one: MigrationEvidence): Part {
  const rows = one.runs.map(({ stack, what, at, login, by, took, ticket, note }) => [
    stack,
    what,
    momentText(at),
    by === null ? login : `${by} (login ${login})`,
    took ?? "",
    [ticket, note].filter((part) => part !== null && part !== "").join(": "),
  ]);
  if (rows.length === 0) return element("p", "It has run nowhere yet.");
  return table(["Stack", "What", "When", "Who", "How long", "Ticket, remark"], rows);
}

const measured = (one: MigrationEvidence): Part => {
  const lines = one.record.flatMap(({ stack, measured: texts }) =>
    texts.map((line) => `${stack}: ${line}`),
  );
  return lines.length === 0
    ? element(
        "p",
        "Nothing of what was there before was changed, as the servers counted it.",
        "soft",
      )
    : list(lines);
};

function migration(one: MigrationEvidence): readonly Part[] {
  return [
    element("h2", `${one.version} ${one.file}`),
    factTable(one),
    element("h3", "Plan: locks, risks, costs"),
    planTable(one),
    element("h3", "What it really did"),
    measured(one),
    element("h3", "Every run, proof and decision"),
    runTable(one),
    ...(one.exceptions.length === 0
      ? []
      : [
          element("h3", "Exceptions from rules, with their reasons"),
          list(one.exceptions.map(({ rule, reason }) => [element("strong", rule), `: ${reason}`])),
        ]),
    element("h3", "The SQL"),
    listing(one.sql),
    element("h3", "Its rollback"),
    one.rollbackSql === null ? element("p", "There is none.") : listing(one.rollbackSql),
  ];
}

/** @param madeAt  When it was put together. */
export function evidenceHtml(report: EvidenceReport, madeAt: Date): string {
  const { ticket, checklist, migrations, emergencies, unreached } = report;
  const missing = checklist.filter(({ answer }) => answer === "no").length;
  const open = checklist.filter(({ answer }) => answer === "people").length;
  const verdict =
    missing === 0
      ? badge("good", "nothing is missing that a program can tell")
      : badge("bad", `${missing} missing`);
  return page(`Evidence of ${ticket}`, [
    element("h1", `Evidence of ${ticket}`),
    element("p", [verdict, `, ${open} for people to tick`]),
    element(
      "p",
      `Put together ${momentText(madeAt)} from files, git, and the databases of all stacks.`,
      "soft",
    ),
    ...unreached.map(({ stack, reason }) =>
      element("p", `${stack} could not be asked: ${reason}`, "note"),
    ),
    ...emergencies.map(({ stack, text }) =>
      element("p", `Break-glass in ${stack}: ${text}`, "note"),
    ),
    element("h2", "Before production deployment"),
    list(checklist.map(checkLine), "checks"),
    ...migrations.flatMap(migration),
  ]);
}
