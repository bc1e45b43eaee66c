// Generated from native/layout/limits.h by build/generate/layout.ts: do not edit.

/** The most that native code's tables hold. limits.h says what of. */
export const nativeLimits = {
  threadsMax: 131072,
  descriptorsMax: 32768,
  descriptorsTotalMax: 262144,
  processesMax: 131072,
  ancestorsMax: 256,
  callsOfProgramsMax: 4096,
  containersMax: 4096,
  nameListBytesMax: 16777216,
  namesToldMax: 131072,
  objectsMax: 65536,
  objectBytesMax: 16777216,
  heldMax: 4096,
  heldThreadsMax: 8,
  textBytesMax: 2097152,
  textBytesPerSecondMax: 67108864,
  sweepProcesses: 2048,
  sweepThreads: 2048,
  sweepProcLookups: 64,
} as const;
