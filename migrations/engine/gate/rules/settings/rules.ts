/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { banReadingChange } from "./ban-reading-change";
import { banSearchPathChange } from "./ban-search-path-change";

export const settingsRules: readonly GateRule[] = [banReadingChange, banSearchPathChange];
