/**
 * The kinds of events, and who may write which. Pure data: table, row-security policy and history all use it.
 */

/** Facts about a run. The infrastructure role writes them, so a migration file could forge them, and only them. */
export const runKinds = [
  "started",
  "segment-started",
  "segment-done",
  "applied",
  "failed",
  "rolled-back",
] as const;

/** Decisions and acts of people or of the admin. Row security keeps runs and migration files from writing them. */
export const decisionKinds = [
  "stamped",
  "rebuilt",
  "healed",
  "proven",
  "signed-off",
  "validated",
  "acknowledged",
  "break-glass-opened",
  "break-glass-closed",
  "upgraded",
  "pgstac-migrated",
  "baselined",
  "structure-recorded",
] as const;

/**
 * What functions that migrations made do when the application calls them, as the infrastructure role: tables of datasets
 * (migrations/optional/). The login beside it is the application's.
 */
export const callKinds = ["dataset-made", "dataset-dropped"] as const;

/** All, in the order in which the table's constraint names them. */
export const eventKinds = [...runKinds, ...decisionKinds, ...callKinds] as const;

/** The decisions that an approver's login may write; the others are the admin's. */
export const approvalKinds = ["signed-off", "validated", "acknowledged", "baselined"] as const;

export type RunKind = (typeof runKinds)[number];
export type DecisionKind = (typeof decisionKinds)[number];
export type EventKind = (typeof eventKinds)[number];
