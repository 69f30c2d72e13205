/* The corpus's JSON as values of nexus.hpp, and back; see ../README.md. */
#pragma once

#include <nexus.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace conformance {

using json = nlohmann::json;

inline constexpr std::array<const char *, 5> kinds{"", "working", "episodic", "semantic", "procedural"};
inline constexpr std::array<const char *, 5> intents{"general", "fact", "recent", "explore", "trusted"};
inline constexpr std::array<const char *, 4> fusions{"learnt", "convex", "rrf", "dbsf"};
inline constexpr std::array<const char *, 5> routes{"adaptive", "cache-only", "smart", "full", "maximum"};
inline constexpr std::array<const char *, 6> factors{"relevance", "freshness", "diversity", "authority", "coherence", "confidence"};
inline constexpr std::array<const char *, 4> states{"used", "late", "failed", "skipped"};

inline constexpr std::array<const char *, 4> pattern_kinds{"all", "association", "recurring", "burst"};
inline constexpr std::array<const char *, 7> columns{"meaning", "words", "length", "gap", "hour", "weekday", "speaker"};

/* The place of a name; of one that there is not, a number that no enum of the library has. */
template <std::size_t N>
std::uint32_t place(const std::array<const char *, N> &names, const std::string &name) {
  for (std::uint32_t i = 0; i < N; ++i)
    if (name == names[i]) return i;
  return 99;
}

