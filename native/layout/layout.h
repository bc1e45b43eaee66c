// What the other headers of this folder say, as data: for layoutText(), the generator, and the
// start-up check.
#ifndef SYSFLOW_NATIVE_LAYOUT_LAYOUT_H_
#define SYSFLOW_NATIVE_LAYOUT_LAYOUT_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sysflow {

struct LayoutField {
  std::string_view name;
  std::string_view type;
  uint32_t offset;
};

struct LayoutRecord {
  std::string_view name;
  uint32_t kind;  // 0 for the batch header
  uint32_t bytes;
  std::span<const LayoutField> fields;
};

struct LayoutConstant {
  std::string_view name;
  uint32_t value;
};

std::span<const LayoutRecord> LayoutRecords();
std::span<const LayoutConstant> LayoutConstants();

// The name of a counter or an option as JavaScript has it.
std::string CamelCase(std::string_view name);

// A text of the whole layout, one line a field, and then of the operations, counters, limits and
// options, one line each, with a tab between its parts: two builds that print the same agree.
// TypeScript compares its 32-bit FNV-1a hash with the generated one before it reads the first
// batch.
std::string LayoutText();
uint32_t LayoutHash();

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_LAYOUT_LAYOUT_H_
