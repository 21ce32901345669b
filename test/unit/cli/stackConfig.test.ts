import { parse } from "yaml";

import { sandboxConfig } from "../../../cli/stack/stackConfig";

const committed = `
# reviewed by the DBAs
secretsprovider: azurekeyvault://vault/keys/pulumi
encryptedkey: AAAA
encryptionsalt: v1:theirs
config:
  rmhgeoapi-database:tier: prod
  rmhgeoapi-database:targetVersion: 1.2.0
  rmhgeoapi-database:password:
    secure: v1:abc
  rmhgeoapi-database:window:
    from: "22:00"
    key: { secure: v1:def }
    people: [ann, { secure: v1:ghi }]
`;

describe("sandboxConfig", () => {
  it("keeps the values and takes the sandbox's salt, and nothing encrypted", () => {
    expect(parse(sandboxConfig(committed, "v1:ours"))).toEqual({
      config: {
        "rmhgeoapi-database:tier": "prod",
        "rmhgeoapi-database:targetVersion": "1.2.0",
        "rmhgeoapi-database:window": { from: "22:00", people: ["ann"] },
      },
      encryptionsalt: "v1:ours",
    });
  });

  it("keeps an object that only has a key named secure among others", () => {
    const text = "config:\n  p:site: { secure: true, port: 443 }\n";
    expect(parse(sandboxConfig(text, "s"))).toMatchObject({
      config: { "p:site": { secure: true, port: 443 } },
    });
  });

  it.each(["", "# nothing yet\n"])("makes one of %j", (text) => {
    expect(parse(sandboxConfig(text, "v1:ours"))).toEqual({ encryptionsalt: "v1:ours" });
  });
});
