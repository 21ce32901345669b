// A migration under another number: names, version and what comes before it, and nothing of the change itself.
import { renumberedForward, renumberedRollback } from "../../../cli/commands/renumbered";

const renumbering = {
  from: { name: "014_add_note", version: "0.14.0" },
  to: { name: "016_add_note", version: "0.16.0" },
  beforeFrom: { name: "013_drop_it", version: "0.13.0" },
  beforeTo: { name: "015_theirs", version: "0.15.0" },
};

const forward = `-- MIGRATION: 014_add_note.sql
-- VERSION:     0.14.0
-- CREATED:     2014-01-14
--   - Requires migration 013 to be applied first
--   - Rollback script: 014_add_note_rollback.sql
-- PRE-FLIGHT CHECKS
  WHERE version = '0.13.0'; 'Migration 0.14.0 needs migration 0.13.0' 'Apply 013_drop_it.sql first.'
-- '10.14.0' '0.14.01' and my014_add_note stay
-- MIGRATION
INSERT INTO a.b VALUES ('0.14.0', '014_add_note');
-- POST-FLIGHT VALIDATION
UPDATE x WHERE version = '0.14.0'; -- Run 014_add_note_rollback.sql.
`;

it("rewrites header and checks, and leaves the change to the letter", () => {
  expect(renumberedForward(forward, renumbering)).toBe(`-- MIGRATION: 016_add_note.sql
-- VERSION:     0.16.0
-- CREATED:     2014-01-14
--   - Requires migration 015 to be applied first
--   - Rollback script: 016_add_note_rollback.sql
-- PRE-FLIGHT CHECKS
  WHERE version = '0.15.0'; 'Migration 0.16.0 needs migration 0.15.0' 'Apply 015_theirs.sql first.'
-- '10.14.0' '0.14.01' and my014_add_note stay
-- MIGRATION
INSERT INTO a.b VALUES ('0.14.0', '014_add_note');
-- POST-FLIGHT VALIDATION
UPDATE x WHERE version = '0.16.0'; -- Run 016_add_note_rollback.sql.
`);
});

it("takes what it puts in place for nothing else's name", () => {
  // The twin that was first keeps the number: what comes before is now what had the own version.
  const twin = {
    ...renumbering,
    to: { name: "015_add_note", version: "0.15.0" },
    beforeTo: { name: "014_twin", version: "0.14.0" },
  };
  expect(renumberedForward("'0.14.0' after '0.13.0'", twin)).toBe("'0.15.0' after '0.14.0'");
});

it("rewrites the rollback, and not what it says of others", () => {
  const text =
    "-- ROLLBACK: 014_add_note_rollback.sql\n-- ROLLS BACK:  0.14.0\n-- as before 0.13.0";
  expect(renumberedRollback(text, renumbering)).toBe(
    "-- ROLLBACK: 016_add_note_rollback.sql\n-- ROLLS BACK:  0.16.0\n-- as before 0.13.0",
  );
});
