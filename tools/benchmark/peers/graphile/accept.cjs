// Enqueues jobs of graphile-worker: one question a line in, one answer a line out.
"use strict";

const { createInterface } = require("node:readline");
const { Logger, makeWorkerUtils } = require("graphile-worker");

const silent = new Logger(() => () => {});

const payload = (kind, number) =>
  kind === "stamp" ? { since: (performance.timeOrigin + performance.now()) / 1000 } : { number };

async function acceptEach(utils, kind, count) {
  for (let number = 0; number < count; number += 1) {
    await utils.addJob(kind, payload(kind, number));
  }
}

async function acceptMany(utils, kind, count) {
  const specs = [];
  for (let number = 0; number < count; number += 1) {
    specs.push({ identifier: kind, payload: payload(kind, number) });
  }
  await utils.addJobs(specs);
}

async function main() {
  const utils = await makeWorkerUtils({
    connectionString: process.env.DATABASE_URL,
    logger: silent,
  });
  for await (const line of createInterface({ input: process.stdin })) {
    const { migrate, kind, count, each } = JSON.parse(line);
    try {
      if (migrate) await utils.migrate();
      else await (each ? acceptEach : acceptMany)(utils, kind, count);
      process.stdout.write("{}\n");
    } catch (error) {
      process.stdout.write(`${JSON.stringify({ error: String(error) })}\n`);
    }
  }
  await utils.release();
}

main();
