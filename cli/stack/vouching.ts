/**
 * A person's word on each difference between files and database, asked for before anything is recorded as applied that did
 * not run here: `ddl baseline` and `ddl acknowledge` compare, and want the same.
 * Does NOT record (see migrations/engine/ledger), or compare by itself (see migrations/engine/proof/compare.ts).
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import { isOfOwner, type SchemaDifference } from "../../migrations/engine/differences/difference";
import type { MigrationFile } from "../../migrations/engine/files/file";
import { type VouchedDifference, vouchFor } from "../../migrations/engine/history/vouched";
import type { CurrentState } from "../../migrations/engine/ledger/structure";
import { compareWithFiles } from "../../migrations/engine/proof/compare";
import { type Call, type OptionSpec, UsageError } from "../frame/command";
import { suggestion } from "../frame/nearest";
import { compareReport, wordOn } from "../report/compareReport";
import { compareText } from "../report/compareText";
import { filesToCompare } from "./comparing";
import type { Stack } from "./stack";

/** How differences are vouched for. */
export const vouchOptions: Readonly<Record<"vouch" | "vouch-file", OptionSpec>> = {
  vouch: {
    value: "NAME=REASON",
    summary: "a difference that may stay, as ddl compare names it, and why",
    many: true,
  },
  "vouch-file": { value: "FILE", summary: "the same, one NAME=REASON a line" },
};

/** A comparison in which nothing is left that nobody vouches for. */
export interface VouchedComparison {
  readonly vouched: readonly VouchedDifference[];
  /** Name and reason of each. */
  readonly stays: readonly { readonly name: string; readonly reason: string }[];
  /** Owners that differ: nobody's word is needed, up mends them. */
  readonly owners: number;
  /** Fingerprint of the structure that was compared. */
  readonly compared: string;
}

/**
 * Compares up to a version. Where a difference is left that nobody vouches for, all of those are shown.
 *
 * @returns null where one is left.
 * @throws {UsageError} a word names no difference, or gives no reason.
 */
export async function compareAndVouch(
  call: Call,
  stack: Stack,
  state: CurrentState,
  files: readonly MigrationFile[],
  version: string,
): Promise<VouchedComparison | null> {
  const { name, access } = stack;
  const { print, say, style } = call.terminal;
  const words = await wordsOf(call);
  const chosen = filesToCompare(stack, state, files, version);
  const comparison = await compareWithFiles(access, chosen, say);
  const differences = comparison.differences.filter((one) => !isOfOwner(one));
  // What somebody vouched for before, and is still so, needs no second word.
  const before = differences.flatMap((one): readonly [string, string][] => {
    const word = wordOn(one, state.vouched);
    return word === null ? [] : [[one.name, word.reason]];
  });
  const reasons = new Map([...before, ...reasonsOf(words, differences)]);
  const open = differences.filter((one) => !reasons.has(one.name));
  if (open.length > 0) {
    const shown = { ...comparison, differences: open };
    print(compareText(compareReport(name, access.settings, shown, state.vouched), style));
    say(
      `Nothing was recorded: ${open.length} difference(s) are vouched for by nobody.\n` +
        '  Hint: make them equal, or name each with its reason: --vouch "NAME=REASON", or --vouch-file.',
    );
    return null;
  }
  const reasonOf = (one: SchemaDifference): string => reasons.get(one.name) ?? "";
  return {
    vouched: differences.map((one) =>
      vouchFor(one, reasonOf(one), comparison.files.objects, comparison.database.objects),
    ),
    stays: differences.map((one) => ({ name: one.name, reason: reasonOf(one) })),
    owners: comparison.differences.length - differences.length,
    compared: comparison.database.fingerprint,
  };
}

/** What stays different, and who mends the rest. */
export function tellWhatStays(
  { terminal: { print, say } }: Call,
  { stays, owners }: VouchedComparison,
): void {
  for (const { name, reason } of stays) print(`  stays: ${name}: ${reason}`);
  if (owners > 0) say(`${owners} owner(s) differ; up (or ddl heal) mends them.`);
}

/** NAME=REASON of options and file. */
async function wordsOf(call: Call): Promise<readonly string[]> {
  const file = call.text("vouch-file");
  if (file === undefined) return call.list("vouch");
  const text = await readFile(resolve(call.folder, file), "utf8").catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${file} cannot be read: ${reason}`, "name a file of lines NAME=REASON.");
  });
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return [...call.list("vouch"), ...lines.filter((line) => line !== "" && !line.startsWith("#"))];
}

/**
 * The reason of each difference that is named. A name may hold "=" itself: the longest that fits is meant.
 *
 * @throws {UsageError} a word names no difference, or gives no reason.
 */
function reasonsOf(
  words: readonly string[],
  differences: readonly SchemaDifference[],
): ReadonlyMap<string, string> {
  const names = differences.map((one) => one.name).sort((a, b) => b.length - a.length);
  return new Map(
    words.map((word): [string, string] => {
      const name = names.find((one) => word.startsWith(`${one}=`));
      if (name === undefined) {
        const [said = ""] = word.split("=");
        throw new UsageError(
          `No difference is called ${JSON.stringify(said)}.`,
          names.length === 0 ? "nothing differs." : suggestion(said, names),
        );
      }
      const reason = word.slice(name.length + 1).trim();
      if (reason === "") {
        throw new UsageError(
          `No reason is given for ${name}.`,
          `write it as "${name}=why it may stay".`,
        );
      }
      return [name, reason];
    }),
  );
}
