/**
 * Faults that could be made in the engine, one at a time, and the suites that should notice. Pure data.
 * Does NOT try them (see mutate.ts).
 */

import { azureFaults } from "./azureFaults";
import type { Fault } from "./fault";

const run = "migrations/engine/run/run.ts";
const attempt = "migrations/engine/run/attempt.ts";
const rollback = "migrations/engine/run/rollback.ts";
const history = "migrations/engine/history/history.ts";
const promotion = "migrations/engine/history/promotion.ts";
const lock = "migrations/engine/server/runnerLock.ts";
const rules = "migrations/engine/gate/rules";
const gate = "migrations/engine/gate/gate.ts";
const acl = "roles/compare/acl.ts";
const members = "roles/compare/membershipDeviations.ts";
const attributes = "roles/compare/roleDeviations.ts";
const heal = "roles/database/heal.ts";
const entry = "migrations/engine/entry.ts";
const set = "migrations/program/migrationSet.ts";

const running = ["database/run/run.test", "database/run/runCrash", "program/"];
const goingBack = ["database/run/rollback.test", "program/rollback"];
const gating = ["unit/gate/gate.test", "unit/gate/plan.test", "program/gate"];
const folding = ["unit/history"];
const comparing = ["unit/roles", "database/roles/privileges", "database/roles/exactGrants"];

