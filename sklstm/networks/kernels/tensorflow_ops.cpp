// The kernels as TensorFlow operations, SklstmLstm and SklstmLstmGrad, and what a label for every
// step needs: SklstmLabels, SklstmTake and SklstmPlace.
//
// TensorFlow's C interface is stable, so that one build serves all its releases. Its functions are
// looked up in the library that is loaded already: nothing of TensorFlow is needed to compile this,
// and where a function is missing no operation is registered and the library does without.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#include <dlfcn.h>
#include <omp.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include "lstm_kernels.h"

namespace sklstm {
namespace {

// ------------------------------------------------------ tensorflow/c: kernels.h, ops.h,
// tf_tensor.h

struct TF_Tensor;
struct TF_Status;
struct TF_OpKernelContext;
struct TF_OpKernelConstruction;
struct TF_KernelBuilder;
struct TF_OpDefinitionBuilder;
struct TF_ShapeInferenceContext;

constexpr int TF_OK = 0, TF_INVALID_ARGUMENT = 3, TF_RESOURCE_EXHAUSTED = 8;
constexpr int TF_FLOAT = 1, TF_INT32 = 3;

using ShapeFunction = void (*)(TF_ShapeInferenceContext*, TF_Status*);
using Create = void* (*)(TF_OpKernelConstruction*);
using Compute = void (*)(void*, TF_OpKernelContext*);
using Delete = void (*)(void*);

#define SKLSTM_TENSORFLOW(FUNCTION)                                                       \
  FUNCTION(TF_NewStatus, TF_Status*, ())                                                  \
  FUNCTION(TF_DeleteStatus, void, (TF_Status*))                                           \
  FUNCTION(TF_SetStatus, void, (TF_Status*, int, const char*))                            \
  FUNCTION(TF_GetCode, int, (const TF_Status*))                                           \
  FUNCTION(TF_DeleteTensor, void, (TF_Tensor*))                                           \
  FUNCTION(TF_TensorData, void*, (const TF_Tensor*))                                      \
  FUNCTION(TF_NumDims, int, (const TF_Tensor*))                                           \
  FUNCTION(TF_Dim, int64_t, (const TF_Tensor*, int))                                      \
  FUNCTION(TF_GetInput, void, (TF_OpKernelContext*, int, TF_Tensor**, TF_Status*))        \
  FUNCTION(TF_AllocateOutput, TF_Tensor*,                                                 \
           (TF_OpKernelContext*, int, int, const int64_t*, int, size_t, TF_Status*))      \
  FUNCTION(TF_OpKernelContext_Failure, void, (TF_OpKernelContext*, TF_Status*))           \
  FUNCTION(TF_OpKernelConstruction_GetAttrBool, void,                                     \
           (TF_OpKernelConstruction*, const char*, unsigned char*, TF_Status*))           \
  FUNCTION(TF_OpKernelConstruction_GetAttrInt32, void,                                    \
           (TF_OpKernelConstruction*, const char*, int32_t*, TF_Status*))                 \
  FUNCTION(TF_OpKernelConstruction_Failure, void, (TF_OpKernelConstruction*, TF_Status*)) \
  FUNCTION(TF_NewKernelBuilder, TF_KernelBuilder*,                                        \
           (const char*, const char*, Create, Compute, Delete))                           \
  FUNCTION(TF_RegisterKernelBuilder, void, (const char*, TF_KernelBuilder*, TF_Status*))  \
  FUNCTION(TF_NewOpDefinitionBuilder, TF_OpDefinitionBuilder*, (const char*))             \
  FUNCTION(TF_OpDefinitionBuilderAddAttr, void, (TF_OpDefinitionBuilder*, const char*))   \
  FUNCTION(TF_OpDefinitionBuilderAddInput, void, (TF_OpDefinitionBuilder*, const char*))  \
  FUNCTION(TF_OpDefinitionBuilderAddOutput, void, (TF_OpDefinitionBuilder*, const char*)) \
  FUNCTION(TF_OpDefinitionBuilderSetShapeInferenceFunction, void,                         \
           (TF_OpDefinitionBuilder*, ShapeFunction))                                      \
  FUNCTION(TF_RegisterOpDefinition, void, (TF_OpDefinitionBuilder*, TF_Status*))          \
  FUNCTION(TF_ShapeInferenceContextSetUnknownShape, void, (TF_ShapeInferenceContext*, TF_Status*))

#define SKLSTM_DECLARE(name, result, arguments) result(*name) arguments;
SKLSTM_TENSORFLOW(SKLSTM_DECLARE)

bool find_tensorflow() {
  void* library = dlopen("libtensorflow_framework.so.2", RTLD_LAZY | RTLD_NOLOAD);
  if (library == nullptr) return false;
#define SKLSTM_FIND(name, result, arguments)                      \
  name = reinterpret_cast<decltype(name)>(dlsym(library, #name)); \
  if (name == nullptr) return false;
  SKLSTM_TENSORFLOW(SKLSTM_FIND)
  return true;
}

const Kernels* kernels_of_this_processor() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return nullptr;
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
  return wide ? &kernels_avx512 : &kernels_avx2;
#else
  return &kernels_baseline;
#endif
}

const Kernels* kernels = nullptr;

// ------------------------------------------------------------------------------------- operations

// One call of an operation: its tensors, and what has gone wrong.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() {
    if (TF_GetCode(status_) != TF_OK) TF_OpKernelContext_Failure(context_, status_);
    for (int i = 0; i < n_tensors_; ++i) TF_DeleteTensor(tensors_[i]);
    TF_DeleteStatus(status_);
  }

