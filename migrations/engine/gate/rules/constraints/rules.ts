/**
 * The rules of this folder, in the order of their page: `npm run new-rule` adds a line here.
 * Does NOT hold a rule.
 */
import type { GateRule } from "../../input/gateRule";
import { addingExclusionConstraint } from "./adding-exclusion-constraint";
import { addingForeignKeyConstraint } from "./adding-foreign-key-constraint";
import { addingSerialPrimaryKeyField } from "./adding-serial-primary-key-field";
import { banAlterDomainWithAddConstraint } from "./ban-alter-domain-with-add-constraint";
import { constraintMissingNotValid } from "./constraint-missing-not-valid";
import { constraintWeakened } from "./constraint-weakened";
import { disallowedUniqueConstraint } from "./disallowed-unique-constraint";
import { validateInSameTransaction } from "./validate-in-same-transaction";

export const constraintsRules: readonly GateRule[] = [
  addingForeignKeyConstraint,
  constraintMissingNotValid,
  validateInSameTransaction,
  disallowedUniqueConstraint,
  addingSerialPrimaryKeyField,
  addingExclusionConstraint,
  banAlterDomainWithAddConstraint,
  constraintWeakened,
];
