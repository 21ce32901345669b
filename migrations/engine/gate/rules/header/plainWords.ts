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
  [/^(w|wks?|weeks?)$/, 7 * 24],
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
    couple: 2,
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

/** "1.5", "1,5", "1,000", "two". */
const number =
  "(\\d{1,3}(?:,\\d{3})+(?!\\d)|\\d+(?:\\.\\d+|,\\d{1,2}(?!\\d))?(?![\\d.,]*\\d)|[a-z]+\\b)";
/** Words before it: how sure the figure is. */
const leadForm =
  /^(?:(?:[<>~\u2264]|up to|under|over|about|around|approx\.?|approximately|(?:less|no more|not more) than|at most|at least|max(?:imum|\.)?(?: of)?|within|well under|roughly|circa|between) ?)*/;
/** "5-10 minutes", "half an hour", "two hours for a million rows", "a couple of minutes", "seconds". */
const durationForm = new RegExp(
  `^(?:an? )?(?:${number}(?: ?(?:-|to|or|and|\u2013) ?${number})? ?(?:an? |of (?:an? )?)?)?([a-z]+)(?![a-z])(.*)$`,
);
/** "00:05:00", hours first. */
const clockForm = /^(\d{1,3}):([0-5]\d)(?::([0-5]\d))?(?![\d:.])(.*)$/;
/** A second end behind the unit: "90 seconds to 2 minutes". */
const rangeForm = /^ ?(?:to|or|and up to|-|\u2013) ?(\d.*)$/;
/** A smaller unit behind it: "1 hour 30 minutes", "1h30m", "2 hours and 5 min". */
const pairForm = /^(?:,? and |, ?| ?)(\d.*)$/;
/** Words behind it that leave it one: "5 minutes max", "1 minute or less". */
const boundForm =
  /^(?: ?(?:max(?:imum|\.)?|minimum|at (?:most|least|worst)|tops|(?:in )?total|overall|altogether|in all|or (?:so|less|more|thereabouts))(?![a-z]))+/;
/** What may stand behind it. */
const remarkForm =
  /^(\s*[(,;:.\u2013\u2014-].*| (for|per|in|on|of|at|each|with|while|because|every|as|if|without|when|plus|and|then|by)\b.*|)$/;

const isRemark = (text: string): boolean => remarkForm.test(text.replace(boundForm, ""));

const valueOf = (text: string): number | null =>
  /^\d/.test(text)
    ? Number(text.replace(/,(?=\d{3})/g, "").replace(",", "."))
    : (numberWords[text] ?? null);

/** The longest that a duration in words may mean, in hours, or null. @param below  Hours of the unit before it, of which this is a part. */
function longestOf(text: string, below = Infinity): number | null {
  const said = text.replace(leadForm, "");
  const [clock, hour, minute, second = 0, rest = ""] = clockForm.exec(said) ?? [];
  if (clock !== undefined) {
    const hours = Number(hour) + Number(minute) / 60 + Number(second) / 3_600;
    return hours > 0 && isRemark(rest) ? hours : null;
  }
  const [, from, to, unit = "", remark = ""] = durationForm.exec(said) ?? [];
  const hours = hoursOf.find(([form]) => form.test(unit))?.[1];
  if (hours === undefined || hours >= below) return null;
  const values = [from, to].flatMap((one) => (one === undefined ? [] : [valueOf(one)]));
  // "1 hour 0 minutes" is a duration, "0 minutes" is none.
  if (values.some((one) => one === null || (one <= 0 && below === Infinity))) return null;
  const most = Math.max(1, ...values.map((one) => one ?? 0)) * hours;
  const end = rangeForm.exec(remark)?.[1];
  if (end !== undefined) {
    const other = longestOf(end);
    return other === null ? null : Math.max(most, other);
  }
  const part = pairForm.exec(remark)?.[1];
  const more = part === undefined ? null : longestOf(part, hours);
  if (more !== null) return most + more;
  return isRemark(remark) ? most : null;
}

/** Why a text is no duration that people can plan with, or null. */
export function durationFault(text: string): string | null {
  const said = text.trim().toLowerCase().replace(/\s+/g, " ");
  if (/^(instant(ly|aneous)?|immediate(ly)?|none needed|negligible)\b/.test(said)) return null;
  if (/^pt(?=\d)(\d+h)?(\d+m)?(\d+s)?$/.test(said)) return null;
  // "seconds", "a few minutes".
  if (/^(?:(?:a )?(?:few|some|several) )?(?:moments|seconds|minutes|hours)$/.test(said))
    return null;
  const most = longestOf(said);
  if (most === null) return "that is no duration";
  return most > longestHours ? "nobody plans a change of more than a week" : null;
}

const hedge =
  /\b(probably|presumably|really|actually|hopefully|unsure|not sure|unknown|guess|tbd|todo|in theory|theoretically|supposedly)\b|^\W*-?ish\b/i;
/** Words that take the answer back when they stand alone, or before another; not in "possibly slower writes". */
const mayBe =
  /\b(?:maybe|perhaps|possibly)\b(?=\W*$|\s*[,.;:)]|\W+(?:yes|no|not|low|medium|high|automatic|manual|later|needed|required|some|more|it|we|there|an?|in|on|at|for|when|if|or|and|but)\b)/i;

/** A word directly behind the answer ("Low or High"), or of a tier ("Low in dev, High in prod"); not in "Low, even at high traffic". */
const alsoSays = (word: string): RegExp =>
  new RegExp(
    `^\\W*(?:(?:or|and|to|but|then|also|rather|even|sometimes)\\b\\W*)*${word}\\b` +
      `|(?<!\\b(?:not|no|never)\\s+)\\b${word}\\s+(?:in|on|for|at)\\s+(?:dev|qa|uat|prod)`,
    "i",
  );

/** Why a line of which one word counts says it and takes it back, or null. @param chosen  The word that counts. */
export function choiceFault(
  text: string,
  chosen: string,
  others: readonly string[],
): string | null {
  const remark = text.trim().slice(chosen.length);
  if (hedge.test(remark) || mayBe.test(remark)) return "that takes it back";
  const other = others.find((one) => alsoSays(one).test(remark));
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
