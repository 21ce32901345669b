/**
 * What only a migration file can try: it runs in the program's own session. Its SQL is hidden in a DO block. Pure data.
 */
import { refused, type Theme } from "./attack";

export const migrationTries: Theme = {
  title: "In the program's own session",
  as: "migration",
  attacks: [
    refused(
      "sheds its role and says nothing",
      "SET ROLE NONE",
      "The program records each step in the same session, and what it has become may not.",
    ),
    refused(
      "sheds its role by set_config and says nothing",
      "SELECT set_config('role', 'none', false)",
      "The program records each step in the same session, and what it has become may not.",
    ),
    refused(
      "marks another version as done, as the admin would",
      [
        "INSERT INTO public.schema_migrations (version, applied) VALUES ('9.9.8', true)",
        "INSERT INTO public.schema_migration_events (kind, version) VALUES ('acknowledged', '9.9.8')",
      ],
      "The row in the ledger it may write; the decision that would make it count it may not, and both are undone.",
    ),
    refused(
      "fires a trigger of its own in the segment's record",
      [
        "CREATE FUNCTION dagapp.fire() RETURNS TRIGGER LANGUAGE plpgsql AS $f$ BEGIN RETURN NULL; END $f$",
        "CREATE TRIGGER t BEFORE INSERT ON public.schema_migration_events FOR EACH ROW EXECUTE FUNCTION dagapp.fire()",
      ],
      "It has no TRIGGER on the events.",
    ),
  ],
};
