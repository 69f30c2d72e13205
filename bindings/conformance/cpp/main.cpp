/* conformance CORPUS: runs every case through nexus.hpp and prints what failed. */
#include "values.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <list>
#include <stdlib.h>

namespace conformance {

const char *const metrics[] = {"", "cosine", "dot", "l2"};

/* One case in progress. */
class run {
 public:
  explicit run(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /* What a step gives, in the form of "expect". */
  json step(const json &s) {
    try {
      return result(s);
    } catch (const nexus::error &e) {
      return {{"error", nexus::name(e.code())}, {"message", e.what()}};
    }
  }

 private:
  json result(const json &s) {
    const std::string op = s.at("op");
    if (op == "open") return open(s);
    if (op == "write") return write(s);
    if (op == "add") return add(s);
    if (op == "query") return to_json(query(s));
    if (op == "get") return {{"memory", to_json(db().get(s.at("id").get<std::uint64_t>()))}};
    if (op == "get_by_key") return {{"memory", to_json(db().get_by_key(text(s, "key"), text(s, "tenant")))}};
    if (op == "list") return list(s);
    if (op == "delete") {
      auto ids = s.at("ids").get<std::vector<std::uint64_t>>();
      return {{"count", db().remove(ids)}};
    }
    if (op == "update") return update(s);
    if (op == "supersede") return {{"id", db().supersede(s.at("id").get<std::uint64_t>(), memory(s.at("memory")))}};
    if (op == "history") {
      json all = json::array();
      for (nexus::memory_view m : db().history(s.at("id").get<std::uint64_t>())) all.push_back(to_json(m));
      return {{"memories", all}};
    }
    if (op == "feedback") {
      db().feedback(s.at("id").get<std::uint64_t>(), s.at("value").get<double>());
      return json::object();
    }
    if (op == "learn") return learn(s);
    if (op == "preference") return {{"preference", timeless(db().preference(text(s, "user"), text(s, "tenant")))}};
    if (op == "set_preference") return {{"count", db().set_preference(s.at("preference").dump())}};
    if (op == "forget") return {{"count", db().forget(text(s, "user"), text(s, "tenant"))}};
    if (op == "delete_where") return {{"count", db().remove_where(selection(s))}};
    if (op == "patterns") return to_json(db().patterns(patterns(s)));
    if (op == "anomalies") return to_json(db().anomalies(anomalies(s)));
    if (op == "train") return to_json(db().train(s.contains("path") ? path(s) : "", {s.value("seed", std::uint64_t{0}), s.value("rounds", 0u), s.value("force", false), s.value("from_judgements", false)}));
    if (op == "rollback_ranker") {
      db().rollback_ranker();
      return json::object();
    }
    if (op == "stats") {
      nexus::stats st = db().stats();
      return {{"memories", st.memories}, {"vectors", st.vectors}, {"dimension", st.dimension}, {"metric", metrics[static_cast<std::size_t>(st.metric)]}, {"language", st.language}, {"packed", st.record_stored < st.record_bytes},
              {"ranker_own", st.ranker_own}, {"ranker_trees", st.ranker_trees}};
    }
    if (op == "verify") return reported(db().verify());
    if (op == "import") return reported(db().import_from(path(s)));
    if (op == "backup") return {{"count", db().backup(path(s))}};
    if (op == "restore") return {{"count", nexus::db::restore((folder_ / text(s, "backup")).string(), path(s))}};
    if (op == "export") return {{"count", db().export_to(path(s))}};
    if (op == "compact") db().compact();
    else if (op == "close") db().close();
    else throw std::runtime_error("operation " + op + " is not known");
    return json::object();
  }

  nexus::db &db() {
    if (stores_.empty()) throw std::runtime_error("no store was opened");
    return stores_.back();
  }
  static std::string text(const json &s, const char *name) { return s.value(name, std::string()); }
  std::string path(const json &s, const char *missing = "") const { return (folder_ / s.value("path", std::string(missing))).string(); }

  static nexus::selection selection(const json &s) {
    return {{text(s, "tenant"), text(s, "user"), text(s, "agent"), text(s, "session")}, text(s, "filter")};
  }

  json learn(const json &s) {
    const auto shown = s.value("shown", std::vector<std::uint64_t>());
    nexus::judged j;
    j.id = s.at("id").get<std::uint64_t>(), j.value = s.at("value").get<double>();
    j.user = text(s, "user"), j.question = text(s, "question"), j.tenant = text(s, "tenant"), j.shown = shown;
    db().learn(j);
    return json::object();
  }
  /* A preference without the times of its judgements. */
  static json timeless(const std::string &preference) {
    json p = json::parse(preference);
    for (json &one : p.at("judgements")) one.erase("time");
    return p;
  }

  static nexus::pattern_query patterns(const json &s) {
    nexus::pattern_query q;
    q.of = selection(s), q.limit = s.value("limit", 0u);
    q.kind = static_cast<nexus::pattern_kind>(place(pattern_kinds, s.value("kind", std::string("all"))));
    if (s.contains("since")) q.since = instant(s.at("since"));
    if (s.contains("until")) q.until = instant(s.at("until"));
    return q;
  }
  static nexus::anomaly_query anomalies(const json &s) {
    nexus::anomaly_query q;
    q.of = selection(s), q.limit = s.value("limit", 0u), q.min_score = s.value("min_score", 0.);
    if (s.contains("since")) q.since = instant(s.at("since"));
    if (s.contains("until")) q.until = instant(s.at("until"));
    return q;
  }

  json open(const json &s) {
    nexus::options o;
    o.read_only = s.value("read_only", false);
    o.segments_in_memory = s.value("segments_in_memory", false);
    o.compress_texts = s.value("compress_texts", false);
    o.dim = s.value("dim", 0u);
    auto named = std::find(std::begin(metrics), std::end(metrics), text(s, "metric"));
    if (named == std::end(metrics)) throw std::runtime_error("metric " + text(s, "metric") + " is not known");
    o.metric = static_cast<nexus::metric>(named - std::begin(metrics));
    o.language = text(s, "language");
    o.cache_bytes = s.value("cache_bytes", std::int64_t{0});
    o.engine_timeout = std::chrono::microseconds(s.value("engine_timeout_us", std::int64_t{0}));
    o.max_questions = s.value("max_questions", std::int64_t{0});
    stores_.push_back(nexus::db::open(path(s, "store"), o));
    return json::object();
  }
  json write(const json &s) {
    std::ofstream(path(s), std::ios::binary) << text(s, "content");
    return json::object();
  }
  json add(const json &s) {
    std::vector<nexus::memory> given, all;
    for (const json &r : s.at("memories")) given.push_back(memory(r));
    std::size_t times = s.value("repeat", std::size_t{0});
    for (std::size_t i = 0; i < times; ++i)
      for (nexus::memory m : given) {
        std::string number = "#" + std::to_string(i);
        m.text += number;
        if (!m.key.empty()) m.key += number;
        all.push_back(std::move(m));
      }
    return {{"ids", db().add(times > 0 ? all : given)}};
  }
  json update(const json &s) {
    nexus::patch p = patch(s.value("set", json::object()), s.value("clear", std::vector<std::string>()));
    p.if_version = s.value("if_version", 0u);
    p.remove_meta = s.value("remove_meta", std::vector<std::string>());
    return {{"memory", to_json(db().update(s.at("id").get<std::uint64_t>(), p))}};
  }
  nexus::answer query(const json &s) {
    nexus::query q(text(s, "text"));
    std::vector<float> vector = floats(s.value("vector", json::array()));
    if (s.contains("vector")) q.vector = vector;
    q.scope = selection(s).scope, q.filter = selection(s).filter, q.match = text(s, "match");
    q.k = s.value("k", 0u);
    q.intent = static_cast<nexus::intent>(place(intents, s.value("intent", std::string("general"))));
    q.engines = s.value("engines", std::vector<std::string>());
    q.single_engine = s.value("single_engine", false);
    q.near = s.value("near", false);
    q.fusion = static_cast<nexus::fusion>(place(fusions, s.value("fusion", std::string("learnt"))));
    q.route = static_cast<nexus::route>(place(routes, s.value("route", std::string("adaptive"))));
    q.explain = s.value("explain", false);
    q.explore = s.value("explore", 0.0f), q.explore_seed = s.value("explore_seed", 0u);
    q.vector_effort = s.value("vector_effort", 0.0f);
    q.asker = text(s, "asker"), q.impersonal = s.value("impersonal", false);
    if (s.contains("now")) q.now = instant(s.at("now"));
    if (s.contains("as_of")) q.as_of = instant(s.at("as_of"));
    if (s.contains("valid_at")) q.valid_at = instant(s.at("valid_at"));
    if (s.contains("boosts")) {
      const json &b = s.at("boosts");
      q.boosts = nexus::boosts{b.value("text", 1.0f), b.value("speaker", 0.0f), b.value("title", 0.0f)};
    }
    if (s.contains("weights")) {
      q.weights.emplace();
      for (const char *f : factors) q.weights->push_back(s.at("weights").at(f).get<float>());
    }
    return db().query(q);
  }
  json list(const json &s) {
    json ids = json::array();
    for (nexus::memory_view m : db().list(selection(s))) ids.push_back(m.id());
    return {{"ids", ids}};
  }
  static json reported(const nexus::report &r) {
    json lines = json::array();
    for (const nexus::problem &p : r.problems) lines.push_back(p.line);
    return {{"memories", r.memories}, {"bad", r.bad}, {"lines", lines}};
  }

  std::filesystem::path folder_;
  std::list<nexus::db> stores_;
};

/* The members that a step of each operation may have besides "op" and "expect". */
const std::map<std::string, std::vector<std::string>> members{
    {"open", {"path", "read_only", "dim", "segments_in_memory", "metric", "cache_bytes", "language", "compress_texts", "engine_timeout_us", "max_questions"}}, {"close", {}}, {"add", {"repeat", "memories"}},
    {"query", {"text", "vector", "k", "tenant", "user", "agent", "session", "intent", "weights", "now", "as_of", "valid_at", "engines", "single_engine", "filter", "near", "match", "boosts", "fusion", "route", "explain", "explore", "explore_seed", "vector_effort", "asker", "impersonal"}},
    {"get", {"id"}}, {"get_by_key", {"tenant", "key"}}, {"list", {"tenant", "user", "agent", "session", "filter"}},
    {"delete_where", {"tenant", "user", "agent", "session", "filter"}},
    {"update", {"id", "if_version", "set", "clear", "remove_meta"}}, {"supersede", {"id", "memory"}},
    {"history", {"id"}}, {"feedback", {"id", "value"}},
    {"learn", {"id", "value", "user", "question", "tenant", "shown"}}, {"preference", {"user", "tenant"}}, {"set_preference", {"preference"}}, {"forget", {"user", "tenant"}},
    {"patterns", {"kind", "limit", "since", "until", "tenant", "user", "agent", "session", "filter"}},
    {"anomalies", {"limit", "min_score", "since", "until", "tenant", "user", "agent", "session", "filter"}}, {"delete", {"ids"}},
    {"train", {"path", "seed", "rounds", "force", "from_judgements"}}, {"rollback_ranker", {}}, {"stats", {}}, {"verify", {}}, {"compact", {}}, {"write", {"path", "content"}},
    {"export", {"path"}}, {"import", {"path"}}, {"backup", {"path"}}, {"restore", {"backup", "path"}}};

void check_members(const json &s) {
  const auto &known = members.at(s.at("op").get<std::string>());
  for (auto &[name, v] : s.items())
    if (name != "op" && name != "expect" && std::find(known.begin(), known.end(), name) == known.end())
      throw std::runtime_error("member " + name + " is not known");
}

/* Prints what differs; members that expect leaves out are free. */
bool check(const json &expect, const json &given) {
  if (given.contains("error") && !expect.contains("error")) {
    std::cout << given << '\n';
    return false;
  }
  for (auto &[name, v] : expect.items()) {
    json want = name == "memory" ? whole(v) : v;
    if (name == "memories" && v.is_array())
      for (json &one : want) one = whole(one);
    if (given.contains(name) && same(want, given[name], name == "confidence")) continue;
    std::cout << name << ":\ngot  " << given << "\nwant " << want << '\n';
    return false;
  }
  return true;
}

bool passes(const json &c, const std::filesystem::path &folder) {
  run r(folder);
  int at = 0;
  for (const json &s : c.at("steps")) try {
      check_members(s);
      if (!check(s.at("expect"), r.step(expand(s)))) throw std::runtime_error("differs");
      ++at;
    } catch (const std::exception &e) {
      std::cout << c.at("name") << ", step " << at << ": " << e.what() << '\n';
      return false;
    }
  return true;
}

}  // namespace conformance

int main(int argc, char **argv) {
  std::ifstream in(argc == 2 ? argv[1] : "");
  const nlohmann::json corpus = nlohmann::json::parse(in, nullptr, false);
  if (corpus.is_discarded() || corpus.at("version") != 1) {
    std::cerr << "usage: conformance corpus.json (version 1)\n";
    return 2;
  }
  int passed = 0, failed = 0;
  for (const auto &c : corpus.at("cases")) {
    std::string folder = (std::filesystem::temp_directory_path() / "nexus-conformance-XXXXXX").string();
    if (!mkdtemp(folder.data())) return 2;
    ++(conformance::passes(c, folder) ? passed : failed);
    std::filesystem::remove_all(folder);
  }
  std::cout << "conformance C++: " << passed << " passed, " << failed << " failed\n";
  return failed > 0;
}
