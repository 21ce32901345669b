/** Secrets and unknown values inside the protocol's structs. */
import {
  isUnknown,
  receive,
  UNKNOWN,
  wrapSecrets,
} from "../../../../toolchain/postgresql-plugin/wire";

const secret = (value: unknown): unknown => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

describe("receive", () => {
  it("unwraps secrets at any depth and says which properties held one", () => {
    const raw = {
      name: "a",
      password: secret("p"),
      roles: ["x", secret("y")],
      nested: { deep: secret(null) },
    };
    const { values, secretKeys } = receive(raw);
    expect(values).toEqual({ name: "a", password: "p", roles: ["x", "y"], nested: { deep: null } });
    expect([...secretKeys]).toEqual(["password", "roles", "nested"]);
  });

  it("leaves the engine's own keys out", () => {
    expect(receive({ __defaults: ["a"], __pulumi_raw_state_delta: {}, name: "a" }).values).toEqual({
      name: "a",
    });
  });

  it("takes a request without properties", () => {
    expect(receive(undefined)).toEqual({ values: {}, secretKeys: new Set() });
  });
});

describe("wrapSecrets", () => {
  it("wraps a null too, and what it wraps can be received", () => {
    const wrapped = wrapSecrets({ password: null, name: "a" }, new Set(["password"]));
    expect(wrapped).toEqual({ password: secret(null), name: "a" });
    expect(receive(wrapped).values).toEqual({ password: null, name: "a" });
  });
});

describe("isUnknown", () => {
  it.each([
    [UNKNOWN, true],
    [["a", UNKNOWN], true],
    [{ a: { b: UNKNOWN } }, true],
    ["a", false],
    [null, false],
    [["a"], false],
  ])("%j: %s", (value, expected) => {
    expect(isUnknown(value)).toBe(expected);
  });
});
