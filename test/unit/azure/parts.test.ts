// The small pure parts of a server on Azure: ranges, names, parameters, the alert's question, what tiers have.
import fc from "fast-check";

import { addressNumber, blocksOf } from "../../../azure/estate/addresses";
import { ddlByOthers } from "../../../azure/estate/alertQuery";
import { namesOf } from "../../../azure/estate/names";
import { preloaded, skus, storageSizes } from "../../../azure/estate/offers";
import { allowedExtensions, parametersOf } from "../../../azure/estate/parameters";
import { serverTiers } from "../../../azure/estate/tierTable";
import { tiers } from "../../../stack/tier";
import { azureSettings } from "../../support/azure/azureSettings";

const parameter = (name: string, ...[tier, server, overrides]: Parameters<typeof azureSettings>) =>
  parametersOf(azureSettings(tier, server, overrides)).find((one) => one.name === name);

describe("addresses", () => {
  it.each([
    ["0.0.0.0", 0],
    ["1.2.3.4", 16909060],
    ["255.255.255.255", 4294967295],
    ["1.2.3", null],
    ["1.2.3.04", null],
    ["1.2.3.256", null],
    ["::1", null],
  ])("reads %s as %p", (text, number) => {
    expect(addressNumber(text)).toBe(number);
  });

  it.each([
    ["10.0.0.0", "10.0.0.2", ["10.0.0.0/31", "10.0.0.2/32"]],
    ["10.0.0.1", "10.0.0.1", ["10.0.0.1/32"]],
    ["203.0.113.8", "203.0.113.11", ["203.0.113.8/30"]],
    ["0.0.0.0", "255.255.255.255", ["0.0.0.0/0"]],
    ["x", "10.0.0.1", []],
  ])("cuts %s to %s into blocks", (start, end, blocks) => {
    expect(blocksOf(start, end)).toEqual(blocks);
  });

  it("covers each address of a range once, and no other", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 31 }), fc.nat({ max: 600 }), (from, more) => {
        const text = (n: number): string =>
          [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join(".");
        let next = from;
        for (const block of blocksOf(text(from), text(from + more))) {
          const [start = "", bits = ""] = block.split("/");
          expect(addressNumber(start)).toBe(next);
          next += 2 ** (32 - Number(bits));
        }
        expect(next).toBe(from + more + 1);
      }),
    );
  });
});

describe("names", () => {
  it("stay within Azure's limits for the longest server", () => {
    for (const server of [
      "g".repeat(63),
      "geo",
      "a-very-long-name-of-a-server",
      "abcdefghijklmnopqrst-u",
    ]) {
      const names = namesOf(server);
      expect(names.vault).toMatch(/^[a-z][a-z0-9-]{1,22}[a-z0-9]$/);
      expect(names.vault).not.toContain("--");
      expect(names.actionGroupShort.length).toBeLessThanOrEqual(12);
      for (const name of Object.values<string>({ ...names }))
        expect(name.length).toBeLessThanOrEqual(80);
    }
  });
});

describe("parameters", () => {
  it("logs DDL by statement only where no statement can hold a password", () => {
    expect(parameter("log_statement", "prod")?.value).toBe("ddl");
    expect(parameter("log_statement", "dev")?.value).toBe("none");
    expect(parameter("log_statement", "dev", {}, { authentication: "entra" })?.value).toBe("ddl");
    for (const tier of tiers) expect(parameter("pgaudit.log", tier)?.value).toBe("ddl,role");
  });

  it("allows exactly the stack's extensions and the auditor", () => {
    const overrides = { extensions: '["unaccent", "postgis", "pg_cron"]' };
    expect(parameter("azure.extensions", "dev", {}, overrides)?.value).toBe(
      "pg_cron,pgaudit,postgis,unaccent",
    );
    expect(parameter("shared_preload_libraries", "dev", {}, overrides)).toEqual({
      name: "shared_preload_libraries",
      value: "pg_stat_statements,pg_cron,pgaudit",
      isStatic: true,
    });
    expect(allowedExtensions({ extensions: [] })).toEqual(["pgaudit"]);
    expect(preloaded.has("postgis")).toBe(false);
  });

  it("spells log_connections as the version does", () => {
    expect(parameter("log_connections", "dev")?.value).toBe("on");
    expect(parameter("log_connections", "dev", { version: "18" })?.value).toBe("all");
  });

  it("sets no parameter twice, and none that Azure keeps to itself", () => {
    for (const tier of tiers) {
      const names = parametersOf(azureSettings(tier)).map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const own of ["log_timezone", "ssl", "createrole_self_grant", "scram_iterations"]) {
        expect(names).not.toContain(own);
      }
    }
  });
});

describe("the alert's question", () => {
  it("leaves migrators out, whatever they are called", () => {
    const query = ddlByOthers("geo", ['a"b\\', "deploy"]);
    expect(query).toContain('Login !in ("a\\"b\\\\", "deploy", "azuresu")');
  });

  it("finds the login in a line as the server's prefix makes it", () => {
    const prefix = parameter("log_line_prefix", "prod")?.value ?? "";
    const line = `${prefix
      .replace("%t", "2026-11-28 12:00:00 UTC")
      .replace("%c", "6749.1")
      .replace("%u", "eve, the other")
      .replace("%d", "geo")
      .replace("%a", "psql")
      .replace(
        "%p",
        "17",
      )}LOG:  AUDIT: SESSION,1,1,DDL,CREATE TABLE,TABLE,dagapp.t,"CREATE TABLE …"`;
    const pattern = /extract\("(.*?)", 1/.exec(ddlByOthers("geo", []))?.[1] ?? "";
    expect(new RegExp(pattern).exec(line)?.[1]).toBe("eve, the other");
    expect(line).toContain(",DDL,");
  });
});

describe("the tier table", () => {
  it.each(tiers)("asks in %s only for what Azure offers", (tier) => {
    const { sku, storageGiB, backupDays, highAvailability, maintenance } = serverTiers[tier];
    expect(skus.has(sku)).toBe(true);
    expect(storageSizes).toContain(storageGiB);
    expect(backupDays).toBeGreaterThanOrEqual(7);
    expect(backupDays).toBeLessThanOrEqual(35);
    if (highAvailability !== "Disabled") expect(skus.get(sku)).not.toBe("Burstable");
    expect(maintenance.day).toBeLessThanOrEqual(6);
  });

  it("is never laxer in a higher tier", () => {
    const order = ["dev", "qa", "uat", "prod"] as const;
    for (const [index, tier] of order.entries()) {
      const [low, high] = [serverTiers[order[index - 1] ?? tier], serverTiers[tier]];
      expect(high.backupDays).toBeGreaterThanOrEqual(low.backupDays);
      expect(high.logDays).toBeGreaterThanOrEqual(low.logDays);
      expect(high.storageGiB).toBeGreaterThanOrEqual(low.storageGiB);
      expect(Number(high.locks)).toBeGreaterThanOrEqual(Number(low.locks));
      expect(Number(high.allowsPasswords)).toBeLessThanOrEqual(Number(low.allowsPasswords));
      expect(Number(high.allowsPublicAccess)).toBeLessThanOrEqual(Number(low.allowsPublicAccess));
      expect(high.sslMinimum >= low.sslMinimum).toBe(true);
    }
  });
});
