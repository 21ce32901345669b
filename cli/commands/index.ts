/**
 * All commands of `ddl`, in the order of a change: written, checked, planned, run, accounted for.
 * Does NOT run any.
 */
import type { Command } from "../command";
import { apply } from "./apply";
import { check } from "./check";
import { newCommand } from "./new";
import { plan } from "./plan";
import { rollback } from "./rollback";
import { status } from "./status";

export const commands: readonly Command[] = [newCommand, check, plan, status, apply, rollback];
