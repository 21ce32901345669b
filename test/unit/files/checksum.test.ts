// The checksum does not depend on how an editor or git stores a file.
import fc from "fast-check";

import { checksumOf, normaliseText } from "../../../migrations/engine/files/checksum";

describe("checksumOf", () => {
  it("is the SHA-256 of the UTF-8 text", () => {
    expect(checksumOf("abc")).toBe(
      "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });

  it("is the same with CRLF and with a BOM", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (lines) => {
        const clean = lines.map((line) => line.replaceAll(/[\r\n\ufeff]/g, ""));
        const text = clean.join("\n");
        expect(checksumOf(`\ufeff${clean.join("\r\n")}`)).toBe(checksumOf(text));
      }),
    );
  });

  it("differs when a blank differs", () => {
    expect(checksumOf("SELECT 1;")).not.toBe(checksumOf("SELECT  1;"));
  });
});

describe("normaliseText", () => {
  it("keeps a lone carriage return and a BOM inside the text", () => {
    expect(normaliseText("a\rb\ufeff")).toBe("a\rb\ufeff");
  });
});
