/** Methods of node-postgres that its types leave out. */
import "pg";

declare module "pg" {
  interface Client {
    /** Lets the process end while the session is open (unref), or not (ref, as at first). */
    ref(): void;
    unref(): void;
  }
}
