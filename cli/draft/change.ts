/**
 * What a new migration changes, where that is known: as SQL, and what its header says of it. Types only.
 * Does NOT write the files (see newMigration.ts), or find a change (see driftChange.ts, repeatableChange.ts).
 */

/** A change that is written already, as SQL. */
export interface Change {
  /** Between BEGIN and COMMIT, and behind it. Without semicolons. */
  readonly together: readonly string[];
  readonly alone: readonly string[];
  readonly backTogether: readonly string[];
  readonly backAlone: readonly string[];
  /** What the post-flight looks for: a name, and the condition that holds where it is not there. */
  readonly looks: readonly { readonly name: string; readonly isMissing: string }[];
  /** Schemas whose objects it makes or alters. */
  readonly schemas: readonly string[];
  /** More lines of the description. */
  readonly remarks: readonly string[];
  /** What the rollback throws away. */
  readonly losses: readonly string[];
  /** Rules that need an exception. */
  readonly exceptions?: readonly string[];
  /** Why they need not hold; absent: a person writes it. */
  readonly exceptionReason?: string;
  /** What the header says of impact and rollback; absent: a person finds out. */
  readonly impact?: Impact;
}

/** Fields of the header, as they are written there. */
export interface Impact {
  readonly estimatedDuration: string;
  readonly downtimeRequired: "Yes" | "No";
  readonly lockEscalationRisk: "Low" | "Medium" | "High";
  readonly dataRecovery: "Automatic" | "Manual" | "Not possible";
}
