// Vectors of floats as wide as the instruction set has them, and the functions an LSTM needs.
//
// Written with the vector extensions of GCC and Clang, so that one source serves every processor.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define SKLSTM_LANES 16
#define SKLSTM_ACCUMULATORS 24
#elif defined(__AVX__)
#define SKLSTM_LANES 8
#define SKLSTM_ACCUMULATORS 12
#else
#define SKLSTM_LANES 4
#define SKLSTM_ACCUMULATORS 24
#endif

#define SKLSTM_INLINE inline __attribute__((always_inline))

namespace sklstm {
// Every instruction set has a copy of its own: none may be merged with another's by the linker.
namespace {

constexpr int kLanes = SKLSTM_LANES;
// Vectors that a product keeps in registers, besides its operands.
constexpr int kAccumulators = SKLSTM_ACCUMULATORS;

typedef float Vec __attribute__((vector_size(4 * kLanes)));
typedef int32_t IntVec __attribute__((vector_size(4 * kLanes)));

SKLSTM_INLINE Vec load(const float* from) {
  Vec v;
  memcpy(&v, from, sizeof v);
  return v;
}

SKLSTM_INLINE void store(float* to, Vec v) { memcpy(to, &v, sizeof v); }

// Copy a few numbers. A call of memcpy takes longer than they do; of a size that is known when this
// is compiled it is a move.
SKLSTM_INLINE void copy_few(float* to, const float* from, int64_t n) {
  for (; n >= 8; n -= 8, to += 8, from += 8) memcpy(to, from, 8 * sizeof(float));
  if (n & 4) {
    memcpy(to, from, 4 * sizeof(float));
    to += 4, from += 4;
  }
  if (n & 2) {
    memcpy(to, from, 2 * sizeof(float));
    to += 2, from += 2;
  }
  if (n & 1) *to = *from;
}

// The first n lanes, at least one; the others are 0.
SKLSTM_INLINE Vec load_some(const float* from, int64_t n) {
  if (n >= kLanes) return load(from);
  // Written piece by piece a vector could not be read at once.
#if SKLSTM_LANES == 16
  return (Vec)_mm512_maskz_loadu_ps(static_cast<__mmask16>((1 << n) - 1), from);
#elif SKLSTM_LANES == 8
  static const int32_t lanes[2 * kLanes] = {-1, -1, -1, -1, -1, -1, -1, -1};
  IntVec wanted;
  memcpy(&wanted, lanes + kLanes - n, sizeof wanted);
  return (Vec)_mm256_maskload_ps(from, (__m256i)wanted);
#else
  Vec v{};
  for (int64_t lane = 0; lane < n; ++lane) v[lane] = from[lane];
  return v;
#endif
}

SKLSTM_INLINE void store_some(float* to, Vec v, int64_t n) {
  if (n >= kLanes) {
    store(to, v);
  } else {
    copy_few(to, reinterpret_cast<const float*>(&v), n);
  }
}

SKLSTM_INLINE Vec in_all_lanes(float x) { return x - Vec{}; }

SKLSTM_INLINE float sum_of_lanes(Vec v) {
#if SKLSTM_LANES == 16
  return _mm512_reduce_add_ps((__m512)v);
#elif SKLSTM_LANES == 8
  __m128 sum = _mm_add_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
  sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
  return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
#else
  return (v[0] + v[2]) + (v[1] + v[3]);
#endif
}

// Into [-bound, bound]; NaN stays NaN, which on x86 is the second operand of a minimum.
SKLSTM_INLINE Vec clamped(Vec x, float bound) {
  const Vec high = in_all_lanes(bound), low = in_all_lanes(-bound);
#if SKLSTM_LANES == 16
  return (Vec)_mm512_max_ps((__m512)low, _mm512_min_ps((__m512)high, (__m512)x));
#elif SKLSTM_LANES == 8
  return (Vec)_mm256_max_ps((__m256)low, _mm256_min_ps((__m256)high, (__m256)x));
#else
  x = x > high ? high : x;
  return x < low ? low : x;
#endif
}

// 2 to the x for |x| < 126. The polynomial is the one of its degree with the least relative error
// on
// [-0.5, 0.5], 7.5e-8.
SKLSTM_INLINE Vec power_of_two(Vec x) {
  // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
  const float magic = 12582912.0f;
  const Vec shifted = x + magic;
  x = x - (shifted - magic);
  Vec p = x * 1.3276471979e-03f + 9.6755413342e-03f;
  p = p * x + 5.5507132735e-02f;
  p = p * x + 2.4022119724e-01f;
  p = p * x + 6.9314696706e-01f;
  p = p * x + 1.0f;
  // Times 2^n, by adding n to the exponent.
  IntVec bits, n;
  memcpy(&bits, &p, sizeof bits);
  memcpy(&n, &shifted, sizeof n);
  bits += n << 23;
  memcpy(&p, &bits, sizeof p);
  return p;
}

struct Ratio {
  Vec above, below;
};

// tanh as a ratio of polynomials, those of Eigen; from 7.9 on it is 1 in single precision.
SKLSTM_INLINE Ratio tanh_ratio(Vec x) {
  x = clamped(x, 7.90531110763549805f);
  const Vec square = x * x;
  Vec p = square * -2.76076847742355e-16f + 2.00018790482477e-13f;
  p = p * square + -8.60467152213735e-11f;
  p = p * square + 5.12229709037114e-08f;
  p = p * square + 1.48572235717979e-05f;
  p = p * square + 6.37261928875436e-04f;
  p = p * square + 4.89352455891786e-03f;
  Vec q = square * 1.19825839466702e-06f + 1.18534705686654e-04f;
  q = q * square + 2.26843463243900e-03f;
  q = q * square + 4.89352518554385e-03f;
  return {x * p, q};
}

SKLSTM_INLINE int64_t rounded_up(int64_t n, int64_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

// Units are padded to whole vectors.
SKLSTM_INLINE int64_t padded(int64_t n) { return rounded_up(n, kLanes); }

// A number that is known when the kernel is compiled.
template <int N>
struct Constant {
  static constexpr int value = N;
};

template <int Max, class Function>
SKLSTM_INLINE void with_constant(int64_t n, Function&& function) {
  if constexpr (Max > 0) {
    if (n == Max) {
      function(Constant<Max>{});
    } else {
      with_constant<Max - 1>(n, function);
    }
  }
}

// Call function(Constant<size>, first) on tiles of at most Max of n items; the last two share what
// is left evenly, because a tile of one item would be slow.
template <int Max, class Function>
SKLSTM_INLINE void in_tiles(int64_t n, Function&& function) {
  int64_t first = 0;
  while (n - first >= 2 * Max) {
    function(Constant<Max>{}, first);
    first += Max;
  }
  while (first < n) {
    const int64_t left = n - first, size = left > Max ? (left + 1) / 2 : left;
    with_constant<Max>(size, [&](auto constant) { function(constant, first); });
    first += size;
  }
}

// Call function(Constant<width>, first) on panels of 4, 2 and 1 vectors.
template <class Function>
SKLSTM_INLINE void in_panels(int64_t n_vectors, Function&& function) {
  int64_t first = 0;
  for (; first + 4 <= n_vectors; first += 4) function(Constant<4>{}, first);
  if (first + 2 <= n_vectors) {
    function(Constant<2>{}, first);
    first += 2;
  }
  if (first < n_vectors) function(Constant<1>{}, first);
}

// sums[m][v] += sum over k of left[m][k] * right[k][v], in the order of k. The rows of `left` are
// given by M pointers, those of `right` lie `stride` floats apart.
template <int M, int V>
SKLSTM_INLINE void multiply(const float* const (&left)[M], const float* right, int64_t stride,
                            int64_t n, Vec (&sums)[M][V]) {
  for (int64_t k = 0; k < n; ++k, right += stride) {
    Vec row[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) row[v] = load(right + v * kLanes);
#pragma GCC unroll 24
    for (int m = 0; m < M; ++m) {
      const float factor = left[m][k];
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) sums[m][v] += factor * row[v];
    }
  }
}

}  // namespace
}  // namespace sklstm
