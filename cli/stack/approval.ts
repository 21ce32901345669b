/**
 * What `ddl signoff` and `ddl validate` have in common: a person's word on one applied version.
 * Does NOT weigh the word: decisions.ts refuses what would mean nothing.
 */
import type { Approval, RecordedDecision } from "../../migrations/engine/ledger/decisions";
import type { Access } from "../../stack/connection";
import {
  type Call,
  type Command,
  type ExitStatus,
  exitStatus,
  type OptionSpec,
} from "../frame/command";
import { momentText } from "../report/times";
import { openStack, stackOptions } from "./stack";

/** Who says so; the login that records it is stored beside it. */
export const byOption: OptionSpec = {
  value: "NAME",
  summary: "the person whose word this is",
  required: true,
};

/** How a recorded decision is told: `0.2.0 signed off by Ann at … (login x, sha256:…)` */
export function decisionText(done: string, decision: RecordedDecision): string {
  const { version, by, at, login, checksum } = decision;
  return `${version} ${done} by ${by} at ${momentText(at)} (login ${login}, ${checksum})`;
}

/** A command that records a decision on a version. `done` is how it is told: "signed off". */
export function approvalCommand(
  parts: Pick<Command, "name" | "summary" | "details" | "examples">,
  done: string,
  record: (access: Access, approval: Approval) => Promise<RecordedDecision>,
): Command {
  return {
    ...parts,
    arguments: [{ name: "VERSION", summary: "an applied version", required: true }],
    options: {
      ...stackOptions,
      by: byOption,
      note: { value: "TEXT", summary: "what was looked at, where the evidence is" },
    },
    async run(call: Call): Promise<ExitStatus> {
      const [version = ""] = call.args;
      const [by = "", note] = [call.text("by"), call.text("note")];
      const { access } = await openStack(call);
      const reason = note === undefined ? {} : { reason: note };
      call.terminal.print(decisionText(done, await record(access, { version, by, ...reason })));
      return exitStatus.fine;
    },
  };
}
