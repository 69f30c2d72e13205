/* The values of nexus.hpp: errors, what is given (memory, query), and views of what is got
   (memory_view, hit, answer). Include nexus.hpp. */
#ifndef NEXUS_VALUES_HPP
#define NEXUS_VALUES_HPP

#include <nexus.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace nexus {

/* What a call came to; see nexus.h. */
enum class status : std::int32_t {
  ok = NEXUS_OK, invalid = NEXUS_INVALID, not_found = NEXUS_NOT_FOUND, exists = NEXUS_EXISTS,
  conflict = NEXUS_CONFLICT, busy = NEXUS_BUSY, deadline = NEXUS_DEADLINE, cancelled = NEXUS_CANCELLED,
  closed = NEXUS_CLOSED, locked = NEXUS_LOCKED, corrupt = NEXUS_CORRUPT, read_only = NEXUS_READ_ONLY,
  no_space = NEXUS_NO_SPACE, dimension = NEXUS_DIMENSION, unsupported = NEXUS_UNSUPPORTED,
  unauthorised = NEXUS_UNAUTHORISED, forbidden = NEXUS_FORBIDDEN, rate_limited = NEXUS_RATE_LIMITED,
  unavailable = NEXUS_UNAVAILABLE, forked = NEXUS_FORKED, internal = NEXUS_INTERNAL
};

/* The name of a status as every language writes it, such as "not found". */
inline const char *name(status s) noexcept { return nexus_status_name(static_cast<nexus_status>(s)); }

/* What every failed call throws. */
class error : public std::runtime_error {
 public:
  error(status code, const std::string &message, bool retryable = false)
      : std::runtime_error(message), code_(code), retryable_(retryable) {}
  status code() const noexcept { return code_; }
  /* The same call may succeed later. */
  bool retryable() const noexcept { return retryable_; }

 private:
  status code_;
  bool retryable_;
};

enum class kind : std::uint32_t {
  unset = NEXUS_KIND_UNSET, working = NEXUS_KIND_WORKING, episodic = NEXUS_KIND_EPISODIC,
  semantic = NEXUS_KIND_SEMANTIC, procedural = NEXUS_KIND_PROCEDURAL
};

enum class intent : std::uint32_t {
  general = NEXUS_INTENT_GENERAL, fact = NEXUS_INTENT_FACT, recent = NEXUS_INTENT_RECENT,
  explore = NEXUS_INTENT_EXPLORE, trusted = NEXUS_INTENT_TRUSTED
};

/* How relevance comes from what the engines found; see nexus.h. */
enum class fusion : std::uint32_t {
  learnt = NEXUS_FUSION_LEARNT, convex = NEXUS_FUSION_CONVEX, rrf = NEXUS_FUSION_RRF, dbsf = NEXUS_FUSION_DBSF
};

/* How much work a question is given; see nexus.h. */
enum class route : std::uint32_t {
  adaptive = NEXUS_ROUTE_ADAPTIVE, cache_only = NEXUS_ROUTE_CACHE_ONLY, smart = NEXUS_ROUTE_SMART,
  full = NEXUS_ROUTE_FULL, maximum = NEXUS_ROUTE_MAXIMUM
};

/* What near means for vectors; see nexus.h. */
enum class metric : std::uint32_t {
  unset = NEXUS_METRIC_UNSET, cosine = NEXUS_METRIC_COSINE, dot = NEXUS_METRIC_DOT, l2 = NEXUS_METRIC_L2
};

enum class factor : std::size_t {
  relevance = NEXUS_FACTOR_RELEVANCE, freshness = NEXUS_FACTOR_FRESHNESS, diversity = NEXUS_FACTOR_DIVERSITY,
  authority = NEXUS_FACTOR_AUTHORITY, coherence = NEXUS_FACTOR_COHERENCE, confidence = NEXUS_FACTOR_CONFIDENCE
};

enum class engine_state : std::uint32_t {
  used = NEXUS_ENGINE_STATE_USED, late = NEXUS_ENGINE_STATE_LATE, failed = NEXUS_ENGINE_STATE_FAILED,
  skipped = NEXUS_ENGINE_STATE_SKIPPED
};

