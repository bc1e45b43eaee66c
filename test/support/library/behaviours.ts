// What a program does with the library, each way once, and what came of it as one line of JSON:
// `behaviours CAPTURE FOLDER`, and with `live` as a third word also what takes this host's events. It
// is run from sources and, without its types, from the package under each runtime.

import fs from "node:fs";
import { checkDriver, isSysFlowError, openSysFlow, SysFlowDriver, SysFlowWriter } from "libsysflow";

const [capturePath = "", folder = "", live = ""] = process.argv.slice(2);
const exporter = "tests";

const codeOf = (error: unknown) => (isSysFlowError(error) ? error.code : String(error));

async function byCallback() {
  const kinds = new Set();
  let records = 0;
  const driver = new SysFlowDriver({
    capturePath,
    exporter,
    callback: (header, _container, task, file1, _file2, record) => {
      records += 1;
      kinds.add(record.kind);
      if (header.exporter !== exporter || header.version !== 6) {
        kinds.add("wrong header");
      }
      if (record.kind === "FileFlow" && (file1 === null || task === null)) {
        kinds.add("a flow without its file");
      }
    },
  });
  const summary = await driver.run();
  return { records, kinds: [...kinds].sort(), ended: summary?.ended };
}

async function byIterator() {
  let records = 0;
  const driver = new SysFlowDriver({ capturePath, exporter });
  for await (const { record } of driver) {
    records += record.kind.length > 0 ? 1 : 0;
  }
  return { records, ended: driver.summary?.ended };
}

async function byBatches() {
  let records = 0;
  for await (const items of new SysFlowDriver({ capturePath }).batches()) {
    records += items.length;
  }
  return { records };
}

async function leftEarly() {
  const driver = new SysFlowDriver({ capturePath });
  let records = 0;
  for await (const item of driver) {
    records += item.record.kind === "SFHeader" ? 0 : 1;
    if (records === 3) {
      break;
    }
  }
  return { records, ended: driver.summary?.ended };
}

async function twoAtOnce() {
  const counts = [0, 0];
  const runs = counts.map((_, index) =>
    new SysFlowDriver({
      capturePath,
      callback: () => {
        counts[index] = (counts[index] ?? 0) + 1;
      },
    }).run(),
  );
  await Promise.all(runs);
  return { counts };
}

async function exitFromCallback() {
  let records = 0;
  const driver = new SysFlowDriver({
    capturePath,
    callback: () => {
      records += 1;
      driver.exit();
    },
  });
  const summary = await driver.run();
  return { ended: summary?.ended, called: records > 0 };
}

async function callbackThrows() {
  const filePath = `${folder}/thrown.sf`;
  let calls = 0;
  const driver = new SysFlowDriver({
    capturePath,
    filePath,
    callback: () => {
      calls += 1;
      throw new Error("mine");
    },
  });
  const thrown = await driver.run().then(String, String);
  let inFile = 0;
  for await (const { record } of openSysFlow(filePath)) {
    inFile += record.kind === "SFHeader" ? 0 : 1;
  }
  return { thrown, calls, inFile };
}

async function aborted() {
  const before = new AbortController();
  before.abort(new Error("before"));
  const during = new AbortController();
  const run = new SysFlowDriver({ capturePath, signal: during.signal, filePath: `${folder}/x.sf` });
  const running = run.run();
  during.abort(new Error("while opening"));
  const driver = new SysFlowDriver({
    capturePath,
    signal: before.signal,
    callback: () => undefined,
  });
  return { before: await driver.run().catch(String), during: await running.catch(String) };
}

async function writtenAndRead() {
  const path = `${folder}/written.sf`;
  const writer = new SysFlowWriter({ path, exporter: "writer" });
  let given = 0;
  for await (const { record } of new SysFlowDriver({ capturePath, schema: 5 })) {
    writer.write(record);
    given += 1;
  }
  writer.close();
  let read = 0;
  let names = "";
  for await (const { header, record } of openSysFlow(fs.createReadStream(path))) {
    read += 1;
    names = record.kind === "SFHeader" ? header.exporter : names;
  }
  return { isSame: given === read, names };
}

async function failures() {
  const missing = await new SysFlowDriver({
    capturePath: `${folder}/none`,
    callback: () => undefined,
  })
    .run()
    .catch(codeOf);
  const nowhere = await new SysFlowDriver({ capturePath }).run().catch(codeOf);
  const twice = new SysFlowDriver({ capturePath, callback: () => undefined });
  await twice.run();
  const second = await twice.run().catch(codeOf);
  return { missing, nowhere, second };
}

async function whileOpeningLive() {
  const controller = new AbortController();
  const options = { callback: () => undefined, hostRoot: "", allowOwnPidNamespace: true };
  const driver = new SysFlowDriver({ ...options, signal: controller.signal });
  const running = driver.run().catch(String);
  const taken = await new SysFlowDriver(options).run().catch(codeOf);
  controller.abort(new Error("while opening"));
  const reason = await running;
  // It is closed as soon as it is open, and can then be had again.
  let again: unknown = "";
  for (let tries = 0; tries < 100; tries++) {
    const next = new SysFlowDriver({ ...options, durationSec: 1 });
    again = await next.run().then((summary) => summary?.ended, codeOf);
    if (again !== "LIVE_CAPTURE_TAKEN") {
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { taken, reason, again };
}

const results = {
  byCallback: await byCallback(),
  byIterator: await byIterator(),
  byBatches: await byBatches(),
  leftEarly: await leftEarly(),
  twoAtOnce: await twoAtOnce(),
  exitFromCallback: await exitFromCallback(),
  callbackThrows: await callbackThrows(),
  aborted: await aborted(),
  writtenAndRead: await writtenAndRead(),
  failures: await failures(),
  engines: checkDriver("").engines.map(({ engine }) => engine),
  ...(live === "live" && { live: await whileOpeningLive() }),
};
process.stdout.write(`${JSON.stringify(results)}\n`);
