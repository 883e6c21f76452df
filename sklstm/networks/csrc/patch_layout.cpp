// Windows cut into patches, in several views.
//
// Compiled once for each instruction set, with SKLSTM_FUNCTIONS naming the result. A window without
// missing steps is read where its rows lie; of another one the steps are gathered first. All views
// of a window but its differences are (value - shift) * factor, with a shift and a factor for each
// feature, so that no view is in memory as a whole: patches are written from the values.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#include "patch_layout.h"

#include <cmath>
#include <cstring>

#include "memory.h"
#include "parts.h"

namespace sklstm {
namespace {

// Numbers that a part writes, about: fewer are not worth a thread.
constexpr int64_t kPart = 1 << 16;
constexpr int64_t kMostParts = 32;
// Below this a window counts as constant: it is in units of the standard deviation of the feature.
constexpr float kSmallestSpread = 1e-6f;

// The newest row up to a slot, as far as it belongs to the window: from the row before its first.
int32_t newest_row(const Patches& patches, int64_t s, int64_t slot) {
  slot = std::clamp<int64_t>(slot, 0, patches.n_slots - 1);
  const int32_t start = patches.start[s];
  return std::clamp(patches.row_at[slot], start - 1, start - 1 + patches.count[s]);
}

// NaN in place of infinity: gates would take that for a large number, and hide that a number is
// beyond what 32 bits hold.
inline float finite_or_nan(float x) { return x + (x - x); }

bool is_whole(const Patches& patches, int64_t s) { return patches.count[s] >= patches.window; }

// Call function(step, row, whether the step is observed) for each step of a window.
template <class Function>
void for_each_step(const Patches& patches, int64_t s, Function&& function) {
  int32_t before = newest_row(patches, s, patches.first_slot[s] - 1);
  for (int64_t step = 0; step < patches.window; ++step) {
    const int32_t now = newest_row(patches, s, patches.first_slot[s] + step);
    // Before the first observed step stands that one.
    const int64_t row = std::min<int64_t>(std::max(now, patches.start[s]), patches.n_rows - 1);
    function(step, row, now > before);
    before = now;
  }
}

bool has_observed(const Patches& patches, const bool* observed, int64_t patch) {
  const bool* first = observed + patches.first_step() + patch * patches.stride;
  return std::any_of(first, first + patches.size, [](bool is_observed) { return is_observed; });
}

template <class Function>
bool in_parts(const Patches& patches, Function&& function) {
  const int64_t n_numbers = patches.n_samples * patches.n_patches() * patches.n_inputs();
  const int64_t n_parts =
      std::min({n_numbers / kPart + 1, kMostParts, std::max<int64_t>(patches.n_samples, 1)});
  return in_parts(patches.n_samples, n_parts, patches.n_threads, function);
}

// The rooms that a thread works in, one window after the other.
struct Scratch {
  explicit Scratch(const Patches& patches)
      : values(patches.window * patches.n_features),
        observed(patches.window),
        changes(patches.window * patches.n_features),
        shift(patches.n_features),
        factor(patches.n_features) {}
  bool is_there() const { return all_there(values, observed, changes, shift, factor); }

