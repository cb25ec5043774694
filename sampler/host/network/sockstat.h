// Sockets in use and their buffers' memory: node_sockstat_sockets_used, node_sockstat_<PROTOCOL>_<field>.
//
// Source   PROCFS/net/sockstat ("TCP: inuse 5 orphan 0 ...") and sockstat6 (TCP6, UDP6, ...). A file that is not there is left
//          out. Fields other than inuse, orphan, tw, alloc, mem and memory are not shown, nor are they by node_exporter.
// Space    the network namespace that net_file.h says; mem, and with it mem_bytes, is the whole machine's all the same.
// Units    mem is pages, and also shown as mem_bytes; memory (of IP fragments) is bytes; the others are sockets.
#pragma once

#include <string>
#include <vector>

#include "sampler/cells.h"
#include "sampler/host/network/net_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class SockstatSource : public Source {
 public:
  // page_bytes 0: this machine's.
  explicit SockstatSource(const Roots& roots, std::size_t page_bytes = 0);

  std::string_view name() const override { return "sockstat"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct Field {
    std::string name;
    std::size_t column = kNoColumn;
    std::size_t bytes_column = kNoColumn;
  };
  struct Line {
    std::string key;  // "TCP:"
    std::vector<Field> fields;
  };
  struct File {
    NetFile file;
    bool is_v6 = false;
    bool there = false;
    std::vector<Line> lines;
  };

  void learn(File& file, std::string_view text, SchemaBuilder& builder) const;
  Sampled read(const File& file, std::string_view text, Row& row) const;

  double page_bytes_;
  File files_[2];
};

}  // namespace tacho::sampler
