/**
 * One event in words, as evidence tells it. Pure. Does NOT fold events (see history.ts).
 */
import type { MigrationFile } from "../../migrations/engine/files/file";
import {
  limitsText,
  noTimeLimits,
  type TimeLimits,
} from "../../migrations/engine/files/timeLimits";
import type { EventRow } from "../../migrations/engine/history/event";
import type { EventKind } from "../../migrations/engine/history/eventKinds";
import { rollbackDirection } from "../../migrations/engine/history/history";
import { printable } from "../../stack/printable";
import { momentText } from "./times";

/** Null: a step within a run, of which the end is told. */
const words: Readonly<Record<EventKind, string | null>> = {
  started: "started",
  "segment-started": null,
  "segment-done": null,
  applied: "applied",
  failed: "failed",
  "rolled-back": "rolled back",
  proven: "rollback proven",
  "signed-off": "signed off",
  validated: "validated",
  acknowledged: "acknowledged as run by hand",
  stamped: null,
  rebuilt: null,
  healed: null,
  "break-glass-opened": null,
  "break-glass-closed": null,
  upgraded: null,
  "pgstac-migrated": null,
  baselined: "baselined: found in the database, not run",
  "structure-recorded": null,
  "dataset-made": null,
  "dataset-dropped": null,
};

const shownMessage = 200;

/** The time limits of a header as an event has it; "" where it says nothing of them, or is older than that. */
function statedLimits(header: unknown): string {
  const { limits } = (header ?? {}) as { readonly limits?: Partial<TimeLimits> };
  return limits === undefined ? "" : limitsText({ ...noTimeLimits, ...limits });
}

/**
 * `2026-04-22 09:00:01 UTC applied, login m`, with the person, the reason and the error where there are any, and a
 * note where another text than the file's is meant. Null when there is nothing to tell.
 */
export function eventText(event: EventRow, file: MigrationFile): string | null {
  const word = words[event.kind];
  if (word === null) return null;
  const { detail, checksum, happenedAt, login } = event;
  const said = (key: string): string => (typeof detail[key] === "string" ? detail[key] : "");
  const isRollback = detail["direction"] === rollbackDirection.direction;
  const limits = event.kind === "started" ? statedLimits(detail["header"]) : "";
  const [message = ""] = said("message").split("\n");
  const parts = [
    `${momentText(happenedAt)} ${isRollback && event.kind !== "rolled-back" ? `rollback ${word}` : word}`,
    ...(said("by") === "" ? [] : [`by ${said("by")}`]),
    `login ${login}`,
    ...(event.ticket === null || event.ticket === file.header.ticket ? [] : [event.ticket]),
    ...(said("reason") === "" ? [] : [`"${said("reason")}"`]),
    ...(limits === "" ? [] : [limits]),
    ...(message === "" ? [] : [message.slice(0, shownMessage)]),
    ...(checksum === null || checksum === file.checksum ? [] : ["another text than the file now"]),
  ];
  return parts.map(printable).join(", ");
}
