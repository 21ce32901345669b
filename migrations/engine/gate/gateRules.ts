/**
 * All rules of the gate, in one list; the table in docs/gate.md and migrations/RULES.md come from it.
 * Does NOT apply them (see gate).
 */
import { exceptionRules } from "./exceptionRules";
import { fileRules } from "./gateFileRules";
import { measuredRules } from "./gateMeasuredRules";
import { planRules } from "./gatePlanRules";
import { promotionRules } from "./gatePromotionRules";
import { goingBackRules } from "./gateRollbackRules";
import { structureRules } from "./gateStructureRules";
import type { GateRule } from "./input/gateRule";
import { applicationRules } from "./rules/application/rules";
import { checksRules } from "./rules/checks/rules";
import { columnsRules } from "./rules/columns/rules";
import { concurrentlyRules } from "./rules/concurrently/rules";
import { constraintsRules } from "./rules/constraints/rules";
import { destructionRules } from "./rules/destruction/rules";
import { headerRules } from "./rules/header/rules";
import { reachRules } from "./rules/reach/rules";
import { rollbackRules } from "./rules/rollback/rules";
import { rowsRules } from "./rules/rows/rules";
import { settingsRules } from "./rules/settings/rules";

/** Rules about what a file says and does, by theme: each has a page with examples. */
export const ruleChapters: Readonly<Record<string, readonly GateRule[]>> = {
  "What is taken away": destructionRules,
  Columns: columnsRules,
  Constraints: constraintsRules,
  "Indexes and other things that go CONCURRENTLY": concurrentlyRules,
  Rows: rowsRules,
  "What the application meets": applicationRules,
  "Where a migration may reach": reachRules,
  "Settings that decide how a file is read": settingsRules,
  "Checks before and after": checksRules,
  "The rollback file": rollbackRules,
  "What the header says": headerRules,
};

export const gateRules: readonly GateRule[] = [
  ...planRules,
  ...structureRules,
  ...promotionRules,
  ...measuredRules,
  ...goingBackRules,
  ...fileRules,
  ...Object.values(ruleChapters).flat(),
  ...exceptionRules,
];
