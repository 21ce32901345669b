/**
 * All stacks on one page: versions across tiers, what is held and why, drift, proofs, emergencies, privileges. Pure.
 * Does NOT gather anything (see estateFacts.ts).
 */
import type { VersionState } from "../../migrations/engine/history/history";
import type { MatrixRow } from "../../roles/compare/matrix";
import { type Tier, tierAbove, tierRules } from "../../stack/tier";
import { describeWindows } from "../../stack/window";
import type { EstateStack, EstateVersion } from "./estateModel";
import { versionSpan } from "./nextSteps";
import { badge, element, type Html, list, page, type Part, table } from "./page";
import { breakGlassText, structureLines } from "./statusText";
import { momentText } from "./times";

type Reached = Extract<EstateStack, { reached: true }>;

const isReached = (one: EstateStack): one is Reached => one.reached;

function stackState(one: EstateStack): Part {
  if (!one.reached) return badge("open", "could not be asked");
  if (!one.isSetUp) return badge("open", "not set up yet");
  const drift = driftOf(one).length;
  if (one.breakGlass !== null) return badge("bad", "break-glass is open");
  if (drift > 0) return badge("bad", `drift: ${drift}`);
  if (one.versions.some(({ status }) => status === "incomplete")) return badge("bad", "half done");
  if (one.pending.length + one.toRollBack.length > 0) return badge("open", "not at its target");
  return badge("good", "as declared");
}

/** Every way in which a database is not as declared or recorded. */
function driftOf({ matrix, structure }: Reached): readonly string[] {
  const schemas = structure.kind === "never recorded" ? [] : structureLines(structure);
  return [...(matrix?.drift ?? []).map(({ text }) => text), ...schemas];
}

function overview(stacks: readonly EstateStack[], now: Date): Html {
  return table(
    ["Stack", "State", "Newest", "Target", "Pending", "Held", "Proven", "Windows", "Database"],
    stacks.map((one) => {
      if (!one.reached) return [one.stack, stackState(one), "", "", "", "", "", "", one.reason];
      const there = one.versions.filter(({ status }) => status === "applied");
      const proven = there.filter(({ proof }) => proof !== null).length;
      return [
        one.stack,
        stackState(one),
        there.at(-1)?.version ?? "-",
        one.targetVersion,
        String(one.pending.length),
        String(one.held.length),
        `${proven} of ${there.length}`,
        one.windows.length === 0 ? "none" : describeWindows(one.windows, now),
        one.database,
      ];
    }),
  );
}

/** One version in one stack: a sign, and what it lacks for the tier above. */
function cell(one: EstateStack, { version, checksum }: EstateVersion): Part {
  if (!one.reached) return "?";
  const state = one.versions.find((known) => known.version === version);
  if (state?.status === "applied") return appliedCell(state, checksum, one.tier);
  if (state?.status === "incomplete") return badge("bad", "half done");
  const before = state === undefined ? "" : " (rolled back)";
  if (one.held.includes(version)) return badge("plain", `held${before}`);
  return badge("open", `pending${before}`);
}

function appliedCell(state: VersionState, checksum: string, tier: Tier): Part {
  if (state.checksum === null) return badge("bad", "by hand");
  if (state.checksum !== checksum) return badge("bad", "other text");
  const above = tierAbove(tier);
  const rules = above === null ? null : tierRules[above];
  const lacks = [
    ...(rules?.requiresProof === true && state.proof === null ? ["no proof"] : []),
    ...(rules?.requiresValidation === true && state.validation === null ? ["not validated"] : []),
    ...(rules?.requiresSignOff === true && state.signOff === null ? ["not signed off"] : []),
  ];
  const when = state.completedAt?.toISOString().slice(0, 10) ?? "applied";
  return [badge("good", when), lacks.length === 0 ? "" : `, ${lacks.join(", ")}`];
}

function heldLines(one: Reached): readonly string[] {
  const { stack, held, pending, toRollBack, targetVersion } = one;
  return [
    ...(held.length === 0
      ? []
      : [`${stack} holds ${versionSpan(held)}: above its targetVersion ${targetVersion}`]),
    ...(pending.length === 0 ? [] : [`${stack} has not run ${versionSpan(pending)} yet`]),
    ...(toRollBack.length === 0
      ? []
      : [
          `${stack} is to take back ${toRollBack.join(", ")}: above its targetVersion ${targetVersion}`,
        ]),
  ];
}

/** Objects down, roles across: what each may do with them; equal objects of one place together. */
function privileges({ stack, matrix }: Reached): readonly Part[] {
  if (matrix === null) return [];
  const objectsOf = ({ kind, place }: MatrixRow): string =>
    kind === place ? place : `${kind} ${place}`;
  const objects = [...new Set(matrix.rows.map(objectsOf))];
  const roles = [...new Set(matrix.rows.map(({ role }) => role))];
  const held = (role: string, object: string): string =>
    [
      ...new Set(
        matrix.rows
          .filter((row) => row.role === role && objectsOf(row) === object)
          .map((row) => row.privileges.join(", ")),
      ),
    ].join("; ");
  return [
    element("h3", stack),
    table(
      ["What", ...roles],
      objects.map((object) => [object, ...roles.map((role) => held(role, object) || "-")]),
    ),
  ];
}

/** @param versions  Of the files, lowest first. */
export function estateHtml(
  stacks: readonly EstateStack[],
  versions: readonly EstateVersion[],
  now: Date,
): string {
  const reached = stacks.filter(isReached);
  const drift = reached.flatMap((one) => driftOf(one).map((text) => `${one.stack}: ${text}`));
  const emergencies = reached.flatMap(({ stack, breakGlass }) =>
    breakGlass === null ? [] : [`${stack}: ${breakGlassText(breakGlass)}`],
  );
  const held = reached.flatMap(heldLines);
  return page(
    "The database, tier by tier",
    [
      element("h1", "The database, tier by tier"),
      element("p", `As files and databases were at ${momentText(now)}.`, "soft"),
      ...emergencies.map((text) => element("p", text, "note")),
      overview(stacks, now),
      element("h2", "Versions across tiers"),
      element("p", "A date: applied on that day, as the text that the file has.", "soft"),
      table(
        ["Version", "Migration", "Ticket", ...stacks.map(({ stack }) => stack)],
        [...versions]
          .reverse()
          .map((one) => [
            one.version,
            one.file,
            one.ticket,
            ...stacks.map((stack) => cell(stack, one)),
          ]),
      ),
      element("h2", "What is held, and why"),
      held.length === 0
        ? element("p", "Nothing: every stack is at the newest version.")
        : list(held),
      element("h2", "Drift"),
      drift.length === 0
        ? element("p", badge("good", "none: privileges as declared, schemas as recorded"))
        : list(drift),
      element("h2", "Who may do what"),
      ...reached.flatMap(privileges),
    ],
    true,
  );
}
