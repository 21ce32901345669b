/**
 * What the rules of this folder share (application).
 * Does NOT hold a rule and does NOT cover what the application really uses: whatever was there before may be in use.
 */
import { realKind } from "../../input/oldRows";
import { placedOfKind, type Subject } from "../../input/subject";

export const renameWhy =
  "whoever asks for the old name from the next moment on gets an error, until the application is another.";

/** Renames of what was there before; the kind is that of the object, whatever ALTER calls it. */
export const renames = (subject: Subject) =>
  placedOfKind(subject.placedOperations, "rename")
    .filter((placed) => !subject.isNew(placed.operation.object, placed))
    .map((placed) => {
      const kind = realKind(subject, placed.operation.object);
      return {
        ...placed,
        operation: { ...placed.operation, object: { ...placed.operation.object, kind } },
      };
    });
