// Ten thousand files that somebody or something has spoiled: each gets a verdict, none a crash, and none takes long.
import { parseMigration } from "../../../migrations/engine/files/file";
import { checkFiles } from "../../../migrations/engine/gate/fileCheck";
import { loadParser } from "../../../migrations/engine/statements/statements";
import {
  exampleDay,
  exampleMigrations,
  exampleSchemas,
  exampleTexts,
} from "../../support/files/ruleExample";
import { fileRulePages } from "../../support/files/rulePages";

beforeAll(loadParser);
jest.setTimeout(300_000);

/** Each has a forward file and a rollback file, and both are spoiled. */
const pairs = 5_000;
/** Milliseconds for one file, on a machine that has other things to do as well. */
const longest = 5_000;

/** mulberry32: the same numbers in every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Random = (below: number) => number;

/** Drops, doubles or swaps a part. */
function shuffleParts(parts: readonly string[], random: Random, glue: string): string {
  const at = random(parts.length);
  const other = random(parts.length);
  const changed = [...parts];
  const [a = "", b = ""] = [parts[at], parts[other]];
  switch (random(3)) {
    case 0:
      changed.splice(at, 1);
      break;
    case 1:
      changed.splice(other, 0, a);
      break;
    default:
      changed[at] = b;
      changed[other] = a;
  }
  return changed.join(glue);
}

const words = [
  ...[
    "'",
    '"',
    "$$",
    "/*",
    "*/",
    "--",
    ";",
    "(",
    ")",
    "BEGIN;",
    "COMMIT;",
    "\\",
    "\u202e",
    "é",
    "\0",
    "\r",
  ],
  ...[
    "CONCURRENTLY",
    "CASCADE",
    "NOT VALID",
    "IF EXISTS",
    "-- batch",
    "USING",
    "EXECUTE",
    "DO",
    "NULL",
  ],
];

function mutate(text: string, random: Random): Buffer {
  switch (random(5)) {
    case 0:
    case 1:
      return Buffer.from(shuffleParts(text.split("\n"), random, "\n"));
    case 2:
      return Buffer.from(shuffleParts(text.split(/(?<=\s)/), random, ""));
    case 3: {
      const at = random(text.length);
      return Buffer.from(
        `${text.slice(0, at)} ${words[random(words.length)] ?? ""} ${text.slice(at)}`,
      );
    }
    default: {
      const bytes = Buffer.from(text);
      bytes[random(bytes.length)] = random(256);
      return bytes;
    }
  }
}

it("gives a verdict on each", () => {
  const random = randomFrom(20260122);
  const sources = fileRulePages.flatMap(({ page }) => [page.bad, page.good]);
  const prepared = sources.map((example) => ({
    before: exampleMigrations(example).slice(0, -1),
    texts: exampleTexts(example).at(-1),
  }));
  const verdicts = { unreadable: 0, refused: 0, passed: 0 };
  let slowest = 0;
  for (let count = 0; count < pairs; count += 1) {
    const { before, texts } = prepared[count % prepared.length] ?? {};
    if (before === undefined || texts === undefined) throw new Error("There is no example.");
    const forward = mutate(texts.forward, random);
    const back =
      texts.rollback === null
        ? null
        : { name: `${texts.name}_rollback.sql`, bytes: mutate(texts.rollback, random) };
    const start = performance.now();
    const parsed = parseMigration(`${texts.name}.sql`, forward, back);
    if ("problems" in parsed) {
      expect(parsed.problems.length).toBeGreaterThan(0);
      verdicts.unreadable += 1;
    } else {
      const options = { schemas: exampleSchemas, now: exampleDay, judged: [`${texts.name}.sql`] };
      const violations = checkFiles([...before, parsed.migration], "prod", options);
      for (const { file, message, remedy } of violations) {
        if (!file.startsWith(texts.name) || message === "" || remedy === "") {
          throw new Error(`${file}: ${message} ${remedy}`);
        }
      }
      verdicts[violations.length > 0 ? "refused" : "passed"] += 1;
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  // Each kind of verdict is met often: the mutations are neither harmless nor all fatal.
  expect(Math.min(...Object.values(verdicts))).toBeGreaterThan(pairs / 50);
  expect(slowest).toBeLessThan(longest);
});
