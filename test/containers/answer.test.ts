// What is looked at in any runtime's answer: sizes, forms and depth; and the numbers by which the CRI's
// fields go.

import { describe, expect, test } from "bun:test";
import {
  fieldsOf,
  imageText,
  isFullId,
  isIdOf,
  LookupError,
  nameText,
  parseJson,
  podFacts,
  podOfLabels,
  unknownWords,
} from "../../src/containers/answer.ts";
import { criRoot } from "../../src/containers/cri-messages.ts";
import {
  eventOf,
  nameOfImage,
  typeOfVersion,
  withTag,
} from "../../src/containers/docker-answers.ts";
import { containerType } from "../../src/sysflow/values.ts";

const id = "0123456789ab".padEnd(64, "c");

function refused(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof LookupError ? error.reason : "another error";
  }
  return "nothing";
}

describe("texts", () => {
  test("have as many characters as names and images may", () => {
    expect(nameText("n".repeat(1024), "x")).toHaveLength(1024);
    expect(refused(() => nameText("n".repeat(1025), "x"))).toBe("badAnswer");
    expect(imageText("n".repeat(4096), "x")).toHaveLength(4096);
    expect(refused(() => imageText("n".repeat(4097), "x"))).toBe("badAnswer");
  });

  test.each([[null], [5], [{}], [["a"]], [undefined]])("are no %j", (value) => {
    expect(refused(() => nameText(value, "x"))).toBe("badAnswer");
  });
});

test.each([
  [id, true],
  [id.slice(1), false],
  [`${id}c`, false],
  [id.toUpperCase(), false],
  [`${id.slice(1)}\n`, false],
  [null, false],
])("a whole id: %j", (value, isOne) => {
  expect([isFullId(value), isIdOf(value, "0123456789ab")]).toEqual([isOne, isOne]);
  expect(isIdOf(value, "123456789abc")).toBe(false);
});

test.each([[null], [[1]], ["text"], [5], [undefined]])("%j has no fields", (value) => {
  expect(fieldsOf(value)).toEqual({});
});

describe("JSON", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

  test("may be a thousand deep, and as long as it likes", () => {
    expect(parseJson(nested(1000), "it")).toBeArray();
    expect(parseJson(`[${"{},".repeat(5000)}0]`, "it")).toHaveLength(5001);
    expect(parseJson(`["${"]".repeat(5000)}"]`, "it")).toBeArray();
  });

  test("is not looked at where it is deeper", () => {
    expect(refused(() => parseJson(nested(1001), "it"))).toBe("badAnswer");
    expect(() => parseJson(nested(1001), "it")).toThrow("it is nested too deep");
    expect(() => parseJson(`${"}".repeat(10)}${nested(1001)}`, "it")).toThrow("too deep");
  });

  test("that is none is a bad answer", () => {
    expect(() => parseJson("{", "it")).toThrow("it is no JSON");
    expect(refused(() => parseJson("{", "it"))).toBe("badAnswer");
  });
});

describe("pods", () => {
  const pod = { uid: "u", name: "n", namespace: "s" };

  test("are told of by kubelet's labels", () => {
    const labels = (uid: unknown) => ({
      "io.kubernetes.pod.uid": uid,
      "io.kubernetes.pod.name": "n",
      "io.kubernetes.pod.namespace": "s",
    });
    expect(podOfLabels(labels("u"))).toEqual(pod);
    expect(podOfLabels(labels(""))).toBeNull();
    expect(podOfLabels({})).toBeNull();
    expect(refused(() => podOfLabels(labels(5)))).toBe("badAnswer");
  });

  test("have labels up to a number of characters", () => {
    const labels = (chars: number) => ({ a: "x".repeat(chars) });
    expect(podFacts(pod, labels(65_535), []).labels.size).toBe(1);
    expect(refused(() => podFacts(pod, labels(65_536), []))).toBe("badAnswer");
    expect(refused(() => podFacts(pod, { a: 5 }, []))).toBe("badAnswer");
  });

  test.each([
    ["10.1.2.3", [0x0302010an]],
    ["255.255.255.255", [0xffffffffn]],
    ["0.0.0.0", [0n]],
    ["256.1.2.3", []],
    ["1.2.3", []],
    ["1.2.3.4.5", []],
    ["1.2.3.x", []],
    ["1..2.3", []],
    ["fd00::1", []],
    ["", []],
    [7, []],
  ])("have the address %j", (address, wanted) => {
    expect(podFacts(pod, {}, [address]).internalIP).toEqual(wanted);
  });
});

