/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { banDropCascade } from "./ban-drop-cascade";
import { banDropColumn } from "./ban-drop-column";
import { banDropTable } from "./ban-drop-table";
import { banLossyChange } from "./ban-lossy-change";
import { banTruncate } from "./ban-truncate";
import { preferRepack } from "./prefer-repack";

export const destructionRules: readonly GateRule[] = [
  banDropTable,
  banDropColumn,
  banTruncate,
  banDropCascade,
  preferRepack,
  banLossyChange,
];
