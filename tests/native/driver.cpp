// Computes what tests/native/arm.py wrote into a file, and writes what comes of it into another.
//
// Authors: The sklstm developers
// SPDX-License-Identifier: BSD-3-Clause

#include <cstdio>
#include <vector>

#include "interface.h"

namespace {

template <class T>
std::vector<T> read(FILE* file, size_t n) {
  std::vector<T> values(n);
  if (n > 0 && fread(values.data(), sizeof(T), n, file) != n) values.clear();
  return values;
}

}  // namespace

int main(int, char** arguments) {
  FILE* in = fopen(arguments[1], "rb");
  FILE* out = fopen(arguments[2], "wb");
  if (in == nullptr || out == nullptr) return 1;
  for (;;) {
    const auto sizes = read<int64_t>(in, 7);
    if (sizes.empty()) return fclose(out);
    const int64_t n = sizes[0], n_steps = sizes[1], n_rows = sizes[2], n_inputs = sizes[3];
    const int64_t n_units = sizes[4], n_answers = sizes[5];
    const auto rows = read<float>(in, n_rows * n_inputs);
    const auto start = read<int32_t>(in, n), count = read<int32_t>(in, n);
    const auto kernel = read<float>(in, n_inputs * 4 * n_units);
    const auto recurrent = read<float>(in, n_units * 4 * n_units);
    const auto bias = read<float>(in, 4 * n_units);
    const auto state = read<float>(in, 2 * n * n_units);
    const auto dense_kernel = read<float>(in, n_units * n_answers);
    const auto dense_bias = read<float>(in, n_answers);
    std::vector<float> ends(2 * n * n_units), h(n_steps * n * n_units), answers(n * n_answers);
    const sklstm::Layer layer = {n,
                                 n_steps,
                                 n_rows,
                                 n_inputs,
                                 n_units,
                                 rows.data(),
                                 1,
                                 start.data(),
                                 count.data(),
                                 sizes[6] != 0,
                                 kernel.data(),
                                 recurrent.data(),
                                 bias.data(),
                                 state.data(),
                                 state.data() + n * n_units,
                                 0};
    const sklstm::Outputs outputs = {ends.data(), ends.data() + n * n_units, h.data(), nullptr};
    if (sklstm_lstm_forward(&layer, &outputs) != kDone) return 2;
    std::vector<int32_t> where(n);
    for (int64_t s = 0; s < n; ++s) where[s] = static_cast<int32_t>(s);
    const sklstm::DenseLayer dense = {1,
                                      n,
                                      n_units,
                                      n_answers,
                                      n,
                                      ends.data(),
                                      where.data(),
                                      dense_kernel.data(),
                                      dense_bias.data(),
                                      0};
    if (sklstm_dense_forward(&dense, answers.data()) != kDone) return 3;
    fwrite(ends.data(), sizeof(float), ends.size(), out);
    fwrite(h.data(), sizeof(float), h.size(), out);
    fwrite(answers.data(), sizeof(float), answers.size(), out);
  }
}
