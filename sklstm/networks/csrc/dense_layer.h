// A dense layer at some of the steps that an LSTM layer has put out: what the functions take and
// give.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>

namespace sklstm {

// Arrays are row-major.
struct DenseLayer {
  int64_t n_steps, n_samples, n_units, n_answers, n_labels;
  const float* h;        // (n_steps, n_samples, n_units), of which a row is a step of a sample
  const int32_t* where;  // (n_labels,): which rows are answered, in ascending order
  const float* kernel;   // (n_units, n_answers)
  const float* bias;     // (n_answers,)
  int n_threads;
  int64_t n_rows() const { return n_steps * n_samples; }
};

struct DenseGradients {
  const float* answers;  // in: (n_labels, n_answers)
  float* h;              // out, 0 where there is no answer; may be the memory of the layer's h
  float* kernel;
  float* bias;
};

// The functions, compiled for one instruction set. Both return false if there is not enough memory;
// neither's bits depend on the number of threads.
struct DenseFunctions {
  bool (*forward)(const DenseLayer&, float* answers);
  bool (*backward)(const DenseLayer&, const DenseGradients&);
};

#if defined(__x86_64__)
extern const DenseFunctions dense_avx2;
extern const DenseFunctions dense_avx512;
#else
extern const DenseFunctions dense_baseline;
#endif

}  // namespace sklstm
