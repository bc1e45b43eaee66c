// See filter_check.h. A sinsp without an engine costs little and is thrown away after each check.
#include "falco/filter_check.h"

#include <libsinsp/filter.h>
#include <libsinsp/filter/parser.h>
#include <libsinsp/filter_check_list.h>
#include <libsinsp/sinsp.h>
#include <libsinsp/sinsp_filtercheck.h>
#include <re2/re2.h>

#include <algorithm>
#include <set>

namespace sysflow {
namespace {

namespace ast = libsinsp::filter::ast;

// Walks a parsed filter: which fields it names, and which of its values libsinsp would take though
// it cannot compare with them.
class Inspection : public ast::const_base_expr_visitor {
 public:
  explicit Inspection(const sinsp_filter_factory& factory) : factory_(factory) {}

  using ast::const_base_expr_visitor::visit;

  void visit(const ast::field_expr* field) override {
    fields_.push_back(field->field);
    last_field_ = field->field;
  }

  void visit(const ast::binary_check_expr* check) override {
    check->left->accept(this);
    const std::string name = last_field_;
    if (const auto* value = dynamic_cast<const ast::value_expr*>(check->right.get())) {
      CheckValue(name, check->op, value->value, value->get_pos().idx);
    } else if (const auto* list = dynamic_cast<const ast::list_expr*>(check->right.get())) {
      for (const std::string& each : list->values) {
        CheckValue(name, check->op, each, list->get_pos().idx);
      }
    } else {
      check->right->accept(this);
    }
  }

  std::optional<FilterFault> fault_;
  std::vector<std::string> fields_;

 private:
  void CheckValue(const std::string& field, const std::string& op, const std::string& value,
                  uint32_t index) {
    if (fault_.has_value()) {
      return;
    }
    if (op == "regex") {
      // libsinsp builds it with these options, writes its fault to standard error and goes on
      // without a match.
      re2::RE2::Options options;
      options.set_posix_syntax(true);
      options.set_longest_match(true);
      options.set_log_errors(false);
      const re2::RE2 regex(value, options);
      if (!regex.ok()) {
        fault_ = FilterFault{"bad regular expression: " + regex.error(), index};
      }
    } else if (IsPort(field) && IsNumber(value) && (value.size() > 5 || std::stoi(value) > 65535)) {
      fault_ = FilterFault{"port out of range: " + value, index};
    }
  }

  bool IsPort(const std::string& name) const {
    const auto check = factory_.new_filtercheck(name);
    if (check == nullptr || check->parse_field_name(name, true, true) < 0) {
      return false;
    }
    const filtercheck_field_info* info = check->get_field_info();
    return info != nullptr && info->m_type == PT_PORT;
  }

  static bool IsNumber(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  }

  const sinsp_filter_factory& factory_;
  std::string last_field_;
};

FilterField::Argument ArgumentOf(const filtercheck_field_info& field) {
  if ((field.m_flags & EPF_ARG_REQUIRED) != 0) {
    return FilterField::Argument::kRequired;
  }
  return (field.m_flags & EPF_ARG_ALLOWED) != 0 ? FilterField::Argument::kOptional
                                                : FilterField::Argument::kNone;
}

}  // namespace

std::optional<FilterFault> FilterTooDeep(const std::string& text) {
  uint32_t depth = 0;
  char quote = '\0';
  for (size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    if (quote != '\0') {
      i += c == '\\' ? 1 : 0;
      quote = c == quote ? '\0' : quote;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(' && ++depth > kFilterDepthMax) {
      return FilterFault{"parentheses nest too deeply", static_cast<uint32_t>(i)};
    } else if (c == ')' && depth > 0) {
      depth--;
    }
  }
  return std::nullopt;
}

FilterReport CheckFilter(const std::string& text) {
  FilterReport report;
  report.error = FilterTooDeep(text);
  if (report.error.has_value()) {
    return report;
  }
  libsinsp::filter::parser parser(text);
  std::unique_ptr<ast::expr> expression;
  try {
    expression = parser.parse();
  } catch (const sinsp_exception& error) {
    report.error = FilterFault{error.what(), parser.get_pos().idx};
    return report;
  }
  sinsp inspector;
  sinsp_filter_check_list checks;
  const auto factory = std::make_shared<sinsp_filter_factory>(&inspector, checks);
  Inspection inspection(*factory);
  try {
    expression->accept(&inspection);
  } catch (const std::exception&) {
    // A field that does not parse: the compiler finds it again, and knows where it is.
  }
  report.error = inspection.fault_;
  if (report.error.has_value()) {
    return report;
  }
  sinsp_filter_compiler compiler(factory, expression.get());
  try {
    compiler.compile();
  } catch (const std::exception& error) {
    report.error = FilterFault{error.what(), compiler.get_pos().idx};
    return report;
  }
  for (const auto& warning : compiler.get_warnings()) {
    report.warnings.push_back({warning.msg, warning.pos.idx});
  }
  report.fields = inspection.fields_;
  return report;
}

std::vector<FilterGroup> FilterFields() {
  std::vector<FilterGroup> groups;
  std::vector<const filter_check_info*> infos;
  const sinsp_filter_check_list checks;
  checks.get_all_fields(infos);
  for (const filter_check_info* info : infos) {
    if ((info->m_flags & filter_check_info::FL_HIDDEN) != 0) {
      continue;
    }
    FilterGroup group{info->m_name, info->m_desc, {}};
    for (int32_t i = 0; i < info->m_nfields; i++) {
      const filtercheck_field_info& field = info->m_fields[i];
      if ((field.m_flags & (EPF_PRINT_ONLY | EPF_TABLE_ONLY)) != 0) {
        continue;
      }
      group.fields.push_back({field.m_name, param_type_to_string(field.m_type), field.m_description,
                              ArgumentOf(field), field.is_list(),
                              (field.m_flags & EPF_DEPRECATED) != 0});
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

std::vector<std::string> EventNames() {
  std::set<std::string> names;
  const ppm_event_info* events = scap_get_event_info_table();
  for (size_t i = 0; i < PPM_EVENT_MAX; i++) {
    names.insert(events[i].name);
  }
  for (size_t i = 0; i < PPM_SC_MAX; i++) {
    names.insert(scap_get_ppm_sc_name(static_cast<ppm_sc_code>(i)));
  }
  names.erase("");
  names.erase("NA");
  return {names.begin(), names.end()};
}

}  // namespace sysflow
