// What a compiled program of the runtime obeys, thing by thing, each with a value that shows. To be
// `obeyed` a row has to change what a program without hardening does; an `ignored` one must not, and
// stands here for the day on which a later runtime obeys it; `unseen` ones say why they are not seen.

import type { Surroundings } from "./hostile-world.ts";

export interface HostileRow extends Surroundings {
  readonly name: string;
  readonly twin: "obeyed" | "ignored" | { readonly unseen: string };
}

const owned = 'process.stdout.write("owned\\n");\n';
const preload = 'preload = ["$WORLD/home/owned.js"]\n';
const paths = JSON.stringify({ compilerOptions: { paths: { "@hostile": ["./hostile.ts"] } } });

/** In every folder, clean or hostile: without what points at them they do nothing. */
export const props: Readonly<Record<string, string>> = {
  "home/owned.js": owned,
  "home/modules/hostile-package/index.js": 'module.exports = "owned";\n',
  "cwd/plugin.ts": 'import x from "@hostile"; export default x;\n',
  "cwd/hostile.ts": 'export default "owned";\n',
};

function variable(name: string, value: string, twin: HostileRow["twin"]): HostileRow {
  return { name: `${name}=${value}`, env: { [name]: value }, twin };
}

const noServer = { unseen: "it takes a server with a certificate to see it" };
const onlyNode = { unseen: "Node obeys it, a compiled Bun does not" };
const noSign = { unseen: "read at start, without a sign of it" };

export const hostileVariables: readonly HostileRow[] = [
  variable("BUN_BE_BUN", "1", "obeyed"),
  variable("BUN_OPTIONS", "--preload=$WORLD/home/owned.js", "obeyed"),
  variable("BUN_OPTIONS", "--cpu-prof", "obeyed"),
  variable("BUN_OPTIONS", "--version", "obeyed"),
  variable("BUN_INSPECT", "127.0.0.1:1?wait=1", "obeyed"),
  variable("BUN_INSPECT_CONNECT_TO", "unix://$WORLD/tmp/socket", noSign),
  variable("BUN_JSC_dumpOptions", "1", "obeyed"),
  variable("BUN_JSC_nonsense", "1", "obeyed"),
  variable("BUN_BYTECODE_ORDER_OUT", "$WORLD/tmp/order", "obeyed"),
  variable("BUN_BYTECODE_DIGEST_OUT", "$WORLD/tmp/digest", "obeyed"),
  variable("BUN_CONFIG_REGISTRY", "http://127.0.0.1:9", { unseen: "of the installer" }),
  variable("BUN_CRASH_REPORT_URL", "http://127.0.0.1:9", { unseen: "only when it crashes" }),
  variable("BUN_TMPDIR", "$WORLD/tmp/runtime", { unseen: "of the installer" }),
  variable("BUN_RUNTIME_TRANSPILER_CACHE_PATH", "$WORLD/tmp/cache", noSign),
  variable("JSC_SIGNAL_FOR_GC", "99", "obeyed"),
  variable("JSC_dumpOptions", "1", "ignored"),
  variable("JavaScriptCoreUseJIT", "0", noSign),
  variable("MIMALLOC_VERBOSE", "1", "obeyed"),
  variable("MiMalloc_Verbose", "1", "obeyed"),
  variable("MallocStackLogging", "1", noSign),
  variable("SIMDUTF_FORCE_IMPLEMENTATION", "nonsense", "obeyed"),
  variable("WTF_numberOfProcessorCores", "7", "obeyed"),
  variable("NODE_OPTIONS", "--require=$WORLD/home/owned.js", onlyNode),
  variable("NODE_OPTIONS", "--inspect=127.0.0.1:1", onlyNode),
  variable("NODE_PATH", "$WORLD/home/modules", "obeyed"),
  variable("NODE_CHANNEL_FD", "3", "obeyed"),
  variable("NODE_UNIQUE_ID", "1", "obeyed"),
  variable("NODE_DEBUG", "http,fs,net", "obeyed"),
  variable("NODE_NO_WARNINGS", "1", "obeyed"),
  variable("NODE_REDIRECT_WARNINGS", "$WORLD/tmp/warnings", "obeyed"),
  variable("NODE_V8_COVERAGE", "$WORLD/tmp/coverage", onlyNode),
  variable("NODE_COMPILE_CACHE", "$WORLD/tmp/cache", onlyNode),
  variable("NODE_TLS_REJECT_UNAUTHORIZED", "0", noServer),
  variable("SSLKEYLOGFILE", "$WORLD/tmp/keys", "ignored"),
  variable("OPENSSL_CONF", "$WORLD/home/openssl.cnf", onlyNode),
  variable("ICU_DATA", "$WORLD/tmp", noSign),
  variable("UV_THREADPOOL_SIZE", "0", onlyNode),
];

export const hostileFiles: readonly HostileRow[] = [
  { name: ".env", files: { "cwd/.env": "FROM_DOTENV=owned\nNODE_IP=owned\n" }, twin: "obeyed" },
  {
    name: ".env.local, .env.production",
    files: {
      "cwd/.env.local": "FROM_DOTENV=owned\nNODE_IP=owned\n",
      "cwd/.env.production": "FROM_DOTENV=owned\nNODE_IP=owned\n",
    },
    twin: "obeyed",
  },
  { name: "bunfig.toml", files: { "cwd/bunfig.toml": preload }, twin: "obeyed" },
  {
    name: ".bunfig.toml of the user",
    files: { "home/.bunfig.toml": preload, "home/.config/.bunfig.toml": preload },
    twin: "ignored",
  },
  { name: "tsconfig.json", files: { "cwd/tsconfig.json": paths }, twin: "obeyed" },
  { name: "jsconfig.json", files: { "cwd/jsconfig.json": paths }, twin: "obeyed" },
  {
    name: "package.json",
    files: {
      "cwd/package.json": JSON.stringify({ browser: { "@hostile": "./hostile.ts" } }),
    },
    twin: "ignored",
  },
  {
    name: "node_modules",
    files: {
      "cwd/node_modules/hostile-package/index.js": 'module.exports = "owned";\n',
      "cwd/node_modules/avsc/index.js": owned,
    },
    twin: "obeyed",
  },
];

/** Names under which the runtime is something else. */
export const hostileNames: readonly HostileRow[] = ["bun", "bunx", "node", "/bin/bunx", ""].map(
  (argv0) => ({ name: `called ${JSON.stringify(argv0)}`, argv0, twin: "ignored" }),
);

/** The runtime's own words, which must be unknown to the program. */
export const runtimeWords: readonly string[] = [
  "--inspect",
  "--inspect-brk",
  "--preload=owned.js",
  "--eval=1",
  "-e",
  "--print=1",
  "--cpu-prof",
  "--smol",
  "--bun",
  "--revision",
  "run",
  "install",
  "upgrade",
  "x",
];
