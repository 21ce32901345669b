/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { idleTicket } from "./idle-ticket";
import { migratorRequired } from "./migrator-required";
import { rollbackFileMissing } from "./rollback-file-missing";
import { rollbackNotReviewed } from "./rollback-not-reviewed";
import { rollbackNotTested } from "./rollback-not-tested";
import { rollbackNotWhole } from "./rollback-not-whole";
import { rollbackTicket } from "./rollback-ticket";
import { targetVersionRequired } from "./target-version-required";
import { ticketRequired } from "./ticket-required";
import { unknownTarget } from "./unknown-target";

export const askedRules: readonly GateRule[] = [
  unknownTarget,
  targetVersionRequired,
  migratorRequired,
  ticketRequired,
  idleTicket,
  rollbackTicket,
  rollbackFileMissing,
  rollbackNotTested,
  rollbackNotReviewed,
  rollbackNotWhole,
];