enum class cache_use : std::uint32_t {
  none = NEXUS_CACHE_USE_NONE, exact = NEXUS_CACHE_USE_EXACT, near = NEXUS_CACHE_USE_NEAR
};

/* What a pattern says. */
enum class pattern_kind : std::uint32_t {
  all = NEXUS_PATTERN_KIND_ALL, association = NEXUS_PATTERN_KIND_ASSOCIATION, recurring = NEXUS_PATTERN_KIND_RECURRING,
  burst = NEXUS_PATTERN_KIND_BURST
};

/* What a memory can be unusual by; nexus_anomaly_column has the units. */
enum class anomaly_column : std::uint32_t {
  meaning = NEXUS_ANOMALY_COLUMN_MEANING, words = NEXUS_ANOMALY_COLUMN_WORDS, length = NEXUS_ANOMALY_COLUMN_LENGTH,
  gap = NEXUS_ANOMALY_COLUMN_GAP, hour = NEXUS_ANOMALY_COLUMN_HOUR, weekday = NEXUS_ANOMALY_COLUMN_WEEKDAY,
  speaker = NEXUS_ANOMALY_COLUMN_SPEAKER
};

/* Instants are kept to the microsecond. */
using time_point = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

/* A view of count elements; it owns nothing. A temporary container is refused. */
template <class T>
class span {
 public:
  constexpr span() noexcept = default;
  constexpr span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
  template <class C, class = std::enable_if_t<std::is_convertible_v<decltype(std::declval<C &>().data()), T *>>>
  constexpr span(C &c) noexcept : data_(c.data()), size_(c.size()) {}

  constexpr T *data() const noexcept { return data_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr T *begin() const noexcept { return data_; }
  constexpr T *end() const noexcept { return data_ + size_; }
  constexpr T &operator[](std::size_t i) const noexcept { return data_[i]; }

 private:
  T *data_ = nullptr;
  std::size_t size_ = 0;
};

namespace detail {

inline nexus_text text(std::string_view s) noexcept { return {s.data(), s.size()}; }
inline std::string_view view(nexus_text t) noexcept { return {t.data ? t.data : "", t.size}; }
inline time_point instant(std::int64_t us) noexcept { return time_point(std::chrono::microseconds(us)); }
inline std::int64_t microseconds(time_point t) noexcept { return t.time_since_epoch().count(); }

/* A nexus_error that is ready to be filled, and thrown where a call failed. */
struct failure : nexus_error {
  failure() noexcept : nexus_error() { struct_size = sizeof(nexus_error); }
  void check(nexus_status s) const {
    if (s != NEXUS_OK) throw error(static_cast<nexus::status>(s), std::string(message, message_size), retryable != 0);
  }
};

struct release {
  void operator()(const void *p) const noexcept { nexus_free(p); }
};

/* Owns what a function gave. */
template <class T>
using arena = std::unique_ptr<const T, release>;

/* Steps through the elements of a range that has operator[]. */
template <class Range, class Value>
class iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = Value;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = Value;
  iterator(const Range &range, std::size_t at) noexcept : range_(&range), at_(at) {}
  Value operator*() const { return (*range_)[at_]; }
  iterator &operator++() noexcept { ++at_; return *this; }
  iterator operator++(int) noexcept { iterator old = *this; ++at_; return old; }
  bool operator==(const iterator &o) const noexcept { return at_ == o.at_; }
  bool operator!=(const iterator &o) const noexcept { return at_ != o.at_; }

 private:
  const Range *range_;
  std::size_t at_;
};

}  // namespace detail

/* A further value of a memory: string, number, bool, instant or list of strings. */
class meta_value : public std::variant<std::string, double, bool, time_point, std::vector<std::string>> {
 public:
  using base = std::variant<std::string, double, bool, time_point, std::vector<std::string>>;
  meta_value() = default;
  meta_value(const char *s) : base(std::string(s)) {}
  meta_value(std::string_view s) : base(std::string(s)) {}
  meta_value(std::string s) : base(std::move(s)) {}
  meta_value(bool b) : base(b) {}
  template <class N, class = std::enable_if_t<std::is_arithmetic_v<N> && !std::is_same_v<N, bool>>>
  meta_value(N n) : base(static_cast<double>(n)) {}
  meta_value(time_point t) : base(t) {}
  meta_value(std::vector<std::string> list) : base(std::move(list)) {}
  const base &value() const noexcept { return *this; }
};

