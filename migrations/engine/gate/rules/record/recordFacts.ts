/**
 * What the rules of this folder share (record).
 * Does NOT hold a rule and does NOT read the ledger.
 */
import type { MigrationFile } from "../../../files/file";
import type { Plan, PlanProblem } from "../../input/plan";

/** The plan's problems of one kind. */
export const ofPlan = <K extends PlanProblem["kind"]>(plan: Plan<MigrationFile>, kind: K) =>
  plan.problems.filter(
    (problem): problem is Extract<PlanProblem<MigrationFile>, { kind: K }> => problem.kind === kind,
  );

/** How a person vouches for what was changed by hand. */
export const acknowledgement = (tier: string): string =>
  `npx ddl acknowledge --schema --stack ${tier} --by <person> --reason <why>`;
