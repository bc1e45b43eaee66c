// The classes of Unix sockets that JavaScript sees: RecordSender and RecordListener.
#ifndef SYSFLOW_NATIVE_BINDING_SOCKETS_H_
#define SYSFLOW_NATIVE_BINDING_SOCKETS_H_

#include <napi.h>

namespace sysflow {

Napi::Function RecordSenderClass(const Napi::Env& env);
Napi::Function RecordListenerClass(const Napi::Env& env);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_BINDING_SOCKETS_H_
