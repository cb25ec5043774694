// What a thread is just doing, for the message if the process dies of it.
//
// Cost     a few stores to the thread's own memory for each call that is marked.
// Threads  each its own mark; read by the signal's handler in the same thread.
#pragma once

namespace tacho::sampler {

struct CallMark {
  // Of a library's function, or null; `library` is handed on to name(), which is called by a signal's handler: it only looks up.
  const void* function = nullptr;
  const void* library = nullptr;
  const char* (*name)(const void* library, const void* function) = nullptr;
};

inline thread_local CallMark call_mark;

}  // namespace tacho::sampler
