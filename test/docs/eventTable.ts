/**
 * The table of the kinds of events, and who may write which. Pure.
 * Does NOT decide who may (see eventKinds.ts).
 */
import {
  approvalKinds,
  callKinds,
  type EventKind,
  eventKinds,
  runKinds,
} from "../../migrations/engine/history/eventKinds";
import { markdownTable } from "./markdownTable";

/** What each kind says; the compiler asks for a new kind's words. */
const meanings: Readonly<Record<EventKind, string>> = {
  started: "A run of a version began: its checksums and its header.",
  "segment-started": "A statement that cannot run in a transaction is about to run.",
  "segment-done": "A segment is done; a transactional one says so in its own transaction.",
  applied: "A version is applied.",
  failed: "A run failed, and why.",
  "rolled-back": "A version is taken back.",
  stamped: "The database belongs to a tier.",
  rebuilt: "The schemas of dev or qa were dropped and made anew.",
  healed: "Privileges were mended, each with its statement.",
  proven: "A rollback is proven for both texts of a version.",
  "signed-off": "A person signs a version off for the next tier.",
  validated: "The application team has looked at an applied version.",
  acknowledged: "A person vouches for what was done by hand.",
  "break-glass-opened": "An emergency lifts promotion and maintenance window.",
  "break-glass-closed": "It is over.",
  upgraded: "A table of this program's own became that of a newer release, and which step did it.",
  "pgstac-migrated":
    "PgSTAC was installed or upgraded: from, to, the file's digest, and what was hardened.",
  baselined:
    "A version was found in the database as its file has it, and not run; with every difference that a person vouched for.",
  "structure-recorded":
    "What a run found changed by hand in the schemas before it, or what they should be after it: by the admin, so that no migrator can speak for a change by hand.",
  "dataset-made": "The application had a table made for a dataset: its name and its columns.",
  "dataset-dropped": "The application had such a table dropped.",
};

const writer = (kind: EventKind): string => {
  if ((runKinds as readonly string[]).includes(kind)) return "a run (infrastructure role)";
  if ((callKinds as readonly string[]).includes(kind)) {
    return "a function of infrastructure's, for the application";
  }
  return (approvalKinds as readonly string[]).includes(kind) ? "approver or admin" : "admin";
};

/** One row a kind. */
export const eventTable = (): string =>
  markdownTable(
    ["kind", "written by", "says"],
    eventKinds.map((kind) => [`\`${kind}\``, writer(kind), meanings[kind]]),
  );
