// The list of variables that the loader drops: it has to hold what is known to be hostile, and must
// not hold what is the operator's or our own. The loader's way to compare is done again here.

import { describe, expect, test } from "bun:test";
import {
  GLIBC_HOSTILE_ENVIRONMENT,
  HOSTILE_ENVIRONMENT,
} from "../../../build/pack/hostile-environment.ts";
import { commandList, withSubcommands } from "../../../src/cli/option-table.ts";
import { hostileVariables } from "../../support/program/hostile-table.ts";

function isDropped(name: string, list = HOSTILE_ENVIRONMENT): boolean {
  return list.some((row) =>
    row.endsWith("*")
      ? name.toLowerCase().startsWith(row.slice(0, -1).toLowerCase())
      : name.toLowerCase() === row.toLowerCase(),
  );
}

const network = ["HTTP_PROXY", "https_proxy", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"];
const certificates = ["NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA"];
const looks = ["TERM", "COLUMNS", "LANG", "LC_ALL", "TZ", "NO_COLOR", "FORCE_COLOR"];
const places = ["PATH", "HOME", "TMPDIR", "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "DOCKER_HOST"];
const loaders = ["LD_PRELOAD", "LD_LIBRARY_PATH"];
const operators = [...network, ...certificates, ...looks, ...places, ...loaders, "NODE_NAME"];

const own = commandList
  .flatMap(withSubcommands)
  .flatMap(({ options, variables }) => [
    ...options.flatMap(({ env }) => (env === undefined ? [] : [env])),
    ...(variables ?? []).map(({ name }) => name),
  ]);

describe("variables that the loader drops", () => {
  test.each([...new Set(hostileVariables.flatMap(({ env }) => Object.keys(env ?? {})))])(
    "%s is one",
    (name) => expect(isDropped(name)).toBe(true),
  );

  test.each([...new Set([...operators, ...own])])("%s is none", (name) => {
    expect(isDropped(name)).toBe(false);
  });

  test("our own are known here", () => {
    expect(own).toContain("NODE_IP");
    expect(own).toContain("HOST_ROOT");
  });

  test.each(["LD_PRELOAD", "LD_TRACE_LOADED_OBJECTS", "GLIBC_TUNABLES"])(
    "%s is one for glibc's loader only",
    (name) => {
      expect(isDropped(name, GLIBC_HOSTILE_ENVIRONMENT)).toBe(true);
      expect(isDropped(name)).toBe(false);
    },
  );

  test("rows are names, or prefixes with one star at their end, and stand once", () => {
    expect(
      GLIBC_HOSTILE_ENVIRONMENT.filter((row) => !/^[A-Za-z][A-Za-z0-9_]*\*?$/.test(row)),
    ).toEqual([]);
    expect(new Set(GLIBC_HOSTILE_ENVIRONMENT).size).toBe(GLIBC_HOSTILE_ENVIRONMENT.length);
  });
});
