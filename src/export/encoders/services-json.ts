// The services of a record's pod, under the keys that upstream's JSON has for them, which are not those
// of the attribute sf.pod.services.

import type { FlatContext } from "../../flatten/attribute.ts";
import { addressTexts } from "../../flatten/texts/pod-texts.ts";
import type { JsonTap } from "../../sysflow/json-tap.ts";
import { jsonArray, jsonStrings } from "../../sysflow/json-writing.ts";
import type { Port, Service } from "../../sysflow/record.gen.ts";

export function writeServices(tap: JsonTap, { pod }: FlatContext): void {
  jsonArray(tap, pod?.services ?? [], writeService);
}

function writeService(tap: JsonTap, service: Service): void {
  tap.text('{"id":');
  tap.string(service.id);
  tap.text(',"name":');
  tap.string(service.name);
  tap.text(',"namespace":');
  tap.string(service.namespace);
  tap.text(',"clusterIP":');
  jsonStrings(tap, addressTexts(service.clusterIP));
  tap.text(',"ports":');
  jsonArray(tap, service.portList, writePort);
  tap.text("}");
}

function writePort(tap: JsonTap, { nodePort, port, proto, targetPort }: Port): void {
  tap.text('{"port":');
  tap.int(port);
  tap.text(',"targetport":');
  tap.int(targetPort);
  tap.text(',"nodeport":');
  tap.int(nodePort);
  tap.text(',"proto":');
  tap.string(proto);
  tap.text("}");
}
