// An LSTM layer over windows of different lengths: what the functions take and give.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>

namespace sklstm {

// Arrays are row-major. Gates stand in the order of Keras: input, forget, candidate, output.
//
// Step j of sample s, for j < count[s], is row start[s] + j * stride of `rows`: windows over a
// series have stride 1, the outputs of a layer below (n_steps, n_samples, n_units) have
// start[s] = s and stride n_samples. Nothing is gathered, nothing is padded, nothing is masked.
struct Layer {
  int64_t n_samples, n_steps, n_rows, n_inputs, n_units;
  const float* rows;
  int64_t stride;
  const int32_t* start;
  const int32_t* count;
  bool reverse;                   // read every window from its end
  const float* kernel;            // (n_inputs, 4, n_units)
  const float* recurrent_kernel;  // (n_units, 4, n_units)
  const float* bias;              // (4, n_units)
  const float* h0;                // (n_samples, n_units): the state before the first step
  const float* c0;
  int n_threads;
};

struct Outputs {
  float* h_last;  // (n_samples, n_units): the state after the last step; h0 if there is none
  float* c_last;
  float* h;      // (n_steps, n_samples, n_units), 0 beyond the end of a window; or null
  float* gates;  // (n_steps, n_samples, gates_per_step): what `backward` reads; or null
};

// States are where a batch begins and ends: no gradient goes through them.
struct Gradients {
  const float* h_last;  // in: of what comes after the last step; null if there is `h`
  const float* h;       // in: of the outputs of all steps; or null
  float* rows;          // out; (n_rows, n_inputs), or null if not wanted. It is set to 0 by the
                        // caller, and no two samples may share a row.
  float* kernel;
  float* recurrent_kernel;
  float* bias;
};

// The functions, compiled for one instruction set. `forward` and `backward` return false if there
// is not enough memory. What is computed for a sample does not depend on the other samples of
// `forward`, nor on the number of threads, to the bit.
struct LstmFunctions {
  int64_t (*gates_per_step)(int64_t n_units);
  bool (*forward)(const Layer&, const Outputs&);
  bool (*backward)(const Layer&, const float* gates, const Gradients&);
};

#if defined(__x86_64__)
extern const LstmFunctions lstm_avx2;
extern const LstmFunctions lstm_avx512;
#else
extern const LstmFunctions lstm_baseline;
#endif

}  // namespace sklstm
