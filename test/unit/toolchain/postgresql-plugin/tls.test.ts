/** Which server a connection believes, by sslmode. Real handshakes are the driver's and Node.js's business. */
import type { ConnectionOptions, PeerCertificate } from "node:tls";

import { PluginError } from "../../../../toolchain/postgresql-plugin/errors";
import { parseSettings } from "../../../../toolchain/postgresql-plugin/settings";
import { tlsOptions } from "../../../../toolchain/postgresql-plugin/tls";
import type { Values } from "../../../../toolchain/postgresql-plugin/wire";

/** A file that is there on every machine; what is in it does not matter here. */
const SOME_FILE = __filename;
const certificateFor = (name: string): PeerCertificate =>
  ({ subject: { CN: name }, subjectaltname: `DNS:${name}` }) as unknown as PeerCertificate;

const optionsOf = (args: Values): ConnectionOptions | false => {
  const options = tlsOptions(parseSettings({ host: "db.example", ...args }, {}));
  return typeof options === "object" ? options : false;
};

describe("tlsOptions", () => {
  it.each([
    { args: { sslmode: "disable" }, encrypts: false, verifies: false, checksName: false },
    {
      args: { host: "/var/run/postgresql", sslmode: "verify-full" },
      encrypts: false,
      verifies: false,
      checksName: false,
    },
    { args: {}, encrypts: true, verifies: false, checksName: false },
    { args: { sslmode: "require" }, encrypts: true, verifies: false, checksName: false },
    {
      args: { sslmode: "require", sslrootcert: SOME_FILE },
      encrypts: true,
      verifies: true,
      checksName: false,
    },
    { args: { sslmode: "verify-ca" }, encrypts: true, verifies: true, checksName: false },
    { args: { sslmode: "verify-full" }, encrypts: true, verifies: true, checksName: true },
  ])(
    "$args: encrypts $encrypts, verifies $verifies, checks the name $checksName",
    ({ args, ...expected }) => {
      const options = optionsOf(args);
      const verifies = options !== false && options.rejectUnauthorized === true;
      const refusal = verifies
        ? options.checkServerIdentity?.("db.example", certificateFor("evil.example"))
        : undefined;
      expect({
        encrypts: options !== false,
        verifies,
        checksName: refusal !== undefined,
      }).toEqual(expected);
    },
  );

  it("checks the configured name, not the one Node.js makes up for an address", () => {
    const options = optionsOf({ host: "10.0.0.1", sslmode: "verify-full" });
    const check = options === false ? undefined : options.checkServerIdentity;
    expect(check?.("localhost", certificateFor("localhost"))).toMatchObject({
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  it("names a root certificate file it cannot read", () => {
    expect(() => optionsOf({ sslmode: "verify-ca", sslrootcert: "/nowhere/root.crt" })).toThrow(
      PluginError,
    );
  });
});
