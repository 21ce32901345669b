/** Which proxy an address is fetched through, as curl and Go decide it. */
import { reasonIn } from "../../../toolchain/pluginDownload";
import { proxyFor } from "../../../toolchain/proxy";

const address = "https://get.pulumi.com/releases/sdk/x.tar.gz";

describe("proxyFor", () => {
  it.each([
    [{}, undefined],
    [{ HTTPS_PROXY: "" }, undefined],
    [{ HTTPS_PROXY: "http://proxy.example:3128" }, "http://proxy.example:3128/"],
    [{ https_proxy: "proxy.example:3128" }, "http://proxy.example:3128/"],
    [{ HTTP_PROXY: "http://proxy.example:3128" }, undefined],
    [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "*" }, undefined],
    [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "localhost, get.pulumi.com" }, undefined],
    [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "pulumi.com" }, undefined],
    [{ HTTPS_PROXY: "http://p:1", no_proxy: ".PULUMI.com:443" }, undefined],
    [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "pulumi.com:8443" }, "http://p:1/"],
    [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "lumi.com" }, "http://p:1/"],
  ])("with %j goes through %s", (env, proxy) => {
    expect(proxyFor(address, env)?.href).toBe(proxy);
  });

  it("leaves addresses that are not https alone", () => {
    expect(proxyFor("http://mirror:8080/x", { HTTPS_PROXY: "http://p:1" })).toBeUndefined();
  });
});

describe("reasonIn", () => {
  it.each([
    ["warning: a\nerror: first\n  more\nerror: could not reach it\n", "could not reach it"],
    [
      "warning: Error downloading plugin: 503\nWill retry\nwarning: Error downloading plugin: 504\nerror: all failed",
      "504",
    ],
    [
      'error: Get "https://ada:word@mirror.example/x": no such host',
      'Get "https://mirror.example/x": no such host',
    ],
    ["no route to host\n", "no route to host"],
    ["", "no reason given"],
  ])("of %j is %j", (stderr, reason) => {
    expect(reasonIn(stderr)).toBe(reason);
  });
});
