/**
 * What is about to be done to PgSTAC, in words for findings. Pure.
 * Does NOT judge it.
 */
import type { GateInput } from "./gateInput";

/** Null when nothing is, or when nothing may be. */
export function pgstacChange({ pgstac }: Pick<GateInput, "pgstac">): string | null {
  const plan = pgstac?.plan;
  if (plan?.kind === "finish") return `PgSTAC ${plan.to} is there and would be recorded`;
  if (plan?.kind === "install") return `PgSTAC ${plan.to} would be installed`;
  if (plan?.kind !== "upgrade") return null;
  return `PgSTAC would be upgraded from ${plan.from ?? ""} to ${plan.to}`;
}
