#include <fcntl.h>
#include <linux/bpf.h>
#include <napi.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "errors.h"
#include "register.h"
#include "unique_fd.h"
#include "values.h"

namespace slipway {
namespace {

int Bpf(bpf_cmd command, bpf_attr& attributes) {
  return static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

uint64_t Address(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

UniqueFd OpenGroup(const std::string& directory) {
  return UniqueFd(Check(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open", directory));
}

UniqueFd LoadFilter(const std::string& program) {
  bpf_attr attributes = {};
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attributes.insns = Address(program.data());
  attributes.insn_cnt = static_cast<uint32_t>(program.size() / sizeof(bpf_insn));
  attributes.license = Address("Apache-2.0");
  return UniqueFd(Check(Bpf(BPF_PROG_LOAD, attributes), "bpf(BPF_PROG_LOAD)"));
}

void AttachDeviceFilter(const Napi::CallbackInfo& info) {
  const std::string directory = ToBytes(info[0]);
  const std::string program = ToContent(info[1]);
  if (program.size() % sizeof(bpf_insn) != 0) ThrowErrno("bpf(BPF_PROG_LOAD)", directory, EINVAL);
  const UniqueFd group = OpenGroup(directory);
  const UniqueFd filter = LoadFilter(program);
  bpf_attr attributes = {};
  attributes.target_fd = static_cast<uint32_t>(group.get());
  attributes.attach_bpf_fd = static_cast<uint32_t>(filter.get());
  attributes.attach_type = BPF_CGROUP_DEVICE;
  // Beside the programs of the groups above and below, all of which have to agree.
  attributes.attach_flags = BPF_F_ALLOW_MULTI;
  Check(Bpf(BPF_PROG_ATTACH, attributes), "bpf(BPF_PROG_ATTACH)", directory);
}

Napi::Value CountDeviceFilters(const Napi::CallbackInfo& info) {
  const std::string directory = ToBytes(info[0]);
  const UniqueFd group = OpenGroup(directory);
  bpf_attr attributes = {};
  attributes.query.target_fd = static_cast<uint32_t>(group.get());
  attributes.query.attach_type = BPF_CGROUP_DEVICE;
  Check(Bpf(BPF_PROG_QUERY, attributes), "bpf(BPF_PROG_QUERY)", directory);
  return Napi::Number::New(info.Env(), attributes.query.prog_cnt);
}

}  // namespace

void RegisterDeviceFilters(Napi::Env env, Napi::Object exports) {
  Export<AttachDeviceFilter>(env, exports, "attachDeviceFilter");
  Export<CountDeviceFilters>(env, exports, "countDeviceFilters");
}

}  // namespace slipway
