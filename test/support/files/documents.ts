/**
 * The project's documents as tests look at them: which there are, their headings as anchors, and the code in them.
 * Does NOT judge.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const project = join(__dirname, "..", "..", "..");

/** The text of a file of the project. */
export const read = (path: string): string => readFileSync(join(project, path), "utf8");

const markdownIn = (folder: string): readonly string[] =>
  readdirSync(join(project, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));

/** Every document, by its path from the project's folder. */
export const documents: readonly string[] = [
  ".",
  "docs",
  "migrations",
  "roles",
  "toolchain/postgresql-plugin",
].flatMap(markdownIn);

const withoutFences = (text: string): string => text.replace(/^```.*?^```$/gms, "");

/** The anchors of a document's headings, as GitHub makes them. */
export function anchors(text: string): ReadonlySet<string> {
  const found = new Map<string, number>();
  const names = [...withoutFences(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, title = ""]) => {
    const slug = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replace(/\s/g, "-");
    const before = found.get(slug) ?? 0;
    found.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  });
  return new Set(names);
}

/** Links as [file, anchor], either of them empty; those that lead out of the project are left out. */
export const localLinks = (text: string): readonly (readonly [file: string, anchor: string])[] =>
  [...withoutFences(text).matchAll(/\]\(([^)#\s]*)(?:#([^)\s]*))?\)/g)]
    .map(([, file = "", anchor = ""]) => [file, anchor] as const)
    .filter(([file]) => !/^[a-z]+:/.test(file));

/** Code between single marks. */
export const codeSpans = (text: string): readonly string[] =>
  [...withoutFences(text).matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);

/** Lines of fenced blocks, with lines that end in a backslash joined to the next. */
export const fencedLines = (text: string): readonly string[] =>
  [...text.matchAll(/^```\w*\n(.*?)^```$/gms)].flatMap(([, block = ""]) =>
    block.replace(/\\\n\s*/g, "").split("\n"),
  );
