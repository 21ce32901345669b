// What a lock means to others, in words. Which modes shut each other out is measured in test/database/impact/locksOutside.test.ts.
import {
  blockedBy,
  blockedWords,
  compareModes,
  lockModes,
  strongerOf,
} from "../../../migrations/engine/sql/lockModes";

it.each([
  ["ACCESS SHARE", "other DDL"],
  ["ROW EXCLUSIVE", "other DDL"],
  ["SHARE UPDATE EXCLUSIVE", "other DDL and VACUUM"],
  ["SHARE", "writes"],
  ["SHARE ROW EXCLUSIVE", "writes"],
  ["EXCLUSIVE", "writes and row locks"],
  ["ACCESS EXCLUSIVE", "reads and writes"],
] as const)("%s blocks %s", (mode, words) => {
  expect(blockedWords(mode)).toBe(words);
});

it("blocks never less when it is stronger", () => {
  const counts = lockModes.map((mode) => Object.values(blockedBy(mode)).filter(Boolean).length);
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
});

it("knows the stronger of two", () => {
  expect(strongerOf("SHARE", "EXCLUSIVE")).toBe("EXCLUSIVE");
  expect(strongerOf("EXCLUSIVE", "SHARE")).toBe("EXCLUSIVE");
  expect(compareModes("SHARE", "SHARE")).toBe(0);
});
