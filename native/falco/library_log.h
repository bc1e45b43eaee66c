// The log of Falco libs, which is one for the whole program. It is printed only where that was
// asked for; else its warnings and errors are kept for the thread that caused them, because the
// libraries' exceptions seldom tell why something failed: "Initialization issues".

#ifndef SYSFLOW_NATIVE_FALCO_LIBRARY_LOG_H_
#define SYSFLOW_NATIVE_FALCO_LIBRARY_LOG_H_

#include <string>

namespace sysflow {

// Takes the log over, on any thread. With `print` all of it goes to standard error from now on.
void TakeLibraryLog(bool print);

// Forgets what this thread's calls have logged so far.
void ClearLibraryReason();

// Why a call on this thread failed, in one line: the last error and the first warning since
// ClearLibraryReason(), which is nearest to the cause. Empty where nothing was logged.
std::string LibraryReason();

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_LIBRARY_LOG_H_
