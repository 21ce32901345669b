/**
 * The state of a database for a person. Pure. Does NOT decide anything.
 */
import type { VersionState } from "../../migrations/engine/history";
import { columns } from "../columns";
import type { Style } from "../terminal";
import type { StatusReport } from "./statusReport";
import { durationText, momentText } from "./times";

const rowOf = (state: VersionState): readonly string[] => [
  state.version,
  state.status,
  state.status === "applied" && state.completedAt !== null ? momentText(state.completedAt) : "",
  state.durationMs === null ? "" : durationText(state.durationMs),
  state.executedBy === null ? "" : `by ${state.executedBy}`,
  state.ticket ?? "no ticket",
];

export function statusText(report: StatusReport, style: Style): string {
  const { stack, tier, stamp, database, serverVersion, runner, versions } = report;
  const stampText =
    stamp === null
      ? "no stamp: never set up by this program"
      : stamp === tier
        ? `stamped ${stamp}`
        : style.red(`stamped ${stamp}, which is another tier's`);
  return [
    `${stack}: tier ${tier}, ${database}, PostgreSQL ${serverVersion}, ${stampText}`,
    "",
    ...(versions.length === 0 ? ["  nothing was ever applied"] : columns(versions.map(rowOf))),
    "",
    runner === null ? "Nobody runs migrations now." : style.yellow(`Running now: ${runner}`),
  ].join("\n");
}
