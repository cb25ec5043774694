#include "sampler/accel/nvidia/nvml_session.h"

#include "sampler/accel/nvidia/nvml_paths.h"
#include "tests/accel/fake_nvml.h"

namespace tacho::sampler {
namespace {

TEST_CASE("a library is opened when it is there, initialised when the driver is, and left with a good-bye") {
  FakeNvml nvml;
  const int before = nvml.inits();
  {
    nvml::Session session({"/no/such/libnvidia-ml.so.1", nvml.path()});
    nvml.tell("INIT rc=9");
    auto ready = session.ready();
    REQUIRE_FALSE(ready);
    CHECK(ready.error().message.find("driver not loaded (9)") != std::string::npos);
    CHECK(session.library_path().empty());
    nvml.tell("INIT rc=18");
    CHECK(session.ready().error().message.find("does not fit the loaded driver") != std::string::npos);
    nvml.tell("INIT rc=0");
    REQUIRE(session.ready());
    REQUIRE(session.ready());
    CHECK(session.library_path() == nvml.path());
    CHECK(nvml.inits() == before + 1);
  }
  CHECK(nvml.inits() == before);
}

TEST_CASE("a library that is not there, or is none, is named") {
  nvml::Session absent({"/no/such/libnvidia-ml.so.1"});
  CHECK(absent.ready().error().message.find("/no/such/libnvidia-ml.so.1") != std::string::npos);
  nvml::Session other({"libm.so.6"});
  CHECK(other.ready().error().message.find("libm.so.6 lacks the first functions of NVIDIA's, nvmlInit_v2 among them") !=
        std::string::npos);
}

TEST_CASE("the library is looked for where the loader looks, then below the host's root; or only where it was said to be") {
  const auto paths = nvml::library_paths("/host", "");
  REQUIRE(paths.size() > 5);
  CHECK(paths[0] == "libnvidia-ml.so.1");
  for (std::size_t i = 1; i < paths.size(); ++i) {
    CHECK(paths[i].starts_with("/host/"));
    CHECK(paths[i].ends_with("/libnvidia-ml.so.1"));
  }
  CHECK(nvml::library_paths("/host", "/opt/nvml.so") == std::vector<std::string>{"/opt/nvml.so"});
}

TEST_CASE("what the library says of itself, and nothing for what it does not") {
  FakeNvml nvml;
  nvml.tell(
      "CALL - nvmlSystemGetDriverVersion() rc=0 | text 580.159.04\n"
      "CALL - nvmlSystemGetCudaDriverVersion_v2() rc=0 | u32 13010");
  nvml::Session session({nvml.path()});
  const nvml::Versions said = nvml::versions(**session.ready());
  CHECK(said.driver == "580.159.04");
  CHECK(said.nvml.empty());
  CHECK(said.cuda == "13.1");
}

}  // namespace
}  // namespace tacho::sampler
