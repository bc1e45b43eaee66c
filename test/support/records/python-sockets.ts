// Readers and writers of Unix sockets in a few lines of Python, which share nothing with our code.
// The reader decodes packets with python3-avro by a schema that it is given.

import { type ChildProcess, spawn } from "node:child_process";

const python = "/usr/bin/python3";

/** argv: socket, schema, how many records. Prints them in the form of `asPythonGives`. */
const reader = `
import io, json, signal, socket, sys, warnings
import avro.errors, avro.schema
from avro.io import BinaryDecoder, DatumReader

warnings.simplefilter("ignore", avro.errors.IgnoredLogicalType)
# Whoever started it may be gone.
signal.alarm(180)
path, schema, wanted = sys.argv[1], avro.schema.parse(sys.argv[2]), int(sys.argv[3])

def plain(value):
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return "i" + str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value]

listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind(path)
listener.listen()
print("listening", flush=True)
connection, _ = listener.accept()
records = []
for _ in range(wanted):
    packet = io.BytesIO(connection.recv(16384))
    records.append(DatumReader(schema).read(BinaryDecoder(packet))["rec"])
    assert packet.read() == b""
print(json.dumps([plain(record) for record in records]))
`;

/**
 * argv: socket, then what it does, one after another: "read N" packets, "cut N" (reads N bytes of a
 * packet and lets the kernel throw away the rest), "sleep S", "garbage N", "half-close", "die" (with
 * whatever it has not read), "accept" again. At the end it reads until nothing more comes and the
 * writer has closed. Prints "did all" before that, and at the end how many packets it has received.
 */
const actor = `
import os, signal, socket, sys, time

# Whoever started it may be gone.
signal.alarm(180)
path = sys.argv[1]
try:
    os.unlink(path)
except FileNotFoundError:
    pass
listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind(path)
listener.listen()
print("listening", flush=True)
received, connection = 0, None
for words in [each.split() for each in sys.argv[2:]]:
    if words[0] == "accept":
        connection, _ = listener.accept()
    elif words[0] == "sleep":
        time.sleep(float(words[1]))
    elif words[0] == "read":
        for _ in range(int(words[1])):
            received += 1 if connection.recv(16384) else 0
    elif words[0] == "cut":
        received += 1 if connection.recv(int(words[1])) else 0
    elif words[0] == "garbage":
        connection.setblocking(False)
        try:
            for _ in range(int(words[1])):
                connection.send(os.urandom(1000))
        except BlockingIOError:
            pass
        connection.setblocking(True)
    elif words[0] == "half-close":
        connection.shutdown(socket.SHUT_WR)
    elif words[0] == "die":
        connection.close()
print("did all", flush=True)
while True:
    try:
        if not connection.recv(16384):
            break
    except ConnectionResetError:
        break
    received += 1
print(received, flush=True)
`;

/** A program that has begun, and what it prints. */
export class PythonProgram {
  readonly #child: ChildProcess;
  #text = "";
  #errors = "";
  #onText: (() => void) | null = null;
  /** What it has printed, once it has ended. Rejects with its own words where it failed. */
  readonly ended: Promise<string>;

  constructor(script: string, args: readonly string[]) {
    this.#child = spawn(python, ["-c", script, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stdout?.on("data", (bytes: Buffer) => {
      this.#text += bytes.toString();
      this.#onText?.();
    });
    this.#child.stderr?.on("data", (bytes: Buffer) => {
      this.#errors += bytes.toString();
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("close", (status) => {
        this.#onText?.();
        if (status === 0) resolve(this.#text);
        else reject(new Error(`python: status ${status}: ${this.#errors}`));
      });
    });
    // Looked at by those who want it.
    this.ended.catch(() => undefined);
  }

  /** Resolves once it has printed that. */
  async prints(text: string): Promise<void> {
    while (!this.#text.includes(text)) {
      if (this.#child.exitCode !== null) throw new Error(`python has ended: ${this.#errors}`);
      await new Promise<void>((resolve) => {
        this.#onText = resolve;
      });
    }
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Reads so many records and prints them as JSON. Has begun to listen when this resolves. */
export async function pythonReader(
  path: string,
  schemaJson: string,
  records: number,
): Promise<PythonProgram> {
  const program = new PythonProgram(reader, [path, schemaJson, String(records)]);
  await program.prints("listening");
  return program;
}

/** See above for what it can do. Has begun to listen when this resolves. */
export async function pythonActor(path: string, acts: readonly string[]): Promise<PythonProgram> {
  const program = new PythonProgram(actor, [path, ...acts]);
  await program.prints("listening");
  return program;
}
