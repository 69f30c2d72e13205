// Loads the paragraphs of a folder's text files into a store in the background, a commit of 256 at
// a time, and asks one question. Loading again changes nothing: a paragraph's key is its file and place.
//
//   load STORE FOLDER QUESTION
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nexus.hpp>
#include <sstream>

namespace fs = std::filesystem;

namespace {

constexpr std::size_t batch_size = 256;

// What stands between empty lines.
std::vector<nexus::memory> paragraphs(const fs::path &file) {
  std::ostringstream whole;
  whole << std::ifstream(file, std::ios::binary).rdbuf();
  const std::string text = whole.str();
  std::vector<nexus::memory> list;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.find("\n\n", at), text.size());
    nexus::memory m(text.substr(at, end - at));
    at = end + 2;
    if (m.text.find_first_not_of(" \t\r\n") == std::string::npos) continue;
    m.key = file.string() + '#' + std::to_string(list.size());
    m.kind = nexus::kind::semantic;
    m.meta["file"] = file.filename().string();
    m.meta["bytes"] = m.text.size();
    list.push_back(std::move(m));
  }
  return list;
}

}  // namespace

int main(int argc, char **argv) try {
  if (argc != 4) {
    std::cerr << "usage: load STORE FOLDER QUESTION\n";
    return 2;
  }
  nexus::db db(argv[1]);
  std::vector<nexus::job<std::vector<std::uint64_t>>> jobs;
  for (const auto &entry : fs::directory_iterator(argv[2])) {
    if (entry.path().extension() != ".txt" && entry.path().extension() != ".md") continue;
    const std::vector<nexus::memory> list = paragraphs(entry.path());
    for (std::size_t at = 0; at < list.size(); at += batch_size)
      jobs.push_back(db.add_async(nexus::span<const nexus::memory>(list.data() + at, std::min(batch_size, list.size() - at))));
  }
  std::size_t loaded = 0;
  for (auto &job : jobs) loaded += job.get().size();
  std::cout << loaded << " paragraphs\n";

  nexus::query query(argv[3]);
  query.k = 3;
  for (nexus::hit hit : db.query(query)) std::cout << hit.score() << ' ' << hit.memory().key() << ": " << hit.text().substr(0, 70) << '\n';
  db.close();
} catch (const nexus::error &e) {
  std::cerr << e.what() << '\n';
  return 1;
}
