/**
 * All commands of `ddl`, in the order of a change: written, checked, planned, run, decided on, accounted for.
 * Does NOT run any.
 */
import type { Command } from "../frame/command";
import { acknowledge } from "./acknowledge";
import { apply } from "./apply";
import { baseline } from "./baseline";
import { breakGlassClose, breakGlassOpen } from "./breakGlass";
import { check } from "./check";
import { compare } from "./compare";
import { evidence } from "./evidence";
import { grants } from "./grants";
import { heal } from "./heal";
import { newCommand } from "./new";
import { plan } from "./plan";
import { promote } from "./promote";
import { prove } from "./prove";
import { rebuild } from "./rebuild";
import { renumber } from "./renumber";
import { report } from "./report";
import { rollback } from "./rollback";
import { signoff } from "./signoff";
import { status } from "./status";
import { validate } from "./validate";

export const commands: readonly Command[] = [
  newCommand,
  renumber,
  check,
  plan,
  apply,
  rollback,
  prove,
  status,
  promote,
  validate,
  signoff,
  acknowledge,
  compare,
  baseline,
  breakGlassOpen,
  breakGlassClose,
  evidence,
  report,
  grants,
  heal,
  rebuild,
];
