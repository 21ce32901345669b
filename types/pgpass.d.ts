/** Types of the password file reader that node-postgres uses itself; it ships none. */
declare module "pgpass" {
  interface ConnectionInfo {
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly user: string;
  }
  /** Looks a password up in PGPASSFILE or ~/.pgpass; gives undefined when there is none. */
  function pgpass(connection: ConnectionInfo, callback: (password?: string) => void): void;
  export = pgpass;
}
