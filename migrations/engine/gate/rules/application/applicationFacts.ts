/**
 * What the rules of this folder share (application).
 * Does NOT hold a rule and does NOT cover what the application really uses: whatever was there before may be in use.
 */
import { actsOfKind, type Subject } from "../../input/subject";

export const renameWhy =
  "whoever asks for the old name from the next moment on gets an error, until the application is another.";

/** Renames of what was there before. */
export const renames = (subject: Subject) =>
  actsOfKind(subject.acts, "rename").filter((act) => !subject.isNew(act.action.object, act));
