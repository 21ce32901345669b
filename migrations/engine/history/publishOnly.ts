/**
 * The word by which `ddl promote` asks the program to publish what people decided and to do nothing else. Pure.
 * Does NOT read the environment, or publish (see program/publish.ts and cli/stack/publishing.ts).
 */
import { MigrationError } from "../../../stack/errors";

/** Holds the time (ISO 8601) at which the promotion began. */
export const publishOnlyVariable = "DDL_PUBLISH_ONLY";

/** In milliseconds: publishing takes seconds; longer means that something is wrong. */
export const publishWithinMs = 120_000;

/** The variable is set, and no promotion set it just now. */
export class PublishOnlyError extends MigrationError {
  readonly code = "PUBLISH_ONLY";
}

/**
 * Whether this is a program that publishes only: it declares no resource, and only the promotion's own target pattern keeps
 * the engine from deleting all of them. So a variable that was left behind in a shell or a pipeline is refused, by its age.
 *
 * @param set  The variable's value; undefined where it is not set.
 * @throws {PublishOnlyError} it is no time, or none of the last two minutes.
 */
export function isToPublishOnly(set: string | undefined, now: Date): boolean {
  if (set === undefined) return false;
  const age = now.getTime() - new Date(set).getTime();
  if (age >= 0 && age <= publishWithinMs) return true;
  throw new PublishOnlyError(
    `${publishOnlyVariable} is set to ${JSON.stringify(set)}, and not by a ddl promote of this moment. ` +
      `An update under it could delete what the stack declares. Nothing was changed.`,
    `unset ${publishOnlyVariable}; only ddl promote sets it, for the update that it makes itself.`,
  );
}