  Buffer<float> values;
  Buffer<bool> observed;
  Buffer<float> changes, shift, factor;
};

// What a view subtracts from each feature of a window, and multiplies the rest by.
void measure(const Patches& patches, int32_t view, const float* scales, const float* values,
             const bool* observed, float* shift, float* factor) {
  const int64_t n_features = patches.n_features, window = patches.window;
  for (int64_t k = 0; k < n_features; ++k) {
    shift[k] = 0.0f;
    factor[k] = 1.0f / scales[k];
    if (view == kMinusLast) shift[k] = values[(window - 1) * n_features + k];
    if (view != kMinusMean && view != kNormalized) continue;
    double total = 0.0;
    int64_t n = 0;
    for (int64_t step = 0; step < window; ++step) {
      total += observed[step] ? values[step * n_features + k] : 0.0;
      n += observed[step];
    }
    const float mean = static_cast<float>(total / std::max<int64_t>(n, 1));
    shift[k] = mean;
    if (view != kNormalized) continue;
    double squares = 0.0;
    for (int64_t step = 0; step < window; ++step) {
      const double apart = static_cast<double>(values[step * n_features + k]) - mean;
      squares += observed[step] ? apart * apart : 0.0;
    }
    const float spread = static_cast<float>(std::sqrt(squares / std::max<int64_t>(n, 1)));
    if (spread > kSmallestSpread) factor[k] /= spread;
  }
}

void take_differences(const Patches& patches, const float* values, float* changes) {
  const int64_t n_features = patches.n_features;
  std::fill_n(changes, n_features, 0.0f);
  for (int64_t k = n_features; k < patches.window * n_features; ++k)
    changes[k] = values[k] - values[k - n_features];
}

// Write one view of one patch, whose steps begin at `from`; return where the next one goes.
float* write_view(const Patches& patches, const float* from, const float* shift,
                  const float* factor, float* to) {
  const int64_t n_features = patches.n_features;
  if (n_features == 1 && patches.n_averaged == 0) {
    const float less = *shift, times = *factor;
    for (int64_t step = 0; step < patches.size; ++step)
      to[step] = finite_or_nan((from[step] - less) * times);
    return to + patches.size;
  }
  for (int64_t step = 0; step < patches.size; ++step) {
    const float* row = from + step * n_features;
    if (patches.n_averaged == 0) {
      for (int64_t k = 0; k < n_features; ++k)
        to[k] = finite_or_nan((row[k] - shift[k]) * factor[k]);
      to += n_features;
      continue;
    }
    for (int64_t k = 0, next = 0; k < n_features; ++k) {
      if (next < patches.n_averaged && patches.averaged[next] == k) {
        ++next;
      } else {
        *to++ = finite_or_nan((row[k] - shift[k]) * factor[k]);
      }
    }
  }
  for (int64_t number = 0; number < patches.n_averaged; ++number) {
    const int64_t k = patches.averaged[number];
    float total = 0.0f;
    for (int64_t step = 0; step < patches.size; ++step) total += from[step * n_features + k];
    *to++ = finite_or_nan((total / patches.size - shift[k]) * factor[k]);
  }
  return to;
}

void lay_out_window(const Patches& patches, int64_t s, int64_t n_kept, Scratch& scratch,
                    float* inputs) {
  const int64_t n_features = patches.n_features, n_inputs = patches.n_inputs();
  const float* values = patches.rows + patches.start[s] * n_features;
  if (is_whole(patches, s)) {
    std::fill_n(+scratch.observed, patches.window, true);
  } else {
    for_each_step(patches, s, [&](int64_t step, int64_t row, bool is_observed) {
      memcpy(scratch.values + step * n_features, patches.rows + row * n_features,
             n_features * sizeof(float));
      scratch.observed[step] = is_observed;
    });
    values = scratch.values;
  }
  // View by view, so that shifts and factors are those of one view.
  int64_t column = 0;
  for (int64_t number = 0; number < patches.n_views; ++number) {
    const int32_t view = patches.views[number];
    measure(patches, view, patches.scales + number * n_features, values, scratch.observed,
            scratch.shift, scratch.factor);
    const float* from = values;
    if (view == kDifferences) {
      take_differences(patches, values, scratch.changes);
      from = scratch.changes;
    }
    float* to = inputs;
    int64_t width = 0;
    for (int64_t patch = 0; patch < patches.n_patches(); ++patch) {
      if (!has_observed(patches, scratch.observed, patch)) continue;
      const int64_t first = patches.first_step() + patch * patches.stride;
      const float* end = write_view(patches, from + first * n_features, scratch.shift,
                                    scratch.factor, to + column);
      width = end - (to + column);
      to += n_inputs;
    }
    column += width;
  }
  float* to = inputs;
  const float* last = values + (patches.window - 1) * n_features;
  for (int64_t patch = 0; patch < patches.n_patches(); ++patch) {
    if (!has_observed(patches, scratch.observed, patch)) continue;
    float* fixed = to + column;
    for (int64_t k = 0; k < patches.n_levels; ++k) *fixed++ = last[patches.levels[k]];
    std::copy_n(patches.constants + s * patches.n_constants, patches.n_constants, fixed);
    to += n_inputs;
  }
  std::fill(to, inputs + n_kept * n_inputs, 0.0f);
}

bool count(const Patches& patches, int32_t* n_observed) {
  Buffer<bool> observed(patches.window);
  if (!all_there(observed)) return false;
  for (int64_t s = 0; s < patches.n_samples; ++s) {
    const int64_t n_patches = patches.n_patches();
    n_observed[s] = static_cast<int32_t>(n_patches);
    if (is_whole(patches, s)) continue;
    for_each_step(patches, s,
                  [&](int64_t step, int64_t, bool is_observed) { observed[step] = is_observed; });
    for (int64_t patch = 0; patch < n_patches; ++patch)
      n_observed[s] -= !has_observed(patches, observed, patch);
  }
  return true;
}

bool lay_out(const Patches& patches, int64_t n_kept, float* inputs) {
  const int64_t per_window = n_kept * patches.n_inputs();
  return in_parts(patches, [&](int64_t, Range windows) {
    Scratch scratch(patches);
    if (!scratch.is_there()) return false;
    for (int64_t s = windows.first; s < windows.stop; ++s)
      lay_out_window(patches, s, n_kept, scratch, inputs + s * per_window);
    return true;
  });
}

}  // namespace

const PatchFunctions SKLSTM_FUNCTIONS = {count, lay_out};

}  // namespace sklstm
