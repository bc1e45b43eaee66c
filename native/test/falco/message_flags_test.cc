// The flags of a send or receive are read where the probe tells them, and nowhere else.
#include "falco/events/message_flags.h"

#include <string>
#include <vector>

#include "test/support/check.h"

namespace sysflow::test {
namespace {

// An event of this type with these parameters.
std::vector<char> EventOf(uint16_t type, const std::vector<std::string>& params) {
  scap_evt head{};
  head.type = type;
  head.nparams = static_cast<uint32_t>(params.size());
  std::vector<char> bytes(sizeof(head));
  for (const std::string& param : params) {
    const auto length = static_cast<uint16_t>(param.size());
    const char* at = reinterpret_cast<const char*>(&length);
    bytes.insert(bytes.end(), at, at + sizeof(length));
  }
  for (const std::string& param : params) {
    bytes.insert(bytes.end(), param.begin(), param.end());
  }
  head.len = static_cast<uint32_t>(bytes.size());
  std::memcpy(bytes.data(), &head, sizeof(head));
  return bytes;
}

uint32_t FlagsOf(const std::vector<char>& bytes, uint32_t declared) {
  return MessageFlags(*reinterpret_cast<const scap_evt*>(bytes.data()), declared);
}

std::string Number(uint32_t value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}

int Main() {
  const std::string result(8, 1);
  const std::string peek = Number(MSG_PEEK);
  CHECK_EQUAL(FlagsOf(EventOf(PPME_SOCKET_RECVFROM_X, {result, "", "tuple", peek}), 3),
              static_cast<uint32_t>(MSG_PEEK), "a receive with one more");
  CHECK_EQUAL(FlagsOf(EventOf(PPME_SOCKET_SENDTO_X, {result, "data", "tuple", peek}), 2),
              static_cast<uint32_t>(MSG_PEEK), "a send with two more");
  CHECK_EQUAL(FlagsOf(EventOf(PPME_SOCKET_RECVFROM_X, {result, "", "tuple"}), 3), 0u, "no more");
  CHECK_EQUAL(FlagsOf(EventOf(PPME_SOCKET_RECVFROM_X, {result, "", "tuple", result}), 3), 0u,
              "a later library's descriptor");
  CHECK_EQUAL(FlagsOf(EventOf(PPME_SOCKET_RECVFROM_X, {result, "", "", result, peek}), 3), 0u,
              "a later library's descriptor and size");
  std::vector<char> cut = EventOf(PPME_SOCKET_RECVFROM_X, {result, "", "tuple", peek});
  reinterpret_cast<scap_evt*>(cut.data())->len -= 1;
  CHECK_EQUAL(FlagsOf(cut, 3), 0u, "an event that ends before");

  CHECK_THAT(MovesNothing(MSG_PEEK, false) && MovesNothing(MSG_ERRQUEUE, false), "looks");
  CHECK_THAT(MovesNothing(kMessageProbe, true), "a probe");
  CHECK_THAT(!MovesNothing(MSG_PEEK, true) && !MovesNothing(MSG_DONTWAIT, false), "others");
  CHECK_THAT(Connects(MSG_FASTOPEN, 5, true) && Connects(MSG_FASTOPEN, -EINPROGRESS, true),
             "fast open");
  CHECK_THAT(Connects(MSG_FASTOPEN, -ECONNREFUSED, false), "one that was refused");
  CHECK_THAT(!Connects(MSG_FASTOPEN, -EISCONN, true) && !Connects(MSG_DONTWAIT, 5, false),
             "no fast open");
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main() { return sysflow::test::Main(); }
