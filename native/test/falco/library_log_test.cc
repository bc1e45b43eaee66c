// Why a call of the library failed: which of its messages tell it, and how much of them.
#include "falco/library_log.h"

#include <libsinsp/sinsp.h>

#include <string>
#include <thread>

#include "test/support/check.h"

namespace sysflow::test {
namespace {

void Log(const std::string& message, sinsp_logger::severity severity) {
  libsinsp_logger()->log(message, severity);
}

void CheckMessages() {
  CHECK_EQUAL(LibraryReason(), "", "nothing logged");
  Log("all is well", sinsp_logger::SEV_INFO);
  CHECK_EQUAL(LibraryReason(), "", "no trouble");
  Log("first\nsecond line", sinsp_logger::SEV_WARNING);
  Log("another", sinsp_logger::SEV_WARNING);
  CHECK_EQUAL(LibraryReason(), "first", "two warnings");
  Log("half way", sinsp_logger::SEV_ERROR);
  Log("failed", sinsp_logger::SEV_ERROR);
  CHECK_EQUAL(LibraryReason(), "failed; first", "and two errors");
  std::thread([] { CHECK_EQUAL(LibraryReason(), "", "another thread"); }).join();
  ClearLibraryReason();
  CHECK_EQUAL(LibraryReason(), "", "forgotten");
}

void CheckLimits() {
  Log("", sinsp_logger::SEV_ERROR);
  CHECK_EQUAL(LibraryReason(), "", "an empty message");
  Log(std::string(5000, 'x'), sinsp_logger::SEV_ERROR);
  CHECK_EQUAL(LibraryReason(), std::string(200, 'x'), "a long message");
  ClearLibraryReason();
}

int Main() {
  TakeLibraryLog(false);
  CheckMessages();
  CheckLimits();
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main() { return sysflow::test::Main(); }
