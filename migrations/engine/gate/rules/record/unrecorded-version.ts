/**
 * Gate rule unrecorded-version: its texts, its examples, and what it finds.
 * Does NOT read the ledger: the plan says what was recorded (see input/plan.ts).
 */
import { elseWarn } from "../../input/gateRule";
import { planRule } from "../planRule";
import { ofPlan } from "./recordFacts";

export const unrecordedVersion = planRule({
  id: "unrecorded-version",

  severity: elseWarn("requiresRecord"),
  problem: "The ledger has a version of which no event says what ran.",
  why: "what ran is not known, so it cannot be compared with the file that was reviewed.",
  source: "Policy, Migration Tracking Table",
  bad: { states: [{ version: "1.0.0", checksum: null }] },
  good: { states: [{ version: "1.0.0" }] },
  find: ({ plan, tier }) =>
    ofPlan(plan, "unrecorded").map(({ file }) => ({
      file: file.fileName,
      line: null,
      message: `${file.header.version} is applied, but by hand or before this program came: the events do not know it.`,
      remedy: `npx ddl compare --stack ${tier} names what differs from its files; then npx ddl baseline ${file.header.version} --stack ${tier} --by <person> --reason <why>.`,
    })),
});
