/**
 * All rules of the gate, in one list; the README's table of rules and migrations/RULES.md come from it.
 * Does NOT apply them (see gate).
 */
import { exceptionRules } from "./exceptionRules";
import { fileRules } from "./gateFileRules";
import { planRules } from "./gatePlanRules";
import { promotionRules } from "./gatePromotionRules";
import { goingBackRules } from "./gateRollbackRules";
import { structureRules } from "./gateStructureRules";
import type { GateRule } from "./input/gateRule";
import { columnRules } from "./rules/columnRules";
import { compatibilityRules } from "./rules/compatibilityRules";
import { constraintRules } from "./rules/constraintRules";
import { destructionRules } from "./rules/destructionRules";
import { headerRules } from "./rules/headerRules";
import { indexRules } from "./rules/indexRules";
import { rollbackRules } from "./rules/rollbackRules";
import { rowRules } from "./rules/rowRules";
import { scopeRules } from "./rules/scopeRules";
import { sectionRules } from "./rules/sectionRules";
import { silentRules } from "./rules/silentRules";

/** Rules about what a file says and does, by theme: each has a page with examples. */
export const ruleChapters: Readonly<Record<string, readonly GateRule[]>> = {
  "What is taken away": destructionRules,
  Columns: columnRules,
  Constraints: constraintRules,
  "Indexes and other things that go CONCURRENTLY": indexRules,
  Rows: rowRules,
  "What the application meets": [...compatibilityRules, ...silentRules],
  "Where a migration may reach": scopeRules,
  "Checks before and after": sectionRules,
  "The rollback file": rollbackRules,
  "What the header says": headerRules,
};

export const gateRules: readonly GateRule[] = [
  ...planRules,
  ...structureRules,
  ...promotionRules,
  ...goingBackRules,
  ...fileRules,
  ...Object.values(ruleChapters).flat(),
  ...exceptionRules,
];
