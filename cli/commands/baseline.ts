/**
 * `ddl baseline`: records everything up to a version as applied that is in the database already, without running it.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import { isOfOwner, type SchemaDifference } from "../../migrations/engine/differences/difference";
import { vouchFor } from "../../migrations/engine/history/vouched";
import { baseline as recordBaseline } from "../../migrations/engine/ledger/baseline";
import { compareWithFiles } from "../../migrations/engine/proof/compare";
import { type Call, type Command, type ExitStatus, exitStatus, UsageError } from "../frame/command";
import { suggestion } from "../frame/nearest";
import { compareReport, wordOn } from "../report/compareReport";
import { compareText } from "../report/compareText";
import { byOption } from "../stack/approval";
import { filesToCompare, readComparable } from "../stack/comparing";
import { migrationsOf, openStack, stackOptions } from "../stack/stack";
import { fileOfVersion } from "../stack/target";
import { singleTicket } from "../stack/tickets";

export const baseline: Command = {
  name: "baseline",
  summary: "Record what is in the database already as applied, without running it",
  details: [
    "Everything up to VERSION, when ddl compare finds no difference, or a person vouches for each by its name. Rows are",
    "not touched. In uat and prod by an approver and for a ticket. A version that was baselined was never tried here: it",
    "proves nothing to the tier above. What was vouched for before, and is still so, needs no second word.",
  ],
  arguments: [{ name: "VERSION", summary: "the highest version that is there", required: true }],
  options: {
    ...stackOptions,
    by: byOption,
    reason: { value: "TEXT", summary: "where the database comes from", required: true },
    ticket: { value: "CHG-YYYY-NNNN", summary: "change ticket; needed in uat and prod" },
    vouch: {
      value: "NAME=REASON",
      summary: "a difference that may stay, as ddl compare names it, and why",
      many: true,
    },
    "vouch-file": { value: "FILE", summary: "the same, one NAME=REASON a line" },
    json: { summary: "what was recorded, for programs" },
  },
  examples: [
    [
      'ddl baseline 0.3.0 --stack prod --ticket CHG-2026-0142 --by "Ada Moss" --reason "made by the application"',
      "where nothing differs",
    ],
    [
      'ddl baseline 0.3.0 --stack dev --by "Ada Moss" --reason "run with psql" --vouch "table dagapp.jobs: column note=kept until 015"',
      "with a difference that may stay",
    ],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const [version = ""] = call.args;
  const stack = await openStack(call);
  const { name, access } = stack;
  const { print, say, style } = call.terminal;
  const files = await migrationsOf(stack);
  const { number } = fileOfVersion(files, version);
  const ticket = singleTicket(call);
  const words = await wordsOf(call);
  const state = await readComparable(stack);
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
    const report = compareReport(
      name,
      access.settings,
      { ...comparison, differences: open },
      state.vouched,
    );
    print(compareText(report, style));
    say(
      `Nothing was recorded: ${open.length} difference(s) are vouched for by nobody.\n` +
        '  Hint: make them equal, or name each with its reason: --vouch "NAME=REASON", or --vouch-file.',
    );
    return exitStatus.failed;
  }
  const recorded = await recordBaseline(access, {
    by: call.text("by") ?? "",
    reason: call.text("reason") ?? "",
    ...(ticket === undefined ? {} : { ticket }),
    files: files.filter((file) => file.number <= number),
    vouched: differences.map((one) =>
      vouchFor(
        one,
        reasons.get(one.name) ?? "",
        comparison.files.objects,
        comparison.database.objects,
      ),
    ),
    compared: comparison.database.fingerprint,
  });
  if (call.flag("json")) {
    const vouched = differences.map((one) => ({ name: one.name, reason: reasons.get(one.name) }));
    print(JSON.stringify({ schemaVersion: 1, stack: name, recorded, vouched }, null, 2));
    return exitStatus.fine;
  }
  for (const one of recorded) print(`${one.version} baselined (${one.checksum})`);
  for (const one of differences) print(`  stays: ${one.name}: ${reasons.get(one.name) ?? ""}`);
  const owners = comparison.differences.length - differences.length;
  if (owners > 0) say(`${owners} owner(s) differ; up (or ddl heal) mends them.`);
  return exitStatus.fine;
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
