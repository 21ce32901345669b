// Who is whom: spellings that name the author, and names that are near to it and another's.
import {
  cannotBeTold,
  nobodyBecause,
  samePerson,
} from "../../../migrations/engine/gate/rules/header/person";

describe("samePerson", () => {
  it.each([
    ["Ada Lovelace", "ada lovelace"],
    ["Ada Lovelace", "  Ada   Lovelace "],
    ["Ada Lovelace", "Lovelace, Ada"],
    ["Ada Lovelace", "A. Lovelace"],
    ["Ada Lovelace", "Ada Lovelace <ada@example.org>"],
    ["Ada Lovelace", "ada.lovelace@example.org"],
    ["Ada Lovelace", "<ada.lovelace@example.org>"],
    ["Ada Lovelace", "Ada Lovelace (DBA)"],
    ["Ada Lovelace", "Ad\u00e1 Lovelace"],
    ["Ada Lovelace", "A\u200bda\u00a0Lovelace"],
    ["Ada Lovelace", "\u0410d\u0430 L\u043ev\u0435l\u0430c\u0435"],
    ["Ada Lovelace", "\uff21\uff44\uff41 Lovelace"],
    ["ada", "@ada"],
    ["Leo Cole", "Le0 C0le"],
    ["Ada", "Ada, Ada"],
    ["Ada", "Ada and Ada"],
    ["Ada", "Ada L."],
    ["Ada", "ada2"],
    ["Ada", "Ada Lovelace"],
  ])("takes %j and %j for one", (author, reviewer) => {
    expect(samePerson(author, reviewer)).toBe(true);
    expect(samePerson(reviewer, author)).toBe(true);
  });

  it.each([
    ["Ada Lovelace", "Grace Hopper"],
    ["Ada Lovelace", "Ada Byron"],
    ["Ada Lovelace", "Ralph Lovelace"],
    ["Ada", "Ada and Grace"],
    ["A. L.", "Ada Lovelace"],
    ["", "Ada"],
  ])("tells %j from %j", (author, reviewer) => {
    expect(samePerson(author, reviewer)).toBe(false);
  });
});

describe("cannotBeTold", () => {
  it.each([
    ["Ada", "\u0410\u0501\u0430", true],
    ["Ada", "\u0391\u0501\u03b1", true],
    ["Ada", "Grace", false],
    ["Ada Lovelace", "Gr\u00e4ce H\u00f8pper", false],
    ["Ada 7", "Platform team", false],
  ])("of %j and %j: %j", (a, b, expected) => {
    expect(cannotBeTold(a, b)).toBe(expected);
  });
});

describe("nobodyBecause", () => {
  it.each([
    "\u1d00\u1d05\u1d00",
    "\u13aa\u13a0\u13aa",
    "Ad\u0251 Lovelace",
    "Ad\u0430 Hopper",
    "\u0410\u043d\u043d\u0430 Lee",
    "\ua4ee\ua4d3\ua4ee",
    "self",
    "x",
    "the author",
    "Me",
    "n/a",
    "someone",
    "-",
    "R\u0435view Desk",
    "same author",
    "same as author",
    "null",
    "team",
    "my colleague",
    "someone else",
    "see ticket",
    "CHG-2026-0001",
    "to be confirmed",
    "TBA",
    "xxx",
    "123",
    "not reviewed",
  ])("says of %j that it names nobody", (name) => {
    expect(nobodyBecause(name)).not.toBeNull();
  });

  it.each([
    "Grace",
    "Database administration",
    "Bo Li",
    "Grace Hopper (DBA)",
    "Platform team",
    "An Li",
    "\u0413\u0440\u0435\u0439\u0441 \u0425\u043e\u043f\u043f\u0435\u0440",
    "grace@example.org",
  ])("takes %j for a name", (name) => {
    expect(nobodyBecause(name)).toBeNull();
  });
});
