/**
 * Finds the three sections of a forward file by their banners.
 * Does NOT look at statements, except to ignore a banner that stands inside one.
 */
import type { Problem } from "../../../stack/errors";
import type { Statement } from "../statements/statements";
import { ruleLine, sectionTitle } from "./headerLines";

export const sectionNames = ["preflight", "migration", "postflight"] as const;
export type SectionName = (typeof sectionNames)[number];

/** The titles that the policy gives the sections. */
const sectionTitles: Readonly<Record<SectionName, string>> = {
  preflight: "PRE-FLIGHT CHECKS",
  migration: "MIGRATION",
  postflight: "POST-FLIGHT VALIDATION",
};

/** A section's banner: rule, title, rule. */
export interface Banner {
  readonly section: SectionName;
  /** Byte offset of the title line. */
  readonly offset: number;
  readonly line: number;
}

const titleLines = new RegExp(sectionTitle.source, "gm");

const lineBefore = (text: string, index: number): string =>
  index === 0 ? "" : text.slice(text.lastIndexOf("\n", index - 2) + 1, index - 1);
function lineAfter(text: string, index: number): string {
  const start = text.indexOf("\n", index) + 1;
  if (start === 0) return "";
  const end = text.indexOf("\n", start);
  return text.slice(start, end === -1 ? text.length : end);
}

/** All banners outside statements, in order. */
export function findBanners(text: string, statements: readonly Statement[]): readonly Banner[] {
  const banners: Banner[] = [];
  let index = 0;
  let offset = 0;
  let line = 1;
  let next = 0;
  for (const match of text.matchAll(titleLines)) {
    if (!ruleLine.test(lineBefore(text, match.index))) continue;
    if (!ruleLine.test(lineAfter(text, match.index))) continue;
    const between = text.slice(index, match.index);
    offset += Buffer.byteLength(between);
    line += between.split("\n").length - 1;
    index = match.index;
    while ((statements[next]?.endOffset ?? Infinity) <= offset) next += 1;
    if ((statements[next]?.startOffset ?? Infinity) < offset) continue;
    const section = sectionNames.find((name) => sectionTitles[name] === match[1]);
    if (section !== undefined) banners.push({ section, offset, line });
  }
  return banners;
}

/** Checks that each section is there once and in order. */
export function checkBanners(file: string, banners: readonly Banner[]): readonly Problem[] {
  const problems: Problem[] = [];
  const report = (code: string, line: number | null, message: string, hint: string): void => {
    problems.push({ code, file, line, message, hint });
  };
  for (const section of sectionNames) {
    const found = banners.filter((banner) => banner.section === section);
    const title = sectionTitles[section];
    if (found.length === 0) {
      const hint = `add the banner (a rule, "-- ${title}", a rule) and the section below it.`;
      report("SECTION_MISSING", null, `section ${title} is missing.`, hint);
    }
    for (const twice of found.slice(1)) {
      report("SECTION_TWICE", twice.line, `section ${title} appears twice.`, "keep one.");
    }
  }
  if (problems.length > 0) return problems;
  const order = Object.values(sectionTitles).join(", ");
  const misplaced = banners.find((banner, index) => banner.section !== sectionNames[index]);
  if (misplaced !== undefined) {
    const message = `section ${sectionTitles[misplaced.section]} is out of order.`;
    report("SECTION_ORDER", misplaced.line, message, `the order is ${order}.`);
  }
  return problems;
}
