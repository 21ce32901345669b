/**
 * How a rule about the header's EXCEPTIONS is written down: it looks at what all other rules have found.
 * Does NOT lift anything (see gate) and holds no rule.
 */
import { strictestTier } from "../../../../../stack/tier";
import type { MigrationFile } from "../../../files/file";
import type { RuleException } from "../../../files/headerCheck";
import type { Example } from "../../input/examples";
import { isAbout } from "../../input/findings";
import type { GateInput } from "../../input/gateInput";
import type { Found, GateRule, RuleFinding } from "../../input/gateRule";

/** An exception with the rule it names, if there is one. */
export interface ExceptionCase {
  readonly input: GateInput;
  readonly file: MigrationFile;
  readonly exception: RuleException;
  readonly named: Found | undefined;
}

interface ExceptionRule extends Pick<GateRule, "id" | "severity" | "why"> {
  readonly problem: string;
  readonly instead: string;
  readonly bad: Example;
  readonly good: Example;
  /** What is wrong with one exception, and what to do; null where nothing is. */
  readonly fault: (
    one: ExceptionCase,
  ) => { readonly message: string; readonly remedy: string } | null;
}

/** The rule in the gate's form. */
export function exceptionRule(rule: ExceptionRule): GateRule {
  const { id, severity, why, problem, instead, bad, good, fault } = rule;
  return {
    id,
    severity,
    why,
    source: "Policy, High-Risk Operations: additional scrutiny",
    filesOnly: true,
    page: { about: "files", problem, instead, bad, good },
    check: (input, found) =>
      input.plan.pending.flatMap((file) =>
        file.header.exceptions.flatMap((exception): RuleFinding[] => {
          const named = found.find((one) => one.rule.id === exception.rule);
          const wrong = fault({ input, file, exception, named });
          return wrong === null ? [] : [{ file: file.fileName, line: exception.line, ...wrong }];
        }),
      ),
  };
}

/** True when the rule would find something in the tier that asks the most, before anything has ripened. */
export const mayFind = ({ input, file, named }: ExceptionCase): boolean =>
  named?.rule
    .check({ ...input, tier: strictestTier, appliedAt: () => null }, [])
    .some((finding) => isAbout(finding, file)) === true;
