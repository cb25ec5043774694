// Room for files: sources keep theirs open, and the usual limit of 1024 is less than they need.
//
// Threads  before any starts.   Errors  none: where it cannot be raised, what cannot be opened stays absent.
#pragma once

namespace tacho::tools {

// To 65,536, or what the system allows. A node with 16 RDMA ports has near a thousand files of them alone, one with a hundred pods
// some thousands.
void raise_open_files_limit();

}  // namespace tacho::tools