/* A passage to add. Only text is required; see nexus_memory. */
struct memory {
  memory() = default;
  memory(std::string passage) : text(std::move(passage)) {}
  memory(const char *passage) : text(passage) {}

  std::string text;
  std::string key, tenant, user, agent, session, speaker, source;
  std::uint64_t source_start = 0, source_end = 0;
  std::vector<float> vector;
  std::map<std::string, meta_value> meta;
  std::optional<time_point> time;
  std::optional<time_point> valid_from, valid_to; /* true in the world from the one on, until before the other */
  std::optional<time_point> expires;              /* in no answer from then on, and erased */
  nexus::kind kind = nexus::kind::unset;
  float importance = 0;
};

/* What an update changes; the rest stays. The inner optional of a time is empty where it goes. */
struct patch {
  std::optional<std::string> text, speaker;
  std::vector<float> vector;              /* empty: as it is */
  std::map<std::string, meta_value> meta; /* entries to set */
  std::vector<std::string> remove_meta;   /* names of entries to remove */
  std::optional<std::optional<time_point>> time, valid_from, valid_to, expires;
  std::optional<nexus::kind> kind;
  std::optional<float> importance;
  std::uint32_t if_version = 0; /* the version that was seen: throws conflict where it is another; 0 means any */
};

/* Whose memories: the tenant is a wall, the rest narrows where given. */
struct scope {
  std::string tenant, user, agent, session;
};

/* Which memories a listing or a deletion is about: those of a scope that a filter lets through,
   such as speaker = "Ann" and time >= 2024-01-01. */
struct selection {
  selection() = default;
  selection(nexus::scope of, std::string condition = {}) : scope(std::move(of)), filter(std::move(condition)) {}
  explicit selection(std::string condition) : filter(std::move(condition)) {}

  nexus::scope scope;
  std::string filter;
};

/* What words are worth by the field that they stand in: text is the text and its speaker, speaker
   and title count on top. Each 0..1000. */
struct boosts {
  float text = 1, speaker = 0, title = 0;
};

/* A question. text, vector or match is required; see nexus_query. */
struct query {
  query() = default;
  query(std::string question) : text(std::move(question)) {}
  query(const char *question) : text(question) {}

  std::string text;
  span<const float> vector; /* borrowed until the call with it returns */
  nexus::scope scope;
  std::string filter; /* condition on the fields of what may be found; empty: none */
  std::string match;  /* condition on its words, such as +budget -draft "quarterly report"; empty: none */
  std::uint32_t k = 0; /* hits wanted; 0 means NEXUS_DEFAULT_K */
  nexus::intent intent = nexus::intent::general;
  nexus::fusion fusion = nexus::fusion::learnt;
  nexus::route route = nexus::route::adaptive; /* of route::cache_only, what was not answered before is status::not_found */
  bool explain = false; /* every hit says why it was found: hit::explanation */
  std::optional<std::vector<float>> weights; /* NEXUS_FACTOR_COUNT of them, by factor, instead of the intent's */
  std::optional<nexus::boosts> boosts; /* those of text alone where there are none */
  std::optional<time_point> now;
  std::optional<time_point> as_of;    /* what the store knew at that time */
  std::optional<time_point> valid_at; /* what was true at that time */
  std::vector<std::string> engines; /* empty: all */
  bool single_engine = false;
  bool near = false; /* the answer to a nearly identical question may serve; see NEXUS_QUERY_NEAR */
  float explore = 0; /* share of the hits that are drawn by lot, see nexus_query.explore */
  std::uint32_t explore_seed = 0; /* which draw */
  float vector_effort = 0; /* how much of the vectors is looked at, see nexus_query.vector_effort */
  std::string asker; /* whose preference ranks the hits, see db::learn; empty: scope.user */
  bool impersonal = false; /* nobody's preference ranks the hits */
  std::chrono::nanoseconds budget{0};
};

