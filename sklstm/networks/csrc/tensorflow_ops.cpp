// The kernels as TensorFlow operations: SklstmLstm, and, for what answers at every step,
// SklstmLabels and SklstmDense.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#include <omp.h>

#include <algorithm>
#include <cstdlib>
#include <type_traits>

#include "dense_kernels.h"
#include "lstm_kernels.h"
#include "memory.h"
#include "tensorflow.h"

namespace sklstm {
namespace {

// What the operations compute with; null where the processor can do none of it.
const Kernels* lstm = nullptr;
const DenseKernels* dense = nullptr;

void choose_kernels() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return;
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
  lstm = wide ? &lstm_avx512 : &lstm_avx2;
  dense = wide ? &dense_avx512 : &dense_avx2;
#else
  lstm = &lstm_baseline;
  dense = &dense_baseline;
#endif
}

// ------------------------------------------------------------------------------------- operations

struct Attributes {
  bool reverse, returns_sequences;
  bool keeps_gates;  // SklstmLstm: for the way back
  bool needs_rows;   // SklstmLstmGrad: whether the gradients of the rows are wanted
  int n_threads;     // 0 for as many as OpenMP would take
};

enum Kind { kLstm, kLstmGrad, kDense };

template <Kind kKind>
void* create(TF_OpKernelConstruction* construction) {
  auto* attributes = static_cast<Attributes*>(calloc(1, sizeof(Attributes)));
  TF_Status* status = TF_NewStatus();
  const auto read_flag = [&](const char* name, bool* to) {
    unsigned char value = 0;
    if (TF_GetCode(status) == TF_OK)
      TF_OpKernelConstruction_GetAttrBool(construction, name, &value, status);
    *to = value != 0;
  };
  if (kKind != kDense) read_flag("reverse", &attributes->reverse);
  if (kKind != kDense) read_flag("returns_sequences", &attributes->returns_sequences);
  if (kKind == kLstm) read_flag("keeps_gates", &attributes->keeps_gates);
  if (kKind == kLstmGrad) read_flag("needs_rows", &attributes->needs_rows);
  if (TF_GetCode(status) == TF_OK)
    TF_OpKernelConstruction_GetAttrInt32(construction, "n_threads", &attributes->n_threads, status);
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
  TF_DeleteStatus(status);
  return attributes;
}

void destroy(void* attributes) { free(attributes); }

int n_threads_of(const Attributes& attributes) {
  const int own = omp_get_max_threads();
  return attributes.n_threads > 0 ? std::min(attributes.n_threads, own) : own;
}

const int32_t* integers(const TF_Tensor* tensor) {
  return static_cast<const int32_t*>(TF_TensorData(tensor));
}

// The inputs that both operations of a layer begin with.
constexpr int kLayerInputs = 10;

// Whether window s lies inside the rows.
void check_window(Call& call, const Layer& layer, int64_t s) {
  if (layer.count[s] <= 0) return;
  const int64_t first = layer.start[s], last = first + (layer.count[s] - 1) * layer.stride;
  if (first >= 0 && last >= first && last < layer.n_rows && layer.count[s] <= layer.n_steps) return;
  char message[160];
  snprintf(
      message, sizeof message,
      "window %lld (start %d, count %d) lies outside the %lld rows or is longer than %lld steps",
      static_cast<long long>(s), layer.start[s], layer.count[s],
      static_cast<long long>(layer.n_rows), static_cast<long long>(layer.n_steps));
  call.fail(TF_INVALID_ARGUMENT, message);
}

// Read start and count, inputs 1 and 2, of windows over rows that are known already.
void read_windows(Call& call, Layer& layer) {
  const TF_Tensor* start = call.input(1, 1);
  const TF_Tensor* count = call.input(2, 1);
  if (!call.ok()) return;
  layer.start = integers(start);
  layer.count = integers(count);
  layer.n_samples = TF_Dim(start, 0);
  if (TF_Dim(count, 0) != layer.n_samples)
    call.fail(TF_INVALID_ARGUMENT, "start and count have different lengths");
  for (int64_t s = 0; s < layer.n_samples && call.ok(); ++s) check_window(call, layer, s);
}

bool read_layer(Call& call, const Attributes& attributes, Layer& layer) {
  const TF_Tensor* rows = call.input(0, 2);
  const TF_Tensor* stride = call.input(3, 0);
  const TF_Tensor* n_steps = call.input(4, 0);
  const TF_Tensor* h0 = call.input(8, 2);
  if (!call.ok()) return false;
  layer.rows = static_cast<const float*>(TF_TensorData(rows));
  layer.n_rows = TF_Dim(rows, 0);
  layer.n_inputs = TF_Dim(rows, 1);
  layer.stride = *integers(stride);
  layer.n_steps = *integers(n_steps);
  read_windows(call, layer);
  layer.n_units = TF_Dim(h0, 1);
  layer.reverse = attributes.reverse;
  const int64_t n_gates = 4 * layer.n_units;
  layer.kernel = call.floats(5, {layer.n_inputs, n_gates});
  layer.recurrent_kernel = call.floats(6, {layer.n_units, n_gates});
  layer.bias = call.floats(7, {n_gates});
  layer.h0 = call.floats(8, {layer.n_samples, layer.n_units});
  layer.c0 = call.floats(9, {layer.n_samples, layer.n_units});
  layer.n_threads = n_threads_of(attributes);
  return call.ok();
}

void compute(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<const Attributes*>(kernel);
  Call call(context);
  Layer layer;
  if (!read_layer(call, attributes, layer)) return;
  const int64_t n = layer.n_samples, n_units = layer.n_units;
  const int64_t n_kept = lstm->gates_per_step(n_units);
  const bool sequences = attributes.returns_sequences, keeps = attributes.keeps_gates;
  Outputs out;
  out.h_last = call.output(0, {n, n_units});
  out.c_last = call.output(1, {n, n_units});
  out.h = call.output(2, {sequences ? layer.n_steps : 0, n, n_units});
  out.gates = call.output(3, {keeps ? layer.n_steps : 0, n, n_kept});
  if (!call.ok()) return;
  if (!sequences) out.h = nullptr;
  if (!keeps) out.gates = nullptr;
  if (!lstm->forward(layer, out)) call.fail(TF_RESOURCE_EXHAUSTED, "out of memory");
}

void compute_gradients(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<const Attributes*>(kernel);
  Call call(context);
  Layer layer;
  if (!read_layer(call, attributes, layer)) return;
  const int64_t n = layer.n_samples, n_units = layer.n_units;
  const bool sequences = attributes.returns_sequences;
  Gradients gradients;
  const float* gates = call.floats(kLayerInputs, {layer.n_steps, n, lstm->gates_per_step(n_units)});
  gradients.h = sequences ? call.floats(kLayerInputs + 1, {layer.n_steps, n, n_units}) : nullptr;
  gradients.h_last = sequences ? nullptr : call.floats(kLayerInputs + 1, {n, n_units});
  const bool needs_rows = attributes.needs_rows;
  gradients.rows = call.output(0, {needs_rows ? layer.n_rows : 0, layer.n_inputs});
  gradients.kernel = call.output(1, {layer.n_inputs, 4 * n_units});
  gradients.recurrent_kernel = call.output(2, {n_units, 4 * n_units});
  gradients.bias = call.output(3, {4 * n_units});
  if (!call.ok()) return;
  if (!needs_rows) gradients.rows = nullptr;
  if (needs_rows) std::fill_n(gradients.rows, layer.n_rows * layer.n_inputs, 0.0f);
  if (!lstm->backward(layer, gates, gradients)) call.fail(TF_RESOURCE_EXHAUSTED, "out of memory");
}

// Floats in a line of the cache.
constexpr int64_t kLine = 16;

// Which steps of windows are labelled, their targets, and their weights, which stand in the last
// column. A row whose targets are all NaN is not labelled.
void find_labels(void*, TF_OpKernelContext* context) {
  Call call(context);
  const TF_Tensor* table = call.input(0, 2);
  const TF_Tensor* n_steps = call.input(3, 0);
  if (!call.ok()) return;
  Layer windows = {};
  windows.n_rows = TF_Dim(table, 0);
  windows.stride = 1;
  windows.n_steps = *integers(n_steps);
  read_windows(call, windows);
  if (!call.ok()) return;
  const int64_t n_targets = TF_Dim(table, 1) - 1;
  const float* rows = static_cast<const float*>(TF_TensorData(table));
  // They lie all over the table: ask for all of them before waiting for one.
  for (int64_t s = 0; s < windows.n_samples; ++s) {
    const float* first = rows + windows.start[s] * (n_targets + 1);
    const float* stop = first + windows.count[s] * (n_targets + 1);
    for (const float* line = first; line < stop; line += kLine) __builtin_prefetch(line);
  }
  // All are written where the next one belongs, and those without a label are written over.
  const int64_t n_places = windows.n_steps * windows.n_samples;
  Buffer<int32_t> where(n_places);
  Buffer<float> targets(n_places * n_targets), weights(n_places);
  if (!all_there(where, targets, weights)) return call.fail(TF_RESOURCE_EXHAUSTED, "out of memory");
  int64_t n_labels = 0;
  const auto find = [&](auto n_targets) {
    for (int64_t step = 0; step < windows.n_steps; ++step) {
      for (int64_t s = 0; s < windows.n_samples; ++s) {
        if (step >= windows.count[s]) continue;
        const float* row = rows + (windows.start[s] + step) * (n_targets + 1);
        bool is_labelled = false;
        for (int64_t target = 0; target < n_targets; ++target) {
          targets[n_labels * n_targets + target] = row[target];
          is_labelled |= row[target] == row[target];
        }
        weights[n_labels] = row[n_targets];
        where[n_labels] = static_cast<int32_t>(step * windows.n_samples + s);
        n_labels += is_labelled;
      }
    }
  };
  // With one target, which most have, no loop over targets is left.
  if (n_targets == 1) {
    find(std::integral_constant<int64_t, 1>{});
  } else {
    find(n_targets);
  }
  int32_t* labelled = call.integers_out(0, n_labels);
  float* their_targets = call.output(1, {n_labels, n_targets});
  float* their_weights = call.output(2, {n_labels});
  if (!call.ok()) return;
  std::copy_n(+where, n_labels, labelled);
  std::copy_n(+targets, n_labels * n_targets, their_targets);
  std::copy_n(+weights, n_labels, their_weights);
}

// The inputs that both operations of a dense layer begin with.
constexpr int kDenseInputs = 4;

bool read_dense(Call& call, const Attributes& attributes, DenseLayer& layer) {
  const TF_Tensor* h = call.input(0, 3);
  const TF_Tensor* where = call.input(1, 1);
  const TF_Tensor* bias = call.input(3, 1);
  if (!call.ok()) return false;
  layer.h = static_cast<const float*>(TF_TensorData(h));
  layer.n_steps = TF_Dim(h, 0);
  layer.n_samples = TF_Dim(h, 1);
  layer.n_units = TF_Dim(h, 2);
  layer.where = integers(where);
  layer.n_labels = TF_Dim(where, 0);
  layer.n_answers = TF_Dim(bias, 0);
  layer.kernel = call.floats(2, {layer.n_units, layer.n_answers});
  layer.bias = static_cast<const float*>(TF_TensorData(bias));
  layer.n_threads = n_threads_of(attributes);
  const int64_t n = layer.n_labels;
  bool wrong = n > 0 && (layer.where[0] < 0 || layer.where[n - 1] >= layer.n_rows());
  int32_t n_descents = 0;
  for (int64_t i = 1; i < n; ++i) n_descents += layer.where[i] <= layer.where[i - 1];
  if (wrong || n_descents > 0)
    call.fail(TF_INVALID_ARGUMENT, "where is to name steps of h, in ascending order");
  return call.ok();
}

void answer(void* kernel, TF_OpKernelContext* context) {
  Call call(context);
  DenseLayer layer;
  if (!read_dense(call, *static_cast<const Attributes*>(kernel), layer)) return;
  float* answers = call.output(0, {layer.n_labels, layer.n_answers});
  if (!call.ok()) return;
  if (!dense->forward(layer, answers)) call.fail(TF_RESOURCE_EXHAUSTED, "out of memory");
}

void answer_gradients(void* kernel, TF_OpKernelContext* context) {
  Call call(context);
  DenseLayer layer;
  DenseGradients gradients;
  gradients.h = call.output_over(0, 0);
  if (!read_dense(call, *static_cast<const Attributes*>(kernel), layer)) return;
  gradients.answers = call.floats(kDenseInputs, {layer.n_labels, layer.n_answers});
  gradients.kernel = call.output(1, {layer.n_units, layer.n_answers});
  gradients.bias = call.output(2, {layer.n_answers});
  if (!call.ok()) return;
  if (!dense->backward(layer, gradients)) call.fail(TF_RESOURCE_EXHAUSTED, "out of memory");
}

// ----------------------------------------------------------------------------------- registration

#define SKLSTM_INPUTS_OF_LAYER                                                      \
  "rows: float", "start: int32", "count: int32", "stride: int32", "n_steps: int32", \
      "kernel: float", "recurrent_kernel: float", "bias: float", "h0: float", "c0: float"

#define SKLSTM_INPUTS_OF_DENSE "h: float", "where: int32", "kernel: float", "bias: float"

struct Operation {
  const char* name;
  const char *attributes[5], *inputs[kLayerInputs + 2], *outputs[4];
  Create create;
  Compute compute;
  Delete destroy;
};

constexpr Operation kOperations[] = {
    {"SklstmLstm",
     {"reverse: bool", "returns_sequences: bool", "keeps_gates: bool", "needs_rows: bool",
      "n_threads: int"},
     {SKLSTM_INPUTS_OF_LAYER},
     {"h_last: float", "c_last: float", "h: float", "gates: float"},
     create<kLstm>,
     compute,
     destroy},
    {"SklstmLstmGrad",
     {"reverse: bool", "returns_sequences: bool", "needs_rows: bool", "n_threads: int"},
     {SKLSTM_INPUTS_OF_LAYER, "gates: float", "d_h: float"},
     {"d_rows: float", "d_kernel: float", "d_recurrent_kernel: float", "d_bias: float"},
     create<kLstmGrad>,
     compute_gradients,
     destroy},
    {"SklstmLabels",
     {},
     {"table: float", "start: int32", "count: int32", "n_steps: int32"},
     {"where: int32", "targets: float", "weights: float"},
     nullptr,
     find_labels,
     nullptr},
    {"SklstmDense",
     {"n_threads: int"},
     {SKLSTM_INPUTS_OF_DENSE},
     {"answers: float"},
     create<kDense>,
     answer,
     destroy},
    {"SklstmDenseGrad",
     {"n_threads: int"},
     {SKLSTM_INPUTS_OF_DENSE, "d_answers: float"},
     {"d_h: float", "d_kernel: float", "d_bias: float"},
     create<kDense>,
     answer_gradients,
     destroy},
};

bool register_operation(const Operation& operation) {
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(operation.name);
  for (const char* text : operation.attributes)
    if (text) TF_OpDefinitionBuilderAddAttr(definition, text);
  for (const char* text : operation.inputs)
    if (text) TF_OpDefinitionBuilderAddInput(definition, text);
  for (const char* text : operation.outputs)
    if (text) TF_OpDefinitionBuilderAddOutput(definition, text);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition,
                                                  TF_ShapeInferenceContextSetUnknownShape);
  TF_Status* status = TF_NewStatus();
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_RegisterKernelBuilder(operation.name,
                             TF_NewKernelBuilder(operation.name, "CPU", operation.create,
                                                 operation.compute, operation.destroy),
                             status);
  }
  const bool done = TF_GetCode(status) == TF_OK;
  TF_DeleteStatus(status);
  return done;
}

// Runs when TensorFlow loads this library, and collects what is registered meanwhile.
__attribute__((constructor)) void register_all() {
  choose_kernels();
  if (lstm == nullptr || !find_tensorflow()) return;
  for (const Operation& operation : kOperations)
    if (!register_operation(operation)) return;
}

}  // namespace
}  // namespace sklstm