const engineFaults: readonly Fault[] = [
  {
    what: "a version runs while a lower one is open",
    file: run,
    text: "if (open.length > 0) {",
    instead: "if (open.length > 99) {",
    suites: running,
  },
  {
    what: "an applied version runs again",
    file: run,
    text: 'if (state?.status === "applied") return { version, ranNow: false, state };',
    instead: "",
    suites: running,
  },
  {
    what: "the maintenance window is not asked for",
    file: run,
    text: "if (history.breakGlass === null) {",
    instead: "if (history.breakGlass !== null) {",
    suites: ["database/run/window"],
  },
  {
    what: "the window counts where the tier does not ask for it",
    file: run,
    text: "if (reason === null || !tierRules[settings.tier].enforcesWindow) return;",
    instead: "if (reason === null) return;",
    suites: ["database/run/window"],
  },
  {
    what: "a rollback that was cut off is not finished first",
    file: run,
    text: "if (state !== null && state.begunRollback !== null) {",
    instead: "if (state !== null && state.begunRollback === undefined) {",
    suites: goingBack,
  },
  {
    what: "segments that were done run again",
    file: attempt,
    text: "const isDone = done.has(segment.index);",
    instead: "const isDone = done.has(-1);",
    suites: running,
  },
  {
    what: "what a corrected text had done before counts as done",
    file: attempt,
    text: 'state?.status === "incomplete" && state.checksum === migration.checksum ? state : nothing;',
    instead: 'state?.status === "incomplete" ? state : nothing;',
    suites: running,
  },
  {
    what: "settings of a resumed file are not set again",
    file: attempt,
    text: "await this.restoreSettings(segment);",
    instead: "",
    suites: ["database/run/runSession", ...running],
  },
  {
    what: "what a file set for its session stays set",
    file: attempt,
    text: "await this.session.reset();",
    instead: "",
    suites: ["database/run/oneRun", "database/run/runSession", ...running],
  },
  {
    what: "the lost runner lock is not noticed",
    file: lock,
    text: "if (!this.lost) return;",
    instead: "return;",
    suites: ["database/run/runLocks", "database/run/runCrash", "database/run/oneRun"],
  },
  {
    what: "the intent of a statement alone is not recorded",
    file: attempt,
    text: 'if (recorded) await this.recordSegment("segment-started", segment, { before: condition });',
    instead: "void condition;",
    suites: ["database/run/concurrent", ...running],
  },
  {
    what: "a failure is not recorded",
    file: attempt,
    text: 'await this.record("failed", {',
    instead: 'if (this.version === "") await this.record("failed", {',
    suites: running,
  },
  {
    what: "checks are recorded as work",
    file: attempt,
    text: "if (isCheck && measured.unannounced === undefined) return false;",
    instead: "",
    suites: running,
  },
  {
    what: "a rollback's events do not say that they are a rollback's",
    file: attempt,
    text: "...(this.isRollback ? rollbackDirection : {})",
    instead: "...{}",
    suites: goingBack,
  },
  {
    what: "a version goes back while a later one is there",
    file: rollback,
    text: "if (above.length > 0) {",
    instead: "if (above.length > 99) {",
    suites: goingBack,
  },
  {
    what: "a version that was rolled back goes back again",
    file: rollback,
    text: 'if (state.status === "rolled back") return { version, ranNow: false, state };',
    instead: "",
    suites: goingBack,
  },
  {
    what: "after a failure nothing is rolled back although onFailure asks for it",
    file: rollback,
    text: "if (!hasKept || migration.rollback === null) return failure;",
    instead: "return failure;",
    suites: goingBack,
  },
  {
    what: "two runners run at once",
    file: lock,
    text: "LOCK TABLE ONLY ${lockTable} IN SHARE UPDATE EXCLUSIVE MODE NOWAIT",
    instead: "LOCK TABLE ONLY ${lockTable} IN ROW EXCLUSIVE MODE NOWAIT",
    suites: ["database/run/runLocks", "database/run/runCrash"],
  },
  {
    what: "the session of a runner that was killed is not waited for",
    file: lock,
    text: "if (left === undefined) return;",
    instead: "return;",
    suites: ["database/run/runLocks", "database/run/runCrash"],
  },
  {
    what: "the last stamp counts instead of the first",
    file: history,
    text: 'ordered.find((event) => event.kind === "stamped")',
    instead: 'ordered.findLast((event) => event.kind === "stamped")',
    suites: folding,
  },
  {
    what: "an emergency that was closed stays open",
    file: history,
    text: 'if (last?.kind !== "break-glass-opened") return null;',
    instead: "if (last === undefined) return null;",
    suites: folding,
  },
  {
    what: "events of before the last start count",
    file: history,
    text: "event.happenedAt.getTime() >= since;",
    instead: "event.happenedAt.getTime() >= since - since;",
    suites: folding,
  },
  {
    what: "whoever may write events speaks for a run",
    file: "migrations/engine/history/vouchedRuns.ts",
    text: "if (key === null || seen.has(sealOf(event)) || !isSealed(event, key)) return false;",
    instead: "if (key === null) return false;",
    suites: ["database/ledger/forgedRuns"],
  },
  {
    what: "a sign-off of another text counts",
    file: history,
    text: "one.kind === kind && one.checksum === checksum",
    instead: "one.kind === kind",
    suites: folding,
  },
  {
    what: "a proof of another text counts",
    file: history,
    text: 'event.kind === "proven" && checksum !== null && event.checksum === checksum,',
    instead: 'event.kind === "proven",',
    suites: folding,
  },
  {
    what: "a segment that is done stays begun",
    file: history,
    text: 'if (kind === "segment-done") begun.delete(segment);',
    instead: "",
    suites: folding,
  },
  {
    what: "what another stack says of a proof is believed without a time",
    file: promotion,
    text: 'isRecord(proven) && typeof proven["at"] === "string"',
    instead: "isRecord(proven)",
    suites: folding,
  },
  {
    what: "an edited file is only warned of",
    file: `${rules}/record/edited-applied-file.ts`,
    text: "severity: always,",
    instead: 'severity: () => "warning",',
    suites: gating,
  },
  {
    what: "latest is a target in prod",
    file: `${rules}/asked/target-version-required.ts`,
    text: 'targetVersion === "latest"',
    instead: 'targetVersion === "never"',
    suites: gating,
  },
  {
    what: "migrations run on the admin's login in prod",
    file: `${rules}/asked/migrator-required.ts`,
    text: "&& !migratorConfigured",
    instead: "&& migratorConfigured === undefined",
    suites: gating,
  },
  {
    what: "another text was applied in the tier below",
    file: `${rules}/promotion/below.ts`,
    text: "version === file.header.version && checksum === file.checksum,",
    instead: "version === file.header.version || checksum === file.checksum,",
    suites: ["unit/gate"],
  },
  {
    what: "another rollback was proven in the tier below",
    file: `${rules}/promotion/below.ts`,
    text: "return proof?.rollbackChecksum === rollback?.checksum ? proof : null;",
    instead: "return proof;",
    suites: ["unit/gate"],
  },
  {
    what: "a stack of another tier is promoted from",
    file: `${rules}/promotion/promotion-source-required.ts`,
    text: 'if (lower.kind !== "known" || lower.tier === lowerTier) return [];',
    instead: "return [];",
    suites: ["unit/gate"],
  },
  {
    what: "a reason alone excepts from a rule that demands more",
    file: gate,
    text: 'rule.exception === "reason" ||',
    instead: "rule.exception !== undefined ||",
    suites: ["unit/gate"],
  },
  {
    what: "files are judged by rules that ask for more than files",
    file: "migrations/engine/gate/fileCheck.ts",
    text: "return judgeBy(input, ({ filesOnly }) => filesOnly === true);",
    instead: "return judgeBy(input, () => true);",
    suites: ["unit/gate", "unit/cli/commandLine"],
  },
  {
    what: "the moment at which a window ends is inside",
    file: "stack/window.ts",
    text: "start <= now && now < end",
    instead: "start <= now && now <= end",
    suites: ["unit/stack/window"],
  },
  {
    what: "line endings change the checksum",
    file: "migrations/engine/files/checksum.ts",
    text: 'return withoutMark.replaceAll("\\r\\n", "\\n");',
    instead: "return withoutMark;",
    suites: ["unit/files"],
  },
  {
    what: "a database of another tier is worked on",
    file: "migrations/engine/history/stamp.ts",
    text: "if (stamp === tier) return;",
    instead: "return;",
    suites: ["unit/history", "program/gate"],
  },
  {
    what: "adopt takes any database",
    file: "migrations/engine/history/stamp.ts",
    text: "if (empty || adopt === tier) return;",
    instead: "if (empty || adopt !== null) return;",
    suites: ["unit/history"],
  },
  {
    what: "prod asks for no validation below",
    file: "stack/tier.ts",
    text: 'prod: { ...controlled, lowerTier: "uat", requiresValidation: true },',
    instead: 'prod: { ...controlled, lowerTier: "uat" },',
    suites: ["unit/stack/tier", "unit/gate"],
  },
  {
    what: "prod may be rebuilt",
    file: "stack/tier.ts",
    text: "  rebuild: false,\n  protect: true,",
    instead: "  rebuild: true,\n  protect: true,",
    suites: ["unit/stack/tier", "database/run/rebuild.test"],
  },
  {
    what: "what a delegate granted is mended as the admin",
    file: acl,
    text: "if (delegated.has(target.on)) return { statements: asOwner(context, owner, statements) };",
    instead: "",
    suites: comparing,
  },
  {
    what: "privileges on what is not ours are not judged",
    file: acl,
    text: 'return roleKind !== "trusted";',
    instead: "return false;",
    suites: comparing,
  },
  {
    what: "what an owner took from itself is not seen",
    file: acl,
    text: "if (missing.length === 0) return [];",
    instead: "return [];",
    suites: comparing,
  },
  {
    what: "anybody may be a member of our roles",
    file: members,
    text: "const isOurs = judged.has(outer) || role === context.admin;",
    instead: "const isOurs = role === context.admin;",
    suites: comparing,
  },
  {
    what: "a membership may be passed on",
    file: members,
    text: "        grantable,\n",
    instead: "        false,\n",
    suites: comparing,
  },
  {
    what: "a role that is a member of nothing is not made one",
    file: members,
    text: "return [...lacking, ...deviating];",
    instead: "return deviating;",
    suites: comparing,
  },
  {
    what: "a login that expires is not seen",
    file: attributes,
    text: "...(limit === undefined || !expires",
    instead: "...(limit === undefined || !expires || expires",
    suites: comparing,
  },
  {
    what: "CREATEROLE of a stranger is not told",
    file: attributes,
    text: 'word !== "CREATEROLE" || !(role.ownsDatabase || role.superuser)',
    instead: 'word !== "CREATEROLE"',
    suites: ["unit/roles"],
  },
  {
    what: "healing records as mended what is left",
    file: heal,
    text: "const mended = [...found.values()].filter(({ text }) => !remaining.has(text));",
    instead: "const mended = [...found.values()];",
    suites: ["database/roles/mender"],
  },
  {
    what: "a file that was edited after the preview runs",
    file: entry,
    text: "if (file === undefined || then !== now) {",
    instead: "if (file === undefined) {",
    suites: ["database/run/planned"],
  },
  {
    what: "drift of the ledger is nothing to do",
    file: entry,
    text: "changes: (inputs.drift ?? []).length > 0,",
    instead: "changes: false,",
    suites: ["database/ledger/upgrades"],
  },
  {
    what: "a version that was rolled back by hand is nothing to do",
    file: entry,
    text: "changes: news.ledger !== news.goal || olds.ledger !== news.ledger,",
    instead: "changes: olds.ledger !== news.ledger,",
    suites: ["program/drift"],
  },
  {
    what: "pending migrations run although the gate refuses",
    file: set,
    text: "(!refused && plan.pending.includes(file))",
    instead: "plan.pending.includes(file)",
    suites: ["program/gate"],
  },
  {
    what: "rollbacks run oldest first",
    file: set,
    text: "(!kept && isGoing(file))).reverse(),",
    instead: "(!kept && isGoing(file))),",
    suites: ["program/rollback"],
  },
  {
    what: "a refused run succeeds",
    file: "migrations/program/verdict.ts",
    text: "if (isLastWord) process.exitCode = failedAndTold;",
    instead: "",
    suites: ["program/gate"],
  },
];

export const faults: readonly Fault[] = [...engineFaults, ...azureFaults];
