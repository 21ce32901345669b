/**
 * What a segment of a run really did, as its event keeps it: read back, and in words.
 * Pure. Does NOT measure (see contract/) or judge.
 */

/** What was done to one relation that was there before. */
export interface MeasuredImpact {
  /** As SQL writes it: "dagapp.jobs". */
  readonly name: string;
  readonly inserted?: number;
  readonly updated?: number;
  readonly deleted?: number;
  /** Of a column that got another type: values that this does not keep. */
  readonly lost?: number;
  /** It has a new file. */
  readonly rewritten?: true;
  readonly dropped?: true;
  /** Strongest lock held, where it keeps others out: "ACCESS EXCLUSIVE". */
  readonly lock?: string;
}

/** In the detail of a segment-done event. */
export interface SegmentRecord {
  readonly impacts: readonly MeasuredImpact[];
  /** From the first statement to the end: no lock was held for longer. Milliseconds. */
  readonly heldMs: number;
  /** Object ids of relations that are new: later segments of the same run may do with them as they like. */
  readonly made: readonly number[];
  /** What went beyond what was announced; absent when nothing did. */
  readonly unannounced?: readonly string[];
}

const count = (n: number, verb: string): string => `${n} ${n === 1 ? "row" : "rows"} ${verb}`;

/** One effect in words: "3 rows updated in dagapp.jobs, ACCESS EXCLUSIVE on it for 12 ms". */
function sentence(effect: MeasuredImpact, heldMs: number): string {
  const { name, inserted, updated, deleted, lost, rewritten, dropped, lock } = effect;
  const parts = [
    ...(inserted === undefined ? [] : [count(inserted, "inserted")]),
    ...(updated === undefined ? [] : [count(updated, "updated")]),
    ...(deleted === undefined ? [] : [count(deleted, "deleted")]),
    ...(lost === undefined ? [] : [`${lost} ${lost === 1 ? "value" : "values"} not kept`]),
    ...(rewritten === true ? ["written anew"] : []),
    ...(dropped === true ? ["dropped"] : []),
    ...(lock === undefined ? [] : [`${lock} for at most ${heldMs} ms`]),
  ];
  return `${name}: ${parts.join(", ")}`;
}

/** The impacts of several segments, one line each. */
export const describeImpactsMeasured = (records: readonly SegmentRecord[]): readonly string[] =>
  records.flatMap(({ impacts, heldMs }) => impacts.map((effect) => sentence(effect, heldMs)));

/** So many sentences on what was not announced are kept: rounds of a batch may have one each. */
const mostUnannounced = 20;

const byStrength = [
  "SHARE UPDATE EXCLUSIVE",
  "SHARE",
  "SHARE ROW EXCLUSIVE",
  "EXCLUSIVE",
  "ACCESS EXCLUSIVE",
];

function addImpact(one: MeasuredImpact | undefined, more: MeasuredImpact): MeasuredImpact {
  if (one === undefined) return more;
  const sum = (key: "inserted" | "updated" | "deleted" | "lost"): number =>
    (one[key] ?? 0) + (more[key] ?? 0);
  const counts = {
    ...{ inserted: sum("inserted"), updated: sum("updated") },
    ...{ deleted: sum("deleted"), lost: sum("lost") },
  };
  const locks = [one.lock, more.lock].filter((lock) => lock !== undefined);
  const lock = locks.sort((a, b) => byStrength.indexOf(b) - byStrength.indexOf(a)).at(0);
  return {
    ...{ ...one, ...more },
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    ...(lock === undefined ? {} : { lock }),
  };
}

/** What one round after the other did, as one record: rows added up, locks held as long as the longest round. */
export function addRecords(total: SegmentRecord | null, more: SegmentRecord): SegmentRecord {
  if (total === null) return more;
  const impacts = new Map(total.impacts.map((one) => [one.name, one]));
  for (const one of more.impacts) impacts.set(one.name, addImpact(impacts.get(one.name), one));
  const unannounced = [
    ...new Set([...(total.unannounced ?? []), ...(more.unannounced ?? [])]),
  ].slice(0, mostUnannounced);
  return {
    impacts: [...impacts.values()],
    heldMs: Math.max(total.heldMs, more.heldMs),
    made: [...new Set([...total.made, ...more.made])],
    ...(unannounced.length > 0 ? { unannounced } : {}),
  };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const numberOr = (value: unknown): number | undefined =>
  typeof value === "number" && value > 0 ? value : undefined;

function readEffect(value: unknown): readonly MeasuredImpact[] {
  if (!isRecord(value) || typeof value["name"] !== "string") return [];
  const [inserted, updated, deleted, lost] = ["inserted", "updated", "deleted", "lost"].map((key) =>
    numberOr(value[key]),
  );
  const lock = typeof value["lock"] === "string" ? value["lock"] : undefined;
  return [
    {
      name: value["name"],
      ...(inserted === undefined ? {} : { inserted }),
      ...(updated === undefined ? {} : { updated }),
      ...(deleted === undefined ? {} : { deleted }),
      ...(lost === undefined ? {} : { lost }),
      ...(value["rewritten"] === true ? { rewritten: true } : {}),
      ...(value["dropped"] === true ? { dropped: true } : {}),
      ...(lock === undefined ? {} : { lock }),
    },
  ];
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Reads a segment's record from the detail of its event; null where there is none, as in events of older runs. */
export function readSegmentRecord(detail: Readonly<Record<string, unknown>>): SegmentRecord | null {
  const value = detail["measured"];
  if (!isRecord(value)) return null;
  const unannounced = list(value["unannounced"]).filter((text) => typeof text === "string");
  return {
    impacts: list(value["impacts"]).flatMap(readEffect),
    heldMs: numberOr(value["heldMs"]) ?? 0,
    made: list(value["made"]).filter((oid) => typeof oid === "number"),
    ...(unannounced.length > 0 ? { unannounced } : {}),
  };
}
