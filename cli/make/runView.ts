/**
 * What a person sees of one pulumi command while it runs: from the engine's events, lines that stay and a word about the
 * moment. Pure but for its memory of what was said: nothing is said twice.
 * Does NOT write anywhere (see engine.ts) and does not sum up (see summary.ts).
 */
import { counted } from "../findings/finding";
import type { Style } from "../frame/terminal";
import { wrapped } from "../frame/wrap";
import { type Diagnostic, type EngineEvent, nameOf, type Step } from "./engineEvents";

/** A line that stays, or what is going on now. */
export type Shown =
  | { readonly kind: "stays"; readonly text: string }
  | { readonly kind: "now"; readonly text: string };

/** preview: nothing is changed. change: an update or a refresh. */
export type Phase = "preview" | "change";

/** Steps by which nothing becomes another. */
const quiet: ReadonlySet<string> = new Set(["same", "read", "refresh"]);

/** How a step is marked, as pulumi does. */
const marks: Readonly<Record<string, string>> = {
  create: "+",
  update: "~",
  delete: "-",
  replace: "+-",
  "create-replacement": "++",
  "delete-replaced": "--",
  import: "=",
};
const markOf = (op: string): string => marks[op] ?? op;

/** `Migration migration-003`: the last part of a type, and the name. */
const stepText = ({ op, type, urn }: Step): string =>
  `  ${markOf(op)} ${type.split(/[:/]/).at(-1) ?? type} ${nameOf(urn)}`;

/** Said by the engine at the end of what failed, and of no help to anybody. */
const hollow = /^(preview|update|refresh) failed$/;

/** So many new resources are listed in a plan; more are counted by their type. */
const mostListed = 6;

export class RunView {
  private readonly said = new Set<string>();
  private readonly counted = new Set<string>();
  private readonly phases: Phase[];
  private phase: Phase;
  private planned: Step[] = [];
  private held: Diagnostic[] = [];
  /** Resources that were made, changed and taken away: by the phase that changes. */
  changes: Readonly<Record<string, number>> = {};
  seconds = 0;
  /** Whether no step has changed anything yet, or would. */
  isEmpty = true;

  /**
   * @param phases  That the command goes through, in order.
   */
  constructor(
    phases: readonly Phase[],
    private readonly style: Style,
    /** A text as it can be pasted where it is shown. */
    private readonly asShown: (text: string) => string = (text) => text,
  ) {
    this.phases = [...phases];
    this.phase = this.phases[0] ?? "change";
  }

  /** What an event shows. */
  take(event: EngineEvent): readonly Shown[] {
    switch (event.kind) {
      case "begins":
        this.phase = this.phases.shift() ?? this.phase;
        return [
          { kind: "now", text: this.phase === "preview" ? "Looking and planning" : "Working" },
        ];
      case "said":
        return this.says(event.diagnostic);
      case "policy":
        return this.stays([
          `${event.isError ? this.style.red("error") : this.style.yellow("warning")}: policy ${event.policy}: ${event.text}`,
        ]);
      case "step begins":
        return this.phase === "preview" || quiet.has(event.step.op)
          ? []
          : [{ kind: "now", text: `${nameOf(event.step.urn)} …` }];
      case "step done":
        return this.doneWith(event.step);
      case "step failed":
        return this.stays([`${this.style.red("failed")}: ${nameOf(event.step.urn)}`]);
      case "ends":
        return this.ends(event);
    }
  }

  /** What is left to say when the command has ended. */
  rest(): readonly Shown[] {
    const shown = this.held.flatMap((one) => this.tells(one));
    this.held = [];
    return shown;
  }

  private says(diagnostic: Diagnostic): readonly Shown[] {
    const { message, severity, isPassing } = diagnostic;
    if (severity === "debug" || message === "" || hollow.test(message)) return [];
    if (isPassing) return [{ kind: "now", text: message }];
    // A plan is told as a whole: first what changes, then what there is to say of it.
    if (this.phase === "preview") {
      this.held.push(diagnostic);
      return [];
    }
    return this.tells(diagnostic);
  }

  private tells({ message, severity, urn }: Diagnostic): readonly Shown[] {
    if (this.said.has(message)) return [];
    this.said.add(message);
    const text = this.asShown(message);
    const isOfStack = urn === "" || urn.includes("::pulumi:pulumi:Stack::");
    const about = isOfStack ? "" : `${nameOf(urn)}: `;
    if (severity === "warning")
      return this.stays([`${this.style.yellow("warning")}: ${about}${text}`]);
    if (severity === "error") return this.stays([`${this.style.red("error")}: ${about}${text}`]);
    return this.stays([text]);
  }

  private doneWith(step: Step): readonly Shown[] {
    // A component is told of twice: when it is there, and when all in it is.
    if (quiet.has(step.op) || this.counted.has(`${this.phase} ${step.urn}`)) return [];
    this.counted.add(`${this.phase} ${step.urn}`);
    this.isEmpty = false;
    if (step.type === "pulumi:pulumi:Stack") return [];
    if (this.phase === "preview") {
      this.planned.push(step);
      return [];
    }
    // What is new is counted at the end; migrations say themselves what they did.
    return step.op === "create" || step.type.endsWith(":Migration")
      ? [{ kind: "now", text: `${nameOf(step.urn)} done` }]
      : this.stays([stepText(step)]);
  }

  private ends({ seconds, changes }: Extract<EngineEvent, { kind: "ends" }>): readonly Shown[] {
    if (this.phase === "change") {
      this.changes = changes;
      this.seconds = seconds;
      return this.rest();
    }
    const shown = [...this.stays(planLines(this.planned)), ...this.rest()];
    this.planned = [];
    return shown;
  }

  private stays(texts: readonly string[]): readonly Shown[] {
    return texts.flatMap((text) => wrapped(text)).map((text) => ({ kind: "stays", text }));
  }
}

/** What would change: new resources by type where they are many, everything else by name. Empty for nothing. */
function planLines(planned: readonly Step[]): readonly string[] {
  const isNew = ({ op }: Step): boolean => op === "create";
  const fresh = planned.filter(isNew);
  const others = planned.filter((step) => !isNew(step));
  if (planned.length === 0) return [];
  const types = new Map<string, number>();
  for (const { type } of fresh) {
    const name = type.split(/[:/]/).at(-1) ?? type;
    types.set(name, (types.get(name) ?? 0) + 1);
  }
  const summed = [...types].map(([name, count]) => (count === 1 ? name : `${count} ${name}`));
  return [
    `Plan: ${counted(planned.length, "resource")} would change`,
    ...(fresh.length > mostListed ? [`  + ${summed.join(", ")}`] : fresh.map(stepText)),
    ...others.map(stepText),
    ...driftLines(planned),
  ];
}

/** So many deviations are named; `make drift` and ddl grants name all of them. */
const mostDeviations = 10;

/** What is not as declared, once: several resources look at the same database. */
function driftLines(planned: readonly Step[]): readonly string[] {
  const all = [...new Set(planned.flatMap(({ drift }) => drift))];
  if (all.length === 0) return [];
  const more = all.length - mostDeviations;
  return [
    "Not as declared:",
    ...all.slice(0, mostDeviations).map((one) => `  ${one}`),
    ...(more > 0 ? [`  and ${more} more: npx ddl grants names each`] : []),
  ];
}
