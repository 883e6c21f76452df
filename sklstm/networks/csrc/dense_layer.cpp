// A dense layer at some of the steps that an LSTM layer has put out, forward and backward.
//
// Compiled once for each instruction set, with SKLSTM_FUNCTIONS naming the result. Labels are cut
// into parts, one for a thread at a time. The parts depend on nothing but the sizes, so that the
// bits do not depend on the number of threads.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#include "dense_layer.h"

#include <algorithm>

#include "memory.h"
#include "parts.h"
#include "vectors.h"

namespace sklstm {
namespace {

// Products of a part, about: fewer are not worth a thread.
constexpr int64_t kPart = 1 << 19;
// Each part has its own sum of the weights' gradients.
constexpr int64_t kMostParts = 32;
// Up to so many answers are computed with their units side by side in a vector, more of them side
// by side themselves.
constexpr int64_t kFew = 4;

int64_t number_of_parts(const DenseLayer& layer) {
  return std::min(layer.n_labels * layer.n_units * layer.n_answers / kPart + 1, kMostParts);
}

template <class Function>
bool in_parts(const DenseLayer& layer, Function&& function) {
  return in_parts(layer.n_labels, number_of_parts(layer), layer.n_threads, function);
}

// A matrix whose rows are padded to whole vectors.
struct Matrix {
  const float* values;
  int64_t n_rows, n_columns;
  int64_t stride() const { return padded(n_columns); }
};

int64_t size_of(int64_t n_rows, int64_t n_columns) { return n_rows * padded(n_columns); }

Matrix pad(const float* from, int64_t n_rows, int64_t n_columns, float* to) {
  std::fill_n(to, size_of(n_rows, n_columns), 0.0f);
  for (int64_t row = 0; row < n_rows; ++row)
    std::copy_n(from + row * n_columns, n_columns, to + row * padded(n_columns));
  return {to, n_rows, n_columns};
}

Matrix transpose(const float* from, int64_t n_rows, int64_t n_columns, float* to) {
  std::fill_n(to, size_of(n_columns, n_rows), 0.0f);
  for (int64_t row = 0; row < n_rows; ++row)
    for (int64_t column = 0; column < n_columns; ++column)
      to[column * padded(n_rows) + row] = from[row * n_columns + column];
  return {to, n_columns, n_rows};
}

// For each label, the row left(label) times the matrix; the sums begin at `bias`, padded, or at 0.
template <class Left, class Target>
void multiply_rows(Range labels, Left&& left, const Matrix& right, const float* bias,
                   Target&& target) {
  in_panels(right.stride() / kLanes, [&](auto width, int64_t first_vector) {
    constexpr int V = width.value;
    const int64_t first_column = first_vector * kLanes;
    in_tiles<std::min(kAccumulators / V, 12)>(labels.size(), [&](auto size, int64_t first) {
      constexpr int M = size.value;
      const float* rows[M];
      Vec sums[M][V] = {};
      for (int m = 0; m < M; ++m) {
        rows[m] = left(labels.first + first + m);
        if (bias)
          for (int v = 0; v < V; ++v) sums[m][v] = load(bias + first_column + v * kLanes);
      }
      multiply<M, V>(rows, right.values + first_column, right.stride(), right.n_rows, sums);
#pragma GCC unroll 12
      for (int m = 0; m < M; ++m) {
        float* to = target(labels.first + first + m);
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) {
          const int64_t column = first_column + v * kLanes;
          store_some(to + column, sums[m][v], right.n_columns - column);
        }
      }
    });
  });
}

const float* row_of(const DenseLayer& layer, int64_t label) {
  return layer.h + layer.where[label] * layer.n_units;
}

// Answers by the products of two vectors, the kernel transposed.
void answer_few(const DenseLayer& layer, Range labels, const Matrix& transposed, float* answers) {
  with_constant<kFew>(layer.n_answers, [&](auto n_answers) {
    constexpr int M = n_answers.value;
    for (int64_t label = labels.first; label < labels.stop; ++label) {
      const float* row = row_of(layer, label);
      Vec sums[M] = {};
      for (int64_t unit = 0; unit < layer.n_units; unit += kLanes) {
        const Vec x = load_some(row + unit, layer.n_units - unit);
#pragma GCC unroll 4
        for (int m = 0; m < M; ++m)
          sums[m] += x * load(transposed.values + m * transposed.stride() + unit);
      }
#pragma GCC unroll 4
      for (int m = 0; m < M; ++m) answers[label * M + m] = layer.bias[m] + sum_of_lanes(sums[m]);
    }
  });
}

bool forward(const DenseLayer& layer, float* answers) {
  const int64_t n_units = layer.n_units, n_answers = layer.n_answers;
  if (n_answers <= kFew) {
    Buffer<float> turned(size_of(n_answers, n_units));
    if (!all_there(turned)) return false;
    const Matrix transposed = transpose(layer.kernel, n_units, n_answers, turned);
    return in_parts(layer, [&](int64_t, Range labels) {
      answer_few(layer, labels, transposed, answers);
      return true;
    });
  }
  Buffer<float> wide(size_of(n_units, n_answers)), bias(padded(n_answers));
  if (!all_there(wide, bias)) return false;
  const Matrix kernel = pad(layer.kernel, n_units, n_answers, wide);
  pad(layer.bias, 1, n_answers, bias);
  return in_parts(layer, [&](int64_t, Range labels) {
    multiply_rows(
        labels, [&](int64_t label) { return row_of(layer, label); }, kernel, bias,
        [&](int64_t label) { return answers + label * n_answers; });
    return true;
  });
}

// Set the rows to 0 that come before an answered one of this part, and at last those after all.
void set_others_to_zero(const DenseLayer& layer, Range labels, float* d_h) {
  if (layer.n_labels == layer.n_rows()) return;
  int64_t next = labels.first == 0 ? 0 : layer.where[labels.first - 1] + 1;
  for (int64_t label = labels.first; label < labels.stop; ++label) {
    const int64_t row = layer.where[label];
    std::fill(d_h + next * layer.n_units, d_h + row * layer.n_units, 0.0f);
    next = row + 1;
  }
  if (labels.stop == layer.n_labels)
    std::fill(d_h + next * layer.n_units, d_h + layer.n_rows() * layer.n_units, 0.0f);
}

// The sums over a part of the gradients of the kernel, (n_answers, padded units), and of the bias.
void sum_up(const DenseLayer& layer, Range labels, const float* d_answers, float* kernel,
            float* bias) {
  const int64_t n_units = layer.n_units, n_answers = layer.n_answers, stride = padded(n_units);
  in_panels(stride / kLanes, [&](auto width, int64_t first_vector) {
    constexpr int V = width.value;
    const int64_t first_unit = first_vector * kLanes;
    in_tiles<kAccumulators / 4>(n_answers, [&](auto size, int64_t first) {
      constexpr int M = size.value;
      Vec sums[M][V] = {};
      float sums_of_bias[M] = {};
      for (int64_t label = labels.first; label < labels.stop; ++label) {
        const float* own = d_answers + label * n_answers + first;
        const float* row = row_of(layer, label) + first_unit;
        Vec x[V];
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v)
          x[v] = load_some(row + v * kLanes, n_units - first_unit - v * kLanes);
#pragma GCC unroll 8
        for (int m = 0; m < M; ++m) {
          sums_of_bias[m] += own[m];
#pragma GCC unroll 4
          for (int v = 0; v < V; ++v) sums[m][v] += own[m] * x[v];
        }
      }
#pragma GCC unroll 8
      for (int m = 0; m < M; ++m) {
        bias[first + m] = sums_of_bias[m];
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v)
          store(kernel + (first + m) * stride + first_unit + v * kLanes, sums[m][v]);
      }
    });
  });
}

