#include "sampler/isolation/isolate.h"

#include "sampler/isolation/child_source.h"
#include "sampler/isolation/distant_source.h"
#include "sampler/isolation/serve.h"

namespace tacho::sampler {

Result<void> isolate(std::vector<DeviceSources> devices, std::vector<std::unique_ptr<Source>>& sources) {
  if (devices.empty()) return {};
  const auto shared = std::make_shared<std::vector<DeviceSources>>(std::move(devices));
  auto starter = ChildStarter::create(shared->size(), [shared](std::size_t i, std::vector<Socket> sockets) {
    serve((*shared)[i], std::move(sockets));
    shared->clear();  // the library is said good-bye to
  });
  if (!starter) return std::unexpected(starter.error());
  std::vector<std::shared_ptr<const Child>> children;
  for (std::size_t i = 0; i < shared->size(); ++i) {
    const DeviceSources& device = (*shared)[i];
    const auto child = std::make_shared<Child>(*starter, i, device.name, device.sources.size());
    for (std::size_t place = 0; place < device.sources.size(); ++place) {
      sources.push_back(std::make_unique<DistantSource>(std::shared_ptr<const Source>(shared, device.sources[place].get()),
                                                        place == 0 ? device.state : nullptr, child, place));
    }
    children.push_back(child);
  }
  sources.push_back(std::make_unique<ChildSource>(std::move(children)));
  return {};
}

}  // namespace tacho::sampler
