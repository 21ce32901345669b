/**
 * JSON texts by key, in a file that is replaced whole: what is worked out again at need, and quicker had from there. A file
 * that is not there, or not whole, holds nothing.
 * Does NOT know what is kept, or when it stops being right: the key has to say all that it depends on.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Lines of a key and a text. What stands behind the last newline was not written whole. */
function readLines(path: string): readonly (readonly [key: string, text: string])[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => {
    const at = line.indexOf(" ");
    return [line.slice(0, at), line.slice(at + 1)] as const;
  });
}

export class KeptTexts {
  private read: ReadonlyMap<string, string> | null = null;
  private readonly used = new Map<string, string>();
  private isNew = false;

  /** @param path  Of the file; it is read when somebody asks. */
  constructor(private readonly path: string) {}

  private get before(): ReadonlyMap<string, string> {
    this.read ??= new Map(readLines(this.path));
    return this.read;
  }

  /** Whether there is something, which is kept on. */
  has(key: string): boolean {
    const text = this.before.get(key);
    if (text !== undefined) this.used.set(key, text);
    return text !== undefined;
  }

  /** What is there; null for nothing, and for what is no JSON. */
  get(key: string): unknown {
    if (!this.has(key)) return null;
    try {
      return JSON.parse(this.before.get(key) ?? "null");
    } catch {
      this.used.delete(key);
      return null;
    }
  }

  /** @param text  Of one line. */
  set(key: string, text: string): void {
    this.used.set(key, text);
    this.isNew = true;
  }

  /**
   * Keeps what was asked for or set since it was opened, and nothing else. That it cannot is no failure.
   *
   * @param more  Keys that are to be kept on, though nobody has asked for them.
   */
  save(more: Iterable<string> = []): void {
    if (!this.isNew) return;
    for (const key of more) if (!this.used.has(key)) this.has(key);
    const draft = `${this.path}-${process.pid}.draft`;
    try {
      writeFileSync(draft, [...this.used].map(([key, text]) => `${key} ${text}\n`).join(""));
      renameSync(draft, this.path);
    } catch {
      rmSync(draft, { force: true });
    }
  }
}
