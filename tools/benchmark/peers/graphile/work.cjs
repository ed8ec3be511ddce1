// A worker of graphile-worker: jobs are fetched and completed in batches.
"use strict";

const { appendFileSync } = require("node:fs");
const { setTimeout: sleep } = require("node:timers/promises");
const { Logger, run } = require("graphile-worker");

const SLEEP_MILLISECONDS = 10;
// Of jobs that lie ready in the process; its own measurements use as many.
const LOCAL_QUEUE = 500;

const slots = Number(process.argv[2]);

const taskList = {
  empty: async () => {},
  sleep: async () => {
    await sleep(SLEEP_MILLISECONDS);
  },
  stamp: async ({ since }) => {
    const waited = (performance.timeOrigin + performance.now()) / 1000 - since;
    appendFileSync(process.env.JOBS_BENCHMARK_STAMPS, `${waited.toFixed(6)}\n`);
  },
};

async function main() {
  const runner = await run({
    preset: {
      worker: {
        connectionString: process.env.DATABASE_URL,
        concurrentJobs: slots,
        maxPoolSize: 10,
        localQueue: { size: LOCAL_QUEUE },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
        logger: new Logger(() => (level, message) => {
          if (level === "error") process.stderr.write(`${message}\n`);
        }),
      },
    },
    taskList,
  });
  process.stdout.write("ready\n");
  await runner.promise;
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
