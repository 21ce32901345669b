/**
 * Rules about the header's EXCEPTIONS: each must name a rule that hears one, that finds something here, and that is
 * content with what backs it.
 * Does NOT lift anything (see gate).
 */
import { tierRules } from "../../../stack/tier";
import type { MigrationFile } from "../files/file";
import { rollbackNameOf } from "../files/header";
import type { RuleException } from "../files/headerCheck";
import {
  always,
  type Found,
  type GateInput,
  type GateRule,
  listed,
  type RuleFinding,
} from "./input/gateRule";

/** An exception with the rule it names, if there is one. */
interface Case {
  readonly file: MigrationFile;
  readonly exception: RuleException;
  readonly named: Found | undefined;
}

const casesOf = (input: GateInput, found: readonly Found[]): readonly Case[] =>
  input.plan.pending.flatMap((file) =>
    file.header.exceptions.map((exception) => ({
      file,
      exception,
      named: found.find(({ rule }) => rule.id === exception.rule),
    })),
  );

/** True when the finding is in the migration's file or its rollback. */
export const isAbout = ({ file }: RuleFinding, { fileName }: MigrationFile): boolean =>
  file === fileName || file === rollbackNameOf(fileName);

const at = ({ file, exception }: Case, message: string, remedy: string): RuleFinding => ({
  file: file.fileName,
  line: exception.line,
  message,
  remedy,
});

/** True when the rule would find something in the tier that asks the most, before anything has ripened. */
const mayFind = (input: GateInput, { rule }: Found, file: MigrationFile): boolean =>
  rule
    .check({ ...input, tier: "prod", appliedAt: () => null }, [])
    .some((finding) => isAbout(finding, file));

const source = "Policy, High-Risk Operations: additional scrutiny";

export const exceptionRules: readonly GateRule[] = [
  {
    id: "exception-unknown-rule",
    severity: always,
    why: "nothing is excepted by it, though the header says so.",
    source,
    filesOnly: true,
    check: (input, found) =>
      casesOf(input, found)
        .filter(({ named }) => named === undefined)
        .map((one) =>
          at(
            one,
            `there is no rule ${one.exception.rule}.`,
            "take the id from migrations/RULES.md.",
          ),
        ),
  },
  {
    id: "exception-refused",
    severity: always,
    why: "what the rule asks for must hold in every file.",
    source,
    filesOnly: true,
    check: (input, found) =>
      casesOf(input, found)
        .filter(({ named }) => named !== undefined && named.rule.exception === undefined)
        .map((one) =>
          at(
            one,
            `${one.exception.rule} hears no exception.`,
            "remove the line and do what the rule asks.",
          ),
        ),
  },
  {
    id: "exception-unused",
    severity: always,
    why: "an exception that nothing needs would hide the next one that does.",
    source,
    filesOnly: true,
    check: (input, found) =>
      casesOf(input, found)
        .filter(({ file, named }) => {
          if (named?.rule.exception === undefined || named.rule.foundByRuns === true) return false;
          const hits = named.findings.some((finding) => isAbout(finding, file));
          return !hits && !mayFind(input, named, file);
        })
        .map((one) =>
          at(one, `${one.exception.rule} finds nothing in this file.`, "remove the line."),
        ),
  },
  {
    id: "exception-unbacked",
    severity: (tier) => (tierRules[tier].requiresBackedExceptions ? "error" : "warning"),
    why: "a reason alone is not enough where real data are at stake.",
    source,
    filesOnly: true,
    check: (input, found) =>
      casesOf(input, found).flatMap((one) => {
        const backing = one.named?.rule.exception;
        if (backing === undefined || backing === "reason" || backing.holds(one.file)) return [];
        return [
          at(
            one,
            `the exception to ${one.exception.rule} is not backed by ${backing.demand.replaceAll("`", "")}.`,
            `give ${listed([backing.demand.replaceAll("`", "")])}, or do what the rule asks.`,
          ),
        ];
      }),
  },
];