/* A stored meta value, by name, in the arena that it was read from. */
class meta_view {
 public:
  explicit meta_view(const nexus_meta &m) noexcept : m_(&m) {}
  std::string_view name() const noexcept { return detail::view(m_->name); }
  std::uint32_t type() const noexcept { return m_->type; } /* a nexus_meta_type */
  const nexus_meta &c() const noexcept { return *m_; }
  meta_value value() const {
    switch (m_->type) {
      case NEXUS_META_TYPE_STRING: return detail::view(m_->text);
      case NEXUS_META_TYPE_NUMBER: return m_->number;
      case NEXUS_META_TYPE_BOOL: return m_->number != 0;
      case NEXUS_META_TYPE_TIME: return detail::instant(m_->time_us);
      case NEXUS_META_TYPE_LIST: {
        std::vector<std::string> list;
        for (std::uint32_t i = 0; i < m_->list_count; ++i) list.emplace_back(detail::view(m_->list[i]));
        return list;
      }
      default: throw error(status::unsupported, "meta: a type that this header does not know");
    }
  }

 private:
  const nexus_meta *m_;
};

/* A stored memory, in the arena of its answer or list: valid as long as that one. */
class memory_view {
 public:
  explicit memory_view(const nexus_memory &m) noexcept : m_(&m) {}
  std::uint64_t id() const noexcept { return m_->id; }
  std::string_view key() const noexcept { return detail::view(m_->key); }
  std::string_view tenant() const noexcept { return detail::view(m_->tenant); }
  std::string_view user() const noexcept { return detail::view(m_->user); }
  std::string_view agent() const noexcept { return detail::view(m_->agent); }
  std::string_view session() const noexcept { return detail::view(m_->session); }
  std::string_view speaker() const noexcept { return detail::view(m_->speaker); }
  std::string_view text() const noexcept { return detail::view(m_->text); }
  std::string_view source() const noexcept { return detail::view(m_->source); }
  std::uint64_t source_start() const noexcept { return m_->source_start; }
  std::uint64_t source_end() const noexcept { return m_->source_end; }
  span<const float> vector() const noexcept { return {m_->vector, m_->vector_count}; }
  std::size_t meta_count() const noexcept { return m_->meta_count; }
  meta_view meta(std::size_t i) const noexcept { return meta_view(m_->meta[i]); }
  std::optional<time_point> time() const noexcept { return flagged(NEXUS_MEMORY_HAS_TIME, m_->event_time_us); }
  std::optional<time_point> valid_from() const noexcept { return flagged(NEXUS_MEMORY_HAS_VALID_FROM, m_->valid_from_us); }
  std::optional<time_point> valid_to() const noexcept { return flagged(NEXUS_MEMORY_HAS_VALID_TO, m_->valid_to_us); }
  std::optional<time_point> expires() const noexcept { return flagged(NEXUS_MEMORY_HAS_EXPIRY, m_->expires_us); }
  std::uint32_t version() const noexcept { return m_->version; }
  time_point update_time() const noexcept { return detail::instant(m_->update_time_us); }
  /* When a later version took its place; of the current one none. */
  std::optional<time_point> replaced_time() const noexcept { return nonzero(m_->replaced_time_us); }
  std::uint64_t supersedes() const noexcept { return m_->supersedes; }
  std::uint64_t superseded_by() const noexcept { return m_->superseded_by; }
  /* Of memories that were asked for by id or key. */
  std::uint64_t hits() const noexcept { return m_->hits; }
  std::uint64_t gets() const noexcept { return m_->gets; }
  std::optional<time_point> last_hit() const noexcept { return nonzero(m_->last_hit_us); }
  double positive() const noexcept { return m_->positive; }
  double negative() const noexcept { return m_->negative; }
  time_point ingest_time() const noexcept { return detail::instant(m_->ingest_time_us); }
  nexus::kind kind() const noexcept { return static_cast<nexus::kind>(m_->kind); }
  std::uint32_t position() const noexcept { return m_->position; }
  float importance() const noexcept { return m_->importance; }
  const nexus_memory &c() const noexcept { return *m_; }

