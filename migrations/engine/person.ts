/**
 * Whether two spellings name one person: order, case, accents, letters that only look alike, an address beside the name.
 * Does NOT know who people are: initials, nicknames and a second account are beyond it.
 */

/** Letters of other alphabets that look like Latin ones. Source: Unicode, confusables.txt (the everyday part of it). */
const lookAlikes: Readonly<Record<string, string>> = {
  ...{ а: "a", в: "b", с: "c", е: "e", һ: "h", і: "i", ј: "j", к: "k", ӏ: "l", м: "m", н: "h" },
  ...{ о: "o", р: "p", ԛ: "q", ѕ: "s", т: "t", у: "y", ѵ: "v", ԝ: "w", х: "x", ԁ: "d", ɡ: "g" },
  ...{ α: "a", ε: "e", ι: "i", κ: "k", ν: "v", ο: "o", ρ: "p", τ: "t", υ: "u", χ: "x", ı: "i" },
};

/** The words of a name, sorted, without an address or a remark beside it. */
function wordsOf(name: string): readonly string[] {
  const plain = name
    .normalize("NFKD")
    .replace(/[\p{M}\p{Cf}]/gu, "")
    .toLowerCase()
    .replace(/./gu, (letter) => lookAlikes[letter] ?? letter);
  const beside = plain.replace(/[<(\[].*?[>)\]]/g, " ").trim();
  // An address alone names its owner before the @.
  const said = (beside === "" ? plain.replace(/[<>()[\]]/g, " ") : beside).replace(
    /@[^\s,;]*/g,
    " ",
  );
  return (said.match(/[\p{L}\p{N}]+/gu) ?? []).toSorted();
}

/** True when both are the same person, as far as spelling can tell. */
export const samePerson = (a: string, b: string): boolean =>
  wordsOf(a).join(" ") === wordsOf(b).join(" ");
