// The open flows of a descriptor: one, several, none again.

import { expect, test } from "bun:test";
import { SocketFlows } from "../../../src/collect/entries/socket-flows.ts";

const flow = (fd: number, name: string) => ({ fd, name });
type Flow = ReturnType<typeof flow>;

function of(flows: SocketFlows<Flow>, fd: number): string {
  const found: Flow[] = [];
  flows.of(fd, found);
  return found.map(({ name }) => name).join(" ");
}

test("they are found by their descriptor, in the order of their start, until they end", () => {
  const flows = new SocketFlows<Flow>();
  const [a, b, c] = [flow(3, "a"), flow(3, "b"), flow(3, "c")];
  for (const one of [a, flow(4, "other"), b, c]) flows.add(one);
  expect([of(flows, 3), of(flows, 4), of(flows, 5)]).toEqual(["a b c", "other", ""]);
  flows.remove(b);
  expect(of(flows, 3)).toBe("a c");
  flows.remove(a);
  flows.remove(c);
  expect([of(flows, 3), of(flows, 4)]).toEqual(["", "other"]);
  flows.add(b);
  expect(of(flows, 3)).toBe("b");
});

test("one that is not there takes no other away", () => {
  const flows = new SocketFlows<Flow>();
  flows.add(flow(3, "a"));
  flows.remove(flow(3, "b"));
  expect(of(flows, 3)).toBe("a");
});
