/**
 * What a stack's state asks people to do next: to prove, to validate, to sign off, to take further. Pure.
 * Does NOT do any of it, and does not know what a gate would say.
 */
import type { MigrationFile } from "../../migrations/engine/files/file";
import type { History, VersionState } from "../../migrations/engine/history/history";
import { type Tier, tierAbove, tierRules } from "../../stack/tier";
import { counted } from "../findings/finding";

/** A command that can be pasted, and why. */
export interface NextStep {
  readonly command: string;
  readonly why: string;
}

export interface StackState {
  readonly tier: Tier;
  readonly files: readonly MigrationFile[];
  readonly history: History;
  /** A version, or "latest". */
  readonly targetVersion: string;
  /** Versions that the tier above has applied; null when it could not be asked, or there is none. */
  readonly appliedAbove: ReadonlySet<string> | null;
  /** The target of the tier above; null where it is not known. */
  readonly targetAbove: string | null;
  /** The database is being adopted, and not taken over yet. */
  readonly onlyLooks?: boolean;
  /** Files that wait for a date. */
  readonly waiting?: ReadonlySet<string>;
}

/** Files above the target, lowest first. */
export function heldFiles({ files, history, targetVersion }: StackState): readonly MigrationFile[] {
  if (targetVersion === "latest") return [];
  const target = files.find(({ header }) => header.version === targetVersion);
  const there = new Set(applied(history).map(({ version }) => version));
  return files.filter(
    ({ number, header }) =>
      target !== undefined && number > target.number && !there.has(header.version),
  );
}

const applied = ({ versions }: History): readonly VersionState[] =>
  versions.filter(({ status }) => status === "applied");

/** `0.1.0, 0.2.0` or `0.1.0 to 0.13.0 (13 versions)`. */
export function versionSpan(versions: readonly string[]): string {
  if (versions.length <= 3) return versions.join(", ");
  return `${versions[0] ?? ""} to ${versions.at(-1) ?? ""} (${counted(versions.length, "version")})`;
}

const span = (states: readonly VersionState[]): string =>
  versionSpan(states.map(({ version }) => version));

/** On the way of a database that was there already: compared, baselined, taken over. Nothing runs before. */
function adoptionSteps(state: StackState): readonly NextStep[] {
  const { tier } = state;
  const pending = pendingFiles(state);
  const takeOver = {
    command: `make up STACK=${tier}`,
    why: "takes the database over, once adopt is out of the stack's configuration",
  };
  const version = pending.at(-1)?.header.version;
  if (version === undefined) return [takeOver];
  const here = `--stack ${tier} --sandbox`;
  const ticket = tierRules[tier].requiresTicket ? " --ticket CHG-YYYY-NNNN" : "";
  return [
    { command: `npx ddl compare ${version} ${here}`, why: "what differs from the files" },
    {
      command: `npx ddl baseline ${version} ${here}${ticket} --by "NAME" --reason "WHY"`,
      why: "records what is there as applied, with a word on each difference that may stay",
    },
    takeOver,
  ];
}

/** In the order in which they are to be done; empty when the stack has nothing left to do. */
export function nextSteps(state: StackState): readonly NextStep[] {
  const { tier, history, appliedAbove } = state;
  const here = `--stack ${tier} --sandbox`;
  if (state.onlyLooks === true) return adoptionSteps(state);
  if (history.stamp === null) {
    return [
      { command: `make up STACK=${tier}`, why: "nothing was brought up yet: see what it said" },
    ];
  }
  const above = tierAbove(tier);
  const there = applied(history);
  const broken = history.versions.filter(({ status }) => status === "incomplete");
  const byHand = there.filter(({ checksum }) => checksum === null);
  const pending = pendingFiles(state);
  const steps: NextStep[] = [];
  const add = (command: string, why: string): void => void steps.push({ command, why });
  if (broken.length > 0) add(`make up STACK=${tier}`, `${span(broken)} was begun and is not done`);
  if (byHand.length > 0) {
    add(
      `npx ddl acknowledge ${byHand[0]?.version ?? ""} ${here} --by "NAME" --reason "WHY"`,
      `${span(byHand)}: run by hand`,
    );
  }
  if (pending.length > 0) {
    const versions = versionSpan(pending.map(({ header }) => header.version));
    add(`npx ddl promote ${here}`, `what ${versions} still needs`);
  }
  if (above === null) return steps;
  const rules = tierRules[above];
  // What is further up already needed all this before, and nobody asks again.
  const further = there.filter(({ version }) => appliedAbove?.has(version) !== true);
  const toCome = further.filter(({ version }) => isWithin(state, version));
  const upwards = `npx ddl promote --stack ${above} --sandbox`;
  // Nobody may speak for what was only found here: ddl promote says what that means for the tier above.
  const ran = toCome.filter(({ baseline }) => baseline === null);
  const unproven = ran.filter(({ proof }) => proof === null);
  const unseen = ran.filter(({ validation }) => validation === null);
  const proves = rules.requiresProof && unproven.length > 0;
  const validates =
    tierRules[tier].validatesBeforeSignOff && rules.requiresValidation && unseen.length > 0;
  if (proves && !validates) {
    add(`${upwards} --prove --all`, `rollbacks of ${span(unproven)}: not proven`);
  }
  if (validates) {
    const also = proves ? `; rollbacks of ${span(unproven)}: not proven` : "";
    const options = proves ? "--prove --validate" : "--validate";
    add(`${upwards} ${options} --all --by "NAME"`, `${span(unseen)}: not validated${also}`);
  }
  const unsigned = ran.filter(({ signOff }) => signOff === null);
  if (rules.requiresSignOff && unsigned.length > 0) {
    add(`${upwards} --sign --all --by "NAME"`, `${span(unsigned)}: not signed off for ${above}`);
  }
  if (toCome.length === 0 && further.length > 0 && steps.length === 0) {
    add(`$EDITOR Pulumi.${above}.yaml`, `${span(further)}: above its targetVersion`);
  }
  if (toCome.length > 0 && steps.length === 0) {
    if (rules.requiresTicket) add(upwards, `what ${above} asks for ${span(toCome)}`);
    else add(`make up STACK=${above}`, `takes ${span(toCome)} to ${above}`);
  }
  return steps;
}

/** Whether the tier above would take it: no file of a higher number than its target's. */
function isWithin({ files, targetAbove }: StackState, version: string): boolean {
  const numberOf = (wanted: string): number | undefined =>
    files.find(({ header }) => header.version === wanted)?.number;
  if (targetAbove === null || targetAbove === "latest") return true;
  const [own, limit] = [numberOf(version), numberOf(targetAbove)];
  return own === undefined || limit === undefined || own <= limit;
}

function pendingFiles(state: StackState): readonly MigrationFile[] {
  const held = new Set(heldFiles(state));
  const known = new Set(
    state.history.versions
      .filter(({ status }) => status !== "rolled back")
      .map(({ version }) => version),
  );
  return state.files.filter((file) => !held.has(file) && !known.has(file.header.version));
}
