// What a server's names look like in print: one line, and still the same name where it is pasted.
import fc from "fast-check";

import { printable, printableSql, printableText } from "../../../stack/printable";

describe("printable", () => {
  it("leaves ordinary text of any alphabet alone", () => {
    const text = 'role größe_Ω_表 "a b": should not have SELECT';
    expect(printable(text)).toBe(text);
    expect(printableSql(`REVOKE SELECT ON TABLE dagapp."größe 1" FROM "a b"`)).toBe(
      `REVOKE SELECT ON TABLE dagapp."größe 1" FROM "a b"`,
    );
  });

  it("writes what ends a line, moves the cursor or turns the text as a code", () => {
    expect(printable("a\nAll of this is as declared.\u001b[2K\u202eb")).toBe(
      "a\\u000AAll of this is as declared.\\u001B[2K\\u202Eb",
    );
  });

  it("keeps the lines of a text that has some", () => {
    expect(printableText("one\n\ttwo\u001b[2K\r")).toBe("one\n\ttwo\\u001B[2K\\u000D");
  });

  it("never prints a second line, or a control character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
      }),
    );
  });

  it("writes identifiers so that they can be pasted, and leaves strings alone", () => {
    expect(printableSql('ALTER TABLE "a\\b\n""c" OWNER TO "x"')).toBe(
      'ALTER TABLE U&"a\\\\b\\000A""c" OWNER TO "x"',
    );
    expect(printableSql(`SELECT 'say "a\n"'`)).toBe(`SELECT 'say "a\\u000A"'`);
  });
});