 private:
  std::optional<time_point> flagged(std::uint32_t flag, std::int64_t us) const noexcept {
    if (!(m_->flags & flag)) return std::nullopt;
    return detail::instant(us);
  }
  static std::optional<time_point> nonzero(std::int64_t us) noexcept {
    if (us == 0) return std::nullopt;
    return detail::instant(us);
  }
  const nexus_memory *m_;
};

/* A memory that was asked for by id or key, and owns its arena. */
class stored_memory : public memory_view {
 public:
  explicit stored_memory(detail::arena<nexus_memories> list) noexcept
      : memory_view(*nexus_memories_at(list.get(), 0)), list_(std::move(list)) {}

 private:
  detail::arena<nexus_memories> list_;
};

/* The versions of a memory, oldest first; it owns their arena. */
class versions {
 public:
  using const_iterator = detail::iterator<versions, memory_view>;
  explicit versions(detail::arena<nexus_memories> list) noexcept : list_(std::move(list)) {}
  std::size_t size() const noexcept { return list_->count; }
  memory_view operator[](std::size_t i) const noexcept { return memory_view(*nexus_memories_at(list_.get(), i)); }
  const_iterator begin() const noexcept { return {*this, 0}; }
  const_iterator end() const noexcept { return {*this, size()}; }

 private:
  detail::arena<nexus_memories> list_;
};

/* A hit's place among the candidates by one engine's score; see nexus_engine_rank. */
struct engine_rank {
  std::string_view name;
  std::uint32_t rank; /* from 1 */
  double score;
};

/* One number that the ranker weighs; see nexus_signal. */
struct signal {
  std::string_view name;
  float value;
};

/* What the place of a hit was decided by; valid as long as the answer. */
class explanation {
 public:
  explicit explanation(const nexus_explanation &e) noexcept : e_(&e) {}
  std::vector<engine_rank> engines() const {
    std::vector<engine_rank> list;
    for (std::uint32_t i = 0; i < e_->engine_count; ++i)
      list.push_back({detail::view(e_->engines[i].name), e_->engines[i].rank, e_->engines[i].score});
    return list;
  }
  /* Those that are known. */
  std::vector<nexus::signal> signals() const {
    std::vector<nexus::signal> list;
    for (std::uint32_t i = 0; i < e_->signal_count; ++i) list.push_back({detail::view(e_->signals[i].name), e_->signals[i].value});
    return list;
  }
  /* Of one name, where it is known. */
  std::optional<float> operator[](std::string_view name) const noexcept {
    for (std::uint32_t i = 0; i < e_->signal_count; ++i)
      if (detail::view(e_->signals[i].name) == name) return e_->signals[i].value;
    return std::nullopt;
  }
  float ranker() const noexcept { return e_->ranker; } /* only differences within one answer mean something */

 private:
  const nexus_explanation *e_;
};

/* One passage of an answer; valid as long as the answer. */
class hit {
 public:
  explicit hit(const nexus_hit &h) noexcept : h_(&h) {}
  memory_view memory() const noexcept { return memory_view(*h_->memory); }
  std::uint64_t id() const noexcept { return h_->memory->id; }
  std::string_view text() const noexcept { return detail::view(h_->memory->text); }
  float score() const noexcept { return h_->score; }
  float operator[](factor f) const noexcept { return h_->factors[static_cast<std::size_t>(f)]; }
  span<const std::uint64_t> duplicates() const noexcept { return {h_->duplicates, h_->duplicate_count}; }
  /* Why it was found, of a query with explain. */
  std::optional<nexus::explanation> explanation() const noexcept {
    return h_->explanation ? std::optional<nexus::explanation>(*h_->explanation) : std::nullopt;
  }
  const nexus_hit &c() const noexcept { return *h_; }

 private:
  const nexus_hit *h_;
};

