/**
 * `ddl signoff`: signs an applied version off for the next tier.
 */
import { signOff } from "../../migrations/engine/ledger/decisions";
import { approvalCommand } from "../stack/approval";

export const signoff = approvalCommand(
  {
    name: "signoff",
    summary: "Sign an applied version off for the next tier",
    details: [
      "Recorded for the text that is applied, by the stack's approver login; in uat and prod whoever ran the version may",
      "not sign it off, and it is validated first.",
    ],
    examples: [
      ['ddl signoff 0.3.0 --stack qa --by "Eve Holt"', "QA is content: uat may follow"],
      [
        'ddl signoff 0.3.0 --stack uat --by "Eve Holt" --note "minutes of 22 April"',
        "with where to read more",
      ],
    ],
  },
  "signed off",
  signOff,
);
