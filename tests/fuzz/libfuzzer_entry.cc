// libFuzzer's entry to the target that the build names (OSC_FUZZ_TARGET).
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  osc::fuzz::OSC_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
