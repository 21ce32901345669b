/**
 * Gate rule break-glass-open: its texts, its examples, and what it finds.
 * Does NOT open or close it (see ddl break-glass).
 */
import { ofStack } from "../../input/findings";
import { planRule } from "../planRule";

export const breakGlassOpen = planRule({
  id: "break-glass-open",

  severity: () => "warning",
  problem: "An emergency is open.",
  why: "promotion and maintenance window are lifted for as long as it is open.",
  source: "Policy, Emergency Procedures",
  bad: {
    breakGlass: {
      at: new Date("2026-02-01T11:00:00Z"),
      login: "ann_duty",
      reason: "the disk is full",
      ticket: "CHG-2026-0911",
      approvedBy: "Ann Duty",
    },
  },
  good: { breakGlass: null },
  find: ({ breakGlass }) =>
    breakGlass === null
      ? []
      : [
          {
            ...ofStack,
            message:
              `break-glass is open since ${breakGlass.at.toISOString()}: ${breakGlass.reason} ` +
              `(${breakGlass.ticket}, allowed by ${breakGlass.approvedBy}, opened by ${breakGlass.login}).`,
            remedy:
              "npx ddl break-glass close --by <person> --note <what was done>, once it is over.",
          },
        ],
});
