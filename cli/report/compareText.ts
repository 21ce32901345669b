/**
 * A comparison of files and database for a person. Pure. Does NOT decide anything.
 */
import { printable, printableText } from "../../stack/printable";
import type { Style } from "../frame/terminal";
import type { CompareReport } from "./compareReport";
import { momentText } from "./times";

type Reported = CompareReport["differences"][number];

/** Most characters of a definition that are shown; all of it is in the JSON. */
const longestShown = 300;
const width = 100;

/** What one side says, on lines that fit. */
function sideLines(label: string, lines: readonly string[]): readonly string[] {
  const text = printable(lines.join("; ").replace(/\s+/g, " "));
  const cut = text.length > longestShown ? `${text.slice(0, longestShown)} …` : text;
  const indent = " ".repeat(12);
  return wrapped(cut === "" ? "not there" : cut, width - indent.length).map(
    (line, at) => `${at === 0 ? `  ${label}`.padEnd(indent.length) : indent}${line}`,
  );
}

/** Words on lines of at most so many characters; a longer word stays whole. */
function wrapped(text: string, most: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > most) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function statementLines(
  { toFiles, losesSomething, isOwner }: Reported,
  style: Style,
): readonly string[] {
  if (toFiles.statements === null) return [`  no statement: ${toFiles.reason}`];
  if (toFiles.statements.length === 0) return ["  comes with another difference's statement"];
  const heading = isOwner
    ? "  as the files say (up or ddl heal does it):"
    : losesSomething
      ? `  as the files say, ${style.red("which throws away what is there")}:`
      : "  as the files say:";
  return [
    heading,
    ...toFiles.statements.flatMap((sql) =>
      `${printableText(sql)};`.split("\n").map((line) => `    ${line}`),
    ),
  ];
}

const places = {
  files: "not in the database",
  database: "not in the files",
  both: "not the same",
} as const;

function differenceLines(one: Reported, style: Style): readonly string[] {
  const { vouched } = one;
  return [
    `${style.bold(printable(one.name))}: ${places[one.where]}`,
    ...sideLines("files", one.files),
    ...sideLines("database", one.database),
    ...statementLines(one, style),
    ...(vouched === null
      ? []
      : [
          `  vouched for by ${printable(vouched.by)} at ${momentText(vouched.at)}: ${printable(vouched.reason)}`,
        ]),
    "",
  ];
}

/** All owners at once: who has how many that should be whose. Each with its statement is in the JSON. */
function ownerLines(owners: readonly Reported[]): readonly string[] {
  if (owners.length === 0) return [];
  const from = [...new Set(owners.flatMap(({ database }) => database))].sort();
  const to = [...new Set(owners.flatMap(({ files }) => files))].sort();
  const nameOf = (lines: readonly string[]): string =>
    lines.map((line) => printable(line.replace(/^owner /, ""))).join(", ");
  const count = owners.length === 1 ? "1 owner differs" : `${owners.length} owners differ`;
  return [
    ...wrapped(
      `${count} (${nameOf(from)} in place of ${nameOf(to)}): taking over, up or ddl heal mends that, and nobody vouches for it. Each: npx ddl compare --json.`,
      width,
    ),
    "",
  ];
}

/** So few owners are told one by one. */
const fewOwners = 3;

/** What to do about differences, where there are any. */
function nextLines({ stack, version, differences }: CompareReport): readonly string[] {
  if (differences.every(({ isOwner }) => isOwner)) {
    return [
      "Only owners differ: up (or npx ddl heal) mends them, and ddl baseline needs no word on them.",
    ];
  }
  const baseline =
    version === null
      ? []
      : [
          `  it may stay:            npx ddl baseline ${version} --stack ${stack} --vouch "NAME=REASON" …`,
        ];
  return [
    "For each difference, one of these:",
    "  the files are right:    run the statement as the migrator, then compare again",
    `  the database is right:  npx ddl new --from-drift "TITLE" --stack ${stack}`,
    ...baseline,
  ];
}

export function compareText(report: CompareReport, style: Style): string {
  const { stack, database, version, differences } = report;
  const files = version === null ? "no file" : `the files up to ${version}`;
  const subject = `${stack} (${database}) and ${files}`;
  if (differences.length === 0) return style.green(`No difference between ${subject}.`);
  const count = differences.length === 1 ? "1 difference" : `${differences.length} differences`;
  const owners = differences.filter(({ isOwner }) => isOwner);
  const isSummed = owners.length > fewOwners;
  const told = isSummed ? differences.filter(({ isOwner }) => !isOwner) : differences;
  return [
    style.red(`${count} between ${subject}:`),
    "",
    ...told.flatMap((one) => differenceLines(one, style)),
    ...(isSummed ? ownerLines(owners) : []),
    ...nextLines(report),
  ].join("\n");
}