  bool ok() const { return TF_GetCode(status_) == TF_OK; }

  void fail(int code, const char* message) {
    if (ok()) TF_SetStatus(status_, code, message);
  }

  const TF_Tensor* input(int number, int n_dims) {
    if (!ok()) return nullptr;
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, number, &tensor, status_);
    if (!ok()) return nullptr;
    tensors_[n_tensors_++] = tensor;
    if (TF_NumDims(tensor) != n_dims) {
      char message[80];
      snprintf(message, sizeof message, "input %d has %d dimensions, %d are expected", number,
               TF_NumDims(tensor), n_dims);
      fail(TF_INVALID_ARGUMENT, message);
      return nullptr;
    }
    return tensor;
  }

  // The values of an input of the given shape; a dimension of -1 is not checked.
  template <int N>
  const float* floats(int number, const int64_t (&shape)[N]) {
    const TF_Tensor* tensor = input(number, N);
    if (tensor == nullptr) return nullptr;
    for (int i = 0; i < N; ++i) {
      if (shape[i] == -1 || TF_Dim(tensor, i) == shape[i]) continue;
      char message[120];
      snprintf(message, sizeof message, "dimension %d of input %d is %lld, %lld is expected", i,
               number, static_cast<long long>(TF_Dim(tensor, i)), static_cast<long long>(shape[i]));
      fail(TF_INVALID_ARGUMENT, message);
      return nullptr;
    }
    return static_cast<const float*>(TF_TensorData(tensor));
  }

  template <int N>
  float* output(int number, const int64_t (&shape)[N]) {
    return static_cast<float*>(allocate(number, TF_FLOAT, shape, N));
  }

  int32_t* integers_out(int number, int64_t size) {
    return static_cast<int32_t*>(allocate(number, TF_INT32, &size, 1));
  }

 private:
  // All types here take four bytes.
  void* allocate(int number, int type, const int64_t* shape, int n_dims) {
    if (!ok()) return nullptr;
    size_t n_bytes = 4;
    for (int i = 0; i < n_dims; ++i) n_bytes *= shape[i];
    TF_Tensor* tensor = TF_AllocateOutput(context_, number, type, shape, n_dims, n_bytes, status_);
    if (!ok()) return nullptr;
    tensors_[n_tensors_++] = tensor;
    return TF_TensorData(tensor);
  }

  TF_OpKernelContext* context_;
  TF_Status* status_;
  TF_Tensor* tensors_[24];
  int n_tensors_ = 0;
};

struct Attributes {
  bool reverse, returns_sequences;
  bool keeps_gates;  // SklstmLstm: for the way back
  bool needs_rows;   // SklstmLstmGrad: whether anybody wants the gradients of the rows
  int n_threads;     // 0 for as many as OpenMP would take
};

