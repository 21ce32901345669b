// The comparison of privileges: what is as it should be is silent, and what is said mends what it says.
import fc from "fast-check";

import { findDeviations } from "../../../roles/compare/acl";
import type {
  AclContext,
  AclEntry,
  CatalogObject,
  Deviation,
  LiveRole,
  Membership,
  RoleSetting,
  WantedSetting,
} from "../../../roles/model";
import {
  afterStatement,
  context,
  makeCatalog,
  makeObject,
  makeRole,
  places,
} from "../../support/privileges/makeCatalog";

const textsOf = (catalog: Parameters<typeof findDeviations>[1]): readonly string[] =>
  findDeviations(context, catalog).map(({ text }) => text);
/** What is said and done; how it is joined with others is jointStatements' affair. */
const foundIn = (
  catalog: Parameters<typeof findDeviations>[1],
): readonly Omit<Deviation, "joint">[] =>
  findDeviations(context, catalog).map((deviation) => {
    const rest = { ...deviation };
    delete (rest as { joint?: unknown }).joint;
    return rest;
  });
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
  grantor: fc.constant("infra"),
});
const ownersAcl = item({}).acl.filter(({ grantee }) => grantee === "infra");
const anyAcl: fc.Arbitrary<AclEntry[]> = fc.uniqueArray(anyEntry, {
  maxLength: 12,
  selector: ({ grantee, privilege }) => `${grantee ?? "PUBLIC"} ${privilege}`,
});
/** The same list as another owner would have given it. */
const givenBy = (grantor: string, acl: readonly AclEntry[]): readonly AclEntry[] =>
  acl.map((entry) => ({ ...entry, grantor }));

/** A membership with nothing odd about it. */
const watching = { grantor: "postgres", grantable: false, inherits: true, sets: true };

