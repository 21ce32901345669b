/**
 * `ddl prove`: proves rollbacks in a scratch database on the stack's server, and records what holds.
 * Does NOT run anything in the stack's own database.
 */
import { describeProof, isProven } from "../../migrations/engine/history/proof";
import { proveVersions } from "../../migrations/engine/proof/prove";
import { type Call, type Command, type ExitStatus, exitStatus } from "../frame/command";
import { openStack, stackOptions } from "../stack/stack";

export const prove: Command = {
  name: "prove",
  summary: "Prove rollbacks in a scratch database: apply, roll back, apply again, compare",
  details: [
    "Without VERSION all that are not proven for their present texts. Everything below them is applied there first. The",
    "proof is recorded with both checksums.",
  ],
  arguments: [{ name: "VERSION", summary: "a version to prove", required: false, many: true }],
  options: stackOptions,
  examples: [
    ["ddl prove --stack dev --sandbox", "whatever is not proven yet"],
    ["ddl prove 0.3.0 --stack qa", "one version"],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const { access, folder } = await openStack(call);
  const { print, say } = call.terminal;
  const wanted = call.args.length === 0 ? "unproven" : call.args;
  const results = await proveVersions(access, folder, wanted, say);
  if (results.length === 0) print("Nothing to do: every rollback is proven.");
  for (const result of results) print(describeProof(result));
  return results.every(isProven) ? exitStatus.fine : exitStatus.failed;
}
