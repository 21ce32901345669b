// The comparison of privileges: what is as it should be is silent, and what is said mends what it says.
import fc from "fast-check";

import { type AclEntry, type CatalogObject, findDeviations } from "../../roles/acl";
import { afterStatement, context, makeCatalog, makeObject, places } from "../support/makeCatalog";

const textsOf = (catalog: Parameters<typeof findDeviations>[1]): readonly string[] =>
  findDeviations(context, catalog).map(({ text }) => text);
const [table] = places.filter(([kind]) => kind === "table");
const item = (overrides: Partial<CatalogObject>): CatalogObject => {
  if (table === undefined) throw new Error("no table among the places");
  return makeObject(table, overrides);
};
const privileges = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "USAGE", "EXECUTE"];
const anyEntry = fc.record({
  grantee: fc.constantFrom("service", "infra", "admin", "ada", "stranger", null),
  privilege: fc.constantFrom(...privileges),
  grantable: fc.boolean(),
});
const anyAcl: fc.Arbitrary<AclEntry[]> = fc.uniqueArray(anyEntry, {
  maxLength: 12,
  selector: ({ grantee, privilege }) => `${grantee ?? "PUBLIC"} ${privilege}`,
});

describe("findDeviations", () => {
  it("finds nothing where everything is as the rules say", () => {
    expect(findDeviations(context, makeCatalog())).toEqual([]);
  });

  it.each(places)("misses each privilege on a %s (%s) that is taken away", (...place) => {
    const right = makeObject(place);
    for (const entry of right.acl) {
      const acl = right.acl.filter((one) => one !== entry);
      const found = findDeviations(context, makeCatalog({ objects: [{ ...right, acl }] }));
      // The owner of an object needs no grant.
      if (entry.grantee === right.owner) expect(found).toEqual([]);
      else expect(found[0]?.text).toContain(`lacks ${entry.privilege}`);
    }
  });

  it("names object, role and privileges, and the statements that mend them", () => {
    const acl = [
      { grantee: "service", privilege: "SELECT", grantable: true },
      { grantee: "service", privilege: "TRUNCATE", grantable: true },
      { grantee: null, privilege: "SELECT", grantable: false },
    ];
    expect(findDeviations(context, makeCatalog({ objects: [item({ acl })] }))).toEqual([
      {
        text: "table dagapp.item: service lacks INSERT, UPDATE, DELETE; should not have TRUNCATE; may pass on SELECT",
        statements: [
          'GRANT INSERT, UPDATE, DELETE ON TABLE dagapp.item TO "service"',
          'REVOKE TRUNCATE ON TABLE dagapp.item FROM "service" CASCADE',
          'REVOKE GRANT OPTION FOR SELECT ON TABLE dagapp.item FROM "service" CASCADE',
        ],
      },
      {
        text: "table dagapp.item: PUBLIC should not have SELECT",
        statements: ["REVOKE SELECT ON TABLE dagapp.item FROM PUBLIC CASCADE"],
      },
    ]);
  });

  it("writes column privileges with their column", () => {
    const [events] = places.filter(([kind, place]) => kind === "column" && place === "events");
    if (events === undefined) throw new Error("no column among the places");
    expect(
      findDeviations(context, makeCatalog({ objects: [makeObject(events, { acl: [] })] })),
    ).toEqual([
      {
        text: "column public.schema_migration_events.kind: infra lacks INSERT",
        statements: ['GRANT INSERT ("kind") ON TABLE public.schema_migration_events TO "infra"'],
      },
      {
        text: "column public.schema_migration_events.kind: eve lacks INSERT",
        statements: ['GRANT INSERT ("kind") ON TABLE public.schema_migration_events TO "eve"'],
      },
    ]);
  });

  it("mends any list of privileges of any object with the statements it gives", () => {
    fc.assert(
      fc.property(fc.constantFrom(...places), anyAcl, (place, acl) => {
        const object = makeObject(place, { acl });
        const catalog = makeCatalog({ objects: [object] });
        const mended = findDeviations(context, catalog)
          .flatMap(({ statements }) => statements)
          .reduce<readonly AclEntry[]>((held, statement) => afterStatement(held, statement), acl);
        expect(textsOf(makeCatalog({ objects: [{ ...object, acl: mended }] }))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("says the same whatever the order of privileges and objects", () => {
    fc.assert(
      fc.property(anyAcl, anyAcl, (one, other) => {
        const objects = [item({ acl: one }), item({ acl: other, identity: "dagapp.other" })];
        const turned = objects.map((object) => ({ ...object, acl: [...object.acl].reverse() }));
        const sorted = (list: readonly CatalogObject[]): readonly string[] =>
          findDeviations(context, makeCatalog({ objects: list }))
            .map(({ text }) =>
              text.replace(/[^:]+$/, (what) =>
                what
                  .split(/[ ,;]+/)
                  .sort()
                  .join(" "),
              ),
            )
            .sort();
        expect(sorted(turned.reverse())).toEqual(sorted(objects));
      }),
    );
  });

  it.each([
    ["table", "TABLE"],
    ["view", "VIEW"],
    ["materialized view", "MATERIALIZED VIEW"],
    ["foreign table", "FOREIGN TABLE"],
    ["procedure", "PROCEDURE"],
    ["schema", "SCHEMA"],
    ["type", "TYPE"],
  ])("gives a %s that belongs to somebody else back", (kind, keyword) => {
    const place = places.find(([one, where]) => one === kind && where === "governed");
    if (place === undefined) throw new Error(`no ${kind} among the places`);
    const object = makeObject(place, { owner: "stranger" });
    const found = findDeviations(context, makeCatalog({ objects: [object] }));
    const owner = found.find(({ text }) => text.includes("belongs to"));
    expect(owner).toEqual({
      text: `${kind} ${object.identity}: belongs to stranger, not to infra`,
      statements: [`ALTER ${keyword} ${object.identity} OWNER TO "infra"`],
    });
  });

  it("leaves the owner of a column's sequence to its table", () => {
    const place = places.find(([kind, where]) => kind === "sequence" && where === "governed");
    if (place === undefined) throw new Error("no sequence among the places");
    const object = makeObject(place, { owner: "admin", follows: true });
    expect(textsOf(makeCatalog({ objects: [object] })).join()).not.toContain("belongs to");
  });

  it.each([
    [{ member: "service", role: "infra" }, ['REVOKE "infra" FROM "service"']],
    [{ member: "infra", role: "pg_read_all_data" }, ['REVOKE "pg_read_all_data" FROM "infra"']],
    [{ member: "ada", role: "service" }, ['REVOKE "service" FROM "ada"']],
    [{ member: "stranger", role: "infra" }, ['REVOKE "infra" FROM "stranger"']],
    [{ member: "stranger", role: "ada" }, ['REVOKE "ada" FROM "stranger"']],
    [
      { member: "bob", role: "infra", grantable: true },
      ['REVOKE ADMIN OPTION FOR "infra" FROM "bob"'],
    ],
    [
      { member: "bob", role: "infra", inherits: true },
      ['GRANT "infra" TO "bob" WITH INHERIT FALSE'],
    ],
    [{ member: "bob", role: "infra" }, []],
    [{ member: "admin", role: "infra", grantable: true, inherits: true }, []],
    [{ member: "admin", role: "service", grantable: true }, []],
    [{ member: "stranger", role: "team" }, []],
  ])("judges the membership %j", (membership, statements) => {
    const others = makeCatalog().memberships.filter(
      ({ member, role }) => member !== membership.member || role !== membership.role,
    );
    const memberships = [...others, { grantable: false, inherits: false, ...membership }];
    const found = findDeviations(context, makeCatalog({ memberships }));
    expect(found.flatMap((one) => one.statements)).toEqual(statements);
  });

  it("misses a migrator's membership", () => {
    const memberships = makeCatalog().memberships.filter(({ member }) => member !== "bob");
    expect(findDeviations(context, makeCatalog({ memberships }))).toEqual([
      { text: "role bob: is not a member of infra", statements: ['GRANT "infra" TO "bob"'] },
    ]);
  });

  it.each([[[]], [["lock_timeout=0"]], [["statement_timeout=5000"]]])(
    "misses the service role's setting among %j",
    (held) => {
      const settings = held.map((setting) => ({ role: "service", setting }));
      expect(findDeviations(context, makeCatalog({ settings }))).toEqual([
        {
          text: "role service: setting lock_timeout=5000 is missing",
          statements: ['ALTER ROLE "service" SET lock_timeout = 5000'],
        },
      ]);
    },
  );

  it.each([
    ["r", "dagapp", ["SELECT", "INSERT", "UPDATE", "DELETE"], "TABLES"],
    ["S", "dagapp", ["USAGE"], "SEQUENCES"],
    ["f", "dagapp", ["EXECUTE"], "FUNCTIONS"],
  ])("wants default privileges of kind %s in %s", (code, schema, wanted, keyword) => {
    const acl = wanted.map((privilege) => ({ grantee: "service", privilege, grantable: false }));
    const catalog = (entries: readonly AclEntry[]) =>
      makeCatalog({ defaults: [{ creator: "infra", schema, code, acl: entries }] });
    expect(textsOf(catalog(acl))).toEqual([]);
    expect(findDeviations(context, catalog([])).flatMap((one) => one.statements)).toEqual([
      `ALTER DEFAULT PRIVILEGES FOR ROLE "infra" IN SCHEMA "dagapp" GRANT ${wanted.join(", ")} ON ${keyword} TO "service"`,
    ]);
  });

  it.each([
    ["f", "FUNCTIONS"],
    ["T", "TYPES"],
    ["n", "SCHEMAS"],
    ["L", "LARGE OBJECTS"],
  ])("takes a stranger's default privilege of kind %s away under its own word", (code, keyword) => {
    const stranger = { grantee: "stranger", privilege: "USAGE", grantable: false };
    const acl = code === "T" ? [{ ...stranger, grantee: null }, stranger] : [stranger];
    const defaults = [{ creator: "admin", schema: null, code, acl }];
    expect(
      findDeviations(context, makeCatalog({ defaults })).flatMap((one) => one.statements),
    ).toEqual([
      `ALTER DEFAULT PRIVILEGES FOR ROLE "admin" REVOKE USAGE ON ${keyword} FROM "stranger"`,
    ]);
  });
});