// The gradients of few answers: one pass over the rows for those of the rows and of the weights.
void learn_few(const DenseLayer& layer, Range labels, const Matrix& transposed,
               const DenseGradients& gradients, float* kernel, float* bias) {
  const int64_t n_units = layer.n_units, stride = transposed.stride();
  with_constant<kFew>(layer.n_answers, [&](auto n_answers) {
    constexpr int M = n_answers.value;
    in_tiles<kFew / M>(stride / kLanes, [&](auto width, int64_t first_vector) {
      constexpr int V = width.value;
      const int64_t first_unit = first_vector * kLanes;
      Vec weights[M][V], sums[M][V] = {};
      float sums_of_bias[M] = {};
#pragma GCC unroll 4
      for (int m = 0; m < M; ++m)
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v)
          weights[m][v] = load(transposed.values + m * stride + first_unit + v * kLanes);
      for (int64_t label = labels.first; label < labels.stop; ++label) {
        const float* own = gradients.answers + label * M;
        const int64_t at = layer.where[label] * n_units + first_unit;
#pragma GCC unroll 4
        for (int m = 0; m < M; ++m) sums_of_bias[m] += own[m];
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) {
          const int64_t left = n_units - first_unit - v * kLanes;
          const Vec x = load_some(layer.h + at + v * kLanes, left);
          Vec sum = own[0] * weights[0][v];
          sums[0][v] += own[0] * x;
#pragma GCC unroll 4
          for (int m = 1; m < M; ++m) {
            sum += own[m] * weights[m][v];
            sums[m][v] += own[m] * x;
          }
          store_some(gradients.h + at + v * kLanes, sum, left);
        }
      }
#pragma GCC unroll 4
      for (int m = 0; m < M; ++m) {
        bias[m] = sums_of_bias[m];
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v)
          store(kernel + m * stride + first_unit + v * kLanes, sums[m][v]);
      }
    });
  });
}

bool backward(const DenseLayer& layer, const DenseGradients& gradients) {
  const int64_t n_units = layer.n_units, n_answers = layer.n_answers;
  const int64_t n_parts = number_of_parts(layer);
  const int64_t n_kernel = size_of(n_answers, n_units), n_total = n_kernel + padded(n_answers);
  Buffer<float> turned(n_kernel), totals(n_parts * n_total);
  if (!all_there(turned, totals)) return false;
  const Matrix transposed = transpose(layer.kernel, n_units, n_answers, turned);
  in_parts(layer, [&](int64_t part, Range labels) {
    set_others_to_zero(layer, labels, gradients.h);
    float* total = totals + part * n_total;
    if (n_answers <= kFew) {
      learn_few(layer, labels, transposed, gradients, total, total + n_kernel);
    } else {
      // In this order: the gradients may lie where h does.
      sum_up(layer, labels, gradients.answers, total, total + n_kernel);
      multiply_rows(
          labels, [&](int64_t label) { return gradients.answers + label * n_answers; }, transposed,
          nullptr, [&](int64_t label) { return gradients.h + layer.where[label] * n_units; });
    }
    return true;
  });
  for (int64_t part = 1; part < n_parts; ++part)
    for (int64_t k = 0; k < n_kernel + n_answers; ++k) totals[k] += totals[part * n_total + k];
  for (int64_t answer = 0; answer < n_answers; ++answer)
    for (int64_t unit = 0; unit < n_units; ++unit)
      gradients.kernel[unit * n_answers + answer] = totals[answer * padded(n_units) + unit];
  std::copy_n(totals + n_kernel, n_answers, gradients.bias);
  return true;
}

}  // namespace

const DenseFunctions SKLSTM_FUNCTIONS = {forward, backward};

}  // namespace sklstm
