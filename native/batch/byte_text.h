// Names are bytes to the kernel, and text to Avro. UTF-8 goes over as it is. What is none becomes
// `\x` and two hexadecimal digits for each byte, and so does a NUL inside the name of an abstract
// socket. So that this can be undone and two names never become one, a backslash that stands before
// `x` and the digits of such a byte, or of a backslash, becomes `\x5c` itself. All other names stay
// untouched, those with backslashes too.
#ifndef SYSFLOW_NATIVE_BATCH_BYTE_TEXT_H_
#define SYSFLOW_NATIVE_BATCH_BYTE_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

namespace sysflow {

// The text of a name: `bytes` itself where nothing has to change, else a view of `scratch`.
std::string_view ByteText(std::string_view bytes, std::string& scratch);

// The same for each item of a list: `items` itself or `scratch`.
const std::vector<std::string>& ByteTexts(const std::vector<std::string>& items,
                                          std::vector<std::string>& scratch);

// The same for items that NUL bytes join, which stay what they are.
std::string_view JoinedByteTexts(std::string_view joined, std::string& scratch);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_BATCH_BYTE_TEXT_H_
