// The methods of a fan-out for records that go to all of its outputs.

import type { FanOut } from "../../../src/write/fan-out.ts";

export function fanOutAsReceiver(fanOut: FanOut) {
  return {
    header: fanOut.header.bind(fanOut),
    processEvent: fanOut.processEvent.bind(fanOut),
    fileEvent: fanOut.fileEvent.bind(fanOut),
    networkFlow: fanOut.networkFlow.bind(fanOut),
    fileFlow: fanOut.fileFlow.bind(fanOut),
    processFlow: fanOut.processFlow.bind(fanOut),
    networkEvent: fanOut.networkEvent.bind(fanOut),
    k8sEvent: fanOut.k8sEvent.bind(fanOut),
  };
}
