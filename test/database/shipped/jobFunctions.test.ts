/** The functions of the job engine, called by the DML-only service role, alone and many at once. */
import { setTimeout as sleep } from "node:timers/promises";

import type { Client } from "pg";

import { rollForward } from "../../support/files/migrationFiles";
import {
  type GovernedDatabase,
  makeGovernedDatabase,
} from "../../support/servers/governedDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const COMPLETE = "SELECT * FROM dagapp.complete_task_and_check_stage($1, $2, $3, $4, $5)";
const ADVANCE = "SELECT * FROM dagapp.advance_job_stage($1, $2, $3)";
const CHECK = "SELECT * FROM dagapp.check_job_completion($1)";
const RETRY = "SELECT * FROM dagapp.increment_task_retry_count($1)";

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: GovernedDatabase;
  let service: Client;
  let jobs = 0;

  beforeAll(async () => {
    database = await makeGovernedDatabase(suite.server);
    suite.endLater(() => database.close());
    service = await database.connect("service");
    await rollForward(database);
  });

  const addTasks = async (job: string, stage: number, count: number): Promise<string[]> => {
    const ids = Array.from({ length: count }, (_, index) => `${job}-s${stage}-${index}`);
    await service.query(
      `INSERT INTO dagapp.tasks (task_id, parent_job_id, job_type, task_type, stage, task_index, status)
       SELECT id, $1, 'ingest', 'load', $2, place::TEXT, 'processing'
         FROM unnest($3::TEXT[]) WITH ORDINALITY AS task (id, place)`,
      [job, stage, ids],
    );
    return ids;
  };

  /** A job with tasks that are all at work in stage 1. */
  const makeJob = async (stages: number, tasks: number): Promise<[string, string[]]> => {
    jobs += 1;
    const job = jobs.toString(16).padStart(64, "0");
    await service.query(
      `INSERT INTO dagapp.jobs (job_id, job_type, status, total_stages)
       VALUES ($1, 'ingest', 'processing', $2)`,
      [job, stages],
    );
    return [job, await addTasks(job, 1, tasks)];
  };

  const one = async (client: Client, query: string, values: unknown[]): Promise<unknown> => {
    const { rows } = await client.query<Record<string, unknown>>(query, values);
    expect(rows).toHaveLength(1);
    return rows[0];
  };

  it("a job runs through its stages to completion", async () => {
    const [job, [first = "", second = ""]] = await makeJob(2, 2);
    expect(await one(service, COMPLETE, [first, job, 1, { rows: 3 }, null])).toEqual({
      task_updated: true,
      is_last_task_in_stage: false,
      job_id: job,
      stage_number: 1,
      remaining_tasks: 1,
    });
    expect(await one(service, COMPLETE, [second, job, 1, null, "disk full"])).toMatchObject({
      task_updated: true,
      is_last_task_in_stage: true,
      remaining_tasks: 0,
    });
    // No task of stage 2 is there yet, so none is open; the job is not complete all the same.
    expect(await one(service, CHECK, [job])).toMatchObject({ job_complete: false, final_stage: 2 });
    expect(await one(service, ADVANCE, [job, 1, { loaded: 3 }])).toEqual({
      job_updated: true,
      new_stage: 2,
      is_final_stage: false,
    });

    const [last = ""] = await addTasks(job, 2, 1);
    expect(await one(service, CHECK, [job])).toMatchObject({ job_complete: false });
    await service.query(COMPLETE, [last, job, 2, { ok: true }, null]);
    expect(await one(service, CHECK, [job])).toMatchObject({
      job_complete: true,
      final_stage: 2,
      total_tasks: 3,
      completed_tasks: 2,
      task_results: [
        { task_id: first, stage: 1, status: "completed", result_data: { rows: 3 } },
        { task_id: second, stage: 1, status: "failed", error_details: "disk full" },
        { task_id: last, stage: 2, status: "completed", result_data: { ok: true } },
      ],
    });
    expect(await one(service, ADVANCE, [job, 2, null])).toEqual({
      job_updated: true,
      new_stage: 3,
      is_final_stage: true,
    });
    const stored = "SELECT status, stage, stage_results FROM dagapp.jobs WHERE job_id = $1";
    expect(await one(service, stored, [job])).toEqual({
      status: "completed",
      stage: 3,
      stage_results: { 1: { loaded: 3 } },
    });
  });

  it("a completion that comes twice, or for another stage or job, changes nothing", async () => {
    const [job, [task = ""]] = await makeJob(1, 2);
    await service.query(COMPLETE, [task, job, 1, { first: true }, null]);
    const none = { task_updated: false, is_last_task_in_stage: false };
    expect(await one(service, COMPLETE, [task, job, 1, { first: false }, null])).toMatchObject(
      none,
    );
    expect(await one(service, COMPLETE, [`${job}-s1-1`, job, 2, null, null])).toMatchObject(none);
    expect(await one(service, COMPLETE, [`${job}-s1-1`, "other", 1, null, null])).toMatchObject(
      none,
    );
    const stored = "SELECT status, result_data FROM dagapp.tasks WHERE task_id = $1";
    expect(await one(service, stored, [task])).toEqual({
      status: "completed",
      result_data: { first: true },
    });
    expect(await one(service, stored, [`${job}-s1-1`])).toMatchObject({ status: "processing" });
  });

  it("of tasks that end at once exactly one is the last, and exactly one advances the job", async () => {
    const [job, tasks] = await makeJob(2, 8);
    const workers = await Promise.all(tasks.map(() => database.connect("service")));
    const ended = await Promise.all(
      workers.map(async (worker, index) => {
        await worker.query("BEGIN");
        const result = await one(worker, COMPLETE, [tasks[index], job, 1, null, null]);
        await worker.query("COMMIT");
        return result as { is_last_task_in_stage: boolean; remaining_tasks: number };
      }),
    );
    expect(ended.filter((result) => result.is_last_task_in_stage)).toHaveLength(1);
    expect(ended.map((result) => result.remaining_tasks).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);

    const advanced = (await Promise.all(
      workers.map((worker) => one(worker, ADVANCE, [job, 1, null])),
    )) as { job_updated: boolean }[];
    expect(advanced.filter((result) => result.job_updated)).toHaveLength(1);
  });

  it("a completion waits for the one before it in the same stage", async () => {
    const [job, [first = "", second = ""]] = await makeJob(1, 2);
    const [earlier, later] = [await database.connect("service"), await database.connect("service")];
    await earlier.query("BEGIN");
    await earlier.query(COMPLETE, [first, job, 1, null, null]);
    const waiting = one(later, COMPLETE, [second, job, 1, null, null]);
    const queued = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    let isQueued = false;
    for (let attempt = 0; attempt < 500 && !isQueued; attempt += 1) {
      await sleep(10);
      isQueued = (await service.query(queued)).rowCount === 1;
    }
    expect(isQueued).toBe(true);
    await earlier.query("COMMIT");
    expect(await waiting).toMatchObject({ is_last_task_in_stage: true, remaining_tasks: 0 });
  });

  it("a completion is refused where it would not see the others", async () => {
    const [job, [task = ""]] = await makeJob(1, 1);
    await service.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    await expect(service.query(COMPLETE, [task, job, 1, null, null])).rejects.toMatchObject({
      code: "25000",
    });
    await service.query("ROLLBACK");
  });

  it("a job that has failed, is unknown or is at another stage does not advance", async () => {
    const [job] = await makeJob(3, 1);
    const none = { job_updated: false, new_stage: null, is_final_stage: false };
    expect(await one(service, ADVANCE, [job, 2, null])).toEqual(none);
    expect(await one(service, ADVANCE, ["unknown", 1, null])).toEqual(none);
    await service.query("UPDATE dagapp.jobs SET status = 'failed' WHERE job_id = $1", [job]);
    expect(await one(service, ADVANCE, [job, 1, null])).toEqual(none);
  });

  it("an unknown job is not complete", async () => {
    expect(await one(service, CHECK, ["unknown"])).toEqual({
      job_complete: false,
      final_stage: null,
      total_tasks: 0,
      completed_tasks: 0,
      task_results: [],
    });
  });

  it("the retry counter counts each attempt once, and none of a task that is done", async () => {
    const [job, [task = "", done = ""]] = await makeJob(1, 2);
    const workers = await Promise.all([1, 2, 3, 4].map(() => database.connect("service")));
    const counts = await Promise.all(
      workers.map(
        async (worker) => (await worker.query<{ new_retry_count: number }>(RETRY, [task])).rows,
      ),
    );
    expect(
      counts
        .flat()
        .map((row) => row.new_retry_count)
        .sort(),
    ).toEqual([1, 2, 3, 4]);
    const stored = "SELECT status, retry_count FROM dagapp.tasks WHERE task_id = $1";
    expect(await one(service, stored, [task])).toEqual({ status: "pending_retry", retry_count: 4 });

    await service.query(COMPLETE, [done, job, 1, null, null]);
    expect((await service.query(RETRY, [done])).rows).toEqual([]);
    expect((await service.query(RETRY, ["unknown"])).rows).toEqual([]);
    expect(await one(service, stored, [done])).toEqual({ status: "completed", retry_count: 0 });
  });
});
