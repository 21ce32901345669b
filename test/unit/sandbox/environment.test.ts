import { environmentFor } from "../../../sandbox/environment";

describe("environmentFor", () => {
  it.each([
    "PGHOST",
    "PGPASSWORD",
    "PGOPTIONS",
    "PGSERVICE",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_STACK",
  ])("does not pass the user's %s on", (name) => {
    expect(environmentFor({}, { [name]: "elsewhere" })).toEqual({});
  });

  it.each(["HOME", "PG_MAJOR", "DDL_CACHE", "GOPROXY", "HTTPS_PROXY"])("passes %s on", (name) => {
    expect(environmentFor({}, { [name]: "value" })).toEqual({ [name]: "value" });
  });

  it("prefers the sandbox's value", () => {
    const inherited = { DDL_HOST: "prod.example", PGPASSFILE: "/home/ann/.pgpass" };
    const own = { DDL_HOST: "127.0.0.1", PGPASSFILE: "/sandbox/pgpass" };
    expect(environmentFor(own, inherited)).toEqual(own);
  });
});
