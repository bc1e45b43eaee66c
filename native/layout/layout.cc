// See layout.h. Everything here comes from the macros of event_layout.h; nothing is listed again.
#include "layout/layout.h"

#include "layout/event_layout.h"

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
