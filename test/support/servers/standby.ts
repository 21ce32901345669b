/**
 * A streaming replica of a test's server: a copy of its data, taken while it runs, that follows it.
 * Does NOT wait until it has caught up.
 */
import { chown, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { connect } from "../../../sandbox/ready";
import { type PostgresServer, startServer } from "../../../sandbox/server";
import { run } from "../../../toolchain/run";

/** Makes and starts it, beside the data of the primary, which takes both away at its end. Stop it first. */
export async function startStandby(primary: PostgresServer): Promise<PostgresServer> {
  const dataDir = join(dirname(primary.dataDir), "standby");
  const { uid, gid } = await stat(primary.dataDir);
  const write = async (name: string, text: string): Promise<void> => {
    await writeFile(join(dataDir, name), text, { mode: 0o600 });
    await chown(join(dataDir, name), uid, gid);
  };
  const client = await connect(primary);
  try {
    await client.query("SELECT pg_backup_start('standby', fast => true)");
    const copied = await run("cp", ["-a", primary.dataDir, dataDir]);
    // Files come and go while they are copied; what matters is replayed.
    if (copied.status === null) throw new Error(copied.stderr);
    const { rows } = await client.query<{ labelfile: string }>(
      "SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)",
    );
    await rm(join(dataDir, "postmaster.pid"), { force: true });
    await write("backup_label", rows[0]?.labelfile ?? "");
    await write("standby.signal", "");
  } finally {
    await client.end();
  }
  const { host, port, superuser, binaries } = primary;
  const conninfo = `host=${host} port=${port} user=${superuser.name} password=${superuser.password}`;
  return startServer({
    binaries,
    dataDir,
    password: superuser.password,
    durable: false,
    settings: { primary_conninfo: conninfo, wal_receiver_status_interval: "1s" },
  });
}
