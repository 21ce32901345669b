/**
 * A long text cut between words. Pure. Does NOT say that it was cut: who shows it does.
 */

/** The beginning of a text, at most so many characters; a word goes whole or not at all, unless it is the first. */
export function cutBetweenWords(text: string, limit: number): string {
  const characters = Array.from(text);
  if (characters.length <= limit) return text;
  const start = characters.slice(0, limit).join("");
  if (/\s/.test(characters[limit] ?? "")) return start.trimEnd();
  const whole = start.replace(/\s+\S*$/, "");
  return (whole === "" ? start : whole).trimEnd();
}
