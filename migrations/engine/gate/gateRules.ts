/**
 * All rules of the gate, in one list; the table in docs/gate.md and migrations/RULES.md come from it.
 * Does NOT apply them (see gate).
 */
import type { GateRule } from "./input/gateRule";
import { applicationRules } from "./rules/application/rules";
import { askedRules } from "./rules/asked/rules";
import { checksRules } from "./rules/checks/rules";
import { columnsRules } from "./rules/columns/rules";
import { concurrentlyRules } from "./rules/concurrently/rules";
import { constraintsRules } from "./rules/constraints/rules";
import { destructionRules } from "./rules/destruction/rules";
import { exceptionRules } from "./rules/exceptions/rules";
import { headerRules } from "./rules/header/rules";
import { pgstacRules } from "./rules/pgstac/rules";
import { promotionRules } from "./rules/promotion/rules";
import { reachRules } from "./rules/reach/rules";
import { recordRules } from "./rules/record/rules";
import { rollbackRules } from "./rules/rollback/rules";
import { rowsRules } from "./rules/rows/rules";
import { settingsRules } from "./rules/settings/rules";

/** Rules about a run, by theme: what was recorded, what is asked for, what others say. */
const runChapters: Readonly<Record<string, readonly GateRule[]>> = {
  "What was recorded": recordRules,
  "What is asked of a run": askedRules,
  "What the tier below and people say": promotionRules,
  "The version of PgSTAC": pgstacRules,
};

/** Rules about what a file says and does, by theme. */
const fileChapters: Readonly<Record<string, readonly GateRule[]>> = {
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
  "The header's exceptions": exceptionRules,
};

/** Every rule, by theme, as migrations/RULES.md has them. */
export const ruleChapters: Readonly<Record<string, readonly GateRule[]>> = {
  ...runChapters,
  ...fileChapters,
};

export const gateRules: readonly GateRule[] = Object.values(ruleChapters).flat();
