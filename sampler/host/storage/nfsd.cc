#include "sampler/host/storage/nfsd.h"

namespace tacho::sampler {
namespace {

constexpr RpcField kReplyCache[] = {
    {"node_nfsd_reply_cache_hits_total"}, {"node_nfsd_reply_cache_misses_total"}, {"node_nfsd_reply_cache_nocache_total"}};
constexpr RpcField kFileHandles[] = {{"node_nfsd_file_handles_stale_total"}};
constexpr RpcField kInputOutput[] = {{"node_nfsd_disk_bytes_read_total"}, {"node_nfsd_disk_bytes_written_total"}};
constexpr RpcField kThreads[] = {{"node_nfsd_server_threads"}};
// The ten numbers between are how deep into the cache the hits were.
constexpr RpcField kReadAhead[] = {{"node_nfsd_read_ahead_cache_size_blocks"},    {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                                   {"node_nfsd_read_ahead_cache_not_found_total"}};
constexpr RpcField kNet[] = {{},
                             {"node_nfsd_packets_total", "proto", "udp"},
                             {"node_nfsd_packets_total", "proto", "tcp"},
                             {"node_nfsd_connections_total"}};
constexpr RpcField kRpc[] = {{"node_nfsd_server_rpcs_total"},
                             {},
                             {"node_nfsd_rpc_errors_total", "error", "fmt"},
                             {"node_nfsd_rpc_errors_total", "error", "auth"},
                             {"node_nfsd_rpc_errors_total", "error", "cInt"}};
constexpr RpcLine kLines[] = {{"rc", kReplyCache}, {"fh", kFileHandles}, {"io", kInputOutput}, {"th", kThreads},
                              {"ra", kReadAhead},  {"net", kNet},        {"rpc", kRpc}};

constexpr std::string_view kProc2[] = {"",     "GetAttr", "SetAttr", "Root",   "Lookup",  "ReadLink",
                                       "Read", "WrCache", "Write",   "Create", "Remove",  "Rename",
                                       "Link", "SymLink", "MkDir",   "RmDir",  "ReadDir", "FsStat"};
constexpr std::string_view kProc3[] = {"",        "GetAttr",     "SetAttr", "Lookup", "Access",   "ReadLink", "Read",   "Write",
                                       "Create",  "MkDir",       "SymLink", "MkNod",  "Remove",   "RmDir",    "Rename", "Link",
                                       "ReadDir", "ReadDirPlus", "FsStat",  "FsInfo", "PathConf", "Commit"};
constexpr std::string_view kProc4[] = {"",
                                       "",
                                       "",
                                       "Access",
                                       "Close",
                                       "Commit",
                                       "Create",
                                       "DelegPurge",
                                       "DelegReturn",
                                       "GetAttr",
                                       "GetFH",
                                       "Link",
                                       "Lock",
                                       "Lockt",
                                       "Locku",
                                       "Lookup",
                                       "LookupRoot",
                                       "Nverify",
                                       "Open",
                                       "OpenAttr",
                                       "OpenConfirm",
                                       "OpenDgrd",
                                       "PutFH",
                                       "",
                                       "",
                                       "Read",
                                       "ReadDir",
                                       "ReadLink",
                                       "Remove",
                                       "Rename",
                                       "Renew",
                                       "RestoreFH",
                                       "SaveFH",
                                       "SecInfo",
                                       "SetAttr",
                                       "",
                                       "",
                                       "Verify",
                                       "Write",
                                       "RelLockOwner"};
constexpr std::string_view kDelegation[] = {"WdelegGetattr"};
constexpr RpcProcedures kProcedures[] = {
    {"proc2", "2", kProc2}, {"proc3", "3", kProc3}, {"proc4ops", "4", kProc4}, {"wdeleg_getattr", "4", kDelegation, false}};

}  // namespace

Result<void> NfsdSource::describe(store::Schema& schema) { return counters_.describe(schema, kLines, kProcedures); }

}  // namespace tacho::sampler
