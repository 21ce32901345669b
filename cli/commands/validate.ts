/**
 * `ddl validate`: records that the application team found its application well after a change.
 */
import { validate as recordValidation } from "../../migrations/engine/ledger/decisions";
import { approvalCommand } from "../stack/approval";

export const validate = approvalCommand(
  {
    name: "validate",
    summary: "Record that the application team has looked at an applied version",
    details: ["Recorded for the text that is applied, by the stack's approver login."],
    examples: [
      [
        'ddl validate 0.3.0 --stack uat --by "Ada Moss" --note "gallery and search work"',
        "after the change, before the sign-off",
      ],
    ],
  },
  "validated",
  recordValidation,
);
