/**
 * Sends several statements as one batch of the extended protocol, before one Sync: the server does not become idle in
 * between, so what it counted of the first is still there for the second.
 * Does NOT know what they do.
 */
import type { Client, Connection, Submittable } from "pg";

/** What the driver hands on of each answer; its types do not say it. */
interface DataRow {
  readonly fields: readonly (string | null)[];
}

type Rows = (readonly (string | null)[])[];

class Together implements Submittable {
  private readonly rows: Rows[] = [[]];
  readonly done: Promise<readonly Rows[]>;
  private resolve: (rows: readonly Rows[]) => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;

  constructor(private readonly texts: readonly string[]) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  submit(connection: Connection): void {
    for (const text of this.texts) {
      connection.parse({ name: "", text, types: [] }, true);
      connection.bind({ values: [] }, true);
      connection.describe({ type: "P", name: "" }, true);
      connection.execute(null, true);
    }
    connection.sync();
  }

  handleRowDescription(): void {
    // Text in, text out.
  }

  handleDataRow({ fields }: DataRow): void {
    this.rows.at(-1)?.push(fields);
  }

  handleCommandComplete(): void {
    this.rows.push([]);
  }

  handleEmptyQuery(): void {
    this.rows.push([]);
  }

  handlePortalSuspended(): void {
    // No portal has a limit.
  }

  /** The driver tells nothing more of a query that failed, not even that the server is ready again. */
  handleError(error: unknown): void {
    this.reject(error);
  }

  handleReadyForQuery(): void {
    this.resolve(this.rows);
  }
}

/**
 * Runs them, up to the first that fails; the rows of each, as text. Each text is one statement. Where they begin with
 * BEGIN, they are in that transaction; else in one that ends with the last.
 */
export async function runTogether(
  client: Client,
  texts: readonly string[],
): Promise<readonly Rows[]> {
  const together = new Together(texts);
  client.query(together);
  return together.done;
}