/* {"$repeat": text, "count": n} becomes that text, n times. */
inline json expand(const json &tree) {
  if (tree.is_object() && tree.contains("$repeat")) {
    std::string out;
    for (auto n = tree.at("count").get<std::size_t>(); n > 0; --n) out += tree.at("$repeat").get<std::string>();
    return out;
  }
  if (!tree.is_structured()) return tree;
  json out = tree;
  for (auto &element : out) element = expand(element);
  return out;
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar: years from March, eras of 400. */
inline std::int64_t days(std::int64_t year, int month, int day) {
  std::int64_t y = month <= 2 ? year - 1 : year, era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
  std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

inline nexus::time_point instant(const std::string &rfc3339) {
  int year, month, day, hour, minute, second, used = 0, zone_hours = 0, zone_minutes = 0;
  const char *s = rfc3339.c_str();
  if (std::sscanf(s, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &used) != 6)
    throw std::runtime_error("not RFC 3339: " + rfc3339);
  std::int64_t fraction = 0, unit = 1000000;
  s += used;
  if (*s == '.')
    for (++s; *s >= '0' && *s <= '9'; ++s) fraction += (*s - '0') * (unit /= 10);
  if (*s != 'Z' && std::sscanf(s + 1, "%2d:%2d", &zone_hours, &zone_minutes) != 2)
    throw std::runtime_error("not RFC 3339: " + rfc3339);
  minute -= (*s == '-' ? -1 : 1) * (zone_hours * 60 + zone_minutes);
  std::int64_t us = (((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000000 + fraction;
  return nexus::time_point(std::chrono::microseconds(us));
}

inline nexus::meta_value meta_value(const json &v) {
  if (v.is_string()) return v.get<std::string>();
  if (v.is_boolean()) return v.get<bool>();
  if (v.is_number()) return v.get<double>();
  if (v.is_array()) return v.get<std::vector<std::string>>();
  return instant(v.at("$time").get<std::string>());
}

/* Times as numbers of microseconds: what both sides of a comparison are brought to. */
inline json to_json(const nexus::meta_value &v) {
  if (auto *t = std::get_if<nexus::time_point>(&v.value())) return {{"$time", t->time_since_epoch().count()}};
  if (auto *s = std::get_if<std::string>(&v.value())) return *s;
  if (auto *b = std::get_if<bool>(&v.value())) return *b;
  if (auto *n = std::get_if<double>(&v.value())) return *n;
  return std::get<std::vector<std::string>>(v.value());
}

inline std::vector<float> floats(const json &list) {
  std::vector<float> out;
  for (const json &x : list) out.push_back(x.is_string() ? (x == "nan" ? NAN : INFINITY) : x.get<float>());
  return out;
}

inline nexus::memory memory(const json &r) {
  nexus::memory m;
  for (auto &[name, v] : r.items()) {
    if (name == "text") m.text = v;
    else if (name == "key") m.key = v;
    else if (name == "tenant") m.tenant = v;
    else if (name == "user") m.user = v;
    else if (name == "agent") m.agent = v;
    else if (name == "session") m.session = v;
    else if (name == "speaker") m.speaker = v;
    else if (name == "source") m.source = v;
    else if (name == "start") m.source_start = v;
    else if (name == "end") m.source_end = v;
    else if (name == "importance") m.importance = v;
    else if (name == "kind") m.kind = static_cast<nexus::kind>(place(kinds, v));
    else if (name == "time") m.time = instant(v);
    else if (name == "valid_from") m.valid_from = instant(v);
    else if (name == "valid_to") m.valid_to = instant(v);
    else if (name == "expires") m.expires = instant(v);
    else if (name == "vector") m.vector = floats(v);
    else if (name == "meta") for (auto &[key, value] : v.items()) m.meta[key] = meta_value(value);
    else throw std::runtime_error("a memory has no member " + name);
  }
  return m;
}

inline json to_json(nexus::memory_view m) {
  json meta = json::object();
  for (std::size_t i = 0; i < m.meta_count(); ++i) meta[std::string(m.meta(i).name())] = to_json(m.meta(i).value());
  json r{{"id", m.id()}, {"position", m.position()}, {"start", m.source_start()}, {"end", m.source_end()},
         {"importance", m.importance()}, {"kind", kinds.at(static_cast<std::size_t>(m.kind()))}, {"meta", meta},
         {"vector", std::vector<float>(m.vector().begin(), m.vector().end())}, {"text", m.text()}, {"key", m.key()},
         {"tenant", m.tenant()}, {"user", m.user()}, {"agent", m.agent()}, {"session", m.session()},
         {"speaker", m.speaker()}, {"source", m.source()}};
  for (auto &[name, t] : {std::pair{"time", m.time()}, {"valid_from", m.valid_from()}, {"valid_to", m.valid_to()}, {"expires", m.expires()}})
    if (t) r[name] = t->time_since_epoch().count();
  r["version"] = m.version(), r["supersedes"] = m.supersedes(), r["superseded_by"] = m.superseded_by();
  r["positive"] = m.positive(), r["negative"] = m.negative();
  return r;
}

/* An expected memory with what it leaves out, which is empty, and times as to_json has them. */
inline json whole(json r) {
  const json empty{{"position", 0}, {"start", 0}, {"end", 0}, {"importance", 0}, {"meta", json::object()},
                   {"vector", json::array()}, {"key", ""}, {"tenant", ""}, {"user", ""}, {"agent", ""}, {"session", ""},
                   {"speaker", ""}, {"source", ""}, {"version", 1}, {"supersedes", 0}, {"superseded_by", 0},
                   {"positive", 0.}, {"negative", 0.}};
  for (auto &[name, v] : empty.items())
    if (!r.contains(name)) r[name] = v;
  for (const char *name : {"time", "valid_from", "valid_to", "expires"})
    if (r.contains(name)) r[name] = instant(r[name]).time_since_epoch().count();
  for (auto &v : r["meta"])
    if (v.is_object()) v["$time"] = instant(v["$time"]).time_since_epoch().count();
  return r;
}

inline json to_json(const nexus::explanation &e) {
  json engines = json::array(), signals = json::object();
  for (const nexus::engine_rank &r : e.engines()) engines.push_back({{"name", r.name}, {"rank", r.rank}, {"score", r.score}});
  for (const nexus::signal &s : e.signals()) signals[std::string(s.name)] = s.value;
  return {{"engines", engines}, {"signals", signals}, {"ranker", e.ranker()}};
}

inline json to_json(const nexus::answer &a) {
  json hits = json::array(), engines = json::array();
  for (nexus::hit h : a) {
    json f = json::object();
    for (std::size_t i = 0; i < factors.size(); ++i) f[factors[i]] = h[static_cast<nexus::factor>(i)];
    hits.push_back({{"id", h.id()}, {"key", h.memory().key()}, {"score", h.score()}, {"factors", f},
                    {"duplicates", std::vector<std::uint64_t>(h.duplicates().begin(), h.duplicates().end())}});
    if (h.explanation()) hits.back()["explanation"] = to_json(*h.explanation());
  }
  for (std::size_t i = 0; i < a.engine_count(); ++i)
    engines.push_back({{"name", a.engine(i).name()}, {"state", states.at(static_cast<std::size_t>(a.engine(i).state()))}});
  static const char *const caches[] = {"none", "exact", "near"};
  return {{"hits", hits}, {"engines", engines}, {"candidates", a.candidates()}, {"collapsed", a.collapsed()},
          {"route", routes.at(static_cast<std::size_t>(a.route()))}, {"started", routes.at(static_cast<std::size_t>(a.started()))},
          {"confidence", a.confidence()}, {"cache", caches[static_cast<std::size_t>(a.cache())]}};
}

inline json to_json(const nexus::patterns &list) {
  json out = json::array();
  for (nexus::pattern p : list)
    out.push_back({{"kind", pattern_kinds.at(static_cast<std::size_t>(p.kind()))}, {"terms", p.terms()}, {"speaker", p.speaker()},
                   {"window", p.window()}, {"support", p.support()}, {"g2", p.g2()}, {"npmi", p.npmi()}, {"lift", p.lift()},
                   {"from_us", p.from().time_since_epoch().count()}, {"to_us", p.to().time_since_epoch().count()},
                   {"period_us", p.period().count()}, {"weekday", p.weekday().value_or(-1)},
                   {"examples", std::vector<std::uint64_t>(p.examples().begin(), p.examples().end())}});
  return {{"patterns", out}};
}

inline json to_json(const nexus::anomalies &list) {
  json out = json::array();
  for (nexus::anomaly a : list) {
    json reasons = json::array();
    for (const nexus::anomaly_reason &r : a.reasons())
      reasons.push_back({{"column", columns.at(static_cast<std::size_t>(r.column))}, {"value", r.value}, {"usual", r.usual}, {"weight", r.weight}});
    out.push_back({{"id", a.id()}, {"score", a.score()}, {"reasons", reasons}});
  }
  return {{"anomalies", out}};
}

inline json to_json(const nexus::train_figures &f) { return {f.any_8, f.frac_8, f.mrr, f.calibration_error}; }
inline json to_json(const nexus::interval &i) { return {i.mean, i.low, i.high}; }

inline json to_json(const nexus::train_report &r) {
  return {{"trained",
           {{"questions", r.questions}, {"unanswered", r.unanswered}, {"left_out", r.left_out}, {"missing", r.missing}, {"folds", r.folds},
            {"kept_with", r.kept_with}, {"better", r.better}, {"installed", r.installed}, {"trees", r.trees}, {"bytes", r.bytes},
            {"before", to_json(r.before)}, {"after", to_json(r.after)}, {"serving", r.serving ? to_json(*r.serving) : json()},
            {"gain_any_8", to_json(r.gain_any_8)}, {"gain_frac_8", to_json(r.gain_frac_8)}, {"gain_mrr", to_json(r.gain_mrr)},
            {"gain_overall", to_json(r.gain_overall)}}}};
}

/* A patch of what set gives and clear empties. */
inline nexus::patch patch(const json &set, const std::vector<std::string> &clear) {
  nexus::memory m = memory(set);
  nexus::patch p;
  auto given = [&](const char *name) {
    return set.contains(name) || std::find(clear.begin(), clear.end(), name) != clear.end();
  };
  if (given("text")) p.text = m.text;
  if (given("speaker")) p.speaker = m.speaker;
  if (given("kind")) p.kind = m.kind;
  if (given("importance")) p.importance = m.importance;
  if (given("time")) p.time.emplace(m.time);
  if (given("valid_from")) p.valid_from.emplace(m.valid_from);
  if (given("valid_to")) p.valid_to.emplace(m.valid_to);
  if (given("expires")) p.expires.emplace(m.expires);
  p.vector = m.vector, p.meta = m.meta;
  return p;
}

/* Whether both are the same; numbers as float32 where single. */
inline bool same(const json &a, const json &b, bool single = false) {
  if (a.is_number() && b.is_number()) return single ? a.get<float>() == b.get<float>() : a == b;
  if (a.type() != b.type() || a.size() != b.size() || !a.is_structured()) return a == b;
  if (a.is_array()) return std::equal(a.begin(), a.end(), b.begin(), [&](auto &x, auto &y) { return same(x, y, single); });
  for (auto &[name, v] : a.items()) {
    if (name == "engines" && a.contains("signals")) { /* scores of engines are doubles */
      if (!b.contains("engines") || v != b["engines"]) return false;
      continue;
    }
    bool float32 = single || name == "score" || name == "factors" || name == "signals" || name == "ranker" || name == "importance" || name == "vector";
    if (!b.contains(name) || !same(v, b[name], float32)) return false;
  }
  return true;
}

}  // namespace conformance
