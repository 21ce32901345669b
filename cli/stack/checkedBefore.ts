/**
 * What a check has found before: of a file that is the same to the byte, behind the very same files, by the same program,
 * for the same tier and schemas, on the same day. Anything else is parsed and judged again.
 * Does NOT keep anything for runs: what is going to run is parsed from its file.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";

import { inOrder, type ParsePair } from "../../migrations/engine/files/collection";
import { type MigrationFile, parseMigration } from "../../migrations/engine/files/file";
import { checkFiles, type FileCheck } from "../../migrations/engine/gate/fileCheck";
import { byPlace } from "../../migrations/engine/gate/gate";
import type { Violation } from "../../migrations/engine/gate/input/gateRule";
import { readUnparsed } from "../../migrations/engine/survey/recorded";
import type { Tier } from "../../stack/tier";
import { KeptTexts } from "./keptTexts";
import { projectFolder } from "./project";

/** A digest of the sources that this process runs, where it was compiled of them (see stack/compiled.js); else null. */
export const compiledSources = (file: string = __filename): string | null =>
  /^\w+-([0-9a-f]{32})\.cjs$/.exec(basename(file))?.[1] ?? null;

/** Of several parts, none of which can be taken for a piece of the next. */
function digestOf(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)} `).update(part);
  return hash.digest("base64url");
}

/** Most files of what is kept, of all folders and tiers. The oldest go. */
const mostFiles = 24;

/** Makes the folder, without what other sources have left there. */
function prepare(place: string, sources: string): void {
  try {
    mkdirSync(place, { recursive: true });
    const paths = readdirSync(place).map((name) => join(place, name));
    const age = (path: string): number => -statSync(path).mtimeMs;
    const kept = paths.filter((path) => path.includes(sources)).sort((a, b) => age(a) - age(b));
    const gone = [...paths.filter((path) => !kept.includes(path)), ...kept.slice(mostFiles)];
    for (const path of gone) rmSync(path, { force: true });
  } catch {
    // Then nothing is kept.
  }
}

/** Whether JSON gives a value back exactly as it is. */
function isJson(value: unknown): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (Array.isArray(value)) return value.every(isJson);
  if (typeof value !== "object") return false;
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJson);
}

/** Checks the files of one folder, and knows what it found before. */
export class CheckedBefore {
  private readonly stem: string;
  /** Migrations as they were parsed, and, in a small file, which are there. */
  private readonly parsed: { readonly texts: KeptTexts; readonly names: KeptTexts } | null;
  private readonly opened = new Map<string, KeptTexts>();
  /** Of each pair that was parsed, by its file's name: a digest of all its bytes. */
  private readonly digests = new Map<string, string>();

  /**
   * @param folder   Of the migrations; absolute.
   * @param sources  What the program was compiled of; null: nothing is kept, and nothing known.
   * @param place    Folder for what is kept.
   * @param check    Judges files.
   */
  constructor(
    folder: string,
    sources: string | null,
    place: string = join(projectFolder(), ".build", "checked"),
    private readonly check: typeof checkFiles = checkFiles,
  ) {
    const where = digestOf(process.version, folder).slice(0, 16);
    this.stem = join(place, `${sources ?? ""}-${where}`);
    if (sources !== null) prepare(place, sources);
    this.parsed =
      sources === null ? null : { texts: this.kept("parsed"), names: this.kept("names") };
  }

  /** As parseMigration. Of a pair that is known the statements are read when somebody asks for them. */
  readonly parse: ParsePair = (name, bytes, rollback) => {
    const { parsed } = this;
    const parse = (): ReturnType<typeof parseMigration> => parseMigration(name, bytes, rollback);
    if (parsed === null) return parse();
    const key = digestOf(name, bytes, rollback?.name ?? "", rollback?.bytes ?? "");
    this.digests.set(name, key);
    if (parsed.names.has(key)) {
      const known = readUnparsed({ name, bytes }, rollback, () => {
        const whole = parsed.texts.get(key) as MigrationFile | null;
        if (whole !== null) return whole;
        const again = parse();
        if ("migration" in again) return again.migration;
        throw new Error(`${name} was parsed before, and cannot be now`);
      });
      if (known !== null) return { migration: known };
    }
    const result = parse();
    if ("migration" in result && isJson(result.migration)) {
      parsed.texts.set(key, JSON.stringify(result.migration));
      parsed.names.set(key, JSON.stringify(name));
    }
    return result;
  };

  /** As checkFiles. @param files  All that this has parsed; there was no problem in any. */
  judge(files: readonly MigrationFile[], tier: Tier, scope: FileCheck): readonly Violation[] {
    // What a repeatable file is held to is the last of all files, not those before one.
    const hasRepeatables = (scope.repeatables ?? []).length > 0;
    if (this.parsed === null || hasRepeatables) return this.check(files, tier, scope);
    const kept = this.kept(tier);
    const known: Violation[] = [];
    const unknown = new Map<MigrationFile, string>();
    for (const [file, key] of this.keysOf(files, tier, scope)) {
      const isAsked = scope.judged?.includes(file.fileName) ?? true;
      const found = isAsked ? (kept.get(key) as readonly Violation[] | null) : null;
      if (found !== null) known.push(...found);
      else if (isAsked) unknown.set(file, key);
      else kept.has(key);
    }
    if (unknown.size === 0) return known.sort(byPlace);
    const judged = [...unknown.keys()];
    const names = judged.map(({ fileName }) => fileName);
    const found = this.check(files, tier, { ...scope, judged: names });
    const fileOf = new Map(
      judged.flatMap((file) =>
        [file.fileName, file.rollback?.fileName].map((name) => [name, file] as const),
      ),
    );
    // What is about another file than was asked for is nobody's to keep.
    if (found.every(({ file }) => fileOf.has(file))) {
      const own = new Map<MigrationFile | undefined, Violation[]>(judged.map((file) => [file, []]));
      for (const one of found) own.get(fileOf.get(one.file))?.push(one);
      for (const [file, key] of unknown) kept.set(key, JSON.stringify(own.get(file)));
    }
    return [...known, ...found].sort(byPlace);
  }

  /** Keeps what was found. */
  save(): void {
    this.parsed?.texts.save(this.digests.values());
    for (const kept of this.opened.values()) kept.save();
  }

  /** What each file's verdict depends on: itself, all before it, who asks, and the day. */
  private keysOf(
    files: readonly MigrationFile[],
    tier: Tier,
    scope: FileCheck,
  ): ReadonlyMap<MigrationFile, string> {
    const keys = new Map<MigrationFile, string>();
    const day = scope.now.toISOString().slice(0, "2026-01-01".length);
    let chain = digestOf(tier, JSON.stringify({ ...scope, now: day, judged: null }));
    for (const file of inOrder(files)) {
      chain = digestOf(chain, this.digests.get(file.fileName) ?? "");
      keys.set(file, chain);
    }
    return keys;
  }

  private kept(name: string): KeptTexts {
    const kept = this.opened.get(name) ?? new KeptTexts(`${this.stem}-${name}`);
    this.opened.set(name, kept);
    return kept;
  }
}
