// Signals that would end the program and that JavaScript cannot catch, or must not: real-time ones,
// those of faults, and some without a name there. Sent by another process they become a SIGTERM,
// which ends a run cleanly; a fault of our own ends the program as before.

#ifndef SYSFLOW_NATIVE_BINDING_STRAY_SIGNALS_H_
#define SYSFLOW_NATIVE_BINDING_STRAY_SIGNALS_H_

namespace sysflow {

// Once or more often; from then on to the end of the program. Only the first of such signals ends
// the run: a second one does not cut its end short.
void CatchStraySignals();

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_BINDING_STRAY_SIGNALS_H_
