/**
 * A file name's words from a title. Pure. Does NOT number it.
 */

/** Longest part of a file's name that comes from the title, in characters. */
const longestSlug = 60;

/** `Add status to jobs` to `add_status_to_jobs`; empty when the text holds no letter or digit of ASCII. */
export function slugOf(title: string): string {
  const words = title
    .normalize("NFKD")
    .replace(/[\p{Mark}'’]/gu, "")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  let slug = words[0]?.slice(0, longestSlug) ?? "";
  for (const word of words.slice(1)) {
    if (slug.length + 1 + word.length > longestSlug) break;
    slug += `_${word}`;
  }
  return slug;
}