describe("findDeviations", () => {
  it("finds nothing where everything is as the rules say", () => {
    expect(findDeviations(context, makeCatalog())).toEqual([]);
  });

  it.each(places)("misses each privilege on a %s (%s) that is taken away", (...place) => {
    const right = makeObject(place);
    for (const entry of right.acl) {
      const acl = right.acl.filter((one) => one !== entry);
      const found = findDeviations(context, makeCatalog({ objects: [{ ...right, acl }] }));
      const owner = entry.grantee === right.owner ? ", its owner," : "";
      expect(found[0]?.text).toContain(
        `${entry.grantee ?? "PUBLIC"}${owner} lacks ${entry.privilege}`,
      );
    }
  });

  it("names object, role and privileges, and the statements that mend them", () => {
    const grantor = "infra";
    const acl = [
      ...ownersAcl,
      { grantee: "service", privilege: "SELECT", grantable: true, grantor },
      { grantee: "service", privilege: "TRUNCATE", grantable: true, grantor },
      { grantee: null, privilege: "SELECT", grantable: false, grantor },
    ];
    expect(foundIn(makeCatalog({ objects: [item({ acl })] }))).toEqual([
      {
        text: "table dagapp.item: service lacks INSERT, UPDATE, DELETE; should not have TRUNCATE; may pass on SELECT",
        statements: [
          'GRANT INSERT, UPDATE, DELETE ON TABLE dagapp.item TO "service"',
          'REVOKE TRUNCATE ON TABLE dagapp.item FROM "service" CASCADE',
          'REVOKE GRANT OPTION FOR SELECT ON TABLE dagapp.item FROM "service" CASCADE',
        ],
        power: "infra",
        loses: {
          ...{ role: "service", what: "TRUNCATE, the right to pass it on" },
          on: "table dagapp.item",
        },
      },
      {
        text: "table dagapp.item: PUBLIC should not have SELECT",
        statements: ["REVOKE SELECT ON TABLE dagapp.item FROM PUBLIC CASCADE"],
        power: "infra",
        loses: { role: "", what: "SELECT", on: "table dagapp.item" },
      },
    ]);
  });

  it("writes column privileges with their column", () => {
    const [events] = places.filter(([kind, place]) => kind === "column" && place === "events");
    if (events === undefined) throw new Error("no column among the places");
    expect(foundIn(makeCatalog({ objects: [makeObject(events, { acl: [] })] }))).toEqual([
      {
        text: "column public.schema_migration_events.kind: infra lacks INSERT",
        statements: ['GRANT INSERT ("kind") ON TABLE public.schema_migration_events TO "infra"'],
        power: "admin",
      },
      {
        text: "column public.schema_migration_events.kind: eve lacks INSERT",
        statements: ['GRANT INSERT ("kind") ON TABLE public.schema_migration_events TO "eve"'],
        power: "admin",
      },
    ]);
  });

  it("mends any list of privileges of any object with the statements it gives", () => {
    fc.assert(
      fc.property(fc.constantFrom(...places), anyAcl, (place, acl) => {
        const { owner } = makeObject(place);
        const object = makeObject(place, { acl: givenBy(owner, acl) });
        const catalog = makeCatalog({ objects: [object] });
        const mended = findDeviations(context, catalog)
          .flatMap(({ statements }) => statements)
          .reduce<readonly AclEntry[]>(
            (held, statement) => afterStatement(held, statement, owner),
            object.acl,
          );
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
      power: "stranger",
      first: true,
      loses: { role: "stranger", what: "ownership", on: `${kind} ${object.identity}` },
      // Its statement keeps everybody from working with a relation.
      ...(/TABLE|VIEW/.test(keyword) ? { locks: object.identity } : {}),
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
      ['REVOKE ADMIN OPTION FOR "infra" FROM "bob" CASCADE'],
    ],
    [
      { member: "bob", role: "infra", inherits: true },
      ['GRANT "infra" TO "bob" WITH INHERIT FALSE'],
    ],
    [{ member: "bob", role: "infra" }, []],
    [{ member: "admin", role: "infra", grantable: true, inherits: true }, []],
    [{ member: "admin", role: "service", grantable: true }, []],
    [{ member: "stranger", role: "team" }, []],
    [{ member: "stranger", role: "admin" }, ['REVOKE "admin" FROM "stranger"']],
    [{ member: "dora", role: "admin" }, []],
    [{ member: "dora", role: "infra" }, []],
    [{ member: "dora", role: "pg_read_all_data" }, []],
    [
      { member: "stranger", role: "pg_read_all_data" },
      ['REVOKE "pg_read_all_data" FROM "stranger"'],
    ],
    [{ member: "stranger", role: "pg_monitor" }, []],
    [{ member: "stranger", role: "postgres" }, ['REVOKE "postgres" FROM "stranger"']],
    [{ member: "stranger", role: "dora" }, ['REVOKE "dora" FROM "stranger"']],
    [{ member: "stranger", role: "keeper" }, ['REVOKE "keeper" FROM "stranger"']],
    [{ member: "dora", role: "keeper" }, []],
    [{ member: "admin", role: "keeper" }, []],
    [{ member: "admin", role: "postgres" }, ['REVOKE "postgres" FROM "admin"']],
    [
      { member: "admin", role: "pg_read_server_files" },
      ['REVOKE "pg_read_server_files" FROM "admin"'],
    ],
    [{ member: "pg_monitor", role: "pg_read_all_stats" }, []],
    [
      { member: "pg_monitor", role: "pg_write_all_data" },
      ['REVOKE "pg_write_all_data" FROM "pg_monitor"'],
    ],
    [{ member: "pg_monitor", role: "infra" }, ['REVOKE "infra" FROM "pg_monitor"']],
    [{ member: "guest", role: "pg_read_all_data" }, ['REVOKE "pg_read_all_data" FROM "guest"']],
    [{ member: "guest", role: "pg_monitor" }, []],
    [{ member: "watcher", role: "pg_monitor", inherits: true }, []],
    [{ member: "tiles", role: "pg_monitor" }, ['REVOKE "pg_monitor" FROM "tiles"']],
    [{ member: "postgres", role: "infra" }, []],
    [{ member: "pgstac_ingest", role: "pgstac_read", inherits: true }, []],
    [{ member: "service", role: "pgstac_read" }, ['REVOKE "pgstac_read" FROM "service"']],
    // What CREATE ROLE left to whoever made the role.
    [
      { member: "maker", role: "infra", grantor: "postgres", grantable: true, sets: false },
      ['REVOKE "infra" FROM "maker" GRANTED BY "postgres" CASCADE'],
    ],
    [{ member: "keeper", role: "infra", grantor: "postgres", grantable: true, sets: false }, []],
    [
      { member: "service", role: "team", grantor: "carol", grantable: true },
      ['REVOKE "team" FROM "service" GRANTED BY "carol" CASCADE'],
    ],
    [{ member: "bob", role: "infra", sets: false }, ['GRANT "infra" TO "bob" WITH SET TRUE']],
  ])("judges the membership %j", (membership, statements) => {
    const others = makeCatalog().memberships.filter(
      ({ member, role }) => member !== membership.member || role !== membership.role,
    );
    const memberships = [
      ...others,
      { grantor: "admin", grantable: false, inherits: false, sets: true, ...membership },
    ];
    const found = findDeviations(context, makeCatalog({ memberships }));
    expect(found.flatMap((one) => one.statements)).toEqual(statements);
  });

  it("misses a migrator's membership", () => {
    const memberships = makeCatalog().memberships.filter(({ member }) => member !== "bob");
    expect(findDeviations(context, makeCatalog({ memberships }))).toEqual([
      { text: "role bob: is not a member of infra", statements: ['GRANT "infra" TO "bob"'] },
    ]);
  });

  it.each([
    ["nothing at all", [], "is not a member of infra"],
    [
      "only the creator's own row, which the postgresql plugin takes for it",
      [{ grantor: "postgres", grantable: true, inherits: false, sets: false }],
      "is not a member of infra",
    ],
    ["no INHERIT", [{ inherits: false, sets: true }], "lacks the privileges of infra"],
    ["no SET", [{ inherits: true, sets: false }], "lacks the right to become infra"],
    [
      "both, by two grantors",
      [
        { inherits: true, sets: false },
        { grantor: "postgres", inherits: false, sets: true },
      ],
      null,
    ],
  ])("judges the admin's own membership with %s", (_, rows, said) => {
    const others = makeCatalog().memberships.filter(({ member }) => member !== "admin");
    const own = { member: "admin", role: "infra", grantor: "admin", grantable: false };
    const memberships = [...others, ...rows.map((row) => ({ ...own, ...row }))];
    expect(findDeviations(context, makeCatalog({ memberships }))).toEqual(
      said === null
        ? []
        : [
            {
              text: `role admin: ${said}`,
              statements: ['GRANT "infra" TO "admin" WITH INHERIT TRUE, SET TRUE'],
              first: true,
            },
          ],
    );
  });

  it("asks for no options of the admin's membership before PostgreSQL 16", () => {
    const others = makeCatalog().memberships.filter(({ member }) => member !== "admin");
    const statementsOf = (memberships: readonly Membership[]): readonly string[] =>
      findDeviations(context, makeCatalog({ memberships, major: 15 })).flatMap(
        ({ statements }) => statements,
      );
    expect(statementsOf(others)).toEqual(['GRANT "infra" TO "admin"']);
    const own = { member: "admin", role: "infra", grantor: "admin", grantable: false };
    expect(statementsOf([...others, { ...own, inherits: false, sets: true }])).toEqual([]);
  });

  const setting = (text: string, overrides: Partial<RoleSetting> = {}): RoleSetting => ({
    ...{ role: "service", here: false, setting: text },
    ...overrides,
  });
  const right = [setting("search_path=dagapp, public"), setting("lock_timeout=5000")];

  it.each([
    [[], ['ALTER ROLE "service" SET lock_timeout = 5000']],
    [[setting("lock_timeout=0")], ['ALTER ROLE "service" SET lock_timeout = 5000']],
  ])("misses the service role's setting among %j", (held, statements) => {
    const settings = [setting("search_path=dagapp, public"), ...held];
    const found = findDeviations(context, makeCatalog({ settings }));
    expect(found.flatMap((one) => one.statements)).toEqual(statements);
  });

  it.each([
    ["dagapp, public", true],
    ['"dagapp", "public"', true],
    ["public, dagapp", false],
    ['"dagapp, public"', false],
    ["dagapp", false],
  ])("reads the list %j as PostgreSQL does", (path, isRight) => {
    const settings = [setting(`search_path=${path}`), setting("lock_timeout=5000")];
    expect(textsOf(makeCatalog({ settings }))).toEqual(
      isRight ? [] : ['role service: setting search_path="dagapp", "public" is missing'],
    );
  });

  it.each([
    [setting("role=infra"), 'ALTER ROLE "service" RESET "role"'],
    [
      setting("lock_timeout=5000", { here: true }),
      'ALTER ROLE "service" IN DATABASE "geo" RESET "lock_timeout"',
    ],
    [setting("work_mem=1GB", { role: "infra" }), 'ALTER ROLE "infra" RESET "work_mem"'],
    [setting("work_mem=1GB", { role: "stranger" }), null],
    [setting("role=infra", { role: null, here: true }), 'ALTER DATABASE "geo" RESET "role"'],
    [setting("search_path=x", { role: null }), 'ALTER ROLE ALL RESET "search_path"'],
    [setting("timezone=UTC", { role: null, here: true }), null],
    [setting("app.user=x"), 'ALTER ROLE "service" RESET "app"."user"'],
    [
      setting("DateStyle=German", { role: null, here: true }),
      'ALTER DATABASE "geo" RESET "DateStyle"',
    ],
    [setting("search_path=x", { role: "admin" }), 'ALTER ROLE "admin" RESET "search_path"'],
    [setting("work_mem=1GB", { role: "admin" }), null],
  ])("judges the setting %j", (one, statement) => {
    const settings = [...right, one];
    const found = findDeviations(context, makeCatalog({ settings }));
    expect(found.flatMap(({ statements }) => statements)).toEqual(
      statement === null ? [] : [statement],
    );
  });

  describe("settings that the stack stores itself", () => {
    const stored: AclContext = {
      ...context,
      settingsHere: new Map<string | null, readonly WantedSetting[]>([
        [null, [{ name: "work_mem", value: "64MB" }]],
        ["service", [{ name: "jit", value: "off" }]],
      ]),
    };
    const asDeclared = [
      ...right,
      setting("work_mem=64MB", { role: null, here: true }),
      setting("jit=off", { here: true }),
    ];
    const statements = (settings: readonly RoleSetting[]): readonly string[] =>
      findDeviations(stored, makeCatalog({ settings })).flatMap((one) => one.statements);

    it("are missing where they are not there, or otherwise", () => {
      expect(statements(asDeclared)).toEqual([]);
      expect(statements(right)).toEqual([
        `ALTER DATABASE "geo" SET work_mem = '64MB'`,
        `ALTER ROLE "service" IN DATABASE "geo" SET jit = 'off'`,
      ]);
      const other = setting("work_mem=1GB", { role: null, here: true });
      expect(statements([...asDeclared.filter((one) => one.role !== null), other])).toEqual([
        `ALTER DATABASE "geo" SET work_mem = '64MB'`,
      ]);
    });

    it.each([
      [
        setting("random_page_cost=1", { role: null, here: true }),
        'ALTER DATABASE "geo" RESET "random_page_cost"',
      ],
      [
        setting("Random_Page_Cost=1", { role: null, here: true }),
        'ALTER DATABASE "geo" RESET "Random_Page_Cost"',
      ],
      [setting("jit=off"), 'ALTER ROLE "service" RESET "jit"'],
      [
        setting("work_mem=64MB", { here: true }),
        'ALTER ROLE "service" IN DATABASE "geo" RESET "work_mem"',
      ],
      [
        setting("search_path=x", { role: null, here: true }),
        'ALTER DATABASE "geo" RESET "search_path"',
      ],
      [setting("timezone=UTC", { role: null, here: true }), null],
      [setting("log_min_duration_statement=5", { role: null, here: true }), null],
      [setting("work_mem=64MB", { role: null }), null],
      [setting("work_mem=1GB", { role: "stranger", here: true }), null],
    ])("and no others: %j", (one, statement) => {
      expect(statements([...asDeclared, one])).toEqual(statement === null ? [] : [statement]);
    });
  });

  it.each<[Partial<LiveRole> & { name: string }, readonly string[]]>([
    [{ name: "service", connectionLimit: 50 }, []],
    [{ name: "service", connectionLimit: 50, superuser: true }, ["NOSUPERUSER"]],
    [{ name: "service", connectionLimit: 50, replication: true }, ["NOREPLICATION"]],
    [{ name: "service", connectionLimit: 50, bypassRowSecurity: true }, ["NOBYPASSRLS"]],
    [{ name: "service", connectionLimit: 50, validUntil: "infinity" }, []],
    [
      { name: "service", connectionLimit: 50, validUntil: "2031-01-01" },
      ["VALID UNTIL 'infinity'"],
    ],
    [{ name: "service", connectionLimit: -1, login: false }, ["LOGIN", "CONNECTION LIMIT 50"]],
    [{ name: "infra", login: true, createRole: true }, ["NOCREATEROLE", "NOLOGIN"]],
    [{ name: "ada", createDatabase: true, inherit: true }, ["NOCREATEDB", "NOINHERIT"]],
    [{ name: "watcher" }, ["INHERIT"]],
    [{ name: "tiles", login: false }, ["LOGIN"]],
    [{ name: "dora", superuser: true, createRole: true }, []],
    [{ name: "keeper", createRole: true }, []],
    [{ name: "stranger", createRole: true, superuser: true }, ["NOSUPERUSER"]],
    [{ name: "stranger", replication: true }, ["NOREPLICATION"]],
    [{ name: "stranger", bypassRowSecurity: true, createDatabase: true }, ["NOBYPASSRLS"]],
    [{ name: "postgres", superuser: true, bootstrap: true, replication: true }, []],
    [{ name: "admin", inherit: true, createRole: true, createDatabase: true }, []],
    [
      { name: "admin", createRole: true, replication: true },
      ["NOREPLICATION", "INHERIT", "CREATEDB"],
    ],
    [{ name: "admin", superuser: true, bootstrap: true }, []],
  ])("judges the attributes of %j", (role, mends) => {
    const roles = [makeRole(role.name, role)];
    const memberships = [
      ...makeCatalog().memberships,
      { ...watching, member: "watcher", role: "pg_monitor" },
    ];
    const found = findDeviations(
      context,
      makeCatalog({ objects: [], roles, memberships, major: 15 }),
    );
    expect(found.flatMap(({ statements }) => statements)).toEqual(
      mends.map((mend) => `ALTER ROLE "${role.name}" ${mend}`),
    );
  });

  it.each([
    [15, {}, true],
    [16, {}, true],
    [16, { ownsDatabase: true }, false],
    [15, { ownsDatabase: true }, false],
    [15, { name: "dora" }, false],
  ])("on PostgreSQL %d says of a stranger with CREATEROLE %j: %p", (major, overrides, said) => {
    const roles = [makeRole("stranger", { createRole: true, ...overrides })];
    const found = findDeviations(
      context,
      makeCatalog({ objects: [], roles, memberships: [], major }),
    );
    expect(found.map(({ manual }) => manual !== undefined)).toEqual(said ? [true] : []);
  });

  it.each([
    ["r", "dagapp", ["SELECT", "INSERT", "UPDATE", "DELETE"], "TABLES"],
    ["S", "dagapp", ["USAGE"], "SEQUENCES"],
    ["f", "dagapp", ["EXECUTE"], "FUNCTIONS"],
  ])("wants default privileges of kind %s in %s", (code, schema, wanted, keyword) => {
    const grantor = "infra";
    const given = { grantable: false, grantor };
    const acl = wanted.map((privilege) => ({ grantee: "service", privilege, ...given }));
    const catalog = (entries: readonly AclEntry[]) =>
      makeCatalog({
        defaults: [{ creator: "infra", schema, code, acl: entries, initial: [] }],
      });
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
    const stranger = {
      grantee: "stranger",
      privilege: "USAGE",
      grantable: false,
      grantor: "admin",
    };
    const initial = code === "T" ? [{ ...stranger, grantee: null }] : [];
    const acl = [...initial, stranger];
    const defaults = [{ creator: "admin", schema: null, code, acl, initial }];
    expect(
      findDeviations(context, makeCatalog({ defaults })).flatMap((one) => one.statements),
    ).toEqual([
      `ALTER DEFAULT PRIVILEGES FOR ROLE "admin" REVOKE USAGE ON ${keyword} FROM "stranger"`,
    ]);
  });
});
