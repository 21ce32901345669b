// What a person sees of a run: a plan once, each warning once, what is reached, and a word about the moment.
import { runLog } from "../../../cli/frame/runLog";
import { styleFor } from "../../../cli/frame/terminal";
import { readEvent } from "../../../cli/make/engineEvents";
import { RunView, type Shown } from "../../../cli/make/runView";

const plain = styleFor(false, {});
const stackUrn = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev";
const urn = (type: string, name: string): string => `urn:pulumi:dev::p::${type}::${name}`;

const line = (event: object): string => JSON.stringify({ sequence: 1, timestamp: 1, ...event });
const begins = line({ preludeEvent: { config: {} } });
const ends = (changes: object): string =>
  line({ summaryEvent: { durationSeconds: 7, resourceChanges: changes } });
const said = (message: string, more: object = {}): string =>
  line({
    diagnosticEvent: {
      urn: stackUrn,
      message: `<{%reset%}>${message}<{%reset%}>\n`,
      severity: "info",
      color: "raw",
      ...more,
    },
  });
const done = (op: string, type: string, name: string): string =>
  line({ resOutputsEvent: { metadata: { op, urn: urn(type, name), type } } });

function shownBy(view: RunView, lines: readonly string[]): readonly Shown[] {
  return lines.flatMap((one) => {
    const event = readEvent(one);
    if (event === undefined) throw new Error(`no event: ${one}`);
    return event === null ? [] : view.take(event);
  });
}
const staying = (shown: readonly Shown[]): readonly string[] =>
  shown.filter(({ kind }) => kind === "stays").map(({ text }) => text);

describe("a run", () => {
  it("tells its plan and its warnings once, and then what is reached", () => {
    const view = new RunView(["preview", "change"], plain);
    const warning = said("mind the gap", { severity: "warning" });
    const preview = shownBy(view, [
      begins,
      said("001_a.sql: 2 statements"),
      warning,
      done("same", "t:m:Role", "old"),
      done("create", "pulumi-nodejs:dynamic/ddl:Migration", "migration-001"),
      done("update", "pulumi-nodejs:dynamic/ddl:ExactGrants", "privileges"),
      ends({ create: 1, update: 1, same: 1 }),
    ]);
    expect(staying(preview)).toEqual([
      "Plan: 2 resources would change",
      "  + Migration migration-001",
      "  ~ ExactGrants privileges",
      "001_a.sql: 2 statements",
      "warning: mind the gap",
    ]);
    const update = shownBy(view, [
      begins,
      warning,
      said("001_a: line 3 done", { ephemeral: true }),
      said("001_a: applied in 0.1 s"),
      done("create", "pulumi-nodejs:dynamic/ddl:Migration", "migration-001"),
      done("update", "pulumi-nodejs:dynamic/ddl:ExactGrants", "privileges"),
      ends({ create: 1, update: 1 }),
    ]);
    expect(staying(update)).toEqual(["001_a: applied in 0.1 s", "  ~ ExactGrants privileges"]);
    expect(
      update.find(({ kind, text }) => kind === "now" && text.includes("line 3")),
    ).toBeDefined();
    expect(view.changes).toEqual({ create: 1, update: 1 });
    expect(view.isEmpty).toBe(false);
  });

  it("names what is not as declared, once for all resources that say so, and no more than fit", () => {
    const view = new RunView(["preview"], plain);
    const type = "pulumi-nodejs:dynamic/ddl:ExactGrants";
    const drift = Array.from({ length: 12 }, (_, index) => `setting s${index} is missing: ALTER`);
    const deviates = (name: string): string =>
      line({
        resOutputsEvent: {
          metadata: { op: "update", urn: urn(type, name), type, new: { inputs: { drift } } },
        },
      });
    expect(
      staying(shownBy(view, [begins, deviates("a"), deviates("b"), ends({ update: 2 })])),
    ).toEqual([
      "Plan: 2 resources would change",
      "  ~ ExactGrants a",
      "  ~ ExactGrants b",
      "Not as declared:",
      ...drift.slice(0, 10).map((one) => `  ${one}`),
      "  and 2 more: npx ddl grants names each",
    ]);
  });

  it("counts many new resources by their type", () => {
    const view = new RunView(["preview"], plain);
    const many = Array.from({ length: 9 }, (_, index) => done("create", "a:b:Role", `r${index}`));
    expect(staying(shownBy(view, [begins, ...many, ends({ create: 9 })]))).toEqual([
      "Plan: 9 resources would change",
      "  + 9 Role",
    ]);
  });

  it("says which resource failed and why, without the engine's own last words", () => {
    const view = new RunView(["change"], plain);
    const type = "pulumi-nodejs:dynamic/ddl:Migration";
    const shown = shownBy(view, [
      begins,
      said("it broke\n  Hint: mend it", { severity: "error", urn: urn(type, "migration-002") }),
      said("update failed", { severity: "error" }),
      line({
        resOpFailedEvent: { metadata: { op: "create", urn: urn(type, "migration-002"), type } },
      }),
    ]);
    expect(staying(shown)).toEqual([
      "error: migration-002: it broke",
      "  Hint: mend it",
      "failed: migration-002",
    ]);
  });

  it("is empty where nothing changes, and takes no other line for an event", () => {
    const view = new RunView(["preview"], plain);
    expect(staying(shownBy(view, [begins, done("same", "a:b:C", "x"), ends({ same: 1 })]))).toEqual(
      [],
    );
    expect(view.isEmpty).toBe(true);
    for (const other of ["", "warning: x", "{}", '"a"']) expect(readEvent(other)).toBeUndefined();
  });

  it("shows what it cannot show later when the engine is gone", () => {
    const view = new RunView(["preview", "change"], plain);
    shownBy(view, [begins, said("the program failed", { severity: "error" })]);
    expect(staying(view.rest())).toEqual(["error: the program failed"]);
    expect(view.rest()).toEqual([]);
  });
});

describe("the log of a run", () => {
  const out = (isTTY: boolean) => {
    const written: string[] = [];
    return { written, stream: { isTTY, columns: 40, write: (text: string) => written.push(text) } };
  };

  it("rewrites one line on a terminal, within its width, and wipes it away", () => {
    const { written, stream } = out(true);
    const log = runLog(stream, () => 61_000);
    log.progress(`waiting ${"x".repeat(80)}`);
    log.say("done");
    log.progress("more");
    log.end();
    expect(written[0]).toMatch(/^\r\u001b\[2K0:00 waiting x+…$/);
    expect(written[0]?.length).toBeLessThanOrEqual(39 + 5);
    expect(written.at(-1)).toBe("\r\u001b[2K");
    expect(log.now).toBe("");
  });

  it("is silent about the moment in a pipe until it has been silent for long", () => {
    const { written, stream } = out(false);
    let now = 0;
    const log = runLog(stream, () => now);
    log.progress("one");
    now = 19_000;
    log.progress("two");
    now = 21_000;
    log.progress("three");
    log.progress("four");
    expect(written).toEqual(["three\n"]);
    expect(log.now).toBe("four");
  });
});
