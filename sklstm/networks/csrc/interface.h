// The C interface of the native code: NumPy's arrays through ctypes, and TensorFlow's tensors
// through the operations in tensorflow_ops.cpp, come to the same functions.
//
// It holds no state but the choice of the instruction set, so that threads may call it at the same
// time. Structures must match those of networks/_native.py, which compares their sizes.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>

#include "dense_layer.h"
#include "lstm_layer.h"
#include "patch_layout.h"

#if defined(_WIN32)
#define SKLSTM_API extern "C" __declspec(dllexport)
#else
#define SKLSTM_API extern "C" __attribute__((visibility("default")))
#endif

// What the functions return.
enum SklstmResult : int32_t { kDone, kOutOfMemory, kOutsideRows };

// Which instructions are used: "avx512", "avx2" or "baseline"; "" where there are none for this
// processor, and no other function may be called. SKLSTM_INSTRUCTION_SET chooses among those that
// the processor has.
SKLSTM_API const char* sklstm_instruction_set();

// The number of threads to be used where n_threads are allowed, 0 for as many as there are cores. A
// child of a process whose threads were in use when it was forked has none of them: it gets 1.
SKLSTM_API int32_t sklstm_threads(int32_t n_threads);

// sizeof of the structures: Layer, Outputs, DenseLayer, Patches.
SKLSTM_API void sklstm_sizes(int64_t* sizes);

// The first window that lies outside the rows or is longer than n_steps, or -1.
SKLSTM_API int64_t sklstm_window_outside(const sklstm::Layer* layer);

SKLSTM_API int64_t sklstm_gates_per_step(int64_t n_units);
SKLSTM_API int32_t sklstm_lstm_forward(const sklstm::Layer* layer, const sklstm::Outputs* outputs);
SKLSTM_API int32_t sklstm_lstm_backward(const sklstm::Layer* layer, const float* gates,
                                        const sklstm::Gradients* gradients);

SKLSTM_API int32_t sklstm_dense_forward(const sklstm::DenseLayer* layer, float* answers);
SKLSTM_API int32_t sklstm_dense_backward(const sklstm::DenseLayer* layer,
                                         const sklstm::DenseGradients* gradients);

// The first is to be called before the second: it checks the windows.
SKLSTM_API int32_t sklstm_count_patches(const sklstm::Patches* patches, int32_t* n_observed);
SKLSTM_API int32_t sklstm_lay_out_patches(const sklstm::Patches* patches, int64_t n_kept,
                                          float* inputs);
