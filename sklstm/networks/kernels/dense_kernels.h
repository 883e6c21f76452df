// A dense layer at some of the rows that an LSTM layer has put out: what the kernels take and give.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>

namespace sklstm {

// Arrays are row-major.
struct DenseLayer {
  int64_t n_rows, n_units, n_answers, n_labels;
  const float* rows;     // (n_rows, n_units)
  const int32_t* where;  // (n_labels,): which rows are answered, in ascending order
  const float* kernel;   // (n_units, n_answers)
  const float* bias;     // (n_answers,)
  int n_threads;
};

struct DenseGradients {
  const float* answers;  // in: (n_labels, n_answers)
  float* rows;           // out; 0 where there is no answer
  float* kernel;
  float* bias;
};

// The kernels, compiled for one instruction set. Both return false if there is not enough memory;
// neither's bits depend on the number of threads.
struct DenseKernels {
  bool (*forward)(const DenseLayer&, float* answers);
  bool (*backward)(const DenseLayer&, const DenseGradients&);
};

#if defined(__x86_64__)
extern const DenseKernels dense_avx2;
extern const DenseKernels dense_avx512;
#else
extern const DenseKernels dense_baseline;
#endif

}  // namespace sklstm
