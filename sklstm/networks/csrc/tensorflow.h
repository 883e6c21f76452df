// What the operations need of TensorFlow: its C interface, and one call of an operation.
//
// TensorFlow calls this part of its interface experimental: it has not changed for years, but it
// may. Its functions are looked up in the library that is loaded already, so that nothing of
// TensorFlow is needed to compile this, and where a function is missing no operation is registered.
// _native_operations.py names the releases that were tested, and tries others in a child process.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <dlfcn.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace sklstm {
namespace {

// From kernels.h, ops.h and tf_tensor.h of tensorflow/c.

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

#define SKLSTM_TENSORFLOW(FUNCTION)                                                            \
  FUNCTION(TF_NewStatus, TF_Status*, ())                                                       \
  FUNCTION(TF_DeleteStatus, void, (TF_Status*))                                                \
  FUNCTION(TF_SetStatus, void, (TF_Status*, int, const char*))                                 \
  FUNCTION(TF_GetCode, int, (const TF_Status*))                                                \
  FUNCTION(TF_DeleteTensor, void, (TF_Tensor*))                                                \
  FUNCTION(TF_TensorData, void*, (const TF_Tensor*))                                           \
  FUNCTION(TF_NumDims, int, (const TF_Tensor*))                                                \
  FUNCTION(TF_Dim, int64_t, (const TF_Tensor*, int))                                           \
  FUNCTION(TF_GetInput, void, (TF_OpKernelContext*, int, TF_Tensor**, TF_Status*))             \
  FUNCTION(TF_AllocateOutput, TF_Tensor*,                                                      \
           (TF_OpKernelContext*, int, int, const int64_t*, int, size_t, TF_Status*))           \
  FUNCTION(TF_ForwardInputOrAllocateOutput, TF_Tensor*,                                        \
           (TF_OpKernelContext*, const int*, int, int, const int64_t*, int, int*, TF_Status*)) \
  FUNCTION(TF_OpKernelContext_Failure, void, (TF_OpKernelContext*, TF_Status*))                \
  FUNCTION(TF_OpKernelConstruction_GetAttrBool, void,                                          \
           (TF_OpKernelConstruction*, const char*, unsigned char*, TF_Status*))                \
  FUNCTION(TF_OpKernelConstruction_GetAttrInt32, void,                                         \
           (TF_OpKernelConstruction*, const char*, int32_t*, TF_Status*))                      \
  FUNCTION(TF_OpKernelConstruction_Failure, void, (TF_OpKernelConstruction*, TF_Status*))      \
  FUNCTION(TF_NewKernelBuilder, TF_KernelBuilder*,                                             \
           (const char*, const char*, Create, Compute, Delete))                                \
  FUNCTION(TF_RegisterKernelBuilder, void, (const char*, TF_KernelBuilder*, TF_Status*))       \
  FUNCTION(TF_NewOpDefinitionBuilder, TF_OpDefinitionBuilder*, (const char*))                  \
  FUNCTION(TF_OpDefinitionBuilderAddAttr, void, (TF_OpDefinitionBuilder*, const char*))        \
  FUNCTION(TF_OpDefinitionBuilderAddInput, void, (TF_OpDefinitionBuilder*, const char*))       \
  FUNCTION(TF_OpDefinitionBuilderAddOutput, void, (TF_OpDefinitionBuilder*, const char*))      \
  FUNCTION(TF_OpDefinitionBuilderSetShapeInferenceFunction, void,                              \
           (TF_OpDefinitionBuilder*, ShapeFunction))                                           \
  FUNCTION(TF_RegisterOpDefinition, void, (TF_OpDefinitionBuilder*, TF_Status*))               \
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

  // An output of the shape of an input, in its memory if nobody else has a use for that. To be
  // asked for before the input.
  float* output_over(int number, int input_number) {
    if (!ok()) return nullptr;
    TF_Tensor* input = nullptr;
    TF_GetInput(context_, input_number, &input, status_);
    if (!ok()) return nullptr;
    int64_t shape[kMostDims];
    const int n_dims = TF_NumDims(input);
    for (int i = 0; i < std::min(n_dims, kMostDims); ++i) shape[i] = TF_Dim(input, i);
    TF_DeleteTensor(input);  // a use of its memory
    TF_Tensor* tensor = TF_ForwardInputOrAllocateOutput(
        context_, &input_number, 1, number, shape, std::min(n_dims, kMostDims), nullptr, status_);
    return static_cast<float*>(data_of(tensor));
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
    return data_of(TF_AllocateOutput(context_, number, type, shape, n_dims, n_bytes, status_));
  }

  void* data_of(TF_Tensor* tensor) {
    if (!ok()) return nullptr;
    tensors_[n_tensors_++] = tensor;
    return TF_TensorData(tensor);
  }

  static constexpr int kMostDims = 4;

  TF_OpKernelContext* context_;
  TF_Status* status_;
  TF_Tensor* tensors_[24];
  int n_tensors_ = 0;
};

}  // namespace
}  // namespace sklstm
