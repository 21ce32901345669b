/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { pgstacNotPromoted } from "./pgstac-not-promoted";
import { pgstacOutsideWindow } from "./pgstac-outside-window";
import { pgstacRefused } from "./pgstac-refused";
import { pgstacTicket } from "./pgstac-ticket";

export const pgstacRules: readonly GateRule[] = [
  pgstacRefused,
  pgstacTicket,
  pgstacNotPromoted,
  pgstacOutsideWindow,
];
