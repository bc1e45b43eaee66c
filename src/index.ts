// libsysflow: the library. What is exported here is all that others may import; README.md beside the
// package's index.js has an example and maps upstream's fields.

// biome-ignore-all lint/performance/noBarrelFile: a library has one door.

export type { CollectMode, FileReadMode } from "./collect/collector-options.ts";
export type { EngineReport, Finding, HostReport, Status } from "./driver/host-findings.ts";
export { hostReport as checkDriver } from "./driver/host-report.ts";
export { ipv4Text, ipv6Text } from "./flatten/texts/addresses.ts";
export type { CallbackRecord, SysFlowCallback } from "./library/callback-output.ts";
export { type SysFlowConfig, sysFlowDefaults } from "./library/config.ts";
export { SysFlowDriver } from "./library/driver.ts";
export {
  isSysFlowError,
  type SysFlowError,
  type SysFlowErrorCode,
  sysFlowErrorCodes,
} from "./library/errors.ts";
export type { SysFlowItem } from "./library/item.ts";
export {
  type OpenSysFlowOptions,
  openSysFlow,
  type SysFlowReader,
  type SysFlowSource,
} from "./library/reader.ts";
export {
  endMillisecondsOf,
  endNanosecondsOf,
  millisecondsOf,
  nanosecondsOf,
} from "./library/times.ts";
export { SysFlowWriter, type SysFlowWriterOptions } from "./library/writer.ts";
export type { Tally } from "./run/output/run-output.ts";
export type { OutputSummary, Summary } from "./run/summary.ts";
export { eventOpsText } from "./show/record-text.ts";
export { sameOid } from "./sysflow/oid.ts";
export * as opFlags from "./sysflow/op-flags.gen.ts";
export {
  type Container,
  type File,
  type FileEvent,
  type FileFlow,
  type K8sEvent,
  type NetworkEvent,
  type NetworkFlow,
  type Oid,
  type Pod,
  type Port,
  type Process,
  type ProcessEvent,
  type ProcessFlow,
  type RecordKind,
  recordKinds,
  type Service,
  type SFHeader,
  type SysFlowRecord,
} from "./sysflow/record.gen.ts";
export {
  containerType,
  type Foid,
  type Ipv6,
  k8sAction,
  k8sComponent,
  networkProto,
  objectState,
  restype,
  type SchemaVersion,
} from "./sysflow/values.ts";
export type { WriteStats } from "./write/file/file-writer-options.ts";
