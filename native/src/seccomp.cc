#include <linux/filter.h>
#include <linux/seccomp.h>
#include <napi.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "errors.h"
#include "register.h"
#include "unique_fd.h"
#include "values.h"

namespace slipway {
namespace {

using Filter = std::unique_ptr<void, void (*)(scmp_filter_ctx)>;

[[noreturn]] void Unknown(const std::string& what, const std::string& name) {
  throw SyscallError{EINVAL, "seccomp", name, "unknown " + what};
}

/** libseccomp returns negative errno values. */
void CheckSeccomp(int result, const char* call, const std::string& what) {
  if (result < 0) ThrowErrno(call, what, -result);
}

uint32_t ToAction(const std::string& name, uint32_t number) {
  const std::map<std::string, uint32_t> actions = {
      {"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
      {"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(number)},
      {"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD},
      {"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
      {"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
      {"SCMP_ACT_LOG", SCMP_ACT_LOG},
      {"SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY},
      {"SCMP_ACT_TRACE", SCMP_ACT_TRACE(number)},
      {"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
  };
  const auto found = actions.find(name);
  if (found == actions.end()) Unknown("action", name);
  return found->second;
}

scmp_compare ToOperator(const std::string& name) {
  static const std::map<std::string, scmp_compare> operators = {
      {"SCMP_CMP_NE", SCMP_CMP_NE},
      {"SCMP_CMP_LT", SCMP_CMP_LT},
      {"SCMP_CMP_LE", SCMP_CMP_LE},
      {"SCMP_CMP_EQ", SCMP_CMP_EQ},
      {"SCMP_CMP_GE", SCMP_CMP_GE},
      {"SCMP_CMP_GT", SCMP_CMP_GT},
      {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
  };
  const auto found = operators.find(name);
  if (found == operators.end()) Unknown("operator", name);
  return found->second;
}

uint64_t ToUint64(const Napi::Value& value) {
  bool lossless = false;
  return value.IsBigInt() ? value.As<Napi::BigInt>().Uint64Value(&lossless) : 0;
}

scmp_arg_cmp ToComparison(const Napi::Object& argument) {
  return {static_cast<unsigned>(ToInt(argument.Get("index"))), ToOperator(ToBytes(argument.Get("op"))),
          ToUint64(argument.Get("value")), ToUint64(argument.Get("valueTwo"))};
}

std::vector<scmp_arg_cmp> ToComparisons(const Napi::Value& value) {
  std::vector<scmp_arg_cmp> comparisons;
  if (!value.IsArray()) return comparisons;
  const auto array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i)
    comparisons.push_back(ToComparison(array.Get(i).As<Napi::Object>()));
  return comparisons;
}

/** The comparisons that have to hold together. One argument compared twice cannot be said so: then each
 * stands alone. */
std::vector<std::vector<scmp_arg_cmp>> Alternatives(const std::vector<scmp_arg_cmp>& comparisons) {
  std::set<unsigned> arguments;
  for (const scmp_arg_cmp& comparison : comparisons) arguments.insert(comparison.arg);
  if (arguments.size() == comparisons.size()) return {comparisons};
  std::vector<std::vector<scmp_arg_cmp>> alternatives;
  for (const scmp_arg_cmp& comparison : comparisons) alternatives.push_back({comparison});
  return alternatives;
}

void AddRule(scmp_filter_ctx filter, const Napi::Object& rule, uint32_t fallback) {
  const Napi::Value number = rule.Get("errno");
  const uint32_t action =
      ToAction(ToBytes(rule.Get("action")), number.IsNumber() ? static_cast<uint32_t>(ToInt(number)) : EPERM);
  // libseccomp refuses a rule that says what happens anyway.
  if (action == fallback) return;
  const auto alternatives = Alternatives(ToComparisons(rule.Get("args")));
  for (const std::string& name : ToStrings(rule.Get("names"))) {
    const int syscall = seccomp_syscall_resolve_name(name.c_str());
    // A profile names system calls that an older libseccomp does not know yet; the default action holds for
    // them.
    if (syscall == __NR_SCMP_ERROR) continue;
    for (const auto& comparisons : alternatives) {
      const int result = seccomp_rule_add_array(
          filter, action, syscall, static_cast<unsigned>(comparisons.size()), comparisons.data());
      CheckSeccomp(result, "seccomp_rule_add", name);
    }
  }
}

void AddArchitectures(scmp_filter_ctx filter, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const uint32_t token = seccomp_arch_resolve_name(name.c_str());
    if (token == 0) Unknown("architecture", name);
    const int result = seccomp_arch_add(filter, token);
    if (result != -EEXIST) CheckSeccomp(result, "seccomp_arch_add", name);
  }
}

std::string ExportProgram(scmp_filter_ctx filter) {
  const UniqueFd file(Check(::memfd_create("seccomp", MFD_CLOEXEC), "memfd_create"));
  CheckSeccomp(seccomp_export_bpf(filter, file.get()), "seccomp_export_bpf", {});
  std::string program(static_cast<size_t>(Check(::lseek(file.get(), 0, SEEK_END), "lseek")), '\0');
  Check(::pread(file.get(), program.data(), program.size(), 0), "pread");
  return program;
}

using Instructions = std::vector<sock_filter>;

/** The largest number a system call of the rules has on `architecture`. */
uint32_t LargestNumber(const Napi::Array& rules, uint32_t architecture) {
  int largest = 0;
  for (uint32_t i = 0; i < rules.Length(); ++i) {
    for (const std::string& name : ToStrings(rules.Get(i).As<Napi::Object>().Get("names")))
      largest = std::max(largest, seccomp_syscall_resolve_name_arch(architecture, name.c_str()));
  }
  return static_cast<uint32_t>(largest);
}

/**
 * ENOSYS for system calls newer than everything the profile names: programs fall back to older ones on ENOSYS
 * and give up on EPERM. Runs before libseccomp's program, which knows only the calls it was built with.
 */
Instructions NewerCalls(const std::vector<std::string>& architectures, const Napi::Array& rules) {
  constexpr uint32_t kX32Bit = 0x40000000;
  Instructions program;
  for (const std::string& name : architectures) {
    const uint32_t architecture = seccomp_arch_resolve_name(name.c_str());
    const bool x32 = architecture == SCMP_ARCH_X32;
    const uint32_t audited = x32 ? SCMP_ARCH_X86_64 : architecture;
    // x32 shares its audit number with x86_64 and has a bit set in every system call's.
    const uint32_t end = architecture == SCMP_ARCH_X86_64 ? kX32Bit - 1 : ~0U;
    const uint32_t largest = LargestNumber(rules, architecture);
    const Instructions block = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, audited, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, largest, 0, 2),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, end, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    };
    program.insert(program.end(), block.begin(), block.end());
  }
  return program;
}

Napi::Value Compile(const Napi::CallbackInfo& info) {
  const auto profile = info[0].As<Napi::Object>();
  const uint32_t fallback = ToAction(ToBytes(profile.Get("defaultAction")),
                                     static_cast<uint32_t>(ToInt(profile.Get("defaultErrno"))));
  const Filter filter(seccomp_init(fallback), seccomp_release);
  if (filter == nullptr) ThrowErrno("seccomp_init", {}, EINVAL);
  // A balanced tree over the numbers instead of a chain: system calls of the container run through it.
  CheckSeccomp(seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "seccomp_attr_set", {});
  AddArchitectures(filter.get(), ToStrings(profile.Get("architectures")));
  const auto rules = profile.Get("rules").As<Napi::Array>();
  for (uint32_t i = 0; i < rules.Length(); ++i)
    AddRule(filter.get(), rules.Get(i).As<Napi::Object>(), fallback);
  std::string program = ExportProgram(filter.get());
  if (profile.Get("defaultAction").ToString().Utf8Value() == "SCMP_ACT_ERRNO") {
    const Instructions newer = NewerCalls(ToStrings(profile.Get("architectures")), rules);
    program.insert(0, reinterpret_cast<const char*>(newer.data()), newer.size() * sizeof(sock_filter));
  }
  return Napi::Buffer<char>::Copy(info.Env(), program.data(), program.size());
}

}  // namespace

void RegisterSeccomp(Napi::Env env, Napi::Object exports) { Export<Compile>(env, exports, "compileSeccomp"); }

}  // namespace slipway
