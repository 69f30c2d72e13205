// A program of somebody else's that found the library by pkg-config or CMake.
#include <nexus.hpp>

#include <iostream>

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  nexus::db db(argv[1]);
  db.add("Ann moved to Oslo in May.");
  nexus::answer answer = db.query("Who moved to Oslo?");
  std::cout << answer.size() << ' ' << answer[0].text() << '\n';
  db.close();
}
