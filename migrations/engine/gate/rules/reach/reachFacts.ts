/**
 * What the rules of this folder share (reach).
 * Does NOT hold a rule and does NOT cover roles, privileges and schemas themselves (see reach/forbidden.ts).
 */
import { type PlacedOperation } from "../../input/placedOperation";
import { type Subject } from "../../input/subject";

export const both = (subject: Subject): readonly PlacedOperation[] => [
  ...subject.placedOperations,
  ...subject.rollbackOperations,
];

/** Objects that PostgreSQL keeps in no schema, and that are not forbidden anyway. */
export const schemaless: ReadonlySet<string> = new Set([
  "publication",
  "subscription",
  "event trigger",
  "server",
  "foreign data wrapper",
  "user mapping",
  "language",
  "cast",
  "transform",
  "access method",
  "largeobject",
]);
