/**
 * What a benchmark asks of a tool that runs in a process of its own, and what it hears back: plain JSON both ways.
 * Does NOT start processes (see process.ts) or know any tool (see child.ts).
 */
import type { Settings } from "../../stack/settings";
import type { Form } from "./folders";

/** One run of a tool over a folder. */
export interface Task {
  readonly form: Form;
  readonly folder: string;
  /** False: the folder holds something that no transaction may hold, for tools that are told so by an option. */
  readonly transactional: boolean;
  /** For the others: a login that may do anything, so that each can make the tables of its own. */
  readonly login: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly database: string;
  };
  /** For this program: the settings of a stack, and the one password of its logins. */
  readonly stack: { readonly settings: Settings; readonly password: string };
}

/** How a run ended. */
export interface Ended {
  readonly ok: boolean;
  /** Of the work alone: neither the start of the process nor the loading of modules. */
  readonly ms: number;
  /** The first lines of the error, "" for none. */
  readonly error: string;
  /** Statements that were sent and connections that were opened; null where they cannot be counted. */
  readonly queries: number | null;
  readonly connections: number | null;
}

/** The environment variable that carries the task: its passwords are nothing for a list of processes. */
export const taskVariable = "BENCH_TASK";
