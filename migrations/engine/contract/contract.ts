/**
 * Holds each segment of a run to what was judged of it: measured before its COMMIT, compared, and refused where the tier
 * says so. What goes beyond is in the error, all of it; or in the record, where the tier lets it pass.
 * Does NOT run statements or commit (see attempt.ts).
 */
import type { Client } from "pg";

import { MigrationError } from "../../../stack/errors";
import { type Tier, tierRules } from "../../../stack/tier";
import { contractRule } from "../files/exceptedNames";
import type { Segment } from "../files/segments";
import type { SegmentRecord } from "../history/segmentRecord";
import type { ObjectName } from "../sql/objectName";
import { quoted, sqlName } from "../sql/sqlText";
import type { Statement } from "../statements/statements";
import { asBefore, type MeasuredAlone } from "./alone";
import type { FileClaims } from "./claims";
import { violationsOf } from "./compare";
import {
  countAfter,
  countBeforeRewrite,
  type Counting,
  lookBefore,
  measureTransaction,
} from "./measure";
import type { Before, CountedTable, Measured } from "./measured";
import { impactsMeasured, madeBy } from "./measuredImpacts";
import { countNarrowed, type Narrowed } from "./narrowing";
import { TouchedParts } from "./touched";

/** The run did more than was judged. Its segment was rolled back. */
class ContractError extends MigrationError {
  readonly code = "MORE_THAN_ANNOUNCED";
}

/** A segment's open transaction. */
export interface OpenSegment {
  readonly transaction: string;
  readonly counting: Counting[];
  /** Columns of which values were lost by another type. */
  readonly narrowed: Narrowed[];
  readonly startedAt: number;
}

/** Runs what may wait for a lock. */
export type Inside = (work: () => Promise<unknown>) => Promise<unknown>;

const uncounted =
  "this server does not count what is done to rows (track_counts is off, or this login may switch it off)";

/** One run's contract. */
export class Contract {
  private readonly made: Set<number>;
  /** What the segments have touched of the structure so far. */
  readonly touched = new TouchedParts();

  /**
   * @param client   Works.
   * @param look     Looks from a session that sees only what is committed: the runner lock's.
   * @param made     Relations that earlier segments of this run have made, by object id.
   */
  constructor(
    private readonly client: Client,
    private readonly look: <T>(work: (beside: Client) => Promise<T>) => Promise<T>,
    private readonly tier: Tier,
    private readonly claims: FileClaims,
    made: readonly number[],
  ) {
    this.made = new Set(made);
  }

  /** @param transaction  The mark of the transaction that has just begun (see inPatientTransaction). */
  begin(transaction: string): OpenSegment {
    return { transaction, counting: [], narrowed: [], startedAt: Date.now() };
  }

  /** Before each statement: counts what it announces to write anew, and the values that another type does not keep. */
  async before(open: OpenSegment, statement: Statement, inside: Inside): Promise<void> {
    const rewrites = this.claims.rewrites.get(statement) ?? [];
    for (const name of rewrites) {
      if (name.kind !== "table" || isCounted(open, name)) continue;
      const counting = await countBeforeRewrite(this.client, this.look, name, inside);
      const isNew = counting !== null && this.made.has(counting.relation);
      if (counting !== null && !isNew) open.counting.push(counting);
    }
    // What is new has nothing to lose.
    if (!rewrites.some((name) => isCounted(open, name))) return;
    for (const retype of this.claims.retypes.get(statement) ?? []) {
      await inside(async () => {
        const narrowed = await countNarrowed(this.client, retype);
        if (narrowed !== null && narrowed.lost > 0) open.narrowed.push(narrowed);
      });
    }
  }

  /**
   * Before the COMMIT: settles, measures, compares.
   *
   * @throws {ContractError} it did more than was judged, and the tier does not let that pass.
   */
  async end(open: OpenSegment, segment: Segment, inside: Inside): Promise<SegmentRecord> {
    const measured = await measureTransaction(this.client, inside);
    const counted = await countAfter(this.client, open.counting, measured);
    const before = await this.look((beside) => lookBefore(beside, measured));
    this.touched.add(measured, before);
    const record = this.compared(open, segment, measured, before, counted);
    const { unannounced = [] } = record;
    if (unannounced.length > 0 && tierRules[this.tier].holdsToPlan) {
      throw contractError(unannounced);
    }
    return record;
  }

  /** After a statement that no transaction could hold: what it did is there (see ensureKept). */
  async after(segment: Segment, alone: MeasuredAlone): Promise<SegmentRecord> {
    this.touched.addUnknown();
    const seen = await this.look((beside) => lookBefore(beside, alone.measured));
    const { measured, before, counted } = asBefore(alone, seen);
    const { transaction } = measured;
    const open = { transaction, counting: [], narrowed: [], startedAt: alone.startedAt };
    return this.compared(open, segment, measured, before, counted);
  }

  /**
   * Stops the run behind a statement that no transaction could hold, once what it did is recorded.
   *
   * @throws {ContractError} it did more than was judged, and the tier does not let that pass.
   */
  ensureKept({ unannounced = [] }: SegmentRecord): void {
    if (unannounced.length > 0 && tierRules[this.tier].holdsToPlan) throw keptError(unannounced);
  }

  private compared(
    { transaction, narrowed, startedAt }: OpenSegment,
    segment: Segment,
    measured: Measured,
    before: Before,
    counted: readonly CountedTable[],
  ): SegmentRecord {
    const claims = this.claims.of(segment);
    const { made } = this;
    const found = violationsOf({ measured, before, counted, claims, made, transaction });
    const unannounced = [
      ...(measured.counts ? [] : [uncounted]),
      ...found,
      ...narrowed.filter(({ keepsAll }) => keepsAll).map(notKept),
    ];
    const isNew = madeBy(measured, before);
    for (const oid of isNew) made.add(oid);
    return {
      impacts: [
        ...impactsMeasured(measured, before, counted, made),
        ...narrowed.map(({ table, column, lost }) => ({ name: columnName(table, column), lost })),
      ],
      heldMs: Date.now() - startedAt,
      made: isNew,
      ...(unannounced.length > 0 ? { unannounced } : {}),
    };
  }
}

const isCounted = ({ counting }: OpenSegment, { schema, name }: ObjectName): boolean =>
  counting.some((one) => one.name.schema === schema && one.name.name === name);

const columnName = (table: ObjectName, column: string): string =>
  `${sqlName(table)}.${quoted(column)}`;

/** It was judged to keep every value. */
const notKept = ({ table, column, type, lost }: Narrowed): string =>
  `${columnName(table, column)}: ${lost} ${lost === 1 ? "value is" : "values are"} not kept by ${type}, none announced`;

const listed = (unannounced: readonly string[]): string =>
  unannounced.map((text) => `\n    ${text}`).join("");

const keptError = (unannounced: readonly string[]): ContractError =>
  new ContractError(
    `it did more than was announced, and no transaction holds it, so that it was not rolled back:${listed(unannounced)}`,
    "Look at what it did and mend that first, by its rollback file or from a backup: up goes on behind this statement. " +
      "The tier above refuses the version until the file announces it.",
  );

const contractError = (unannounced: readonly string[]): ContractError =>
  new ContractError(
    `it did more than was announced, and was rolled back:${listed(unannounced)}`,
    "Announce it: write the change itself as a statement, name the table under Tables affected (for rows that come in), " +
      `or except it in the header: - ${contractRule}: <schema.table>, and why. Then walk through the tiers again.`,
  );
