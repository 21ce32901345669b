/**
 * All commands of `ddl`, in the order of a change: written, checked, planned, run, accounted for.
 * Does NOT run any.
 */
import type { Command } from "../command";
import { check } from "./check";
import { newCommand } from "./new";

export const commands: readonly Command[] = [newCommand, check];
