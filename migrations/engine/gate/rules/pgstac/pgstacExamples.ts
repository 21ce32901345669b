/**
 * Examples that the rules of this folder share.
 * Does NOT hold a rule.
 */
import { planPgstac } from "../../../../../pgstac/hardening/plan";
import { parseWindow } from "../../../../../stack/window";
import type { GatedPgstac } from "../../input/gateInput";

const installed = (version: string | null, queued = 0): GatedPgstac => ({
  ...{ version: "0.10.0", ticket: "CHG-2026-0142" },
  plan: planPgstac({ version, distrust: null, queued }, "0.10.0"),
});

/** From 0.9.12 to 0.10.0, under the ticket of the run. */
export const upgrade = installed("0.9.12");

/** As it should be already. */
export const unchanged = installed("0.10.0");

/** What somebody queued would be run as the admin. */
export const withQueue = installed("0.9.12", 3);

/** Open at the time of the examples. */
export const openWindows = [parseWindow("2026-02-01T12:00Z/PT4H")];
