/**
 * The state of a database for a person. Pure. Does NOT decide anything.
 */
import type { Decision } from "../../migrations/engine/history/event";
import type { BreakGlass, VersionState } from "../../migrations/engine/history/history";
import { describeImpactsMeasured } from "../../migrations/engine/history/segmentRecord";
import { countObjects, listDifferences } from "../../migrations/engine/history/snapshot";
import type { Comparison } from "../../migrations/engine/history/structureRecord";
import type { Vouching } from "../../migrations/engine/history/vouched";
import { printable } from "../../stack/printable";
import { columns } from "../frame/columns";
import type { Style } from "../frame/terminal";
import { lineWidth, wrapped } from "../frame/wrap";
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

/** One line for each version, with what was decided of it where all such lines fit, else below it. */
function versionLines(versions: readonly VersionState[]): readonly string[] {
  const rows = columns(versions.map(rowOf).map((cells) => cells.map(printable)));
  const decided = versions.map(decisionsText).map(printable);
  const lines = rows.map((row, index) => `${row}  ${decided[index] ?? ""}`.trimEnd());
  if (lines.every((line) => line.length <= lineWidth)) return lines;
  return rows.flatMap((row, index) =>
    decided[index] === "" ? [row] : [row, ...wrapped(`      ${decided[index] ?? ""}`)],
  );
}

/** What was decided and proven of a version, in the order in which it is asked for. */
function decisionsText(state: VersionState): string {
  const { proof, validation, signOff, acknowledgement, baseline, checksum, status } = state;
  const { edited = [], doubts = [] } = state;
  const said = (what: string, decision: Decision | null): readonly string[] =>
    decision === null ? [] : [`${what} by ${decision.by}`];
  return [
    ...(status === "applied" && checksum === null ? ["run by hand, not acknowledged"] : []),
    ...(edited.length === 0
      ? []
      : [`edited by hand in the ledger, events say otherwise: ${edited.join(", ")}`]),
    ...doubts.map((doubt) => `not by a run: ${doubt}`),
    ...(state.begunRollback === null ? [] : ["its rollback was cut off"]),
    ...(proof === null ? [] : ["rollback proven"]),
    ...said("validated", validation),
    ...said("signed off", signOff),
    ...said("acknowledged", acknowledgement),
    ...said("baselined, never run here,", baseline),
  ].join(", ");
}

export function breakGlassText({ at, ticket, reason, approvedBy, login }: BreakGlass): string {
  return printable(
    `Break-glass is open since ${momentText(at)} for ${ticket}: ${reason} (approved by ${approvedBy}, login ${login})`,
  );
}

/** What was changed by hand, each part by name; nothing where all is as recorded or nothing was recorded yet. */
export function structureLines(structure: Comparison): readonly string[] {
  if (structure.kind === "not compared") {
    return [`The schemas could not be compared with what the last run left: ${structure.reason}.`];
  }
  if (structure.kind !== "compared" || structure.differences.length === 0) return [];
  const { differences, since } = structure;
  return [
    `${countObjects(differences)} changed by hand since ${since}:`,
    ...listDifferences(differences).map((text) => `  ${text}`),
  ];
}

/**
 * What stands because somebody took it on their word: differences that were vouched for, and versions that were
 * acknowledged without being compared with their files. Nothing where nobody had to.
 */
export function vouchedLines(
  vouched: readonly Vouching[],
  versions: readonly VersionState[],
): readonly string[] {
  const differences = vouched.flatMap(({ kind, by, at, reason, version, differences: stand }) => [
    `  ${kind}${version === null ? "" : ` up to ${version}`} by ${by} at ${momentText(at)}: ${reason}`,
    ...stand.flatMap((one) =>
      wrapped(`    ${printable(`${one.text}${one.reason === "" ? "" : `: ${one.reason}`}`)}`),
    ),
  ]);
  const count = vouched.reduce((sum, { differences: stand }) => sum + stand.length, 0);
  const uncompared = versions.filter(({ acknowledgement }) => acknowledgement !== null);
  return [
    ...(count === 0
      ? []
      : [
          `${count === 1 ? "1 difference stands" : `${count} differences stand`} on somebody's word:`,
        ]),
    ...differences,
    ...(uncompared.length === 0
      ? []
      : [
          "Run by hand, and acknowledged as their files are now (ddl compare names what differs):",
          `  ${uncompared.map((one) => `${one.version} by ${one.acknowledgement?.by ?? ""}`).join(", ")}`,
        ]),
  ].map(printable);
}

/** So many lines of what runs did are shown; all of them are in the JSON. */
const mostMeasured = 12;

/** What the newest versions did to what was there, as the server counted it; nothing where nothing was done. */
function measuredLines(versions: readonly VersionState[], style: Style): readonly string[] {
  const lines = versions.flatMap(({ version, measured }) => [
    ...describeImpactsMeasured(measured).map((text) => `  ${version}  ${text}`),
    ...measured.flatMap(({ unannounced = [] }) =>
      unannounced.map((text) => style.yellow(`  ${version}  not announced: ${text}`)),
    ),
  ]);
  if (lines.length === 0) return [];
  const more = lines.length - mostMeasured;
  return [
    "What runs did to what was there before them, as the server counted it:",
    ...(more > 0 ? [`  ${more} more: ddl status --json`] : []),
    ...lines.slice(-mostMeasured),
    "",
  ];
}

export function statusText(report: StatusReport, style: Style): string {
  const { stack, tier, stamp, database, serverVersion, runner, versions, breakGlass } = report;
  const { structure, vouched } = report;
  const stampText =
    stamp === null
      ? "no stamp: never set up by this program"
      : stamp === tier
        ? `stamped ${stamp}`
        : style.red(`stamped ${stamp}, which is another tier's`);
  return [
    `${stack}: tier ${tier}, ${database}, PostgreSQL ${serverVersion}, ${stampText}`,
    "",
    ...(versions.length === 0 ? ["  nothing was ever applied"] : versionLines(versions)),
    "",
    ...measuredLines(versions, style),
    ...(breakGlass === null ? [] : [style.red(breakGlassText(breakGlass))]),
    ...structureLines(structure).map(style.yellow),
    ...vouchedLines(vouched, versions),
    runner === null
      ? "Nobody runs migrations now."
      : style.yellow(`Running now: ${printable(runner)}`),
  ].join("\n");
}
