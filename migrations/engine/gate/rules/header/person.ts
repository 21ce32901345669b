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
    "yes ok done pending later unknown test user admin root null nil void team dba peer colleague a an my our else bot ci ai " +
    "github gitlab copilot chatgpt as see ticket chg approved it was is to be confirmed tbc tba us we dev developer developers " +
    "anonymous not will follow yet foo bar baz asdf qwerty lgtm people person staff and or with"
  ).split(" "),
);

/** Alphabets in which names are written here; those that are written together count as one. */
const alphabets: readonly (readonly [string, RegExp])[] = [
  ["Latin", /\p{Script=Latin}/u],
  ["Cyrillic", /\p{Script=Cyrillic}/u],
  ["Greek", /\p{Script=Greek}/u],
  ["Armenian", /\p{Script=Armenian}/u],
  ["Georgian", /\p{Script=Georgian}/u],
  ["Hebrew", /\p{Script=Hebrew}/u],
  ["Arabic", /\p{Script=Arabic}/u],
  ["Devanagari", /\p{Script=Devanagari}/u],
  ["Bengali", /\p{Script=Bengali}/u],
  ["Tamil", /\p{Script=Tamil}/u],
  ["Thai", /\p{Script=Thai}/u],
  ["Ethiopic", /\p{Script=Ethiopic}/u],
  ["East Asian", /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}/u],
];

/** Latin letters of names, without their accents; small capitals, phonetic letters and the like look like them and are none. */
const latinOfNames = /[a-zßæœøðþđłħŋŧəıĸſ]/u;

const plainLetters = (name: string): readonly string[] => [
  ...(name.normalize("NFKD").toLowerCase().match(/\p{L}/gu) ?? []),
];

/** The alphabets of a name; "" for letters that are used in no name here. */
function alphabetsOf(name: string): ReadonlySet<string> {
  return new Set(
    plainLetters(name).map((letter) => {
      const found = alphabets.find(([, form]) => form.test(letter))?.[0] ?? "";
      return found === "Latin" && !latinOfNames.test(letter) ? "" : found;
    }),
  );
}

/** Why a text names no person or team, or null when it may. */
export function nobodyBecause(name: string): string | null {
  const words = wordsOf(name).filter((word) => word !== "the" && word !== "by");
  const found = alphabetsOf(name);
  // A name that only looks like another is written with letters from elsewhere.
  if (found.has("")) return "it has letters that are used in no name";
  if (found.size > 1) return "it mixes letters of two alphabets";
  // Initials, numbers, and one letter again and again.
  if (words.every((word) => !/\p{L}{2}/u.test(word) || /^(.)\1+$/u.test(word)))
    return "it is no name";
  const named = words.filter((word) => /\p{L}/u.test(word));
  return named.every((word) => nobody.has(word)) ? "it names nobody" : null;
}

/** True when the names are written in two alphabets: letters of one look like letters of the other, so nobody can tell. */
export function cannotBeTold(a: string, b: string): boolean {
  const [first, second] = [alphabetsOf(a), alphabetsOf(b)];
  return first.size > 0 && second.size > 0 && ![...first].some((one) => second.has(one));
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
  // A number behind the name is a second account of the same person.
  return (said.match(/[\p{L}\p{N}]+/gu) ?? [])
    .map((word) => word.replace(/(?<=\p{L})\p{N}+$/u, ""))
    .toSorted();
}

/** True for a word and itself, or its initial. */
const answers = (word: string, other: string): boolean =>
  word === other || (word.length === 1 && other.startsWith(word));

/** True when the words of one name are those of the other or their initials, and one of them in full. */
const fits = (short: readonly string[], full: readonly string[]): boolean =>
  short.every((word) => full.some((other) => answers(word, other))) &&
  full.every((other) => short.some((word) => answers(word, other))) &&
  short.some((word) => full.includes(word));

/** Between the names of several people. */
const joins: ReadonlySet<string> = new Set(["and", "or", "with", "und", "et"]);

/** True when one is the other with more names: "Ada" and "Ada L.". */
const isLonger = (short: readonly string[], full: readonly string[]): boolean =>
  short.length > 0 &&
  short.every((word) => full.includes(word)) &&
  short.some((word) => word.length > 1);

/**
 * True when both are the same person, as far as spelling can tell; "A. Lovelace" and "Ada" are taken for Ada Lovelace.
 * Several people are not one of them.
 */
export function samePerson(a: string, b: string): boolean {
  const several = [a, b].some(
    (name) => /[,;/&+]/.test(name) || wordsOf(name).some((word) => joins.has(word)),
  );
  const [first = [], second = []] = [a, b].map((name) =>
    wordsOf(name).filter((word) => !joins.has(word)),
  );
  if (fits(first, second) || fits(second, first)) return true;
  return !several && (isLonger(first, second) || isLonger(second, first));
}
