// See layout.h. Everything here comes from the macros of the other headers of this folder; nothing
// is listed again.
#include "layout/layout.h"

#include "layout/counters.h"
#include "layout/event_layout.h"
#include "layout/limits.h"
#include "layout/open_options.h"
#include "layout/operations.h"

namespace sysflow {
namespace {

#define SYSFLOW_FIELD_INFO(type, name) \
  {#name, #type, static_cast<uint32_t>(offsetof(CurrentRecord, name))},

namespace header_fields {
using CurrentRecord = BatchHeader;
constexpr LayoutField kFields[] = {SYSFLOW_BATCH_HEADER(SYSFLOW_FIELD_INFO)};
}  // namespace header_fields

#define SYSFLOW_RECORD_FIELDS(number, name, FIELDS)                 \
  namespace name##_fields {                                         \
    using CurrentRecord = name##Record;                             \
    constexpr LayoutField kFields[] = {FIELDS(SYSFLOW_FIELD_INFO)}; \
  }
SYSFLOW_RECORDS(SYSFLOW_RECORD_FIELDS)

#define SYSFLOW_RECORD_INFO(number, name, FIELDS) \
  {#name, number, sizeof(name##Record), name##_fields::kFields},
constexpr LayoutRecord kRecords[] = {
    {"BatchHeader", 0, sizeof(BatchHeader), header_fields::kFields},
    SYSFLOW_RECORDS(SYSFLOW_RECORD_INFO)};

#define SYSFLOW_CONSTANT_INFO(name, value) {#name, value},
constexpr LayoutConstant kConstants[] = {SYSFLOW_CONSTANTS(SYSFLOW_CONSTANT_INFO)};

}  // namespace

std::span<const LayoutRecord> LayoutRecords() { return kRecords; }

std::span<const LayoutConstant> LayoutConstants() { return kConstants; }

std::string CamelCase(std::string_view name) {
  std::string camel;
  for (size_t i = 0; i < name.size(); i++) {
    const bool is_begin = name[i] == '_' && i + 1 < name.size();
    camel += is_begin ? static_cast<char>(name[++i] - 'a' + 'A') : name[i];
  }
  return camel;
}

std::string LayoutText() {
  std::string text;
  for (const LayoutRecord& record : LayoutRecords()) {
    text += std::string(record.name) + " " + std::to_string(record.kind) + " " +
            std::to_string(record.bytes) + "\n";
    for (const LayoutField& field : record.fields) {
      text += " " + std::string(field.name) + " " + std::string(field.type) + " " +
              std::to_string(field.offset) + "\n";
    }
  }
  for (const LayoutConstant& constant : LayoutConstants()) {
    text += std::string(constant.name) + " " + std::to_string(constant.value) + "\n";
  }
#define SYSFLOW_OPERATION_LINE(name, number, handler, flags, bits, records, on_failure) \
  text += "operation\t" #name "\t" #number "\t" flags "\t" #bits "\t5\t" records        \
          "\t\t\t\t" on_failure "\n";
#define SYSFLOW_PATH_OPERATION_LINE(name, number, handler, flag, bit, schema, call, files, args) \
  text += "operation\t" #name "\t" #number "\t" flag "\t" #bit "\t" #schema "\tFileEvent\t" call \
          "\t" files "\t" args "\t" SYSFLOW_WITH_RESULT "\n";
  SYSFLOW_OPERATIONS(SYSFLOW_OPERATION_LINE, SYSFLOW_PATH_OPERATION_LINE)
#undef SYSFLOW_OPERATION_LINE
#undef SYSFLOW_PATH_OPERATION_LINE
#define SYSFLOW_FLAG_LINE(flag, bit, records, about) \
  text += "flag\t" flag "\t" #bit "\t" records "\t" about "\n";
  SYSFLOW_OTHER_FLAGS(SYSFLOW_FLAG_LINE)
#undef SYSFLOW_FLAG_LINE
#define SYSFLOW_COUNTER_LINE(name, kind, word, meaning) \
  text += "counter\t" + CamelCase(#name) + "\t" #kind "\t" word "\t" meaning "\n";
  SYSFLOW_COUNTERS(SYSFLOW_COUNTER_LINE)
#undef SYSFLOW_COUNTER_LINE
#define SYSFLOW_LIMIT_LINE(name, value, word) \
  text += "limit\t" #name "\t" + std::to_string(name) + "\t" word "\n";
  SYSFLOW_LIMITS(SYSFLOW_LIMIT_LINE)
#undef SYSFLOW_LIMIT_LINE
#define SYSFLOW_OPTION_LINE(type, member, initial, about) \
  text += "option\t" + CamelCase(#member) + "\t" #type "\t" about "\n";
  SYSFLOW_ENGINE_OPTIONS(SYSFLOW_OPTION_LINE)
  SYSFLOW_CAPTURE_OPTIONS(SYSFLOW_OPTION_LINE)
#undef SYSFLOW_OPTION_LINE
  return text;
}

uint32_t LayoutHash() {
  uint32_t hash = 2166136261u;
  for (const char c : LayoutText()) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  }
  return hash;
}

}  // namespace sysflow
