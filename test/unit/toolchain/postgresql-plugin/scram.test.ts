/** Verifiers against the published exchange of RFC 7677, and SASLprep against RFC 4013's examples. */
import { createHash, createHmac } from "node:crypto";

import fc from "fast-check";

import { saslprep } from "../../../../toolchain/postgresql-plugin/saslprep";
import {
  isHashedPassword,
  scramVerifier,
  storedPassword,
} from "../../../../toolchain/postgresql-plugin/scram";

/** RFC 7677, section 3: user "user", password "pencil". */
const AUTH_MESSAGE = [
  "n=user,r=rOprNGfwEbeRWgbNEkqO",
  "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
  "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
].join(",");
const CLIENT_PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
const SERVER_SIGNATURE = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

describe("scramVerifier", () => {
  const parameters = { salt: Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"), iterations: 4096 };
  const verifier = scramVerifier("pencil", parameters);
  const [storedKey = "", serverKey = ""] = (verifier.split("$")[2] ?? "").split(":");

  it("has the server's form", () => {
    expect(verifier.startsWith("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$")).toBe(true);
    expect(isHashedPassword(verifier)).toBe(true);
  });

  it("signs as RFC 7677's server does", () => {
    const signature = createHmac("sha256", Buffer.from(serverKey, "base64")).update(AUTH_MESSAGE);
    expect(signature.digest("base64")).toBe(SERVER_SIGNATURE);
  });

  it("accepts RFC 7677's client", () => {
    const signature = createHmac("sha256", Buffer.from(storedKey, "base64"))
      .update(AUTH_MESSAGE)
      .digest();
    const proof = Buffer.from(CLIENT_PROOF, "base64");
    const clientKey = proof.map((byte, index) => byte ^ (signature[index] ?? 0));
    expect(createHash("sha256").update(clientKey).digest("base64")).toBe(storedKey);
  });

  it("takes a new salt each time", () => {
    expect(scramVerifier("pencil")).not.toBe(scramVerifier("pencil"));
  });
});

describe("storedPassword", () => {
  it.each(["md5" + "0123456789abcdef".repeat(2), scramVerifier("pencil")])(
    "passes %s through",
    (hashed) => {
      expect(storedPassword(hashed)).toBe(hashed);
    },
  );

  it.each(["md5 is not a hash", "SCRAM-SHA-256$4096:short", "md5" + "0".repeat(31)])(
    "hashes %s, which only looks like a hash",
    (password) => {
      expect(isHashedPassword(storedPassword(password))).toBe(true);
      expect(storedPassword(password)).not.toContain(password);
    },
  );
});

describe("saslprep", () => {
  it.each([
    { password: "I\u00adX", prepared: "IX", why: "a soft hyphen maps to nothing" },
    { password: "USER", prepared: "USER", why: "case is kept" },
    { password: "\u00aa", prepared: "a", why: "NFKC" },
    { password: "\u2168", prepared: "IX", why: "NFKC" },
    { password: "a\u00a0b", prepared: "a b", why: "a non-ASCII space becomes a space" },
    { password: "\u0007", prepared: "\u0007", why: "ASCII is never touched" },
    {
      password: "\u0080\u00aa",
      prepared: "\u0080\u00aa",
      why: "a control character forbids: used as it is",
    },
    {
      password: "\u0627\u00aa1",
      prepared: "\u0627\u00aa1",
      why: "mixed direction forbids: used as it is",
    },
    {
      password: "\u00aa\u{1f600}",
      prepared: "\u00aa\u{1f600}",
      why: "unassigned in Unicode 3.2: used as it is",
    },
    { password: "\u00ad", prepared: "\u00ad", why: "nothing would be left: used as it is" },
  ])("$password: $why", ({ password, prepared }) => {
    expect(saslprep(password)).toBe(prepared);
  });

  it("leaves every ASCII password as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii" }), (password) => {
        expect(saslprep(password)).toBe(password);
      }),
    );
  });
});