/* One engine's part in an answer; valid as long as the answer. */
class engine_trace {
 public:
  explicit engine_trace(const nexus_engine_trace &e) noexcept : e_(&e) {}
  std::string_view name() const noexcept { return detail::view(e_->name); }
  std::string_view note() const noexcept { return detail::view(e_->note); }
  engine_state state() const noexcept { return static_cast<engine_state>(e_->state); }
  std::uint64_t candidates() const noexcept { return e_->candidates; }
  std::chrono::nanoseconds start() const noexcept { return std::chrono::nanoseconds(e_->start_ns); } /* from when the engines were asked */
  std::chrono::nanoseconds took() const noexcept { return std::chrono::nanoseconds(e_->took_ns); }

 private:
  const nexus_engine_trace *e_;
};

/* An answer: a range of hits, best first. It owns the arena that they are views of. */
class answer {
 public:
  using const_iterator = detail::iterator<answer, hit>;
  explicit answer(detail::arena<nexus_answer> a) noexcept : a_(std::move(a)) {}
  std::size_t size() const noexcept { return a_->hit_count; }
  bool empty() const noexcept { return a_->hit_count == 0; }
  hit operator[](std::size_t i) const noexcept { return hit(*nexus_answer_hit(a_.get(), i)); }
  const_iterator begin() const noexcept { return {*this, 0}; }
  const_iterator end() const noexcept { return {*this, size()}; }
  std::size_t engine_count() const noexcept { return a_->engine_count; }
  engine_trace engine(std::size_t i) const noexcept { return engine_trace(*nexus_answer_engine(a_.get(), i)); }
  std::uint64_t candidates() const noexcept { return a_->candidates; }
  std::uint64_t collapsed() const noexcept { return a_->collapsed; }
  std::chrono::nanoseconds took() const noexcept { return std::chrono::nanoseconds(a_->took_ns); }
  /* Where it came from; if from a cache, took is 0 and all else is of its first asking. */
  cache_use cache() const noexcept { return static_cast<cache_use>(a_->cache); }
  /* How probable it is that the answer is among the first eight hits; 0, which says nothing, without fusion::learnt. */
  float confidence() const noexcept { return a_->confidence; }
  /* By which it was found; adaptive of a query with single_engine, which has none. */
  nexus::route route() const noexcept { return static_cast<nexus::route>(a_->route); }
  /* That was tried first. */
  nexus::route started() const noexcept { return static_cast<nexus::route>(a_->started); }
  /* Whether time was too short for a higher one, which the question called for. */
  bool hurried() const noexcept { return a_->hurried != 0; }
  /* What is wrong with the store's own ranker, or cannot be read of what the asker said; empty where nothing is. */
  std::string_view warning() const noexcept { return detail::view(a_->warning); }
  const nexus_answer &c() const noexcept { return *a_; } /* the times of its parts */

 private:
  detail::arena<nexus_answer> a_;
};

/* What a user made of a hit; user and id are required. See nexus_judged. */
struct judged {
  std::string user;
  std::uint64_t id = 0;
  double value = 0; /* from -1 (it misled) to 1 */
  std::string question, tenant;
  span<const std::uint64_t> shown; /* hits as they were shown, best first; borrowed until the call with it returns */
};

/* What db::patterns looks for; see nexus_mining. */
struct pattern_query {
  selection of;
  pattern_kind kind = pattern_kind::all;
  std::uint32_t limit = 0; /* of each kind; 0 means NEXUS_DEFAULT_MINED */
  std::optional<time_point> since, until;
};

/* What db::anomalies looks for; see nexus_mining. */
struct anomaly_query {
  selection of;
  std::uint32_t limit = 0; /* 0 means NEXUS_DEFAULT_MINED */
  double min_score = 0;
  std::optional<time_point> since, until;
};

