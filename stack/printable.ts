/**
 * Makes text that comes from a server fit to print: names may hold line ends, escape sequences and marks that turn the
 * direction of writing, and could so write a line that looks like this program's own. Pure.
 * Does NOT shorten, quote or colour anything.
 */

/** Control characters, line and paragraph ends, and what turns or joins text unseen. Source: Unicode, Cc, Zl, Zp, Bidi. */
const unseen = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

const code = (character: string): string =>
  character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");

/** The text with each such character as `\\u000A`: one line, whatever it holds. */
export const printable = (text: string): string =>
  text.replace(unseen, (character) => `\\u${code(character)}`);

/**
 * A text of several lines, as a message is: its line ends and tabs stay. A name in it is to be made printable by itself.
 */
export const printableText = (text: string): string =>
  text.replace(unseen, (character) =>
    character === "\n" || character === "\t" ? character : `\\u${code(character)}`,
  );

/** A quoted identifier, or a string: what is inside of a string is no identifier. */
const quoted = /'(?:[^']|'')*'|"(?:[^"]|"")*"/g;

/**
 * An SQL statement that can be pasted: a quoted identifier that holds such characters is written `U&"\\000A"`, which is
 * the same name. What is in a string is written as in any other text.
 */
export function printableSql(statement: string): string {
  const pasteable = statement.replace(quoted, (token) => {
    if (token.startsWith("'") || token.search(unseen) === -1) return token;
    const inside = token
      .replaceAll("\\", "\\\\")
      .replace(unseen, (character) => `\\${code(character)}`);
    return `U&${inside}`;
  });
  return printable(pasteable);
}
