// A chat with a memory and no language model: what you say is remembered, what you ask is answered
// with what was said before.
//
//   chat STORE SESSION
//   > Bob is allergic to peanuts.
//   > What can't Bob eat?
//   1. Bob is allergic to peanuts.
#include <iostream>
#include <nexus.hpp>

namespace {

void remember(nexus::db &db, const std::string &line, const std::string &session) {
  nexus::memory memory(line);
  memory.session = session;
  memory.speaker = "you";
  memory.time = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  db.add(memory);
}

void answer(const nexus::db &db, const std::string &question) {
  nexus::query query(question);
  query.k = 3;
  nexus::answer found = db.query(query);
  if (found.empty()) std::cout << "I know nothing about that.\n";
  int rank = 0;
  for (nexus::hit hit : found) {
    // Confidence is 0 where no word of the question occurs in the store.
    bool sure = hit[nexus::factor::confidence] > 0;
    std::cout << ++rank << ". " << (sure ? "" : "(perhaps) ") << hit.text() << '\n';
  }
}

}  // namespace

int main(int argc, char **argv) try {
  if (argc != 3) {
    std::cerr << "usage: chat STORE SESSION\n";
    return 2;
  }
  nexus::db db(argv[1]);
  for (std::string line; std::getline(std::cin, line);) {
    if (line.empty()) continue;
    if (line.back() == '?') answer(db, line);
    else remember(db, line, argv[2]);
  }
  db.close();
} catch (const nexus::error &e) {
  std::cerr << e.what() << '\n';
  return 1;
}
