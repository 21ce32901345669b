/**
 * A page of HTML that stands by itself: no script, no font and no picture from elsewhere; it prints on A4, and says
 * everything without colours too. Pure.
 * Does NOT know what is on it.
 */
import { printable } from "../../stack/printable";

/** A piece of HTML, as against a text that is still to be escaped. */
export interface Html {
  readonly html: string;
}

const marks: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escaped = (plain: string): string =>
  printable(plain).replaceAll(/[&<>"']/g, (mark) => marks[mark] ?? mark);

/**
 * A text as HTML; names from servers and files are made printable, and may be broken behind an underscore or a slash, so
 * that a table of long names fits on paper.
 */
const text = (plain: string): Html => ({
  html: escaped(plain).replaceAll(/[_/](?=\w)/g, "$&<wbr>"),
});

/** SQL, or another text in which lines count. */
const code = (plain: string): string => plain.split("\n").map(escaped).join("\n");

export type Part = Html | string | readonly Part[];

const htmlOf = (part: Part): string => {
  if (typeof part === "string") return text(part).html;
  return "html" in part ? part.html : part.map(htmlOf).join("");
};

/** An element around texts and elements. `mark`: its class. */
export const element = (name: string, content: Part, mark?: string): Html => ({
  html: `<${name}${mark === undefined ? "" : ` class="${mark}"`}>${htmlOf(content)}</${name}>`,
});

export const listing = (sql: string): Html => ({ html: `<pre><code>${code(sql)}</code></pre>` });

export const list = (items: readonly Part[], mark?: string): Html =>
  element(
    "ul",
    items.map((item) => element("li", item)),
    mark,
  );

/** A table; the first cell of each row is its heading. */
export function table(head: readonly string[], rows: readonly (readonly Part[])[]): Html {
  const hasHead = head.some((cell) => cell !== "");
  const heading = element(
    "tr",
    head.map((cell) => ({ html: `<th scope="col">${htmlOf(cell)}</th>` })),
  );
  const body = rows.map((cells) =>
    element(
      "tr",
      cells.map((cell, index) =>
        index === 0 ? { html: `<th scope="row">${htmlOf(cell)}</th>` } : element("td", cell),
      ),
    ),
  );
  return element(
    "div",
    element("table", [hasHead ? element("thead", heading) : "", element("tbody", body)]),
    "wide",
  );
}

/** A word with a sign in front, so that it says what it says in black and white. */
export const badge = (state: "good" | "bad" | "open" | "plain", word: string): Html =>
  element(
    "span",
    `${{ good: "✓ ", bad: "✗ ", open: "○ ", plain: "" }[state]}${word}`,
    `badge ${state}`,
  );

const style = `
:root { color-scheme: light; --ink: #1a1d21; --soft: #59626d; --line: #c9cfd6; --ground: #f4f6f8;
  --good: #11632f; --bad: #a3161a; --open: #7a4d00; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 62rem; background: #fff; color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; padding-bottom: .25rem; border-bottom: 2px solid var(--ink); }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
p { margin: .4rem 0; } .soft { color: var(--soft); }
ul { margin: .3rem 0; padding-left: 1.2rem; } li { margin: .15rem 0; }
.checks { list-style: none; padding: 0; } .checks > li { margin: .55rem 0; break-inside: avoid; }
.checks ul { color: var(--soft); font-size: .92em; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92em; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem .3rem;
  border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
thead th { border-bottom: 2px solid var(--ink); } tbody th { font-weight: 600; overflow-wrap: normal; }
th:first-child { min-width: 6rem; }
tr { break-inside: avoid; }
pre { background: var(--ground); border: 1px solid var(--line); border-radius: 4px; padding: .7rem .9rem;
  font: 12.5px/1.45 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.badge { font-weight: 600; }
.good { color: var(--good); } .bad { color: var(--bad); } .open { color: var(--open); }
.note { border-left: 4px solid var(--bad); padding: .2rem .8rem; margin: .8rem 0; }
summary { cursor: pointer; font-weight: 600; margin: .6rem 0; }
@media print {
  body { max-width: none; padding: 0; font-size: 10.5pt; } h1 { font-size: 17pt; } h2 { font-size: 13pt; }
  h2, h3 { break-after: avoid; } pre { font-size: 8.5pt; } a { color: inherit; text-decoration: none; }
  .wide { overflow: visible; } table { font-size: 8.5pt; }
  th, td { padding: 2pt 4pt 2pt 0; }
}`;

/** The page as text. `isWide`: its paper lies on its side. */
export function page(title: string, body: readonly Part[], isWide = false): string {
  const paper = `@page { size: A4${isWide ? " landscape" : ""}; margin: 16mm 14mm; }`;
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
    `<title>${escaped(title)}</title>`,
    `<style>${style}\n${paper}\n</style>`,
    "</head>",
    "<body>",
    ...body.map(htmlOf),
    "</body>",
    "</html>",
    "",
  ].join("\n");
}
