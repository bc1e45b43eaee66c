// Filters as the check sees them: its own findings, libsinsp's with their places, and texts that
// are meant to hurt. The words for operators are tested in TypeScript.
#include "falco/filter_check.h"

#include <string>

#include "test/support/check.h"

namespace sysflow::test {
namespace {

constexpr uint32_t kNone = 0xffffffff;

struct Case {
  const char* filter;
  uint32_t index;  // of the fault; kNone for a good filter
  const char* reason;
};

constexpr Case kCases[] = {
    {"proc.name=cat", kNone, ""},
    {"proc.name in (a, b) and not fd.net=10.0.0.0/8", kNone, ""},
    {"proc.name regex '^c.t$'", kNone, ""},
    {"fd.sport=65535 or fd.cport in (1, 2)", kNone, ""},
    {"proc.pname=val(proc.name)", kNone, ""},
    {"", 0, "empty"},
    {"(", 1, "expected"},
    {")", 0, "expected"},
    {"\xff\xfe=1", 0, "expected"},
    {"proc.name='\xff", 10, "expected a string"},
    {"proc.nam=cat", 0, "nonexistent field proc.nam"},
    {"proc.name regex '('", 16, "bad regular expression"},
    {"proc.name=a or proc.name regex '*'", 31, "bad regular expression"},
    {"fd.sport=65536", 9, "port out of range"},
    {"fd.sport in (80, 99999999999999999999)", 12, "port out of range"},
    {"evt.arg=1", 0, "evt.arg"},
    {"fd.cport=x[", 9, "unrecognized protocol"},
};

void TestCases() {
  for (const Case& each : kCases) {
    const FilterReport report = CheckFilter(each.filter);
    CHECK_EQUAL(report.error.has_value(), each.index != kNone, each.filter);
    if (report.error.has_value()) {
      CHECK_EQUAL(report.error->index, each.index, each.filter);
      CHECK_THAT(report.error->reason.find(each.reason) != std::string::npos,
                 each.filter + (": " + report.error->reason));
    }
  }
}

void TestNesting() {
  const auto nested = [](size_t depth) {
    return std::string(depth, '(') + "proc.pid=1" + std::string(depth, ')');
  };
  CHECK_THAT(!CheckFilter(nested(kFilterDepthMax)).error.has_value(), "the depth allowed");
  CHECK_EQUAL(CheckFilter(nested(kFilterDepthMax + 1)).error->index, kFilterDepthMax, "one more");
  CHECK_THAT(CheckFilter(std::string(1'000'000, '(')).error.has_value(), "a million");
  const std::string calls(100'000, 'x');
  CHECK_THAT(FilterTooDeep("tolower(" + calls) == std::nullopt, "one call");
  std::string many;
  for (int i = 0; i < 200; i++) {
    many += "tolower(";
  }
  CHECK_THAT(CheckFilter(many).error.has_value(), "calls nest as well");
  CHECK_THAT(FilterTooDeep("proc.name='" + std::string(200, '(') + "'") == std::nullopt, "quoted");
  CHECK_THAT(FilterTooDeep("a='\\'" + std::string(200, '(')) == std::nullopt, "an escaped quote");
  CHECK_THAT(FilterTooDeep("a=1) " + std::string(100, '(')) == std::nullopt, "closed too often");
}

void TestLists() {
  const FilterReport report = CheckFilter("proc.name=a and proc.pname=val(proc.name)");
  CHECK_EQUAL(report.fields.size(), size_t{3}, "fields on both sides");
  CHECK_EQUAL(CheckFilter("proc.name=proc.pname").warnings.size(), size_t{1}, "a misused field");
  size_t fields = 0;
  for (const FilterGroup& group : FilterFields()) {
    CHECK_THAT(!group.name.empty() && !group.fields.empty(), group.name);
    fields += group.fields.size();
  }
  CHECK_THAT(fields > 280, std::to_string(fields));
  CHECK_THAT(EventNames().size() > 400, std::to_string(EventNames().size()));
}

}  // namespace
}  // namespace sysflow::test

int main() {
  sysflow::test::TestCases();
  sysflow::test::TestNesting();
  sysflow::test::TestLists();
  return sysflow::test::Finish();
}
