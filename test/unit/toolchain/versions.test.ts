import {
  checksumOf,
  compatibleEngine,
  engineFolder,
  isUsableGo,
  releaseArchive,
} from "../../../toolchain/versions";

describe("compatibleEngine", () => {
  it.each([
    ["v3.250.0", "3.250.0"],
    ["v3.251.4\n", "3.251.4"],
    ["warning: a newer version\nv3.300.0\n", "3.300.0"],
    ["v3.249.9", undefined],
    ["v4.0.0", undefined],
    ["v4.0.0-alpha.1", undefined],
    ["3.250", undefined],
    ["", undefined],
  ])("reads %j as %j", (output, version) => {
    expect(compatibleEngine(output)).toBe(version);
  });
});

describe("isUsableGo", () => {
  it.each([
    ["go1.26.8", true],
    ["go1.25", true],
    ["go1.21.0", true],
    ["go1.27rc1", true],
    ["go1.20.14", false],
    ["devel +abc", false],
    ["", false],
  ])("takes %j: %j", (output, usable) => {
    expect(isUsableGo(output)).toBe(usable);
  });
});

describe("releaseArchive", () => {
  it("names the archive as it is published", () => {
    expect(releaseArchive("linux", "x64")).toBe("pulumi-v3.250.0-linux-x64.tar.gz");
    expect(releaseArchive("darwin", "arm64")).toBe("pulumi-v3.250.0-darwin-arm64.tar.gz");
  });

  it.each([
    ["linux", "riscv64"],
    ["freebsd", "x64"],
  ])("has none for %s %s", (platform, arch) => {
    expect(releaseArchive(platform, arch)).toBeUndefined();
  });
});

describe("checksumOf", () => {
  const list = ["AAAA  pulumi-v3.250.0-linux-x64.tar.gz", "bbbb  pulumi.tar.gz", ""].join("\n");

  it("finds a file by its whole name, in lower case", () => {
    expect(checksumOf("pulumi-v3.250.0-linux-x64.tar.gz", list)).toBe("aaaa");
    expect(checksumOf("pulumi.tar.gz", list)).toBe("bbbb");
  });

  it("does not take a longer name for it", () => {
    expect(checksumOf("x64.tar.gz", list)).toBeUndefined();
  });
});

it("puts each engine, language host and platform into a folder of its own", () => {
  expect(engineFolder("linux", "x64")).toBe("engine-3.250.0-host-3.68.0-linux-x64-2");
});
