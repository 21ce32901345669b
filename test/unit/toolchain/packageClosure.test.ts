// Which packages are fetched, from what apt and dpkg print.
import {
  closureOf,
  dependenciesIn,
  installedIn,
  missingOf,
} from "../../../toolchain/packageClosure";

const printed = `server
 |Depends: locales
  Depends: locales-all
  Depends: client
  PreDepends: base
  Depends: <virtual>
    first
    second
  Depends: libgeo
client
  Depends: base
<virtual>
first
  Depends: deep
libgeo
  Depends: base
  Depends: libraster
libraster
  Depends: liblarge
server
  Depends: <virtual>
    first
`;

it("takes the first of alternatives, and the first that provides what is virtual", () => {
  const dependencies = dependenciesIn(printed);
  expect(dependencies.get("server")).toEqual([
    ...["locales", "client", "base", "first", "libgeo"],
    // apt prints a package anew for each that was asked for.
    "first",
  ]);
});

it("follows dependencies, but not through what is left", () => {
  const closure = closureOf(dependenciesIn(printed), ["server"], /^(libraster|base|locales)$/);
  expect(closure).toEqual(["client", "deep", "first", "libgeo", "server"]);
});

it("fetches what is wanted in any case, and else what the machine lacks", () => {
  const installed = installedIn("server\tinstalled\nclient\tinstalled\ndeep\tconfig-files\n");
  expect(missingOf(["client", "deep", "server"], installed, ["server"])).toEqual([
    "deep",
    "server",
  ]);
});
