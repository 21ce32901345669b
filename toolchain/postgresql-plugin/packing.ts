/**
 * Between the protocol's messages and plain values: structs, diffs, what a preview shows, what stays secret.
 * Does NOT decide anything about a resource (see properties) and calls nothing.
 */
import { DiffResponse, PropertyDiff } from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

import type { PropertyChange } from "./properties";
import type { ResourceKind } from "./resource";
import { receive, type Received, UNKNOWN, type Values, wrapSecrets } from "./wire";

/** Reads a struct of a request; an absent one is empty. */
export function unpack(struct: Struct | undefined): Received {
  return receive(struct?.toJavaScript());
}

/** Makes a struct for an answer, the named properties marked secret. */
export function pack(values: Values, secretKeys: ReadonlySet<string>): Struct {
  return Struct.fromJavaScript(wrapSecrets(values, secretKeys));
}

/** The properties to be kept secret in outputs: those of the kind, and those that arrived as secrets. */
export function secretsOf(kind: ResourceKind, received: Received): ReadonlySet<string> {
  const own = Object.entries(kind.rules)
    .filter(([, rule]) => rule.isSecret === true)
    .map(([key]) => key);
  return new Set([...own, ...received.secretKeys]);
}

const { Kind } = PropertyDiff;
type Kinds = readonly [plain: PropertyDiff.Kind, replacing: PropertyDiff.Kind];
const DIFF_KINDS: Readonly<Record<PropertyChange["kind"], Kinds>> = {
  add: [Kind.ADD, Kind.ADD_REPLACE],
  delete: [Kind.DELETE, Kind.DELETE_REPLACE],
  update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
};

/** Words changes as the answer to Diff. */
export function packDiff(kind: ResourceKind, changes: readonly PropertyChange[]): DiffResponse {
  const response = new DiffResponse();
  const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
  const replaces = changes.filter((change) => change.isReplacing).map((change) => change.property);
  response.setChanges(changes.length === 0 ? DIFF_NONE : DIFF_SOME);
  response.setDiffsList(changes.map((change) => change.property));
  response.setReplacesList(replaces);
  response.setDeletebeforereplace(replaces.length > 0 && kind.isDeletedBeforeReplace);
  response.setHasdetaileddiff(true);
  for (const change of changes) {
    const detail = new PropertyDiff();
    detail.setKind(DIFF_KINDS[change.kind][change.isReplacing ? 1 : 0]);
    response.getDetaileddiffMap().set(change.property, detail);
  }
  return response;
}

/** Outputs as a preview shows them: what the server will choose is unknown, what is only written is not there. */
export function previewed(kind: ResourceKind, wanted: Values): Values {
  return Object.fromEntries(
    Object.entries(wanted).map(([key, value]) => {
      const rule = kind.rules[key];
      if (rule?.isComputed === true && value === null) return [key, UNKNOWN];
      return [key, rule?.isUncompared === true ? rule.zero : value];
    }),
  );
}
