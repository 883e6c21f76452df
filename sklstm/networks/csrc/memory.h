// Memory that the native code works in.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>
#include <cstdlib>
#if defined(_WIN32)
#include <malloc.h>
#endif

namespace sklstm {
// Every instruction set has a copy of its own: none may be merged with another's by the linker.
namespace {

// Whole lines of the cache, which is also the width of the widest vector.
constexpr size_t kLineBytes = 64;

inline void* allocate(size_t n_bytes) {
#if defined(_WIN32)
  return _aligned_malloc(n_bytes, kLineBytes);
#else
  return std::aligned_alloc(kLineBytes, n_bytes);
#endif
}

inline void release(void* data) {
#if defined(_WIN32)
  _aligned_free(data);
#else
  std::free(data);
#endif
}

template <class T>
class Buffer {
 public:
  explicit Buffer(int64_t n)
      : data_(static_cast<T*>(allocate((n * sizeof(T) / kLineBytes + 1) * kLineBytes))) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { release(data_); }
  operator T*() const { return data_; }

 private:
  T* data_;
};

template <class... Buffers>
bool all_there(const Buffers&... buffers) {
  return ((buffers != nullptr) && ...);
}

}  // namespace
}  // namespace sklstm
