// NVML, and the libraries of other vendors that are made after it: what they are called and which of its functions they have for sure.
//
//   NVIDIA    libnvidia-ml.so.1, all of it
//   Iluvatar  libixml.so of CoreX, which exports NVML's own names. Only by its full path: there is a libixml.so of another kind (of
//             libupnp, for XML) where the loader looks (nvml_paths.h).
//   Enflame   libefml.so, the same calls with the prefix efml. Two descriptions of its structs are about that differ in GetPciInfo
//             and GetMemoryInfo_v2: the address is looked for as text in what the one writes, the other is not called.
//
// Functions only those that are known to be there with NVML's parameters are called: a function of the same name that takes another
//           struct would write where it may not.
// Codes     NVML's.
// Threads   any; the flavours are constants.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tacho::sampler::nvml {

struct Flavour {
  std::string_view vendor;                      // the label; also the sources' family
  std::string_view title;                       // in messages
  std::string_view slow_name;                   // under sampling.sources, of the slow sources; of the fast ones: the vendor
  std::string_view prefix;                      // of the functions
  std::span<const std::string_view> functions;  // NVML's names without the prefix; empty: all
  bool address_as_text;                         // what GetPciInfo writes has the address as text somewhere
  std::string_view node;                        // the beginning of the names of the driver's device nodes
};

const Flavour& nvidia();
const Flavour& iluvatar();
const Flavour& enflame();

// Whether the library may be asked for NVML's function of that name, and what it is called there.
bool has_function(const Flavour& flavour, std::string_view nvml_name);
std::string function_name(const Flavour& flavour, std::string_view nvml_name);

// The first PCI address that stands as text in what a library wrote, in sysfs's form ("0000:3b:00.0"); "" when there is none.
std::string find_pci_address(std::span<const char> bytes);

}  // namespace tacho::sampler::nvml
