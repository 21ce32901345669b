// Logins by token in a long run, with a fake credential whose tokens end: the server takes only the one that is in force,
// so a session that was given an earlier one would be refused.
import { Client } from "pg";

import { ConnectionError, withClient } from "../../../stack/connection";
import { passwordSource } from "../../../stack/credentials";
import { TokenError } from "../../../stack/entraToken";
import { makeSettings } from "../../support/program/makeSettings";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const suite = useServer();
let superuser: Client;

beforeAll(async () => {
  const { name: user, password } = suite.server.superuser;
  const { host, port } = suite.server;
  superuser = new Client({ host, port, user, password, database: "postgres", ssl: false });
  await superuser.connect();
  suite.endLater(() => superuser.end());
  await superuser.query("CREATE ROLE geo_admin LOGIN");
});

/** `pass` lets time go by: the token that was given has ended, and another is in force. */
async function makeAccess(lifeMs: number) {
  const given: string[] = [];
  const settings = makeSettings({
    host: suite.server.host,
    port: String(suite.server.port),
    database: "postgres",
    authentication: "entra",
  });
  let failure: Error | null = null;
  let inForce = 0;
  const pass = async (): Promise<void> => {
    inForce += 1;
    await superuser.query(`ALTER ROLE geo_admin PASSWORD 'token-${inForce}'`);
  };
  await pass();
  const credential = {
    getToken: () => {
      if (failure !== null) return Promise.reject(failure);
      const token = `token-${inForce}`;
      given.push(token);
      return Promise.resolve({ token, expiresOnTimestamp: Date.now() + lifeMs });
    },
  };
  const environment = { DDL_ADMIN_PASSWORD: "must not be used" };
  const source = { get: () => "must not be used either" };
  const passwordOf = passwordSource(settings.server, source, environment, () =>
    Promise.resolve(credential),
  );
  return {
    access: { settings, passwordOf },
    given,
    pass,
    fail: (error: Error) => {
      failure = error;
    },
  };
}

const purpose = { account: "admin", activity: "test" } as const;
const who = (client: Client): Promise<unknown> =>
  client.query<{ name: string }>("SELECT session_user AS name").then(({ rows }) => rows[0]?.name);

it("goes on with new tokens when the one of the start has ended, and sessions that are open stay", async () => {
  const { access, given, pass } = await makeAccess(60_000);
  await withClient(access, purpose, async (first) => {
    await pass();
    await withClient(access, purpose, async (second) => {
      expect(await who(second)).toBe("geo_admin");
    });
    expect(given).toEqual(["token-1", "token-2"]);
    expect(await who(first)).toBe("geo_admin");
  });
});

it("uses one token for many sessions while it lasts", async () => {
  const { access, given } = await makeAccess(3_600_000);
  for (let session = 0; session < 3; session += 1) await withClient(access, purpose, who);
  expect(given).toHaveLength(1);
});

it("says in one sentence that the login behind the tokens has ended in the middle of a run", async () => {
  const { access, fail } = await makeAccess(60_000);
  await withClient(access, purpose, async () => {
    fail(new Error("AADSTS700082: The refresh token has expired due to inactivity.\n  at stack"));
    const next = withClient(access, purpose, who);
    await expect(next).rejects.toThrow(TokenError);
    await expect(next).rejects.toThrow(
      /^The login that tokens come from has ended \(AADSTS700082\)\.\n {2}Hint: Log in with `az login`[^\n]*$/,
    );
  });
});

it("says what to look at when the server refuses a token, and shows none", async () => {
  const { access, pass } = await makeAccess(3_600_000);
  await withClient(access, purpose, who);
  await pass();
  const refused = withClient(access, purpose, who);
  await expect(refused).rejects.toThrow(ConnectionError);
  await expect(refused).rejects.toThrow(
    "The server refuses the token of geo_admin.\n  Hint: Log in (az login) as a member of that group or as that identity; the role's label must name its object id, which up mends.",
  );
  await expect(refused).rejects.not.toThrow("token-1");
});
