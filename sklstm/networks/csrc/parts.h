// Work cut into parts, one for a thread at a time.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace sklstm {
// Every instruction set has a copy of its own: none may be merged with another's by the linker.
namespace {

struct Range {
  int64_t first, stop;
  int64_t size() const { return stop - first; }
};

// Call function(number, range of items) on all parts; false if one of them says so. Where the
// number of parts depends on the work alone, so do the bits, and not on the number of threads.
template <class Function>
bool in_parts(int64_t n_items, int64_t n_parts, int n_threads, Function&& function) {
  n_threads = static_cast<int>(std::min<int64_t>(n_threads, n_parts));
  std::atomic<bool> all_done{true};
#pragma omp parallel for schedule(dynamic) num_threads(n_threads) if (n_threads > 1)
  for (int64_t part = 0; part < n_parts; ++part) {
    const Range items{n_items * part / n_parts, n_items * (part + 1) / n_parts};
    if (!function(part, items)) all_done = false;
  }
  return all_done;
}

}  // namespace
}  // namespace sklstm
