/**
 * The texts of a migration under another number and version: its names, its version and what comes before it, in the header,
 * the checks and the rollback file. Pure.
 * Does NOT touch the MIGRATION section, nor rename a file (see renumber.ts).
 */

/** A migration by what others call it. */
export interface Named {
  /** `014_add_status` */
  readonly name: string;
  readonly version: string;
}

/** From what, to what: the migration itself, and the one before it (null: there is none). */
export interface Renumbering {
  readonly from: Named;
  readonly to: Named;
  readonly beforeFrom: Named | null;
  readonly beforeTo: Named | null;
}

const numberText = (name: string): string => name.slice(0, name.indexOf("_"));
const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Each old word and the new one in its place. */
function words({ from, to, beforeFrom, beforeTo }: Renumbering): ReadonlyMap<string, string> {
  const pairs: (readonly [string, string])[] = [
    [from.name, to.name],
    [from.version, to.version],
  ];
  if (beforeFrom !== null && beforeTo !== null) {
    pairs.push(
      [beforeFrom.name, beforeTo.name],
      [beforeFrom.version, beforeTo.version],
      [
        `Requires migration ${numberText(beforeFrom.name)}`,
        `Requires migration ${numberText(beforeTo.name)}`,
      ],
    );
  }
  return new Map(pairs);
}

/** Replaces all at once: what one puts in place is not taken for another's word. */
function replacedIn(text: string, map: ReadonlyMap<string, string>): string {
  const longestFirst = [...map.keys()].sort((a, b) => b.length - a.length);
  const any = longestFirst.map(escaped).join("|");
  // Not inside a longer number or name; behind a name its rollback's or file's ending may follow.
  const pattern = new RegExp(`(?<![\\w.])(${any})(?=$|[^\\w.]|\\.(?!\\d)|_rollback\\b)`, "g");
  return text.replaceAll(pattern, (word) => map.get(word) ?? word);
}

const change = /^-- MIGRATION[ \t]*\r?$/m;
const afterChange = /^-- POST-FLIGHT VALIDATION[ \t]*\r?$/m;

/** The forward file's text. The change itself stays to the letter: what stands there is no name of ours. */
export function renumberedForward(text: string, renumbering: Renumbering): string {
  const map = words(renumbering);
  const start = change.exec(text)?.index ?? text.length;
  const end = afterChange.exec(text)?.index ?? start;
  return [
    replacedIn(text.slice(0, start), map),
    text.slice(start, end),
    replacedIn(text.slice(end), map),
  ].join("");
}

/** The rollback file's text. */
export const renumberedRollback = (text: string, renumbering: Renumbering): string =>
  replacedIn(text, words({ ...renumbering, beforeFrom: null, beforeTo: null }));
