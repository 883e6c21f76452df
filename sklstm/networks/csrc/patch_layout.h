// Windows cut into patches: what the functions take and give.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <algorithm>
#include <cstdint>

namespace sklstm {

// What is read of the features of a window; see networks/_patches.py.
enum View : int32_t { kValues, kMinusLast, kMinusMean, kNormalized, kDifferences };

// Arrays are row-major. The steps of all windows lie on one line of slots, missing ones included.
struct Patches {
  int64_t n_samples, n_rows, n_features, n_slots;
  int64_t window, size, stride;  // steps: of a window, of a patch, from one patch to the next
  const float* rows;             // (n_rows, n_features), at least one row
  const int32_t* row_at;         // (n_slots,): the newest row up to each slot, -1 before the first
  const int32_t* start;          // (n_samples,): the first observed row of each window
  const int32_t* count;          // (n_samples,): the number of its observed rows
  const int32_t* first_slot;     // (n_samples,): the slot of its first step, at least 1
  int64_t n_views, n_averaged, n_levels, n_constants;
  const int32_t* views;     // (n_views,)
  const float* scales;      // (n_views, n_features): what each view is divided by
  const int32_t* averaged;  // (n_averaged,): features of which a patch holds the mean, ascending
  const int32_t* levels;    // (n_levels,): features whose last value goes with every patch
  const float* constants;   // (n_samples, n_constants)
  int n_threads;

  int64_t first_step() const { return (window - size) % stride; }
  int64_t n_patches() const { return (window - size) / stride + 1; }
  int64_t n_inputs() const {
    return n_views * (size * (n_features - n_averaged) + n_averaged) + n_levels + n_constants;
  }
};

// The functions, compiled for one instruction set. What is laid out for a window does not depend on
// the other windows, nor on the number of threads, to the bit.
struct PatchFunctions {
  // The number of patches of each window that hold an observed step. Like the next one it returns
  // false if there is not enough memory.
  bool (*count)(const Patches&, int32_t* n_observed);
  // These patches, oldest first: (n_samples, n_kept, n_inputs), 0 beyond the last of a window;
  // n_kept is the greatest number, but at least 1.
  bool (*lay_out)(const Patches&, int64_t n_kept, float* inputs);
};

#if defined(__x86_64__)
extern const PatchFunctions patch_avx2;
extern const PatchFunctions patch_avx512;
#else
extern const PatchFunctions patch_baseline;
#endif

}  // namespace sklstm
