// One read for many: as new as those who ask need it.
import { SharedRead } from "../../../migrations/engine/sharedRead";

function counted() {
  const state = { reads: 0, now: 0 };
  const read = () => Promise.resolve((state.reads += 1));
  return { state, shared: new SharedRead(read, () => state.now) };
}

describe("SharedRead", () => {
  it("reads once for those who ask within a moment", async () => {
    const { state, shared } = counted();
    expect(await Promise.all([shared.get(), shared.get()])).toEqual([1, 1]);
    state.now = 999;
    expect(await shared.get()).toBe(1);
    state.now = 1_000;
    expect(await shared.get()).toBe(2);
  });

  it("forgets what was read before a change, and before its end", async () => {
    const { shared } = counted();
    await shared.get();
    let during = 0;
    await shared.changing(async () => {
      during = await shared.get();
    });
    expect(during).toBe(2);
    expect(await shared.get()).toBe(3);
  });

  it("forgets also when the change fails", async () => {
    const { shared } = counted();
    await shared.get();
    await expect(shared.changing(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await shared.get()).toBe(2);
  });

  it("does not give a failed read to those who ask later", async () => {
    let fails = true;
    const shared = new SharedRead(() =>
      fails ? Promise.reject(new Error("gone")) : Promise.resolve("there"),
    );
    await expect(shared.get()).rejects.toThrow("gone");
    fails = false;
    expect(await shared.get()).toBe("there");
  });
});
