// An LSTM layer over windows of different lengths, forward and backward.
//
// Compiled once for each instruction set, with SKLSTM_FUNCTIONS naming the result. Samples are cut
// into parts, one for a thread at a time. The parts depend on nothing but the number of samples, so
// that the bits do not depend on the number of threads.
//
// The samples of a part take a step together, in tiles of a few samples and one vector of units:
// all four gates of these units lie in registers when their products are done, and are turned into
// the next state there. Units are padded to whole vectors.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#include "lstm_layer.h"

#include <algorithm>

#include "memory.h"
#include "parts.h"
#include "vectors.h"

namespace sklstm {
namespace {

// Samples of a part, as long as that does not make too many parts: each has its own sum of the
// weights' gradients.
constexpr int64_t kPart = 32;
constexpr int64_t kMostParts = 32;
// Steps of samples whose gradients are gathered until they are multiplied all at once.
constexpr int64_t kGathered = 128;

// What is kept of a step for the way back, n_units (padded) of each: the four gates, tanh of the
// cell state, the cell state.
enum Kept { kInput, kForget, kCandidate, kOutput, kTanh, kCell, kKept };

int64_t gates_per_step(int64_t n_units) { return kKept * padded(n_units); }

void set_to_zero(float* to, int64_t n) { memset(to, 0, n * sizeof(float)); }
void copy(float* to, const float* from, int64_t n) { memcpy(to, from, n * sizeof(float)); }

int64_t number_of_parts(int64_t n_samples) {
  return std::min((n_samples + kPart - 1) / kPart, kMostParts);
}

template <class Function>
bool in_parts(const Layer& layer, Function&& function) {
  return in_parts(layer.n_samples, number_of_parts(layer.n_samples), layer.n_threads, function);
}

// The place of a step, counted as the layer reads, in the window.
int64_t place_of(const Layer& layer, int64_t sample, int64_t step) {
  return layer.reverse ? layer.count[sample] - 1 - step : step;
}

int64_t row_of(const Layer& layer, int64_t sample, int64_t step) {
  return layer.start[sample] + place_of(layer, sample, step) * layer.stride;
}

// Where (n_steps, n_samples, n_units) holds a step.
int64_t output_of(const Layer& layer, int64_t sample, int64_t step) {
  return (place_of(layer, sample, step) * layer.n_samples + sample) * layer.n_units;
}

// ---------------------------------------------------------------------------------------- products

// One sample of a tile at one step, forward.
struct Step {
  const float *x, *h_before, *c_before;
  float *h, *c, *kept;  // kept may be null
};

// Lay (n_rows, 4, n_units) out as (vectors of units, n_rows of n_rows_in_all, 4, lanes).
void pack_gates(const float* weights, int64_t n_rows, int64_t n_units, int64_t first_row,
                int64_t n_rows_in_all, float* packed) {
  for (int64_t unit = 0; unit < n_units; unit += kLanes) {
    float* to = packed + (unit * n_rows_in_all + first_row * kLanes) * 4;
    for (int64_t row = 0; row < 4 * n_rows; ++row, to += kLanes) {
      store(to, load_some(weights + row * n_units + unit, n_units - unit));
    }
  }
}

// Lay (n_outputs, 4, n_units) out as panels (4, padded units, width, lanes) of outputs.
void pack_transposed(const float* weights, int64_t n_outputs, int64_t n_units, float* packed) {
  const int64_t n_gates = 4 * padded(n_units);
  set_to_zero(packed, n_gates * rounded_up(n_outputs, kLanes));
  in_panels(rounded_up(n_outputs, kLanes) / kLanes, [&](auto width, int64_t first) {
    const int64_t first_output = first * kLanes, n_wide = width.value * kLanes;
    float* panel = packed + first_output * n_gates;
    for (int64_t output = first_output; output < std::min(first_output + n_wide, n_outputs);
         ++output)
      for (int64_t gate = 0; gate < 4; ++gate)
        for (int64_t unit = 0; unit < n_units; ++unit)
          panel[(gate * padded(n_units) + unit) * n_wide + output - first_output] =
              weights[(output * 4 + gate) * n_units + unit];
  });
}

// Turn the products of one sample into its next state. A function of its own, so that each sample
// goes through the same instructions, whatever tile it is in.
__attribute__((noinline)) void finish_step(Vec input, Vec forget, Vec candidate, Vec output,
                                           const Step& step, int64_t unit, int64_t n_units) {
  // sigmoid(x) = 1 / (1 + 2^(-x log2 e)). The bound, 2^39, keeps the product of the denominators
  // finite, so that one division serves four gates.
  const float minus_log2_e = -1.44269504088896341f, bound = 39.0f;
  const Vec below_i = 1.0f + power_of_two(clamped(input * minus_log2_e, bound));
  const Vec below_f = 1.0f + power_of_two(clamped(forget * minus_log2_e, bound));
  const Vec below_o = 1.0f + power_of_two(clamped(output * minus_log2_e, bound));
  const Ratio tanh_g = tanh_ratio(candidate);
  const Vec below_if = below_i * below_f, below_og = below_o * tanh_g.below;
  const Vec inverse = 1.0f / (below_if * below_og);
  const Vec inverse_if = inverse * below_og, inverse_og = inverse * below_if;
  const Vec i = inverse_if * below_f, f = inverse_if * below_i;
  const Vec o = inverse_og * tanh_g.below, g = tanh_g.above * (inverse_og * below_o);

  const int64_t left = n_units - unit;
  const Vec c = f * load_some(step.c_before + unit, left) + i * g;
  const Ratio tanh_c = tanh_ratio(c);
  const Vec t = tanh_c.above / tanh_c.below;
  store_some(step.h + unit, o * t, left);
  store_some(step.c + unit, c, left);
  if (step.kept) {
    const int64_t width = padded(n_units);
    float* kept = step.kept + unit;
    store(kept + kInput * width, i);
    store(kept + kForget * width, f);
    store(kept + kCandidate * width, g);
    store(kept + kOutput * width, o);
    store(kept + kTanh * width, t);
    store(kept + kCell * width, c);
  }
}

// A step of n samples for one vector of units.
void take_step(const Step* steps, int64_t n, int64_t n_inputs, int64_t n_units, int64_t unit,
               const float* weights, const float* bias) {
  in_tiles<kAccumulators / 4>(n, [&](auto size, int64_t first) {
    constexpr int M = size.value;
    const float *x[M], *h[M];
    Vec sums[M][4];
#pragma GCC unroll 8
    for (int m = 0; m < M; ++m) {
      x[m] = steps[first + m].x;
      h[m] = steps[first + m].h_before;
#pragma GCC unroll 4
      for (int gate = 0; gate < 4; ++gate) sums[m][gate] = load(bias + gate * kLanes);
    }
    multiply<M, 4>(x, weights, 4 * kLanes, n_inputs, sums);
    multiply<M, 4>(h, weights + n_inputs * 4 * kLanes, 4 * kLanes, n_units, sums);
#pragma GCC unroll 8
    for (int m = 0; m < M; ++m)
      finish_step(sums[m][0], sums[m][1], sums[m][2], sums[m][3], steps[first + m], unit, n_units);
  });
}

// Multiply n rows of gates' gradients by transposed weights; the results go to, or are added to,
// one target each.
template <bool kAdd>
void multiply_transposed(const float* d_gates, int64_t n, int64_t n_gates, const float* packed,
                         int64_t n_outputs, float* const* targets) {
  in_panels(rounded_up(n_outputs, kLanes) / kLanes, [&](auto width, int64_t first_vector) {
    constexpr int V = width.value;
    const float* panel = packed + first_vector * kLanes * n_gates;
    in_tiles<std::min(kAccumulators / V, 12)>(n, [&](auto size, int64_t first) {
      constexpr int M = size.value;
      const float* rows[M];
      Vec sums[M][V] = {};
      for (int m = 0; m < M; ++m) rows[m] = d_gates + (first + m) * n_gates;
      multiply<M, V>(rows, panel, V * kLanes, n_gates, sums);
#pragma GCC unroll 24
      for (int m = 0; m < M; ++m)
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) {
          const int64_t output = (first_vector + v) * kLanes, left = n_outputs - output;
          float* to = targets[first + m] + output;
          store_some(to, kAdd ? load_some(to, left) + sums[m][v] : sums[m][v], left);
        }
    });
  });
}

// total (n_rows, n_gates) += left (n, n_rows), transposed, times right (n, n_gates).
void add_outer_products(const float* left, const float* right, int64_t n, int64_t n_rows,
                        int64_t n_gates, float* total) {
  for (int64_t column = 0; column < n_gates; column += 4 * kLanes) {
    in_tiles<kAccumulators / 4>(n_rows, [&](auto size, int64_t first) {
      constexpr int M = size.value;
      float* to = total + first * n_gates + column;
      Vec sums[M][4];
#pragma GCC unroll 8
      for (int m = 0; m < M; ++m)
#pragma GCC unroll 4
        for (int v = 0; v < 4; ++v) sums[m][v] = load(to + m * n_gates + v * kLanes);
      const float *a = left + first, *b = right + column;
      for (int64_t k = 0; k < n; ++k, a += n_rows, b += n_gates) {
        const Vec b0 = load(b), b1 = load(b + kLanes);
        const Vec b2 = load(b + 2 * kLanes), b3 = load(b + 3 * kLanes);
#pragma GCC unroll 8
        for (int m = 0; m < M; ++m) {
          sums[m][0] += a[m] * b0;
          sums[m][1] += a[m] * b1;
          sums[m][2] += a[m] * b2;
          sums[m][3] += a[m] * b3;
        }
      }
#pragma GCC unroll 8
      for (int m = 0; m < M; ++m)
#pragma GCC unroll 4
        for (int v = 0; v < 4; ++v) store(to + m * n_gates + v * kLanes, sums[m][v]);
    });
  }
}

// ----------------------------------------------------------------------------------------- forward

bool forward_part(const Layer& layer, const Outputs& out, const float* weights, const float* bias,
                  Range samples) {
  const int64_t n_units = layer.n_units, width = padded(n_units), n = samples.size();
  const int64_t n_rows = layer.n_inputs + n_units, kept_per_step = kKept * width;
  // The states of the last two steps, where nothing else holds them.
  Buffer<float> h(2 * n * width), c(2 * n * width);
  Buffer<Step> steps(n);
  if (!all_there(h, c, steps)) return false;

  copy(out.h_last + samples.first * n_units, layer.h0 + samples.first * n_units, n * n_units);
  copy(out.c_last + samples.first * n_units, layer.c0 + samples.first * n_units, n * n_units);
  for (int64_t step = 0;; ++step) {
    int64_t n_going = 0;
    for (int64_t s = samples.first; s < samples.stop; ++s) {
      if (layer.count[s] <= step) continue;
      const int64_t now = (step % 2) * n + s - samples.first;
      const int64_t before = ((step + 1) % 2) * n + s - samples.first;
      float* kept = out.gates ? out.gates + (step * layer.n_samples + s) * kept_per_step : nullptr;
      const bool is_first = step == 0, is_last = step == layer.count[s] - 1;
      steps[n_going++] = {
          layer.rows + row_of(layer, s, step) * layer.n_inputs,
          is_first ? layer.h0 + s * n_units
          : out.h  ? out.h + output_of(layer, s, step - 1)
                   : h + before * width,
          is_first ? layer.c0 + s * n_units : c + before * width,
          out.h     ? out.h + output_of(layer, s, step)
          : is_last ? out.h_last + s * n_units
                    : h + now * width,
          is_last ? out.c_last + s * n_units : c + now * width,
          kept,
      };
    }
    if (n_going == 0) break;
    for (int64_t unit = 0; unit < n_units; unit += kLanes) {
      take_step(steps, n_going, layer.n_inputs, n_units, unit, weights + unit * n_rows * 4,
                bias + unit * 4);
    }
  }
  if (!out.h) return true;
  for (int64_t s = samples.first; s < samples.stop; ++s) {
    const int64_t count = std::max<int64_t>(layer.count[s], 0);
    if (count > 0) {
      copy(out.h_last + s * n_units, out.h + output_of(layer, s, count - 1), n_units);
    }
    for (int64_t step = count; step < layer.n_steps; ++step)
      set_to_zero(out.h + (step * layer.n_samples + s) * n_units, n_units);
  }
  return true;
}

bool forward(const Layer& layer, const Outputs& out) {
  const int64_t n_units = layer.n_units, width = padded(n_units);
  const int64_t n_rows = layer.n_inputs + n_units;
  Buffer<float> weights(n_rows * 4 * width), bias(4 * width);
  if (!all_there(weights, bias)) return false;
  pack_gates(layer.kernel, layer.n_inputs, n_units, 0, n_rows, weights);
  pack_gates(layer.recurrent_kernel, n_units, n_units, layer.n_inputs, n_rows, weights);
  pack_gates(layer.bias, 1, n_units, 0, 1, bias);
  return in_parts(layer, [&](int64_t, Range samples) {
    return forward_part(layer, out, weights, bias, samples);
  });
}

// ---------------------------------------------------------------------------------------- backward

// Go back over one step of one sample: from the gradients of h and c after it to those of the gates
// before their activation, and to that of c before it.
void step_back(const float* kept, const float* c_before, int64_t n_units, const float* d_h,
               const float* d_h_output, float* d_c, float* d_gates) {
  const int64_t width = padded(n_units);
  for (int64_t unit = 0; unit < n_units; unit += kLanes) {
    const float* here = kept + unit;
    const Vec i = load(here + kInput * width), f = load(here + kForget * width);
    const Vec g = load(here + kCandidate * width), o = load(here + kOutput * width);
    const Vec t = load(here + kTanh * width);
    Vec dh = load(d_h + unit);
    if (d_h_output) dh += load_some(d_h_output + unit, n_units - unit);
    const Vec dc = load(d_c + unit) + dh * o * (1.0f - t * t);
    const Vec before = load_some(c_before + unit, n_units - unit);
    float* to = d_gates + unit;
    store(to, dc * g * i * (1.0f - i));
    store(to + width, dc * before * f * (1.0f - f));
    store(to + 2 * width, dc * i * (1.0f - g * g));
    store(to + 3 * width, dh * t * o * (1.0f - o));
    store(d_c + unit, dc * f);
  }
}

struct PackedBackwards {
  const float *recurrent_kernel, *kernel;  // transposed; kernel may be null
};

// The gradients of the weights go to `total`: (n_inputs + n_units + 1, 4, padded units).
bool backward_part(const Layer& layer, const float* gates, const Gradients& gradients,
                   const PackedBackwards& weights, Range samples, float* total) {
  const int64_t n_units = layer.n_units, n_inputs = layer.n_inputs, width = padded(n_units);
  const int64_t n_gates = 4 * width, n_rows = n_inputs + n_units + 1, n = samples.size();
  const int64_t room = kGathered + n;
  Buffer<float> d_h(n * width), d_c(n * width);
  // Of the steps gathered: input, state before and 1 for the bias, and the gradients of the gates.
  Buffer<float> left(room * (n_rows + kLanes)), d_gates(room * n_gates);
  Buffer<float*> d_h_of(n), d_row_of(room);
  if (!all_there(d_h, d_c, left, d_gates, d_h_of, d_row_of)) return false;

  set_to_zero(total, n_rows * n_gates);
  set_to_zero(d_h, n * width);
  set_to_zero(d_c, n * width);
  int64_t n_steps = 0;
  for (int64_t s = samples.first; s < samples.stop; ++s) {
    if (gradients.h_last)
      copy(d_h + (s - samples.first) * width, gradients.h_last + s * n_units, n_units);
    n_steps = std::max<int64_t>(n_steps, layer.count[s]);
  }
  int64_t gathered = 0;
  for (int64_t step = n_steps - 1; step >= 0; --step) {
    float* d_gates_now = d_gates + gathered * n_gates;
    int64_t n_going = 0;
    for (int64_t s = samples.first; s < samples.stop; ++s) {
      if (layer.count[s] <= step) continue;
      const int64_t own = (s - samples.first) * width, slot = gathered + n_going;
      const float* kept = gates + (step * layer.n_samples + s) * kKept * width;
      const float* kept_before = kept - layer.n_samples * kKept * width;
      step_back(kept, step ? kept_before + kCell * width : layer.c0 + s * n_units, n_units,
                d_h + own, gradients.h ? gradients.h + output_of(layer, s, step) : nullptr,
                d_c + own, d_gates + slot * n_gates);
      const int64_t row = row_of(layer, s, step) * n_inputs;
      float* to = left + slot * n_rows;
      copy_few(to, layer.rows + row, n_inputs);
      if (step) {
        // A vector may write beyond the last unit: what comes after is written later.
        for (int64_t unit = 0; unit < n_units; unit += kLanes) {
          const Vec o = load(kept_before + kOutput * width + unit);
          store(to + n_inputs + unit, o * load(kept_before + kTanh * width + unit));
        }
      } else {
        copy(to + n_inputs, layer.h0 + s * n_units, n_units);
      }
      to[n_inputs + n_units] = 1.0f;
      d_h_of[n_going] = d_h + own;
      if (gradients.rows) d_row_of[slot] = gradients.rows + row;
      ++n_going;
    }
    if (step > 0) {
      multiply_transposed<false>(d_gates_now, n_going, n_gates, weights.recurrent_kernel, width,
                                 d_h_of);
    }
    gathered += n_going;
    if (gathered < kGathered && step > 0) continue;
    add_outer_products(left, d_gates, gathered, n_rows, n_gates, total);
    if (gradients.rows) {
      multiply_transposed<true>(d_gates, gathered, n_gates, weights.kernel, n_inputs, d_row_of);
    }
    gathered = 0;
  }
  return true;
}

bool backward(const Layer& layer, const float* gates, const Gradients& gradients) {
  const int64_t n_units = layer.n_units, n_inputs = layer.n_inputs, width = padded(n_units);
  const int64_t n_rows = n_inputs + n_units + 1, n_total = n_rows * 4 * width;
  // At least one sum, for a layer without samples.
  const int64_t n_parts = std::max<int64_t>(number_of_parts(layer.n_samples), 1);
  Buffer<float> recurrent_kernel(4 * width * width);
  Buffer<float> kernel(gradients.rows ? 4 * width * rounded_up(n_inputs, kLanes) : 0);
  Buffer<float> totals(n_parts * n_total);
  if (!all_there(recurrent_kernel, kernel, totals)) return false;
  pack_transposed(layer.recurrent_kernel, n_units, n_units, recurrent_kernel);
  if (gradients.rows) pack_transposed(layer.kernel, n_inputs, n_units, kernel);
  if (layer.n_samples == 0) set_to_zero(totals, n_total);
  const bool done = in_parts(layer, [&](int64_t part, Range samples) {
    return backward_part(layer, gates, gradients, {recurrent_kernel, kernel}, samples,
                         totals + part * n_total);
  });
  if (!done) return false;

  for (int64_t part = 1; part < n_parts; ++part) {
    const float* more = totals + part * n_total;
    for (int64_t k = 0; k < n_total; k += kLanes)
      store(totals + k, load(totals + k) + load(more + k));
  }
  for (int64_t row = 0; row < n_rows; ++row) {
    float* to = row < n_inputs ? gradients.kernel + row * 4 * n_units
                : row < n_inputs + n_units
                    ? gradients.recurrent_kernel + (row - n_inputs) * 4 * n_units
                    : gradients.bias;
    for (int64_t gate = 0; gate < 4; ++gate)
      copy(to + gate * n_units, totals + (row * 4 + gate) * width, n_units);
  }
  return true;
}

}  // namespace

const LstmFunctions SKLSTM_FUNCTIONS = {gates_per_step, forward, backward};

}  // namespace sklstm
