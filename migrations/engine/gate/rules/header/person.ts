/**
 * Whether two spellings name one person: order, case, accents, letters that only look alike, an address beside the name.
 * Does NOT know who people are: nicknames and a second account are beyond it.
 */

/** Letters of other alphabets that look like Latin ones. Source: Unicode, confusables.txt (the everyday part of it). */
const lookAlikes: Readonly<Record<string, string>> = {
  ...{ а: "a", в: "b", с: "c", е: "e", һ: "h", і: "i", ј: "j", к: "k", ӏ: "l", м: "m", н: "h" },
  ...{ о: "o", р: "p", ԛ: "q", ѕ: "s", т: "t", у: "y", ѵ: "v", ԝ: "w", х: "x", ԁ: "d", ɡ: "g" },
  ...{ α: "a", ε: "e", ι: "i", κ: "k", ν: "v", ο: "o", ρ: "p", τ: "t", υ: "u", χ: "x", ı: "i" },
};

/** Digits that stand for letters. */
const digits: Readonly<Record<string, string>> = { "0": "o", "1": "l", "3": "e", "5": "s" };

/** Words that name nobody in particular, or the author. */
const nobody: ReadonlySet<string> = new Set(
  (
    "self me myself i author same none nobody noone anyone someone somebody everyone na tbd todo reviewer reviewed " +
    "yes ok done pending later unknown test user admin root"
  ).split(" "),
);

/** True when a word mixes letters of two alphabets, as a name does that only looks like another. */
const mixesAlphabets = (name: string): boolean =>
  (name.match(/[\p{L}\p{M}]+/gu) ?? []).some(
    (word) =>
      /\p{Script=Latin}/u.test(word) &&
      /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/u.test(word),
  );

/** Why a text names no person or team, or null when it may. */
export function nobodyBecause(name: string): string | null {
  const words = wordsOf(name).filter((word) => word !== "the" && word !== "by");
  if (mixesAlphabets(name)) return "it mixes letters of two alphabets";
  if (words.every((word) => !/../u.test(word))) return "it is no name";
  return words.every((word) => nobody.has(word)) ? "it names nobody" : null;
}

/** The words of a name, sorted, without an address or a remark beside it. */
function wordsOf(name: string): readonly string[] {
  const plain = name
    .normalize("NFKD")
    .replace(/[\p{M}\p{Cf}]/gu, "")
    .toLowerCase()
    .replace(/./gu, (letter) => lookAlikes[letter] ?? letter)
    .replace(/(?<=\p{L})[0135]|[0135](?=\p{L})/gu, (digit) => digits[digit] ?? digit);
  const beside = plain.replace(/[<(\[].*?[>)\]]/g, " ").trim();
  // An address alone names its owner before the @.
  const said = (beside === "" ? plain.replace(/[<>()[\]]/g, " ") : beside).replace(
    /(?<=\S)@[^\s,;]*/g,
    " ",
  );
  return (said.match(/[\p{L}\p{N}]+/gu) ?? []).toSorted();
}

/** True for a word and itself, or its initial. */
const answers = (word: string, other: string): boolean =>
  word === other || (word.length === 1 && other.startsWith(word));

/** True when the words of one name are those of the other or their initials, and one of them in full. */
const fits = (short: readonly string[], full: readonly string[]): boolean =>
  short.every((word) => full.some((other) => answers(word, other))) &&
  full.every((other) => short.some((word) => answers(word, other))) &&
  short.some((word) => full.includes(word));

/** True when both are the same person, as far as spelling can tell; "A. Lovelace" is taken for Ada Lovelace. */
export function samePerson(a: string, b: string): boolean {
  const [first, second] = [wordsOf(a), wordsOf(b)];
  return fits(first, second) || fits(second, first);
}
