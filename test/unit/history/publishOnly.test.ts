/** When a program only publishes, and when it refuses to: a variable left behind must not empty a stack. */
import {
  isToPublishOnly,
  PublishOnlyError,
  publishWithinMs,
} from "../../../migrations/engine/history/publishOnly";

const now = new Date("2026-11-29T12:00:00Z");
const before = (ms: number): string => new Date(now.getTime() - ms).toISOString();

it("is an ordinary program where nobody asked", () => {
  expect(isToPublishOnly(undefined, now)).toBe(false);
});

it.each([0, 1_000, publishWithinMs])("publishes only, %d ms after the promotion began", (age) => {
  expect(isToPublishOnly(before(age), now)).toBe(true);
});

it.each(["1", "", "true", "yesterday", before(publishWithinMs + 1), before(-1)])(
  "refuses %j, with what to do",
  (left) => {
    const publish = () => isToPublishOnly(left, now);
    expect(publish).toThrow(PublishOnlyError);
    expect(publish).toThrow(/Nothing was changed\.[^]*Hint: unset DDL_PUBLISH_ONLY/);
  },
);
