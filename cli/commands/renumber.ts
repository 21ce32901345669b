/**
 * `ddl renumber`: gives a migration that is applied nowhere the next free number and version, in its names, header, checks and
 * rollback file, in one go.
 * Does NOT touch a database, nor a file that one has applied.
 */
import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

import { compare, inc, valid } from "semver";

import { numberOf, parseMigration } from "../../migrations/engine/files/file";
import { parseHeader, rollbackNameOf } from "../../migrations/engine/files/header";
import { loadParser } from "../../migrations/engine/statements/statements";
import { firstTier } from "../../stack/tier";
import { type Call, type Command, type ExitStatus, exitStatus, UsageError } from "../frame/command";
import type { StackFacts } from "../report/evidenceModel";
import { stackFacts } from "../stack/evidenceFacts";
import { projectMigrations, shownPath } from "../stack/project";
import { stackOptions } from "../stack/stack";
import { type Named, renumberedForward, renumberedRollback, type Renumbering } from "./renumbered";

export const renumber: Command = {
  name: "renumber",
  summary: "Give a migration that is applied nowhere the next free number and version",
  details: [
    "For the day on which two branches have brought the same number. Renames the file and its rollback, and rewrites",
    "number, version, names and the migration before it in header, checks and rollback; the change itself stays.",
    "Refused where a database of this project has applied it: dev must be reachable, unless --offline vouches for it.",
  ],
  arguments: [{ name: "FILE", summary: "the migration's file", required: true }],
  options: {
    ...stackOptions,
    offline: { summary: "ask no database: nobody has applied it" },
  },
  examples: [
    ["ddl renumber migrations/014_note_on_jobs.sql --sandbox", "it comes behind all others"],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const [path = ""] = call.args;
  const here = resolve(call.folder, path);
  const isBare = basename(path) === path && !existsSync(here);
  const folder = isBare ? projectMigrations() : dirname(here);
  const file = basename(path).replace(/_rollback\.sql$/, ".sql");
  await loadParser();
  const texts = await forwardTexts(folder);
  const text = texts.get(file);
  if (text === undefined || numberOf(file) === null) {
    throw new UsageError(
      `There is no migration ${file} in ${shownPath(call.folder, folder) || "."}.`,
      "name its forward file: NNN_description.sql.",
    );
  }
  const from = namedIn(file, text);
  const others = [...texts].filter(([name]) => name !== file);
  const numbers = others.map(([name]) => numberOf(name) ?? 0);
  const highest = Math.max(0, ...numbers);
  const own = numberOf(file) ?? 0;
  if (own > highest) {
    call.terminal.print(`Nothing to do: ${file} is behind all others already.`);
    return exitStatus.fine;
  }
  const rollbackName = rollbackNameOf(file);
  const rollback = await readFile(join(folder, rollbackName), "utf8").catch(() => null);
  if (!call.flag("offline")) await ensureUnapplied(call, file, text, rollback, from.version);

  const beforeTo = newestOf(others, highest);
  const to: Named = {
    name: `${String(highest + 1).padStart(3, "0")}_${from.name.slice(from.name.indexOf("_") + 1)}`,
    version: nextVersion(others.map(([name, one]) => namedIn(name, one).version)),
  };
  const below = Math.max(0, ...numbers.filter((number) => number < own));
  const renumbering: Renumbering = {
    from,
    to,
    beforeFrom: below === 0 ? null : newestOf(others, below),
    beforeTo,
  };
  await writeAll(folder, [
    { from: file, to: `${to.name}.sql`, text: renumberedForward(text, renumbering) },
    ...(rollback === null
      ? []
      : [
          {
            from: rollbackName,
            to: `${to.name}_rollback.sql`,
            text: renumberedRollback(rollback, renumbering),
          },
        ]),
  ]);
  const { print, say } = call.terminal;
  print(
    `${file} is ${to.name}.sql now: version ${to.version}, behind ${beforeTo?.version ?? "none"}.`,
  );
  const naming = others.filter(([, one]) => one.includes(from.name)).map(([name]) => name);
  if (naming.length > 0) say(`Still named by ${naming.join(", ")}: renumber those too, in order.`);
  say(`Next: npx ddl check --tier dev ${shownPath(call.folder, join(folder, `${to.name}.sql`))}`);
  return exitStatus.fine;
}

/** Texts of all forward files, by name. */
async function forwardTexts(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder).catch((): string[] => [])).filter(
    (name) => numberOf(name) !== null && !name.endsWith("_rollback.sql"),
  );
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return new Map(names.map((name, index) => [name, texts[index] ?? ""]));
}

/** @throws {UsageError} its header says no version. */
function namedIn(file: string, text: string): Named {
  const version =
    parseHeader(file, text).header?.version ?? /^-- VERSION:\s*(\S+)/m.exec(text)?.[1];
  if (version === undefined || valid(version) === null) {
    throw new UsageError(
      `${file} has no version in its header.`,
      "correct it: ddl check --tier dev",
    );
  }
  return { name: file.replace(/\.sql$/, ""), version };
}

/** Of those with that number the one with the highest version. */
function newestOf(files: readonly (readonly [string, string])[], number: number): Named | null {
  const named = files
    .filter(([name]) => numberOf(name) === number)
    .map(([name, text]) => namedIn(name, text));
  return named.sort((a, b) => compare(b.version, a.version))[0] ?? null;
}

function nextVersion(versions: readonly string[]): string {
  const newest = [...versions].sort(compare).at(-1) ?? "0.0.0";
  return inc(newest, "minor") ?? newest;
}

/** @throws {UsageError} a database has applied it, or dev could not be asked. */
async function ensureUnapplied(
  call: Call,
  file: string,
  text: string,
  rollback: string | null,
  version: string,
): Promise<void> {
  const back =
    rollback === null ? null : { name: rollbackNameOf(file), bytes: Buffer.from(rollback) };
  const parsed = parseMigration(file, Buffer.from(text), back);
  const checksum = "migration" in parsed ? parsed.migration.checksum : null;
  const stacks = await stackFacts(call);
  // Another file of that version may be applied, and usually is: it is told by its text.
  const isThere = (one: StackFacts): boolean =>
    one.reached &&
    one.versions.some(
      (state) =>
        state.version === version &&
        state.status !== "rolled back" &&
        (state.checksum === null || checksum === null || state.checksum === checksum),
    );
  const there = stacks.filter(isThere).map(({ stack }) => stack);
  if (there.length > 0) {
    throw new UsageError(
      `${file} is applied in ${there.join(", ")} as version ${version}: it keeps its number.`,
      `take it back first: npx ddl rollback ${version} --stack ${there.at(-1) ?? ""}${call.flag("sandbox") ? " --sandbox" : ""}`,
    );
  }
  const unasked = stacks.filter(({ reached }) => !reached);
  if (unasked.length === 0) return;
  const names = unasked.map(({ stack }) => stack).join(", ");
  if (!stacks.some(({ tier, reached }) => tier === firstTier && reached)) {
    throw new UsageError(
      `${names} could not be asked, so nobody knows whether ${file} is applied.`,
      "make dev reachable (--sandbox, DDL_…), or vouch for it with --offline.",
    );
  }
  call.terminal.say(
    `Not asked: ${names}. Everything goes through dev first, which has not applied it.`,
  );
}

/** Writes the new files, each only where there is none yet, then removes the old ones. */
async function writeAll(
  folder: string,
  files: readonly { readonly from: string; readonly to: string; readonly text: string }[],
): Promise<void> {
  for (const { to, text } of files) await writeFile(join(folder, to), text, { flag: "wx" });
  for (const { from } of files) await rm(join(folder, from));
}
