/** One fault that could be made in the program, and who should notice. Types only. */

export interface Fault {
  /** What the program would do wrongly. */
  readonly what: string;
  readonly file: string;
  /** Stands in the file once. */
  readonly text: string;
  readonly instead: string;
  /** Paths below test/, as jest takes them. */
  readonly suites: readonly string[];
}
