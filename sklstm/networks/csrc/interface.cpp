// The C interface of the native code, and the choice of the instruction set.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#include "interface.h"

#if defined(_OPENMP)
#include <omp.h>
#endif
#if defined(_WIN32)
#include <process.h>
#else
#include <unistd.h>
#endif

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

using namespace sklstm;

namespace {

struct InstructionSet {
  const char* name;
  const LstmFunctions* lstm;
  const DenseFunctions* dense;
  const PatchFunctions* patch;
};

InstructionSet choose() {
#if defined(__x86_64__)
  const InstructionSet none = {"", nullptr, nullptr, nullptr};
  const char* wanted = std::getenv("SKLSTM_INSTRUCTION_SET");
  __builtin_cpu_init();
  const bool narrow = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool wide = narrow && __builtin_cpu_supports("avx512f") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("avx512bw");
  const bool wants_narrow = wanted != nullptr && std::strcmp(wanted, "avx2") == 0;
  if (wide && !wants_narrow) return {"avx512", &lstm_avx512, &dense_avx512, &patch_avx512};
  if (narrow) return {"avx2", &lstm_avx2, &dense_avx2, &patch_avx2};
  return none;
#else
  return {"baseline", &lstm_baseline, &dense_baseline, &patch_baseline};
#endif
}

const InstructionSet& chosen() {
  static const InstructionSet instructions = choose();
  return instructions;
}

// Compiled without OpenMP, everything runs on the thread that calls.
int32_t most_threads() {
#if defined(_OPENMP)
  return omp_get_max_threads();
#else
  return 1;
#endif
}

int this_process() {
#if defined(_WIN32)
  return _getpid();
#else
  return getpid();
#endif
}

// The process whose threads are in use, or 0. Its children do not have them, and would wait for
// them for ever.
std::atomic<int> process_with_threads{0};

// A copy of what is to be computed, with the threads that it gets.
template <class Work>
Work with_threads(const Work& work) {
  Work own = work;
  own.n_threads = sklstm_threads(work.n_threads);
  if (own.n_threads > 1 && process_with_threads == 0) process_with_threads = this_process();
  return own;
}

int32_t done_if(bool is_done) { return is_done ? kDone : kOutOfMemory; }

}  // namespace

const char* sklstm_instruction_set() { return chosen().name; }

int32_t sklstm_threads(int32_t n_threads) {
  const int owner = process_with_threads;
  if (owner != 0 && owner != this_process()) return 1;
  const int32_t all = most_threads();
  return n_threads > 0 ? std::min(n_threads, all) : all;
}

void sklstm_sizes(int64_t* sizes) {
  sizes[0] = sizeof(Layer);
  sizes[1] = sizeof(Outputs);
  sizes[2] = sizeof(DenseLayer);
  sizes[3] = sizeof(Patches);
}

int64_t sklstm_window_outside(const Layer* layer) {
  for (int64_t s = 0; s < layer->n_samples; ++s) {
    const int64_t count = layer->count[s];
    if (count <= 0) continue;
    const int64_t first = layer->start[s], last = first + (count - 1) * layer->stride;
    if (first < 0 || last < first || last >= layer->n_rows || count > layer->n_steps) return s;
  }
  return -1;
}

int64_t sklstm_gates_per_step(int64_t n_units) { return chosen().lstm->gates_per_step(n_units); }

int32_t sklstm_lstm_forward(const Layer* layer, const Outputs* outputs) {
  if (sklstm_window_outside(layer) >= 0) return kOutsideRows;
  return done_if(chosen().lstm->forward(with_threads(*layer), *outputs));
}

int32_t sklstm_lstm_backward(const Layer* layer, const float* gates, const Gradients* gradients) {
  if (sklstm_window_outside(layer) >= 0) return kOutsideRows;
  return done_if(chosen().lstm->backward(with_threads(*layer), gates, *gradients));
}

int32_t sklstm_dense_forward(const DenseLayer* layer, float* answers) {
  return done_if(chosen().dense->forward(with_threads(*layer), answers));
}

int32_t sklstm_dense_backward(const DenseLayer* layer, const DenseGradients* gradients) {
  return done_if(chosen().dense->backward(with_threads(*layer), *gradients));
}

int32_t sklstm_count_patches(const Patches* patches, int32_t* n_observed) {
  for (int64_t s = 0; s < patches->n_samples; ++s) {
    const int64_t first = patches->start[s], count = patches->count[s];
    if (first < 0 || count < 0 || (count > 0 && first + count > patches->n_rows))
      return kOutsideRows;
  }
  return done_if(chosen().patch->count(*patches, n_observed));
}

int32_t sklstm_lay_out_patches(const Patches* patches, int64_t n_kept, float* inputs) {
  return done_if(chosen().patch->lay_out(with_threads(*patches), n_kept, inputs));
}
