/**
 * Findings for a person: place, line, caret, rule, why, what to do. Pure.
 * Does NOT decide whether there are colours (see terminal.ts).
 */
import type { Style } from "../frame/terminal";
import { lineWidth, wrapped } from "../frame/wrap";
import { counted, countOf, type Finding, type Report } from "./finding";

/** Longest part of a source line that is shown, in characters: behind a gutter it fits. */
const longestLine = lineWidth - 12;

/** The text that was split last: a file with ten thousand findings is split once. */
let split: { readonly text: string; readonly lines: readonly string[] } | null = null;

function linesOf(text: string): readonly string[] {
  if (split?.text !== text) split = { text, lines: text.split(/\r?\n/) };
  return split.lines;
}

/** The line of the finding and a caret under its place; nothing when there is no such line. */
function excerpt({ line, column }: Finding, text: string | null, style: Style): readonly string[] {
  const source = line === null || text === null ? undefined : linesOf(text)[line - 1];
  if (source === undefined || source.trim() === "") return [];
  const characters = Array.from(source);
  const first = characters.findIndex((character) => character.trim() !== "");
  const place = column === null ? first : column - 1;
  // A line may be a megabyte of data: what is shown begins a little before the place.
  const from = place < longestLine - 20 ? 0 : place - 20;
  const shown = characters.slice(from, from + longestLine);
  const indent = shown
    .slice(0, place - from)
    .map((character) => (character === "\t" ? "\t" : " "))
    .join("");
  const gutter = String(line);
  return [
    `${style.dim(`  ${gutter} | `)}${shown.join("")}`,
    `${style.dim(`  ${" ".repeat(gutter.length)} | `)}${indent}${style.red("^")}`,
  ];
}

/** One finding: place, line and caret, rule, why, what to do. */
export function findingText(
  finding: Finding,
  report: Pick<Report, "tier" | "pathOf" | "textOf">,
  style: Style,
): string {
  const { file, line, column, severity, rule, message, why, remedy, excepted } = finding;
  const place = [report.pathOf(file), line, column].filter((part) => part !== null).join(":");
  const mark = severity === "error" ? style.red : style.yellow;
  const [first = "", ...more] = wrapped(`${file === "" ? "" : `${place}: `}${message}`);
  const marked = file === "" ? first : first.replace(place, style.bold(place));
  return [
    marked,
    ...more,
    ...excerpt(finding, report.textOf(file), style),
    ...wrapped(
      `  ${severity} ${rule} | tier ${report.tier}${excepted === null ? "" : ` | excepted: ${excepted}`}`,
    ).map((text) => text.replace(`  ${severity} `, `  ${mark(severity)} `)),
    ...(why === null ? [] : wrapped(`  Why:  ${why}`)),
    ...wrapped(`  Do:   ${remedy}`),
  ].join("\n");
}

/** All findings and a line that sums up. */
export function textReport(report: Report, style: Style): string {
  const { findings, migrations, tier } = report;
  const [errors, warnings] = [countOf(findings, "error"), countOf(findings, "warning")];
  const looked = `${counted(migrations, "migration")} checked for ${tier}`;
  const found =
    findings.length === 0
      ? style.green("nothing to object to")
      : [counted(errors, "error"), counted(warnings, "warning")].join(", ");
  const texts = findings.map((finding) => `${findingText(finding, report, style)}\n`);
  return [...texts, `${looked}: ${found}`].join("\n");
}
