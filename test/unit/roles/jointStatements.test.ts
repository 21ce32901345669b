// One statement for many objects: what is alike is joined, and nothing else.
import { findDeviations } from "../../../roles/compare/acl";
import { jointStatements } from "../../../roles/compare/jointStatements";
import type { AclEntry, Deviation } from "../../../roles/model";
import { context, makeCatalog, makeObject, places } from "../../support/privileges/makeCatalog";

/** A table of dagapp on which these were given beside what is right. */
const tableWith = (identity: string, ...given: readonly Partial<AclEntry>[]) => {
  const [table] = places.filter(([kind]) => kind === "table");
  if (table === undefined) throw new Error("no table among the places");
  const right = makeObject(table);
  const more = given.map((entry) => ({
    ...{ grantee: "service", privilege: "TRUNCATE", grantable: false, grantor: right.owner },
    ...entry,
  }));
  return { ...right, identity, acl: [...right.acl, ...more] };
};

const joined = (...objects: readonly ReturnType<typeof tableWith>[]): readonly string[] =>
  jointStatements(findDeviations(context, makeCatalog({ objects })));

it("takes the same from many in one statement, whatever their names hold", () => {
  const odd = 'dagapp."a ON TABLE b FROM ""service"" CASCADE"';
  expect(
    joined(tableWith("dagapp.one", {}), tableWith(odd, {}), tableWith("dagapp.two", {})),
  ).toEqual([`REVOKE TRUNCATE ON TABLE dagapp.one, ${odd}, dagapp.two FROM "service" CASCADE`]);
});

it("keeps apart what differs in privilege or role, and each object's own statements in order", () => {
  const statements = joined(
    tableWith("dagapp.one", {}, { privilege: "SELECT", grantable: true }),
    tableWith("dagapp.two", {}),
    tableWith("dagapp.three", { grantee: null }),
    tableWith("dagapp.four", {}, { privilege: "SELECT", grantable: true }),
  );
  expect(statements).toEqual([
    'REVOKE TRUNCATE ON TABLE dagapp.one, dagapp.four FROM "service" CASCADE',
    'REVOKE GRANT OPTION FOR SELECT ON TABLE dagapp.one, dagapp.four FROM "service" CASCADE',
    'REVOKE TRUNCATE ON TABLE dagapp.two FROM "service" CASCADE',
    "REVOKE TRUNCATE ON TABLE dagapp.three FROM PUBLIC CASCADE",
  ]);
});

it("leaves what must be run as the owner, and what is no privilege, as it is", () => {
  const delegated = tableWith("dagapp.one", { grantee: "admin", grantable: true });
  const found = findDeviations(context, makeCatalog({ objects: [delegated] }));
  expect(found).not.toEqual([]);
  expect(jointStatements(found)).toEqual(found.flatMap(({ statements }) => statements));
  const other: Deviation = { text: "a", statements: ["ALTER ROLE x"] };
  expect(jointStatements([other, { ...other, text: "b" }])).toEqual([
    "ALTER ROLE x",
    "ALTER ROLE x",
  ]);
});
