/**
 * Declares PgSTAC where a stack has it.
 * Does NOT judge whether it may be changed now: while the gate refuses, it is declared as it is.
 */
import type * as pulumi from "@pulumi/pulumi";

import type { Settings } from "../../stack/settings";
import type { PgstacPlan } from "../hardening/plan";
import { PgStac } from "./pgStac";

/** What the survey says of it (migrations/engine/survey/survey.ts). */
export interface PgstacSurvey {
  /** What is installed, and what leads to what the stack says; null where nothing was looked at. */
  readonly pgstac: { readonly installed: string | null; readonly plan: PgstacPlan } | null;
  readonly violations: readonly { readonly severity: string }[];
}

/**
 * None where the stack has none, where it may not be installed now, or while the database is only looked at.
 *
 * @param opts  Of a resource that holds data.
 */
export function declarePgstac(
  { pgstac: settings, onlyLooks }: Pick<Settings, "pgstac" | "onlyLooks">,
  { pgstac, violations }: PgstacSurvey,
  opts: pulumi.CustomResourceOptions,
): readonly PgStac[] {
  if (settings === null || onlyLooks) return [];
  const ticket = settings.ticket ?? "none";
  const isRefused = violations.some(({ severity }) => severity === "error");
  const isHeld = isRefused && pgstac?.plan.kind !== "nothing";
  if (!isHeld) return [new PgStac("pgstac", { version: settings.version, ticket }, opts)];
  const installed = pgstac?.installed ?? null;
  if (installed === null) return [];
  return [new PgStac("pgstac", { version: installed, ticket, held: true }, opts)];
}
