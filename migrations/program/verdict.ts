/**
 * Shows a gate's verdict, or the error that stops a run, so that the user reads it once and without a stack trace.
 * Does NOT judge anything.
 */
import * as pulumi from "@pulumi/pulumi";

import type { Present } from "../../roles/resources/declareRoles";
import type { Access } from "../../stack/connection";
import { describeWindows } from "../../stack/window";
import { holdsRollbacks } from "../engine/gate/goingBack";
import { formatViolations } from "../engine/gate/violationText";
import { measuredBelow } from "../engine/history/promotion";
import {
  describeChanges,
  describeRollbacks,
  summariseChanges,
} from "../engine/impact/changeReport";
import { describePreview } from "../engine/survey/preflightPreview";
import type { Survey } from "../engine/survey/survey";
import { showAdoption } from "./adoption";

/**
 * Exit status by which the Node.js SDK says "failed, and the user has been told why". An error that is only logged does
 * not fail a run, and an error that is thrown would end it before roles and privileges are mended.
 */
const failedAndTold = 32;

/**
 * Logs violations, what is held, what a preview would run, and where the moment is among the maintenance windows. Errors
 * fail the command, but only after everything else is done: so not in the preview that `pulumi up` makes first, which would end it there. A preview by itself fails when
 * DDL_PREVIEW_MUST_PASS is 1, as `make preview` sets it.
 *
 * @returns what is there already, and what of it an adoption leaves alone for now.
 */
export async function showVerdict(survey: Survey, access: Access): Promise<Present> {
  const { plan, violations, now, unseen } = survey;
  const { tier, run, onlyLooks } = access.settings;
  const { windows } = run;
  if (unseen !== null) {
    await pulumi.log.warn(
      `The database cannot be looked at yet: what follows comes from files and configuration alone, as for an empty database. What is there already, its privileges and what pre-flight would say are not known.\n${unseen}`,
    );
  }
  for (const obstacle of survey.obstacles) await pulumi.log.warn(obstacle);
  const of = (wanted: "error" | "warning") =>
    violations.filter(({ severity }) => severity === wanted);
  const held = plan.held.filter((one) => !survey.waiting.some(({ file }) => file === one));
  if (held.length > 0) await pulumi.log.info(heldText(held, onlyLooks));
  if (plan.pending.length > 0 && windows.length > 0) {
    await pulumi.log.info(`maintenance windows: ${describeWindows(windows, now)}`);
  }
  if (plan.toRollBack.length > 0 && !holdsRollbacks(violations)) {
    const names = plan.toRollBack.map(({ rollback }) => rollback?.fileName ?? "").join(", ");
    await pulumi.log.info(`goes back, newest first: ${names}`);
  }
  if (pulumi.runtime.isDryRun()) {
    const { files, losses } = survey;
    const changes = [
      ...describeRollbacks(plan.toRollBack, files, losses),
      ...describeChanges(plan.pending, files, (file) =>
        measuredBelow(survey.lower, { version: file.header.version, checksum: file.checksum }),
      ),
    ];
    await showPlan(changes, () => summariseChanges(plan.pending, files));
    const preflight = describePreview(survey.preflight);
    if (preflight.length > 0) await pulumi.log.warn(preflight.join("\n"));
  }
  const present = await showAdoption(access, survey);
  const [errors, warnings] = [of("error"), of("warning")];
  if (warnings.length > 0) await pulumi.log.warn(formatViolations(warnings, tier));
  if (errors.length > 0) {
    const refused = plan.pending.length > 0 ? "; no migration is run" : "";
    await pulumi.log.error(
      `The gate found ${errors.length} violation(s)${refused}. Roles and privileges are mended all the same.\n${formatViolations(errors, tier)}`,
    );
    const isLastWord = !pulumi.runtime.isDryRun() || process.env["DDL_PREVIEW_MUST_PASS"] === "1";
    if (isLastWord) process.exitCode = failedAndTold;
  }
  return present;
}

/** Whoever shows the rest by other means (`make`) wants it short. */
const isShort = (): boolean => process.env["DDL_PLAN"] === "short";

/** So many names of held files are told where it is to be short. */
const mostNamed = 3;

function heldText(held: readonly { readonly fileName: string }[], onlyLooks: boolean): string {
  const named = isShort() ? held.slice(0, mostNamed) : held;
  const more = held.length - named.length;
  const names = named.map(({ fileName }) => fileName).join(", ");
  const why = onlyLooks ? "until the database is taken over" : "above the stack's targetVersion";
  return `held, ${why}: ${names}${more > 0 ? ` and ${more} more` : ""}`;
}

/** A plan of so many lines is told in full whatever was asked for. */
const shortPlan = 30;

/** Tells the plan: in full, or, where DDL_PLAN is short and it is long, one line a file and where to read the rest. */
async function showPlan(
  changes: readonly string[],
  summary: () => readonly string[],
): Promise<void> {
  if (changes.length === 0) return;
  const full = changes.join("\n");
  const isLong = full.split("\n").length > shortPlan;
  await pulumi.log.info(isShort() && isLong ? summary().join("\n") : full);
}

/** Runs `work`; an error of ours stops the program with its message alone. */
export async function refusing<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const refusal = new pulumi.RunError(error instanceof Error ? error.message : String(error));
    // The SDK maps the stack back to sources, which takes twenty seconds, and then does not print it.
    refusal.stack = refusal.message;
    throw refusal;
  }
}
