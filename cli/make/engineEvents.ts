/**
 * What the engine tells on its way, read from the lines of `pulumi … --json`. Pure.
 * Does NOT decide what is shown of it (see runView.ts).
 * Source: github.com/pulumi/pulumi, sdk/go/common/apitype/events.go
 */

/** A resource and what is done to it. */
export interface Step {
  /** create, update, delete, replace, same, read, refresh … */
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  /** What is not as declared, where the resource found that out by itself; empty for any other. */
  readonly drift: readonly string[];
}

/** Something said, by the program, by a provider or by the engine itself. */
export interface Diagnostic {
  readonly severity: "info" | "info#err" | "warning" | "error" | "debug";
  readonly message: string;
  /** "" for the stack itself. */
  readonly urn: string;
  /** True: of the moment, to be forgotten. */
  readonly isPassing: boolean;
}

export type EngineEvent =
  | { readonly kind: "begins" }
  | { readonly kind: "said"; readonly diagnostic: Diagnostic }
  | { readonly kind: "step begins"; readonly step: Step }
  | { readonly kind: "step done"; readonly step: Step }
  | { readonly kind: "step failed"; readonly step: Step }
  | {
      readonly kind: "policy";
      readonly policy: string;
      readonly isError: boolean;
      readonly text: string;
    }
  | {
      readonly kind: "ends";
      readonly seconds: number;
      /** By operation: how many resources. */
      readonly changes: Readonly<Record<string, number>>;
    };

type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null;
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const numberOf = (value: unknown): number => (typeof value === "number" ? value : 0);

/** The engine's marks for colours, such as `<{%fg 1%}>`. */
const colourMark = /<\{%[^%]*%\}>/g;
const plain = (value: unknown): string => textOf(value).replaceAll(colourMark, "").trimEnd();

const severities = ["info", "info#err", "warning", "error", "debug"] as const;

function stepOf(value: unknown): Step | null {
  const metadata = isJson(value) ? value["metadata"] : null;
  if (!isJson(metadata)) return null;
  return {
    op: textOf(metadata["op"]),
    urn: textOf(metadata["urn"]),
    type: textOf(metadata["type"]),
    drift: driftOf(metadata["new"]),
  };
}

/** The provider puts what deviates among the inputs (see roles/entry.ts). */
function driftOf(state: unknown): readonly string[] {
  const inputs = isJson(state) ? state["inputs"] : null;
  const drift = isJson(inputs) ? inputs["drift"] : null;
  return Array.isArray(drift) ? drift.filter((one) => typeof one === "string") : [];
}

const stepKinds = {
  resourcePreEvent: "step begins",
  resOutputsEvent: "step done",
  resOpFailedEvent: "step failed",
} as const;

function readStep(event: Json): EngineEvent | null {
  for (const [key, kind] of Object.entries(stepKinds)) {
    const step = stepOf(event[key]);
    if (step !== null) return { kind, step };
  }
  return null;
}

/** The event of one line, null where it says nothing that is of interest here; undefined when the line is none. */
export function readEvent(line: string): EngineEvent | null | undefined {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isJson(event) || typeof event["timestamp"] !== "number") return undefined;
  const { preludeEvent, diagnosticEvent: said, summaryEvent: end, policyEvent: policy } = event;
  if (isJson(preludeEvent)) return { kind: "begins" };
  if (isJson(said)) {
    const severity = severities.find((one) => one === said["severity"]) ?? "info";
    const diagnostic = {
      severity,
      message: plain(said["message"]),
      urn: textOf(said["urn"]),
      isPassing: said["ephemeral"] === true,
    };
    return { kind: "said", diagnostic };
  }
  if (isJson(policy)) {
    return {
      kind: "policy",
      policy: textOf(policy["policyName"]),
      isError: policy["enforcementLevel"] !== "advisory",
      text: plain(policy["message"]),
    };
  }
  if (isJson(end)) {
    const { durationSeconds, resourceChanges } = end;
    const changes = isJson(resourceChanges) ? resourceChanges : {};
    return {
      kind: "ends",
      seconds: numberOf(durationSeconds),
      changes: Object.fromEntries(
        Object.entries(changes).map(([op, count]) => [op, numberOf(count)]),
      ),
    };
  }
  return readStep(event);
}

/** Last part of a URN: the resource's own name. */
export const nameOf = (urn: string): string => urn.split("::").at(-1) ?? urn;
