// Memory that the native code works in.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>
#include <cstdlib>

namespace sklstm {
// Every instruction set has a copy of its own: none may be merged with another's by the linker.
namespace {

template <class T>
class Buffer {
 public:
  explicit Buffer(int64_t n)
      : data_(static_cast<T*>(std::aligned_alloc(64, (n * sizeof(T) / 64 + 1) * 64))) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { std::free(data_); }
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