template <bool kIsGradient>
void* create(TF_OpKernelConstruction* construction) {
  auto* attributes = static_cast<Attributes*>(calloc(1, sizeof(Attributes)));
  TF_Status* status = TF_NewStatus();
  const auto read_flag = [&](const char* name, bool* to) {
    unsigned char value = 0;
    if (TF_GetCode(status) == TF_OK)
      TF_OpKernelConstruction_GetAttrBool(construction, name, &value, status);
    *to = value != 0;
  };
  read_flag("reverse", &attributes->reverse);
  read_flag("returns_sequences", &attributes->returns_sequences);
  if (kIsGradient) {
    read_flag("needs_rows", &attributes->needs_rows);
  } else {
    read_flag("keeps_gates", &attributes->keeps_gates);
  }
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

bool read_layer(Call& call, const Attributes& attributes, Layer& layer) {
  const TF_Tensor* rows = call.input(0, 2);
  const TF_Tensor* start = call.input(1, 1);
  const TF_Tensor* count = call.input(2, 1);
  const TF_Tensor* stride = call.input(3, 0);
  const TF_Tensor* n_steps = call.input(4, 0);
  const TF_Tensor* h0 = call.input(8, 2);
  if (!call.ok()) return false;
  layer.rows = static_cast<const float*>(TF_TensorData(rows));
  layer.n_rows = TF_Dim(rows, 0);
  layer.n_inputs = TF_Dim(rows, 1);
  layer.start = integers(start);
  layer.count = integers(count);
  layer.n_samples = TF_Dim(start, 0);
  layer.stride = *integers(stride);
  layer.n_steps = *integers(n_steps);
  layer.n_units = TF_Dim(h0, 1);
  layer.reverse = attributes.reverse;
  const int64_t n_gates = 4 * layer.n_units;
  layer.kernel = call.floats(5, {layer.n_inputs, n_gates});
  layer.recurrent_kernel = call.floats(6, {layer.n_units, n_gates});
  layer.bias = call.floats(7, {n_gates});
  layer.h0 = call.floats(8, {layer.n_samples, layer.n_units});
  layer.c0 = call.floats(9, {layer.n_samples, layer.n_units});
  const int own = omp_get_max_threads();
  layer.n_threads = attributes.n_threads > 0 ? std::min(attributes.n_threads, own) : own;
  if (!call.ok()) return false;

  if (TF_Dim(count, 0) != layer.n_samples) {
    call.fail(TF_INVALID_ARGUMENT, "start and count have different lengths");
    return false;
  }
  for (int64_t s = 0; s < layer.n_samples && call.ok(); ++s) check_window(call, layer, s);
  return call.ok();
}

void compute(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<const Attributes*>(kernel);
  Call call(context);
  Layer layer;
  if (!read_layer(call, attributes, layer)) return;
  const int64_t n = layer.n_samples, n_units = layer.n_units;
  const int64_t n_kept = kernels->gates_per_step(n_units);
  const bool sequences = attributes.returns_sequences, keeps = attributes.keeps_gates;
  Outputs out;
  out.h_last = call.output(0, {n, n_units});
  out.c_last = call.output(1, {n, n_units});
  out.h = call.output(2, {sequences ? layer.n_steps : 0, n, n_units});
  out.gates = call.output(3, {keeps ? layer.n_steps : 0, n, n_kept});
  if (!call.ok()) return;
  if (!sequences) out.h = nullptr;
  if (!keeps) out.gates = nullptr;
  if (!kernels->forward(layer, out)) call.fail(TF_RESOURCE_EXHAUSTED, "out of memory");
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
      call.floats(kLayerInputs, {layer.n_steps, n, kernels->gates_per_step(n_units)});
  gradients.h_last = call.floats(kLayerInputs + 1, {n, n_units});
  gradients.c_last = call.floats(kLayerInputs + 2, {n, n_units});
  gradients.h = call.floats(kLayerInputs + 3, {sequences ? layer.n_steps : -1, n, n_units});
  if (!sequences) gradients.h = nullptr;
  const bool needs_rows = attributes.needs_rows;
  gradients.rows = call.output(0, {needs_rows ? layer.n_rows : 0, layer.n_inputs});
  gradients.kernel = call.output(1, {layer.n_inputs, 4 * n_units});
  gradients.recurrent_kernel = call.output(2, {n_units, 4 * n_units});
  gradients.bias = call.output(3, {4 * n_units});
  gradients.h0 = call.output(4, {n, n_units});
  gradients.c0 = call.output(5, {n, n_units});
  if (!call.ok()) return;
  if (!needs_rows) gradients.rows = nullptr;
  if (needs_rows) std::fill_n(gradients.rows, layer.n_rows * layer.n_inputs, 0.0f);
  if (!kernels->backward(layer, gates, gradients))
    call.fail(TF_RESOURCE_EXHAUSTED, "out of memory");
}

// Which steps of windows are labelled, their targets, and their weights, which stand in the last
// column. A row whose targets are all NaN is not labelled.
void find_labels(void*, TF_OpKernelContext* context) {
  Call call(context);
  const TF_Tensor* table = call.input(0, 2);
  const TF_Tensor* start = call.input(1, 1);
  const TF_Tensor* count = call.input(2, 1);
  const TF_Tensor* n_steps = call.input(3, 0);
  if (!call.ok()) return;
  Layer windows = {};
  windows.n_rows = TF_Dim(table, 0);
  windows.n_samples = std::min(TF_Dim(start, 0), TF_Dim(count, 0));
  windows.start = integers(start);
  windows.count = integers(count);
  windows.stride = 1;
  windows.n_steps = *integers(n_steps);
  for (int64_t s = 0; s < windows.n_samples && call.ok(); ++s) check_window(call, windows, s);
  if (!call.ok()) return;
  const int64_t n_targets = TF_Dim(table, 1) - 1;
  const float* rows = static_cast<const float*>(TF_TensorData(table));
  const auto for_each_label = [&](auto&& act) {
    for (int64_t step = 0; step < windows.n_steps; ++step) {
      for (int64_t s = 0; s < windows.n_samples; ++s) {
        if (windows.count[s] <= step) continue;
        const float* row = rows + (windows.start[s] + step) * (n_targets + 1);
        if (std::any_of(row, row + n_targets, [](float x) { return x == x; }))
          act(step * windows.n_samples + s, row);
      }
    }
  };
  int64_t n_labels = 0;
  for_each_label([&](int64_t, const float*) { ++n_labels; });
  int32_t* where = call.integers_out(0, n_labels);
  float* targets = call.output(1, {n_labels, n_targets});
  float* weights = call.output(2, {n_labels});
  if (!call.ok()) return;
  for_each_label([&](int64_t at, const float* row) {
    *where++ = static_cast<int32_t>(at);
    for (int64_t target = 0; target < n_targets; ++target) *targets++ = row[target];
    *weights++ = row[n_targets];
  });
}

// Take rows out of a table, or place them in one that is 0 elsewhere.
template <bool kPlaces>
void move_rows(void*, TF_OpKernelContext* context) {
  Call call(context);
  const TF_Tensor* from = call.input(0, 2);
  const TF_Tensor* where = call.input(1, 1);
  const TF_Tensor* n_rows = call.input(2, 0);
  if (!call.ok()) return;
  const int64_t n_columns = TF_Dim(from, 1), n_moved = TF_Dim(where, 0);
  const int64_t n_all = kPlaces ? *integers(n_rows) : TF_Dim(from, 0);
  const int32_t* rows = integers(where);
  const bool inside =
      std::all_of(rows, rows + n_moved, [&](int32_t r) { return r >= 0 && r < n_all; });
  if (!inside || (kPlaces && TF_Dim(from, 0) != n_moved))
    call.fail(TF_INVALID_ARGUMENT, "rows to take or to place lie outside the table");
  float* to = call.output(0, {kPlaces ? n_all : n_moved, n_columns});
  if (!call.ok()) return;
  const float* values = static_cast<const float*>(TF_TensorData(from));
  if (kPlaces) std::fill_n(to, n_all * n_columns, 0.0f);
  for (int64_t i = 0; i < n_moved; ++i) {
    const int64_t source = kPlaces ? i : rows[i], target = kPlaces ? rows[i] : i;
    for (int64_t column = 0; column < n_columns; ++column)
      to[target * n_columns + column] = values[source * n_columns + column];
  }
}

// ----------------------------------------------------------------------------------- registration

#define SKLSTM_INPUTS_OF_LAYER                                                      \
  "rows: float", "start: int32", "count: int32", "stride: int32", "n_steps: int32", \
      "kernel: float", "recurrent_kernel: float", "bias: float", "h0: float", "c0: float"

struct Operation {
  const char* name;
  const char *attributes[4], *inputs[kLayerInputs + 4], *outputs[6];
  Create create;
  Compute compute;
  Delete destroy;
};

constexpr Operation kOperations[] = {
    {"SklstmLstm",
     {"reverse: bool", "returns_sequences: bool", "keeps_gates: bool", "n_threads: int"},
     {SKLSTM_INPUTS_OF_LAYER},
     {"h_last: float", "c_last: float", "h: float", "gates: float"},
     create<false>,
     compute,
     destroy},
    {"SklstmLstmGrad",
     {"reverse: bool", "returns_sequences: bool", "needs_rows: bool", "n_threads: int"},
     {SKLSTM_INPUTS_OF_LAYER, "gates: float", "d_h_last: float", "d_c_last: float", "d_h: float"},
     {"d_rows: float", "d_kernel: float", "d_recurrent_kernel: float", "d_bias: float",
      "d_h0: float", "d_c0: float"},
     create<true>,
     compute_gradients,
     destroy},
    {"SklstmLabels",
     {},
     {"table: float", "start: int32", "count: int32", "n_steps: int32"},
     {"where: int32", "targets: float", "weights: float"},
     nullptr,
     find_labels,
     nullptr},
    {"SklstmTake",
     {},
     {"table: float", "where: int32", "n_rows: int32"},
     {"rows: float"},
     nullptr,
     move_rows<false>,
     nullptr},
    {"SklstmPlace",
     {},
     {"rows: float", "where: int32", "n_rows: int32"},
     {"table: float"},
     nullptr,
     move_rows<true>,
     nullptr},
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
  kernels = kernels_of_this_processor();
  if (kernels == nullptr || !find_tensorflow()) return;
  for (const Operation& operation : kOperations)
    if (!register_operation(operation)) return;
}

}  // namespace
}  // namespace sklstm
