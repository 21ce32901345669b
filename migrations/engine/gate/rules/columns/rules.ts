/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { addingFieldWithDefault } from "./adding-field-with-default";
import { addingNotNullableField } from "./adding-not-nullable-field";
import { addingRequiredField } from "./adding-required-field";
import { banMaintenanceOff } from "./ban-maintenance-off";
import { banUnlogged } from "./ban-unlogged";
import { changingColumnType } from "./changing-column-type";
import { notNullWithDefault } from "./not-null-with-default";
import { tableRewrite } from "./table-rewrite";

export const columnsRules: readonly GateRule[] = [
  addingNotNullableField,
  addingRequiredField,
  notNullWithDefault,
  addingFieldWithDefault,
  changingColumnType,
  tableRewrite,
  banUnlogged,
  banMaintenanceOff,
];
