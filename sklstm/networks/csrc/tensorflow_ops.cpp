// The C interface as TensorFlow operations: SklstmLstm, SklstmPatches, and, for what answers at
// every step, SklstmLabels and SklstmDense.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#include <algorithm>
#include <cstdlib>
#include <type_traits>

#include "interface.h"
#include "memory.h"
#include "tensorflow.h"

namespace sklstm {
namespace {

struct Attributes {
  bool reverse, returns_sequences;
  bool keeps_gates;  // SklstmLstm: for the way back
  bool needs_rows;   // SklstmLstmGrad: whether the gradients of the rows are wanted
  int n_threads;     // 0 for as many as there are
};

enum Kind { kLstm, kLstmGrad, kOther };

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
  if (kKind != kOther) read_flag("reverse", &attributes->reverse);
  if (kKind != kOther) read_flag("returns_sequences", &attributes->returns_sequences);
  if (kKind == kLstm) read_flag("keeps_gates", &attributes->keeps_gates);
  if (kKind == kLstmGrad) read_flag("needs_rows", &attributes->needs_rows);
  if (TF_GetCode(status) == TF_OK)
    TF_OpKernelConstruction_GetAttrInt32(construction, "n_threads", &attributes->n_threads, status);
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
  TF_DeleteStatus(status);
  return attributes;
}

void destroy(void* attributes) { free(attributes); }

const int32_t* integers(const TF_Tensor* tensor) {
  return static_cast<const int32_t*>(TF_TensorData(tensor));
}

// The inputs that both operations of a layer begin with.
constexpr int kLayerInputs = 10;

void fail_if_outside(Call& call, const Layer& layer) {
  const int64_t s = call.ok() ? sklstm_window_outside(&layer) : -1;
  if (s < 0) return;
  char message[160];
  snprintf(
      message, sizeof message,
      "window %lld (start %d, count %d) lies outside the %lld rows or is longer than %lld steps",
      static_cast<long long>(s), layer.start[s], layer.count[s],
      static_cast<long long>(layer.n_rows), static_cast<long long>(layer.n_steps));
  call.fail(TF_INVALID_ARGUMENT, message);
}

void fail_unless_done(Call& call, int32_t result) {
  if (result == kOutOfMemory) call.fail(TF_RESOURCE_EXHAUSTED, "out of memory");
  if (result == kOutsideRows) call.fail(TF_INVALID_ARGUMENT, "a window lies outside the rows");
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
  fail_if_outside(call, layer);
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
  layer.n_threads = attributes.n_threads;
  return call.ok();
}

void compute(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<const Attributes*>(kernel);
  Call call(context);
  Layer layer;
  if (!read_layer(call, attributes, layer)) return;
  const int64_t n = layer.n_samples, n_units = layer.n_units;
  const int64_t n_kept = sklstm_gates_per_step(n_units);
  const bool sequences = attributes.returns_sequences, keeps = attributes.keeps_gates;
  Outputs out;
  out.h_last = call.output(0, {n, n_units});
  out.c_last = call.output(1, {n, n_units});
  out.h = call.output(2, {sequences ? layer.n_steps : 0, n, n_units});
  out.gates = call.output(3, {keeps ? layer.n_steps : 0, n, n_kept});
  if (!call.ok()) return;
  if (!sequences) out.h = nullptr;
  if (!keeps) out.gates = nullptr;
  fail_unless_done(call, sklstm_lstm_forward(&layer, &out));
}

void compute_gradients(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<const Attributes*>(kernel);
  Call call(context);
  Layer layer;
  if (!read_layer(call, attributes, layer)) return;
  const int64_t n = layer.n_samples, n_units = layer.n_units;
  const bool sequences = attributes.returns_sequences;
  Gradients gradients;
  const float* gates =
      call.floats(kLayerInputs, {layer.n_steps, n, sklstm_gates_per_step(n_units)});
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
  fail_unless_done(call, sklstm_lstm_backward(&layer, gates, &gradients));
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
  layer.n_threads = attributes.n_threads;
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
  fail_unless_done(call, sklstm_dense_forward(&layer, answers));
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
  fail_unless_done(call, sklstm_dense_backward(&layer, &gradients));
}

// The inputs of patches: what windows are, then how they are cut.
constexpr int kPatchInputs = 12;

bool read_patches(Call& call, const Attributes& attributes, Patches& patches) {
  const TF_Tensor* rows = call.input(0, 2);
  const TF_Tensor* row_at = call.input(1, 1);
  const TF_Tensor* window = call.input(2, 1);
  const TF_Tensor* start = call.input(4, 1);
  const TF_Tensor* count = call.input(5, 1);
  const TF_Tensor* first_slot = call.input(6, 1);
  const TF_Tensor* constants = call.input(7, 2);
  const TF_Tensor* size_and_stride = call.input(8, 1);
  const TF_Tensor* views = call.input(9, 1);
  const TF_Tensor* averaged = call.input(10, 1);
  const TF_Tensor* levels = call.input(11, 1);
  if (!call.ok()) return false;
  patches.n_samples = TF_Dim(start, 0);
  patches.n_rows = TF_Dim(rows, 0);
  patches.n_features = TF_Dim(rows, 1);
  patches.n_slots = TF_Dim(row_at, 0);
  patches.window = *integers(window);
  patches.size = integers(size_and_stride)[0];
  patches.stride = integers(size_and_stride)[1];
  patches.rows = static_cast<const float*>(TF_TensorData(rows));
  patches.row_at = integers(row_at);
  patches.start = integers(start);
  patches.count = integers(count);
  patches.first_slot = integers(first_slot);
  patches.n_views = TF_Dim(views, 0);
  patches.n_averaged = TF_Dim(averaged, 0);
  patches.n_levels = TF_Dim(levels, 0);
  patches.n_constants = TF_Dim(constants, 1);
  patches.views = integers(views);
  patches.scales = call.floats(3, {patches.n_views, patches.n_features});
  patches.averaged = integers(averaged);
  patches.levels = integers(levels);
  patches.constants = static_cast<const float*>(TF_TensorData(constants));
  patches.n_threads = attributes.n_threads;
  return call.ok();
}

void lay_out_patches(void* kernel, TF_OpKernelContext* context) {
  Call call(context);
  Patches patches;
  if (!read_patches(call, *static_cast<const Attributes*>(kernel), patches)) return;
  int32_t* count = call.integers_out(1, patches.n_samples);
  if (!call.ok()) return;
  fail_unless_done(call, sklstm_count_patches(&patches, count));
  if (!call.ok()) return;
  int32_t n_kept = 1;
  for (int64_t s = 0; s < patches.n_samples; ++s) n_kept = std::max(n_kept, count[s]);
  float* inputs = call.output(0, {patches.n_samples, n_kept, patches.n_inputs()});
  if (!call.ok()) return;
  fail_unless_done(call, sklstm_lay_out_patches(&patches, n_kept, inputs));
}

// ----------------------------------------------------------------------------------- registration

#define SKLSTM_INPUTS_OF_LAYER                                                      \
  "rows: float", "start: int32", "count: int32", "stride: int32", "n_steps: int32", \
      "kernel: float", "recurrent_kernel: float", "bias: float", "h0: float", "c0: float"

#define SKLSTM_INPUTS_OF_DENSE "h: float", "where: int32", "kernel: float", "bias: float"

struct Operation {
  const char* name;
  const char *attributes[5], *inputs[kPatchInputs], *outputs[4];
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
    {"SklstmPatches",
     {"n_threads: int"},
     {"rows: float", "row_at: int32", "window: int32", "scales: float", "start: int32",
      "count: int32", "first_slot: int32", "constants: float", "size_and_stride: int32",
      "views: int32", "averaged: int32", "levels: int32"},
     {"inputs: float", "count_of_patches: int32"},
     create<kOther>,
     lay_out_patches,
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
     create<kOther>,
     answer,
     destroy},
    {"SklstmDenseGrad",
     {"n_threads: int"},
     {SKLSTM_INPUTS_OF_DENSE, "d_answers: float"},
     {"d_h: float", "d_kernel: float", "d_bias: float"},
     create<kOther>,
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
  if (*sklstm_instruction_set() == '\0' || !find_tensorflow()) return;
  for (const Operation& operation : kOperations)
    if (!register_operation(operation)) return;
}

}  // namespace
}  // namespace sklstm