/* One regularity of a selection; see nexus_pattern. Valid as long as the list that it is of. */
class pattern {
 public:
  explicit pattern(const nexus_pattern &p) noexcept : p_(&p) {}
  pattern_kind kind() const noexcept { return static_cast<pattern_kind>(p_->kind); }
  std::string_view speaker() const noexcept { return detail::view(p_->speaker); }
  std::size_t size() const noexcept { return p_->term_count; } /* terms */
  std::string_view operator[](std::size_t i) const noexcept { return detail::view(p_->terms[i]); }
  std::vector<std::string_view> terms() const {
    std::vector<std::string_view> list;
    for (std::size_t i = 0; i < size(); ++i) list.push_back((*this)[i]);
    return list;
  }
  span<const std::uint64_t> examples() const noexcept { return {p_->examples, p_->example_count}; }
  std::uint64_t support() const noexcept { return p_->support; }
  double g2() const noexcept { return p_->g2; }
  double npmi() const noexcept { return p_->npmi; }
  double lift() const noexcept { return p_->lift; }
  time_point from() const noexcept { return detail::instant(p_->from_us); }
  time_point to() const noexcept { return detail::instant(p_->to_us); }
  std::chrono::microseconds period() const noexcept { return std::chrono::microseconds(p_->period_us); } /* 0: none */
  /* 0 is Sunday. */
  std::optional<int> weekday() const noexcept { return p_->weekday < 0 ? std::nullopt : std::optional<int>(p_->weekday); }
  bool window() const noexcept { return p_->window != 0; }

 private:
  const nexus_pattern *p_;
};

/* Patterns, kind by kind, the most evident first. */
class patterns {
 public:
  using const_iterator = detail::iterator<patterns, pattern>;
  explicit patterns(detail::arena<nexus_patterns> a) noexcept : a_(std::move(a)) {}
  std::size_t size() const noexcept { return a_->count; }
  bool empty() const noexcept { return a_->count == 0; }
  pattern operator[](std::size_t i) const noexcept { return pattern(*nexus_patterns_at(a_.get(), i)); }
  const_iterator begin() const noexcept { return {*this, 0}; }
  const_iterator end() const noexcept { return {*this, size()}; }

 private:
  detail::arena<nexus_patterns> a_;
};

/* What a memory is unusual by; see nexus_anomaly_reason. */
struct anomaly_reason {
  anomaly_column column;
  double value, usual, weight;
};

/* A memory that does not fit among the others; see nexus_anomaly. Valid as long as the list that it is of. */
class anomaly {
 public:
  explicit anomaly(const nexus_anomaly &a) noexcept : a_(&a) {}
  std::uint64_t id() const noexcept { return a_->id; }
  double score() const noexcept { return a_->score; }
  std::vector<anomaly_reason> reasons() const {
    std::vector<anomaly_reason> list;
    for (std::uint32_t i = 0; i < a_->reason_count; ++i) {
      const nexus_anomaly_reason &r = a_->reasons[i];
      list.push_back({static_cast<anomaly_column>(r.column), r.value, r.usual, r.weight});
    }
    return list;
  }

 private:
  const nexus_anomaly *a_;
};

/* Anomalies, the strangest first. */
class anomalies {
 public:
  using const_iterator = detail::iterator<anomalies, anomaly>;
  explicit anomalies(detail::arena<nexus_anomalies> a) noexcept : a_(std::move(a)) {}
  std::size_t size() const noexcept { return a_->count; }
  bool empty() const noexcept { return a_->count == 0; }
  anomaly operator[](std::size_t i) const noexcept { return anomaly(*nexus_anomalies_at(a_.get(), i)); }
  const_iterator begin() const noexcept { return {*this, 0}; }
  const_iterator end() const noexcept { return {*this, size()}; }

 private:
  detail::arena<nexus_anomalies> a_;
};

/* Figures of a tier of the cache of answers; see nexus_stats. */
struct cache_level {
  std::uint64_t hits, misses, bytes, look_up_ns;
};

