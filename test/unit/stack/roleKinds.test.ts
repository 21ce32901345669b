// The table of role kinds: what its rows name exists, and what a kind needs elsewhere is there.
import { privilegeRules } from "../../../roles/privileges";
import { roleKindRows, roleKinds } from "../../../stack/roleKinds";

describe.each(roleKindRows)("the kind %s", (kind, { memberOf, named, declared, trusted }) => {
  it("is a member of kinds, or of PostgreSQL's own roles", () => {
    const known = Object.keys(roleKinds);
    expect(memberOf.filter((role) => !known.includes(role) && !role.startsWith("pg_"))).toEqual([]);
  });

  it("may do something, by privileges of its own", () => {
    expect(privilegeRules.some(({ to }) => to === kind)).toBe(true);
  });

  it("is made by this program or trusted only where a stack lists it", () => {
    const isListed = named === "in furtherRoles";
    expect(isListed || (declared === undefined && trusted === undefined)).toBe(true);
    expect(declared !== undefined && trusted === true).toBe(false);
  });
});
