/**
 * Holds each round of a batch to what its statement announces, and adds up what the rounds did.
 * Does NOT run rounds (see batchRun.ts, batchEnd.ts) or compare (see contract/).
 */
import type { Client } from "pg";

import type { Contract } from "../contract/contract";
import { startCounting } from "../contract/measure";
import type { Segment } from "../files/segments";
import { addRecords, type SegmentRecord } from "../history/segmentRecord";
import { inPatientTransaction, type RunInside } from "../server/lockWaiting";
import type { RunSession } from "../server/session";

export class BatchHold {
  /** @param total  What the rounds of an earlier run of the same text did. */
  constructor(
    private readonly contract: Contract,
    private readonly segment: Segment,
    private readonly client: Client,
    /** What all rounds did. Null before the first. */
    public total: SegmentRecord | null,
  ) {}

  /**
   * Runs one round in a transaction of its own.
   *
   * @param also  In the same transaction, behind the measurement; told what all rounds have done with this one.
   * @throws {ContractError} it did more than was announced, and the tier does not let that pass: it is rolled back.
   */
  async round<T>(
    session: RunSession,
    title: string,
    work: (inside: RunInside) => Promise<T>,
    also: (result: T, total: SegmentRecord) => Promise<void> = () => Promise.resolve(),
  ): Promise<T> {
    const { contract, segment, client } = this;
    const { result, did } = await inPatientTransaction(
      session,
      async (inside, mark) => {
        const open = contract.begin(mark);
        const result = await work(inside);
        const end = (settling: () => Promise<unknown>): Promise<unknown> => inside(title, settling);
        const did = await contract.end(open, segment, end);
        await also(result, addRecords(this.total, did));
        return { result, did };
      },
      () => startCounting(client),
    );
    const isFirst = did.unannounced !== undefined && this.total?.unannounced === undefined;
    for (const text of isFirst ? (did.unannounced ?? []) : []) {
      session.log(`WARNING: a round did more than was announced, refused in uat and prod: ${text}`);
    }
    this.total = addRecords(this.total, did);
    return result;
  }
}
