#include "sampler/host/storage/nfs.h"

namespace tacho::sampler {
namespace {

constexpr RpcField kNet[] = {{},
                             {"node_nfs_packets_total", "protocol", "udp"},
                             {"node_nfs_packets_total", "protocol", "tcp"},
                             {"node_nfs_connections_total"}};
constexpr RpcField kRpc[] = {
    {"node_nfs_rpcs_total"}, {"node_nfs_rpc_retransmissions_total"}, {"node_nfs_rpc_authentication_refreshes_total"}};
constexpr RpcLine kLines[] = {{"net", kNet}, {"rpc", kRpc}};

constexpr std::string_view kProc2[] = {"Null", "GetAttr", "SetAttr", "Root",   "Lookup",  "ReadLink",
                                       "Read", "WrCache", "Write",   "Create", "Remove",  "Rename",
                                       "Link", "SymLink", "MkDir",   "RmDir",  "ReadDir", "FsStat"};
constexpr std::string_view kProc3[] = {"Null",    "GetAttr",     "SetAttr", "Lookup", "Access",   "ReadLink", "Read",   "Write",
                                       "Create",  "MkDir",       "SymLink", "MkNod",  "Remove",   "RmDir",    "Rename", "Link",
                                       "ReadDir", "ReadDirPlus", "FsStat",  "FsInfo", "PathConf", "Commit"};
constexpr std::string_view kProc4[] = {"Null",
                                       "Read",
                                       "Write",
                                       "Commit",
                                       "Open",
                                       "OpenConfirm",
                                       "OpenNoattr",
                                       "OpenDowngrade",
                                       "Close",
                                       "Setattr",
                                       "FsInfo",
                                       "Renew",
                                       "SetClientID",
                                       "SetClientIDConfirm",
                                       "Lock",
                                       "Lockt",
                                       "Locku",
                                       "Access",
                                       "Getattr",
                                       "Lookup",
                                       "LookupRoot",
                                       "Remove",
                                       "Rename",
                                       "Link",
                                       "Symlink",
                                       "Create",
                                       "Pathconf",
                                       "StatFs",
                                       "ReadLink",
                                       "ReadDir",
                                       "ServerCaps",
                                       "DelegReturn",
                                       "GetACL",
                                       "SetACL",
                                       "FsLocations",
                                       "ReleaseLockowner",
                                       "Secinfo",
                                       "FsidPresent",
                                       "ExchangeID",
                                       "CreateSession",
                                       "DestroySession",
                                       "Sequence",
                                       "GetLeaseTime",
                                       "ReclaimComplete",
                                       "LayoutGet",
                                       "GetDeviceInfo",
                                       "LayoutCommit",
                                       "LayoutReturn",
                                       "SecinfoNoName",
                                       "TestStateID",
                                       "FreeStateID",
                                       "GetDeviceList",
                                       "BindConnToSession",
                                       "DestroyClientID",
                                       "Seek",
                                       "Allocate",
                                       "DeAllocate",
                                       "LayoutStats",
                                       "Clone"};
constexpr RpcProcedures kProcedures[] = {{"proc2", "2", kProc2}, {"proc3", "3", kProc3}, {"proc4", "4", kProc4}};

}  // namespace

Result<void> NfsSource::describe(store::Schema& schema) { return counters_.describe(schema, kLines, kProcedures); }

}  // namespace tacho::sampler
