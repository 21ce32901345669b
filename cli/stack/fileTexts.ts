/**
 * Reads the texts of files of which a line is to be shown, each at most once.
 * Does NOT fail when a file cannot be read: it then shows nothing.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Gives the text of a file of the folder, or null. */
export function cachedTexts(folder: string): (file: string) => string | null {
  const texts = new Map<string, string | null>();
  return (file) => {
    const known = texts.get(file);
    if (known !== undefined) return known;
    let text: string | null = null;
    try {
      text = readFileSync(join(folder, file), "utf8");
    } catch {
      // That it cannot be read may be the very finding.
    }
    texts.set(file, text);
    return text;
  };
}
