// Environment variables that the loader drops before the runtime starts: the runtimes (Bun; Node on
// s390x) obey them in a compiled program too, and an agent that runs as root must not. A name that
// ends in `*` is a prefix. Compare without regard to case: mimalloc does so with its own variables.
// The strings themselves stay where the kernel put them, so /proc/PID/environ shows all of them.

interface HostileRow {
  readonly name: string;
  /** What the runtime does with it. */
  readonly effect: string;
  /** `seen` in Bun 1.4.5 by experiment; `read` when it starts, or later, to an effect not seen. */
  readonly proof: "seen" | "read";
}

const rows: readonly HostileRow[] = [
  {
    name: "BUN_*",
    effect:
      "BE_BUN makes it a JavaScript interpreter, OPTIONS preloads code and writes profiles, INSPECT " +
      "opens a debugger's port, JSC_x sets engine options or refuses to start, BYTECODE_x writes " +
      "files, ENABLE_CRASH_REPORTING runs curl from PATH after a crash, GC_x and others alter more",
    proof: "seen",
  },
  {
    name: "JSC_*",
    effect: "SIGNAL_FOR_GC: an odd number ends the start; other options only under BUN_JSC_",
    proof: "seen",
  },
  { name: "JavaScriptCore*", effect: "UseJIT=0 turns the compiler off", proof: "read" },
  {
    name: "MIMALLOC_*",
    effect: "the allocator's options: VERBOSE and SHOW_STATS print, others change what it reserves",
    proof: "seen",
  },
  { name: "Malloc*", effect: "debugging switches of the engine's heap", proof: "read" },
  { name: "WebKit*", effect: "the same: another heap in the engine's place", proof: "read" },
  {
    name: "DYLD_*",
    effect: "read by the same heap, which looks for a debugging one",
    proof: "read",
  },
  { name: "WTF_*", effect: "numberOfProcessorCores overrides the number of CPUs", proof: "seen" },
  {
    name: "SIMDUTF_*",
    effect: "FORCE_IMPLEMENTATION: an unknown name ends the start with a false word on the CPU",
    proof: "seen",
  },
  {
    name: "OPENSSL_*",
    effect: "CONF and ENGINES load code into Node, ia32cap hides CPU features from BoringSSL",
    proof: "read",
  },
  {
    name: "SSLKEYLOGFILE",
    effect: "the keys of TLS sessions to a file, in many programs",
    proof: "read",
  },
  { name: "LSQUIC_*", effect: "LOG_SECRETS logs the keys of QUIC sessions", proof: "read" },
  {
    name: "ICU_*",
    effect: "DATA and TIMEZONE_FILES_DIR replace built-in tables by files",
    proof: "read",
  },
  { name: "MUSL_LOCPATH", effect: "a folder of message catalogues that libc maps", proof: "read" },
  { name: "SQLITE_*", effect: "TMPDIR, for a database that is never opened", proof: "read" },
  { name: "UV_*", effect: "libuv's thread pool and io_uring, in Node", proof: "read" },
  { name: "RUST_*", effect: "MIN_STACK sets the stacks of the runtime's threads", proof: "read" },
  { name: "HYPERFINE_*", effect: "moves the stack by so many bytes of environment", proof: "read" },
  { name: "CARES_HOSTS", effect: "a file that is read in place of /etc/hosts", proof: "read" },
  { name: "HOSTALIASES", effect: "a file of other names for hosts", proof: "read" },
  { name: "NODE_OPTIONS", effect: "Node preloads code; a compiled Bun ignores it", proof: "read" },
  { name: "NODE_PATH", effect: "folders to load modules from", proof: "read" },
  { name: "NODE_DEBUG", effect: "prints what http, net and others do", proof: "seen" },
  { name: "NODE_DEBUG_NATIVE", effect: "the same for native parts", proof: "read" },
  {
    name: "NODE_CHANNEL_*",
    effect: "takes a descriptor that was left open for a parent's orders",
    proof: "seen",
  },
  { name: "NODE_UNIQUE_ID", effect: "makes it the worker of a cluster", proof: "seen" },
  { name: "NODE_CLUSTER_*", effect: "how a cluster shares connections", proof: "read" },
  {
    name: "NODE_COMPILE_*",
    effect: "a folder for compiled code, written and trusted",
    proof: "read",
  },
  { name: "NODE_DISABLE_*", effect: "colours and caches off", proof: "read" },
  { name: "NODE_ENV", effect: "a mode for libraries; sysflow has none", proof: "read" },
  { name: "NODE_ICU_DATA", effect: "replaces built-in tables by files", proof: "read" },
  { name: "NODE_NO_*", effect: "hides warnings", proof: "seen" },
  { name: "NODE_PENDING_*", effect: "adds warnings", proof: "read" },
  { name: "NODE_PRESERVE_*", effect: "another way to find modules", proof: "read" },
  { name: "NODE_REDIRECT_*", effect: "writes warnings to a file", proof: "seen" },
  { name: "NODE_REPL_*", effect: "a module in the prompt's place", proof: "read" },
  { name: "NODE_TEST_*", effect: "reports to a test runner on standard output", proof: "read" },
  { name: "NODE_V8_COVERAGE", effect: "writes a coverage report into a folder", proof: "read" },
  {
    name: "NODE_TLS_REJECT_UNAUTHORIZED",
    effect: "0 accepts any certificate, of whatever server",
    proof: "seen",
  },
];

/**
 * What the loader drops. Not in it, on purpose:
 * - PATH, HOME, TERM, COLUMNS, LANG, LC_*, TZ, NO_COLOR, FORCE_COLOR, TMPDIR: the operator's; at most
 *   they change how something looks.
 * - HTTP_PROXY, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR, NODE_EXTRA_CA_CERTS,
 *   NODE_USE_SYSTEM_CA, NODE_USE_ENV_PROXY, RES_OPTIONS, LOCALDOMAIN: how this host reaches its
 *   network; used only where one is asked for.
 * - KUBECONFIG, KUBERNETES_*, DOCKER_HOST, CONTAINER_HOST: where sysflow's sources of metadata are.
 * - NODE_IP, NODE_NAME, HOST_ROOT, FILE_ONLY and the others that `sysflow help` lists: our own. They
 *   are why NODE_* as a whole cannot be dropped.
 * - LD_*, GLIBC_TUNABLES: our musl loader does not read them, and a program that `record` runs may
 *   need them. For glibc's loader there is the second list.
 */
export const HOSTILE_ENVIRONMENT: readonly string[] = rows.map((row) => row.name);

/**
 * What glibc's loader and library obey beside it: LD_TRACE_LOADED_OBJECTS ends the start, LD_DEBUG and
 * LD_PRELOAD print, the rest name files. It is what glibc itself drops for a set-user-ID program.
 */
export const GLIBC_HOSTILE_ENVIRONMENT: readonly string[] = [
  ...HOSTILE_ENVIRONMENT,
  "LD_*",
  "GLIBC_TUNABLES",
  "GCONV_PATH",
  "GETCONF_DIR",
  "LOCPATH",
  "NIS_PATH",
  "NLSPATH",
  "RESOLV_HOST_CONF",
  "TZDIR",
];
