/**
 * One check per kind of header value; collects a problem for each that fails.
 * Does NOT know which fields a header has (see header).
 */
import { valid as validVersion } from "semver";

import type { Problem } from "../../../stack/errors";
import { isTicket, noTicketYet, ticketHint } from "../../../stack/ticket";
import type { HeaderLines, RawField } from "./headerLines";
import { limitLines, parseTime, type TimeLimits, timeText } from "./timeLimits";

/** `[Date]`, TBD and the like: written, but not filled in. */
const placeholder = /^(\[.*\]|<.*>|(tbd|todo)\b.*|[?.!\s-]*)$/i;
const nothing = /^none\.?$/i;
/** Words that fill a line without naming anything. */
const noName = /^(none|no|not? (applicable|needed|available|yet)|nil|nobody|n\/?a|-|\.)\.?$/i;
/** Words by which a Yes is none, and a reference a promise. */
const doubt =
  /\b(not|no|never|n't|hardly|almost|partly|maybe|perhaps|later|soon|tomorrow|todo|tbd|pending|to follow|to be|will|would|should|untested|somewhere|someone|none|n\/a|failed|fails|skipped|partially|except|planned|presumably|probably|supposedly|take|ask)\b/i;
/** What says where or when something was tried: a tier, a number, a day. */
const placeOrDay = /\b(dev|qa|uat|prod|staging|sandbox)\b|\d/i;
/** Letters of another alphabet may only look like what they seem to say. */
const otherLetters = /(?!\p{Script=Latin})\p{L}/u;
/** Words that stand where a reason should and give none. */
const noReason: ReadonlySet<string> = new Set(
  (
    "none no not any a an the this that it is was are be ok okay fine yes reason reasons because needed need necessary required " +
    "wanted see ticket later soon done agreed approved allowed author says said so as is by me we us just please"
  ).split(" "),
);
/** Whether some word says more than that something is so. */
const givesReason = (text: string): boolean =>
  (text.toLowerCase().match(/\p{L}{3,}/gu) ?? []).some((word) => !noReason.has(word));
const exceptionForm = /^([a-z][a-z0-9-]*):\s*(.*)$/;
/** VARCHAR(50) in the ledger. */
const maxVersionLength = 50;

/** One bullet of the header's EXCEPTIONS block. */
export interface RuleException {
  /** Id of a rule of the gate, as written. */
  readonly rule: string;
  readonly reason: string;
  readonly line: number;
}

/** True for an ISO date that exists: 2026-02-30 does not. */
function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** Reads checked values from raw header lines; a failed check leaves a problem and a harmless value. */
export class HeaderCheck {
  readonly problems: Problem[] = [];
  readonly lines: Record<string, number> = {};

  constructor(
    private readonly file: string,
    private readonly raw: HeaderLines,
    private readonly firstField: string,
  ) {
    for (const entry of raw.entries) {
      if (Object.hasOwn(this.lines, entry.name)) {
        const message = `header field ${entry.name} is given twice.`;
        this.report("HEADER_FIELD_TWICE", entry.line, message, "keep one of them.");
      }
      this.lines[entry.name] ??= entry.line;
      for (const bullet of entry.bullets) {
        const [label] = bullet.value.split(":");
        if (label !== undefined && bullet.value.includes(":")) this.lines[label] ??= bullet.line;
      }
    }
  }

  /** True, with one problem, when there is no header block at all. */
  isAbsent(): boolean {
    if (this.raw.entries.some((entry) => entry.name === this.firstField)) return false;
    const message = `the file does not begin with the header block (-- ${this.firstField}: …).`;
    this.report(
      "HEADER_MISSING",
      1,
      message,
      "put the policy's header block at the top of the file.",
    );
    return true;
  }

  /** A value that must be filled in: a field, a block's text, or a labelled bullet of a block. */
  required(name: string, label?: string): string {
    return this.filled(name, label)?.value ?? "";
  }

  /** A value as it is written, "" for none. */
  text(name: string, label: string): string {
    return this.find(name, label)?.value ?? "";
  }

  /** A value that may be missing, or is filled in later (review); null when absent or a placeholder. */
  optional(name: string, label?: string): string | null {
    const value = this.find(name, label)?.value;
    return value === undefined || this.isOpen(value) || noName.test(value) ? null : value;
  }

  optionalDate(name: string): string | null {
    const value = this.optional(name);
    return value === null ? null : this.date(value, name);
  }

  date(value: string, name: string): string {
    if (value !== "" && !isDate(value)) {
      const message = `${name} is ${JSON.stringify(value)}, not a date.`;
      this.report("HEADER_DATE", this.lines[name] ?? null, message, "write it as 2026-01-29.");
    }
    return value;
  }

  version(name: string): string {
    const field = this.filled(name);
    if (field === null) return "";
    const { value, line } = field;
    const isPlain = validVersion(value) === value && value.length <= maxVersionLength;
    if (!isPlain) {
      const message = `${name} is ${JSON.stringify(value)}, not a semantic version.`;
      this.report(
        "HEADER_VERSION",
        line,
        message,
        "write three numbers, as in 1.2.0 (no v, no +build).",
      );
    }
    return value;
  }

  ticket(name: string): string {
    const field = this.filled(name);
    if (field === null) return "";
    if (!isTicket(field.value) && field.value !== noTicketYet) {
      const message = `${name} is ${JSON.stringify(field.value)}, not a change ticket.`;
      const hint = `${ticketHint.slice(0, -1)}; while there is none (dev, qa), write ${noTicketYet}.`;
      this.report("HEADER_TICKET", field.line, message, hint);
    }
    return field.value;
  }

  /** A file name that is known in advance. */
  fileName(name: string, expected: string, code: string, label?: string): string {
    const field = this.filled(name, label);
    if (field !== null && field.value !== expected) {
      const message = `${label ?? name} names ${field.value}; here it must be ${expected}.`;
      this.report(code, field.line, message, "correct the line, or rename the file.");
    }
    return field?.value ?? "";
  }

  /** One of the given words, perhaps with an explanation behind it: "Yes (5 minutes)". */
  choice<C extends string>(name: string, label: string, choices: readonly C[]): C | null {
    const field = this.filled(name, label);
    if (field === null) return null;
    const chosen = choices.find((choice) =>
      new RegExp(`^${choice}(?=\\s*([,;:.(\u2013\u2014-]|$))`, "i").test(field.value),
    );
    if (chosen !== undefined) return chosen;
    const message = `${label} is ${JSON.stringify(field.value)}.`;
    this.report("HEADER_CHOICE", field.line, message, `write one of ${choices.join(", ")}.`);
    return null;
  }

  /** Yes or No, or null while it is still a placeholder; the line itself must be there. */
  yesNoOrOpen(name: string, label: string): boolean | null {
    const field = this.find(name, label);
    if (field !== null && this.isOpen(field.value)) return null;
    const chosen = this.choice(name, label, ["Yes", "No"]);
    return chosen === null ? null : chosen === "Yes";
  }

  /** Yes alone, or with where or when it was; `Yes, not really` and `Yes, in theory` are No. */
  testedOrOpen(name: string, label: string): boolean | null {
    const said = this.yesNoOrOpen(name, label);
    const text = this.find(name, label)?.value ?? "";
    if (said !== true) return said;
    const remark = text.replace(/^yes/i, "");
    const isPlain = !/[\p{L}\d]/u.test(remark);
    return isPlain || (placeOrDay.test(remark) && !doubt.test(remark) && !otherLetters.test(text));
  }

  /** A reference that can be followed: a path, an address, a number; null for a promise or a word. */
  reference(name: string, label: string): string | null {
    const value = this.optional(name, label);
    if (value === null) return null;
    const said = value.replace(/[^\p{L}\d]/gu, "");
    const isPlace =
      value.length >= 6 &&
      /[\d/\\:]/.test(value) &&
      /[\p{L}\d]{3}/u.test(value) &&
      !/^(.)\1*$/u.test(said) &&
      !/\/dev\/null\b/.test(value);
    return isPlace && !doubt.test(value) && !otherLetters.test(value) ? value : null;
  }

  /** A limit of the run in milliseconds; null where the line is not there. */
  time(limit: keyof TimeLimits, name: string, label?: string): number | null {
    const field = this.find(name, label);
    if (field === null) return null;
    const { leastMs } = limitLines[limit];
    const value = parseTime(field.value, leastMs);
    if (value === null) {
      const message = `${label ?? name} is ${JSON.stringify(field.value)}, not a time of at least ${timeText(leastMs)}.`;
      const hint =
        "write it as 500 ms, 2 s, 30 min or 1 h; without the line the stack's own holds.";
      this.report("HEADER_TIMEOUT", field.line, message, hint);
    }
    return value;
  }

  /** Comma-separated names without remarks in parentheses; "None" gives none. */
  list(name: string, label: string): readonly string[] {
    const value = this.required(name, label).replace(/\([^()]*\)/g, "");
    const items = value.split(",").map((item) => item.trim());
    return items.filter((item) => item !== "" && !nothing.test(item));
  }

  /** All bullets of a block; a block without any must say None. */
  bullets(name: string): readonly string[] {
    const entry = this.raw.entries.find((one) => one.name === name);
    const texts = (entry?.bullets ?? []).map((bullet) => bullet.value);
    const all = entry !== undefined && entry.value !== "" ? [entry.value, ...texts] : texts;
    const isMissing = all.length === 0 || all.some((text) => placeholder.test(text));
    if (isMissing) this.reportMissing(name, entry?.line ?? null);
    return all.filter((text) => !nothing.test(text));
  }

  /** Bullets of the form `rule-id: reason`; the block may be absent or say None. */
  exceptions(name: string): readonly RuleException[] {
    const entry = this.raw.entries.find((one) => one.name === name);
    const beside = entry === undefined || entry.value === "" ? [] : [entry];
    return [...beside, ...(entry?.bullets ?? [])].flatMap(({ value, line }) => {
      if (nothing.test(value)) return [];
      const [, rule = "", reason = ""] = exceptionForm.exec(value) ?? [];
      if (!placeholder.test(reason) && givesReason(reason)) return [{ rule, reason, line }];
      const message = `${JSON.stringify(value)} is not an exception with its reason.`;
      const hint = "write it as - rule-id: why the rule need not hold here.";
      this.report("HEADER_EXCEPTION", line, message, hint);
      return [];
    });
  }

  private find(name: string, label?: string): RawField | null {
    const entry = this.raw.entries.find((one) => one.name === name);
    if (entry === undefined) return null;
    if (label === undefined) {
      const value = [entry.value, ...entry.bullets.map((bullet) => bullet.value)].join(" ").trim();
      return { value, line: entry.line };
    }
    const prefix = `${label.toLowerCase()}:`;
    const bullet = entry.bullets.find((one) => one.value.toLowerCase().startsWith(prefix));
    if (bullet === undefined) return null;
    return { value: bullet.value.slice(prefix.length).trim(), line: bullet.line };
  }

  private filled(name: string, label?: string): RawField | null {
    const field = this.find(name, label);
    if (field !== null && !placeholder.test(field.value)) return field;
    this.reportMissing(label ?? name, field?.line ?? this.lines[name] ?? null);
    return null;
  }

  private isOpen(value: string): boolean {
    return placeholder.test(value) || value.toLowerCase() === "pending";
  }

  private reportMissing(name: string, line: number | null): void {
    const message = `header field ${name} is missing or not filled in.`;
    const hint = "fill it in; a placeholder such as [Date] counts as missing.";
    this.report("HEADER_FIELD_MISSING", line ?? 1, message, hint);
  }

  private report(code: string, line: number | null, message: string, hint: string): void {
    this.problems.push({ code, file: this.file, line, message, hint });
  }
}
