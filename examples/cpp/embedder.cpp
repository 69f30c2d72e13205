// An embedder of the application's own, in place of the built-in one. This one counts pairs of
// letters: put a real model's call in its place.
//
//   embedder STORE
#include <atomic>
#include <cctype>
#include <cmath>
#include <iostream>
#include <nexus.hpp>

namespace {

constexpr std::uint32_t dimension = 64;

void embed(std::string_view text, nexus::span<float> row) {
  if (text.size() < 2) throw nexus::error(nexus::status::invalid, "a text of one letter has no pairs");
  auto letter = [&](std::size_t i) { return static_cast<unsigned>(std::tolower(static_cast<unsigned char>(text[i]))); };
  std::fill(row.begin(), row.end(), 0.0f);
  for (std::size_t i = 0; i + 1 < text.size(); ++i) row[(letter(i) * 31 + letter(i + 1)) % dimension] += 1;
  float sum = 0;
  for (float x : row) sum += x * x;
  for (float &x : row) x /= std::sqrt(sum);
}

}  // namespace

int main(int argc, char **argv) try {
  if (argc != 2) return 2;
  std::atomic<int> calls{0};
  nexus::options options;
  options.embedder = nexus::embedder{"letter pairs, version 1", dimension, [&](auto texts, auto rows) {
    ++calls;
    for (std::size_t i = 0; i < texts.size(); ++i) embed(texts[i], {rows.data() + i * dimension, dimension});
  }};
  nexus::db db(argv[1], options);
  for (const char *fact : {"The harbour freezes in January.", "Boats are painted in April.", "The lighthouse burns at night."}) {
    nexus::memory m(fact);
    m.key = fact;
    db.add(m);
  }
  nexus::answer answer = db.query("lighthous burnin");  // no word of it occurs, its pairs of letters do
  std::cout << answer[0].text() << " (" << calls << " calls of the model)\n";
  db.close();
} catch (const nexus::error &e) {
  std::cerr << e.what() << '\n';
  return 1;
}
