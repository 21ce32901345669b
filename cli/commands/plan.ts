/**
 * `ddl plan`: what the stack would do to its database, and what the gate says of it. Reads only.
 */
import { surveyStack } from "../../migrations/engine/survey/survey";
import { type Call, type Command, type ExitStatus, exitStatus } from "../frame/command";
import { planReport } from "../report/planReport";
import { planText } from "../report/planText";
import { lowerTierOf } from "../stack/lowerTier";
import { openStack, stackOptions } from "../stack/stack";
import { ticketOption, withTickets } from "../stack/tickets";
import { violationTexts } from "../stack/violationTexts";

export const plan: Command = {
  name: "plan",
  summary:
    "Show what the stack would do: applied, pending, held, to roll back, and what the gate says",
  details: ["Reads files and database and changes neither. Ends with 1 when the gate refuses."],
  arguments: [],
  options: {
    ...stackOptions,
    ticket: ticketOption,
    json: { summary: "for programs; documented by its schemaVersion" },
  },
  examples: [
    [
      "ddl plan --stack uat --ticket CHG-2026-0101",
      "before a change: which statements, which gates",
    ],
    ["ddl plan --stack prod --sandbox --json", "the sandbox's prod, for a program"],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const stack = withTickets(await openStack(call), call);
  const lower = await lowerTierOf(stack);
  const survey = await surveyStack(stack.access, stack.folder, { lower, isUpdate: false });
  const report = planReport(stack.name, stack.access.settings, survey);
  const { style, print } = call.terminal;
  print(
    call.flag("json")
      ? JSON.stringify(report, null, 2)
      : planText(report, violationTexts(survey.violations, stack, call), style),
  );
  return report.verdict === "refused" ? exitStatus.failed : exitStatus.fine;
}
