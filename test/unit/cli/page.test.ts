// Pages stand by themselves: what comes from files and servers is text on them, and nothing is fetched from elsewhere.
import { estateHtml } from "../../../cli/report/estateHtml";
import { badge, element, list, listing, page, table } from "../../../cli/report/page";

const hostile = `<script>alert("1")</script> & 'x' \u001b[31m`;

it("takes no text for HTML, nor for a terminal's sequences", () => {
  const html = page(hostile, [
    element("p", hostile),
    list([hostile]),
    table(["a", hostile], [[hostile, hostile]]),
    listing(`SELECT '${hostile}';\nSELECT a_b;`),
    badge("bad", hostile),
  ]);
  expect(html).not.toContain("<script");
  expect(html).not.toContain("\u001b");
  expect(html.match(/&lt;script&gt;alert\(&quot;1&quot;\)&lt;/g)).toHaveLength(8);
});

it("fetches nothing, and says so to the browser", () => {
  const html = page("x", [element("p", "y")]);
  expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(html).not.toMatch(/\bsrc=|\bhref=|url\(|@import/);
  expect(html).toContain("@page { size: A4; margin");
  expect(page("x", [], true)).toContain("@page { size: A4 landscape; margin");
});

it("lets long names break on paper, and leaves SQL to be copied as it is", () => {
  const html = page("a_b", [element("p", "a_b"), listing("SELECT a_b;")]);
  expect(html).toContain("<p>a_<wbr>b</p>");
  expect(html).toContain("<code>SELECT a_b;</code>");
  expect(html).toContain("<title>a_b</title>");
});

it("says of each state in black and white what it is", () => {
  const words = (["good", "bad", "open"] as const).map((state) => badge(state, "it").html);
  expect(words.map((html) => html.replaceAll(/<[^>]*>/g, ""))).toEqual(["✓ it", "✗ it", "○ it"]);
});

it("names on the page of all stacks the ones that could not be asked", () => {
  const html = estateHtml(
    [{ stack: "prod", tier: "prod", reached: false, reason: "No server listens." }],
    [{ version: "0.1.0", file: "001_a.sql", ticket: "CHG-2026-0101", checksum: "sha256:1" }],
    new Date("2026-11-28T12:00:00Z"),
  );
  expect(html).toContain("could not be asked");
  expect(html).toContain("No server listens.");
  expect(html).toContain("<td>?</td>");
});