/* Figures of a store; see nexus_stats. */
struct stats {
  explicit stats(const nexus_stats &s)
      : dimension(s.dimension), memories(s.memories), deleted(s.deleted), segments(s.segments),
        segment_files(s.segment_files), segment_bytes(s.segment_bytes), truth_bytes(s.truth_bytes), terms(s.terms),
        epoch(s.epoch), added(s.added), commits(s.commits), merges(s.merges), replayed(s.replayed),
        discarded(s.discarded), outdated(s.outdated), retired(s.retired), damaged_judgements(s.damaged_judgements), record_bytes(s.record_bytes), record_stored(s.record_stored),
        record_ns(s.record_ns), vectors(detail::view(s.vectors)), merge_error(detail::view(s.merge_error)),
        language(detail::view(s.language)), ranker_metrics(detail::view(s.ranker_metrics)), ranker_warning(detail::view(s.ranker_warning)),
        ranker_own(s.ranker_own != 0), ranker_can_roll_back(s.ranker_can_roll_back != 0), ranker_trees(s.ranker_trees),
        ranker_fitted(detail::instant(s.ranker_fitted_us)),
        metric(static_cast<nexus::metric>(s.metric)),
        cache_hot{s.cache_hot_hits, s.cache_hot_misses, s.cache_hot_bytes, s.cache_hot_ns},
        cache_warm{s.cache_warm_hits, s.cache_warm_misses, s.cache_warm_bytes, s.cache_warm_ns},
        cache_near{s.cache_near_hits, s.cache_near_misses, s.cache_near_bytes, s.cache_near_ns} {}
  std::uint32_t dimension;
  std::uint64_t memories, deleted, segments, segment_files, segment_bytes, truth_bytes, terms, epoch, added, commits,
      merges, replayed, discarded, outdated, retired, damaged_judgements;
  std::uint64_t record_bytes, record_stored, record_ns; /* of memories without vectors: plain, as stored, and to read one */
  std::string vectors, merge_error, language, ranker_metrics, ranker_warning;
  bool ranker_own, ranker_can_roll_back; /* fitted by train; there is one before it */
  std::uint32_t ranker_trees;
  time_point ranker_fitted;
  nexus::metric metric;
  cache_level cache_hot, cache_warm, cache_near;
};

/* How db::train fits a ranker; see nexus_training. */
struct training {
  std::uint64_t seed = 0;
  std::uint32_t rounds = 0; /* 0: 40 to 80 trees, by the questions */
  bool force = false;
  bool from_judgements = false; /* the questions that users judged hits of count too */
};

/* How well a ranker does, each 0..1; see nexus_train_figures. */
struct train_figures {
  explicit train_figures(const nexus_train_figures &f) noexcept : any_8(f.any_8), frac_8(f.frac_8), mrr(f.mrr), calibration_error(f.calibration_error) {}
  double any_8, frac_8, mrr, calibration_error;
};

/* A mean with the ends of its 95 % interval. */
struct interval {
  explicit interval(const nexus_interval &i) noexcept : mean(i.mean), low(i.low), high(i.high) {}
  double mean, low, high;
};

/* What came of fitting a ranker; see nexus_train_report. */
struct train_report {
  explicit train_report(const nexus_train_report &r)
      : better(r.better != 0), installed(r.installed != 0), folds(r.folds), trees(r.trees), questions(r.questions), unanswered(r.unanswered),
        left_out(r.left_out), missing(r.missing), bytes(r.bytes), kept_with(detail::view(r.kept_with)), before(r.before), after(r.after),
        gain_any_8(r.gain_any_8), gain_frac_8(r.gain_frac_8), gain_mrr(r.gain_mrr), gain_overall(r.gain_overall),
        took(std::chrono::nanoseconds(r.took_ns)) {
    if (r.has_serving) serving = train_figures(r.serving);
  }
  bool better, installed;
  std::uint32_t folds, trees;
  std::uint64_t questions, unanswered, left_out, missing, bytes;
  std::string kept_with;
  train_figures before, after;
  std::optional<train_figures> serving; /* of the store's own ranker until then */
  interval gain_any_8, gain_frac_8, gain_mrr, gain_overall;
  std::chrono::nanoseconds took;
};

/* Something that a check or an import found. */
struct problem {
  std::uint64_t line;
  status code;
  std::string text;
};

/* The outcome of verify and import_from; see nexus_report. */
struct report {
  explicit report(const nexus_report &r) : memories(r.memories), bad(r.bad) {
    for (std::uint32_t i = 0; i < r.problem_count; ++i) {
      const nexus_problem &p = r.problems[i];
      problems.push_back({p.line, static_cast<status>(p.code), std::string(detail::view(p.text))});
    }
  }
  std::uint64_t memories, bad;
  std::vector<problem> problems;
};

}  // namespace nexus

#endif
