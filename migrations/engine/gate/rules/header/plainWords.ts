/**
 * Whether what a header says in words says something: a duration that can be waited for, one answer and not two, a sentence.
 * Does NOT know the files; what is too long for a tier's limits is timeout-too-long's.
 */

/** Longest that a change of a schema may be announced to take: hours. */
const longestHours = 7 * 24;

const hoursOf: readonly (readonly [RegExp, number])[] = [
  [/^(ms|milliseconds?)$/, 1 / 3_600_000],
  [/^(s|secs?|seconds?|moments?)$/, 1 / 3_600],
  [/^(m|mins?|minutes?)$/, 1 / 60],
  [/^(h|hrs?|hours?)$/, 1],
  [/^(d|days?)$/, 24],
];

const numberWords: Readonly<Record<string, number>> = {
  ...{
    a: 1,
    an: 1,
    one: 1,
    half: 0.5,
    two: 2,
    three: 3,
    four: 4,
    five: 5,
    six: 6,
    seven: 7,
    eight: 8,
  },
  ...{
    nine: 9,
    ten: 10,
    twelve: 12,
    fifteen: 15,
    twenty: 20,
    thirty: 30,
    few: 5,
    some: 5,
    several: 8,
  },
};

const number = "(\\d+(?:\\.\\d+)?|[a-z]+\\b)";
/** "5-10 minutes", "less than a minute", "about two hours for a million rows", "seconds". */
const durationForm = new RegExp(
  `^(?:(?:<|~|up to|under|about|around|approx\\.?|approximately|less than|at most|within|well under|roughly) ?)*(?:a |an )?` +
    `(?:${number}(?: ?(?:-|to|or|\u2013) ?${number})? ?(?:an? )?)?([a-z]+)\\b(.*)$`,
);
/** What may stand behind it. */
const remarkForm =
  /^(\s*[(,;:.\u2013\u2014-].*| (for|per|in|on|of|at|each|with|while|because|every|as|if|without|when|plus|and|then|by)\b.*|)$/;

const valueOf = (text: string): number | null =>
  /^\d/.test(text) ? Number(text) : (numberWords[text] ?? null);

/** Why a text is no duration that people can plan with, or null. */
export function durationFault(text: string): string | null {
  const said = text.trim().toLowerCase().replace(/\s+/g, " ");
  if (/^(instant(ly|aneous)?|immediate(ly)?|none needed)\b/.test(said)) return null;
  const iso = /^pt(?=\d)(\d+h)?(\d+m)?(\d+s)?$/.test(said);
  if (iso) return null;
  // "seconds", "a few minutes".
  if (/^(?:(?:a )?(?:few|some|several) )?(?:moments|seconds|minutes|hours)$/.test(said))
    return null;
  const [, from, to, unit = "", remark = ""] = durationForm.exec(said) ?? [];
  const hours = hoursOf.find(([form]) => form.test(unit))?.[1];
  const further = /^ ?(?:to|or|-|\u2013) ?(\d.*)$/.exec(remark)?.[1];
  if (hours === undefined || (further === undefined && !remarkForm.test(remark)))
    return "that is no duration";
  const values = [from, to].flatMap((one) => (one === undefined ? [] : [valueOf(one)]));
  if (values.some((one) => one === null || one <= 0)) return "that is no duration";
  const most = Math.max(1, ...values.map((one) => one ?? 0)) * hours;
  if (most > longestHours) return "nobody plans a change of more than a week";
  return further === undefined ? null : durationFault(further);
}

const hedge =
  /\b(maybe|perhaps|probably|presumably|possibly|really|actually|hopefully|unsure|not sure|unknown|guess|tbd|todo|in theory|theoretically|supposedly)\b|^\W*-?ish\b/i;

/** Why a line of which one word counts says it and takes it back, or null. @param chosen  The word that counts. */
export function choiceFault(
  text: string,
  chosen: string,
  others: readonly string[],
): string | null {
  const remark = text.trim().slice(chosen.length);
  if (hedge.test(remark)) return "that takes it back";
  const other = others.find((one) => new RegExp(`\\b${one}\\b`, "i").test(remark));
  return other === undefined ? null : `that says ${other}, too`;
}

/** Words of no sentence. */
const filler: ReadonlySet<string> = new Set(
  "asdf qwerty foo bar baz lorem ipsum test testing todo tbd see ticket the and for this that change changes migration none yes".split(
    " ",
  ),
);

/** Whether a description has at least two words that say something. */
export function saysSomething(text: string): boolean {
  const words = text.toLowerCase().match(/\p{L}{3,}/gu) ?? [];
  const telling = words.filter((word) => !filler.has(word) && !/^(.)\1+$/u.test(word));
  // These are written without spaces.
  const dense = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Thai}/u.test(
    text,
  );
  return new Set(telling).size >= 2 || (dense && telling.join("").length >= 4);
}