test.each([
  ["team/web", "team/web:latest"],
  ["host:5000/web", "host:5000/web:latest"],
  ["host:5000/web:2", "host:5000/web:2"],
  ["web@sha256:ab", "web@sha256:ab"],
  [id, id],
  ["", ""],
])("the image %j is %j", (image, name) => {
  expect(withTag(image)).toBe(name);
});

test.each([
  [{ RepoTags: ["a:1", "b:2"] }, "a:1"],
  [{ RepoTags: [], RepoDigests: ["a@sha256:1"] }, "a@sha256:1"],
  [{ RepoTags: ["<none>:<none>"], RepoDigests: ["a@sha256:1"] }, "a@sha256:1"],
  [{ RepoTags: null, RepoDigests: null }, null],
  [{ RepoTags: [5] }, null],
  [{ RepoTags: "a:1" }, null],
  [null, null],
])("an image with %j has the name %j", (body, name) => {
  expect(nameOfImage(body)).toBe(name);
});

test.each([
  [{ Components: [{ Name: "Engine" }] }, containerType.CT_DOCKER],
  [{ Components: [{ Name: "Podman Engine" }] }, containerType.CT_CUSTOM],
  [{ Components: { Name: "Podman Engine" } }, containerType.CT_DOCKER],
  [{ Components: [null, 5] }, containerType.CT_DOCKER],
  [[], containerType.CT_DOCKER],
])("a version %j has its type", (body, type) => {
  expect(typeOfVersion(body)).toBe(type);
});

test.each([
  [
    { Action: "create", Actor: { ID: id } },
    { id, kind: "changed" },
  ],
  [
    { status: "die", Actor: { ID: id } },
    { id, kind: "ended" },
  ],
  [{ Action: "pull", Actor: { ID: id } }, null],
  [{ Action: "create", id }, null],
  [{ Action: ["create"], Actor: [id] }, null],
  [null, null],
])("the event %j is %j", (event, wanted) => {
  expect(eventOf(JSON.stringify(event)) as unknown).toEqual(wanted);
});

test("why a container is unknown has words for each reason", () => {
  expect(Object.values(unknownWords)).toEqual([
    "no runtime's socket",
    "not an id that a runtime can be asked for",
    "not found",
    "refused",
    "timed out",
    "bad answer",
    "not shown to be the user's own",
    "no answer yet",
    "too many at once",
  ]);
});

test("fields of the CRI have the numbers of runtime/v1/api.proto", () => {
  interface Message {
    readonly fields?: Readonly<Record<string, { readonly id: number }>>;
  }
  const { nested = {} } = criRoot("v1").nested.runtime.nested["v1"] ?? {};
  const messages = Object.entries(nested as Readonly<Record<string, Message>>);
  const numbers = messages
    .filter(([, { fields }]) => fields !== undefined)
    .map(([name, { fields }]) => {
      const each = Object.entries(fields ?? {}).map(([field, one]) => `${field} ${one.id}`);
      return [name, each.join(", ")];
    });
  expect(Object.fromEntries(numbers)).toEqual({
    VersionRequest: "version 1",
    VersionResponse: "runtime_name 2, runtime_version 3",
    ContainerStatusRequest: "container_id 1, verbose 2",
    ContainerStatusResponse: "status 1, info 2",
    ContainerStatus: "id 1, metadata 2, image 8, image_ref 9, labels 12",
    ContainerMetadata: "name 1",
    ImageSpec: "image 1, user_specified_image 18",
    PodSandboxStatusRequest: "pod_sandbox_id 1, verbose 2",
    PodSandboxStatusResponse: "status 1, info 2",
    PodSandboxStatus: "id 1, metadata 2, network 5, labels 7",
    PodSandboxMetadata: "name 1, uid 2, namespace 3",
    PodSandboxNetworkStatus: "ip 1, additional_ips 2",
    PodIP: "ip 1",
    ListContainersRequest: "",
    ListContainersResponse: "containers 1",
    ListedContainer: "id 1, state 6",
    ListPodSandboxRequest: "",
    ListPodSandboxResponse: "items 1",
    ListedSandbox: "id 1, state 3",
    GetEventsRequest: "",
    ContainerEventResponse: "container_id 1, container_event_type 2",
  });
});
