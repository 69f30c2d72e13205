/* Nexus for C++17: memory for AI applications, inside the application's process. Header only,
   over nexus.h; link libnexus.

     nexus::db db("./nexus-data");
     db.add("Ann moved to Oslo in May.");
     for (nexus::hit h : db.query("Who moved to Oslo?")) std::cout << h.score() << ' ' << h.text() << '\n';

   Every failed call throws nexus::error with a status. Every object but a listing may be used
   from any thread; to move or destroy one, be alone with it. What is got (answer, stored_memory)
   owns its memory and outlives the store; the views of it do not outlive it. db, job, queue and
   listing can be moved, not copied, and end what they own. No object survives a fork. */
#ifndef NEXUS_HPP
#define NEXUS_HPP

#include <nexus_values.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <new>

namespace nexus {

/* The application's own embedding: fill rows with texts.size() x dim numbers. It is called from
   threads of the library, several at once, and must not call the same store. What it throws
   becomes the error of the call that needed the vectors. Without embed, memories and questions
   have to bring vectors, which count as this embedder's. */
struct embedder {
  std::string name; /* identifies model and version; stored with the data */
  std::uint32_t dim = 0;
  std::function<void(span<const std::string_view> texts, span<float> rows)> embed;
};

/* How to open a store; all of it may stay as it is. */
struct options {
  bool read_only = false;
  std::uint32_t dim = 0; /* of the caller's vectors; 0 takes it from the first one */
  std::optional<nexus::embedder> embedder;
  nexus::metric metric = nexus::metric::unset; /* of vectors, fixed with the first memory; unset takes the store's */
  /* How long versions that updates replace are kept: 0 for ever, negative not at all; else
     compact drops older ones. */
  std::chrono::microseconds history{0};
  std::int64_t cache_bytes = 0; /* bounds the memory of finished answers; 0: 16 MiB, negative: none are kept */
  std::string language; /* of the texts, as "de", or "none"; fixed with the first memory; empty takes the store's */
  std::chrono::microseconds engine_timeout{0}; /* of one engine in one question; 0: 30 s, negative: no limit */
  std::int64_t max_questions = 0; /* answered at once, one more is busy; 0: 1,024, negative: no bound */
  bool segments_in_memory = false; /* read segment files into memory, do not map them */
  bool compress_texts = false; /* pack texts in the larger segment files that are written from now on; compact packs all */
};

namespace detail {

/* Memories in the form of the C interface. It refers to the strings of the memories. */
class packed {
 public:
  explicit packed(span<const nexus::memory> memories) {
    std::size_t metas = 0, lists = 0;
    for (const nexus::memory &m : memories) {
      metas += m.meta.size();
      for (const auto &entry : m.meta)
        if (auto *list = std::get_if<std::vector<std::string>>(&entry.second.value())) lists += list->size();
    }
    items_.reserve(memories.size());
    metas_.reserve(metas); /* pointers into both are handed out while they fill */
    lists_.reserve(lists);
    for (const nexus::memory &m : memories) items_.push_back(pack(m));
  }
  const nexus_memory *data() const noexcept { return items_.data(); }
  std::size_t size() const noexcept { return items_.size(); }

 private:
  nexus_memory pack(const nexus::memory &m) {
    nexus_memory c{};
    c.struct_size = sizeof c;
    c.key = text(m.key), c.tenant = text(m.tenant), c.user = text(m.user), c.agent = text(m.agent);
    c.session = text(m.session), c.speaker = text(m.speaker), c.text = text(m.text), c.source = text(m.source);
    c.source_start = m.source_start, c.source_end = m.source_end;
    c.vector = m.vector.empty() ? nullptr : m.vector.data(), c.vector_count = m.vector.size();
    c.meta = metas_.data() + metas_.size(), c.meta_count = m.meta.size();
    for (const auto &entry : m.meta) metas_.push_back(pack(entry.first, entry.second));
    if (m.time) c.flags |= NEXUS_MEMORY_HAS_TIME, c.event_time_us = microseconds(*m.time);
    if (m.valid_from) c.flags |= NEXUS_MEMORY_HAS_VALID_FROM, c.valid_from_us = microseconds(*m.valid_from);
    if (m.valid_to) c.flags |= NEXUS_MEMORY_HAS_VALID_TO, c.valid_to_us = microseconds(*m.valid_to);
    if (m.expires) c.flags |= NEXUS_MEMORY_HAS_EXPIRY, c.expires_us = microseconds(*m.expires);
    c.kind = static_cast<std::uint32_t>(m.kind), c.importance = m.importance;
    return c;
  }
  nexus_meta pack(const std::string &name, const meta_value &value) {
    nexus_meta c{};
    c.name = text(name);
    if (auto *s = std::get_if<std::string>(&value.value())) {
      c.type = NEXUS_META_TYPE_STRING, c.text = text(*s);
    } else if (auto *n = std::get_if<double>(&value.value())) {
      c.type = NEXUS_META_TYPE_NUMBER, c.number = *n;
    } else if (auto *b = std::get_if<bool>(&value.value())) {
      c.type = NEXUS_META_TYPE_BOOL, c.number = *b ? 1 : 0;
    } else if (auto *t = std::get_if<time_point>(&value.value())) {
      c.type = NEXUS_META_TYPE_TIME, c.time_us = microseconds(*t);
    } else if (auto *list = std::get_if<std::vector<std::string>>(&value.value())) {
      c.type = NEXUS_META_TYPE_LIST, c.list_count = static_cast<std::uint32_t>(list->size());
      c.list = lists_.data() + lists_.size();
      for (const std::string &element : *list) lists_.push_back(text(element));
    }
    return c;
  }

  std::vector<nexus_memory> items_;
  std::vector<nexus_meta> metas_;
  std::vector<nexus_text> lists_;
};

/* The values of a patch as a memory. */
inline nexus::memory values_of(const nexus::patch &p) {
  nexus::memory m;
  m.text = p.text.value_or(""), m.speaker = p.speaker.value_or(""), m.vector = p.vector, m.meta = p.meta;
  m.kind = p.kind.value_or(nexus::kind::unset), m.importance = p.importance.value_or(0.f);
  m.time = p.time.value_or(std::nullopt), m.expires = p.expires.value_or(std::nullopt);
  m.valid_from = p.valid_from.value_or(std::nullopt), m.valid_to = p.valid_to.value_or(std::nullopt);
  return m;
}

/* A patch in the form of the C interface. It refers to the strings of the patch. */
class patched {
 public:
  explicit patched(const nexus::patch &p) : values_(values_of(p)), memory_(span<const nexus::memory>(&values_, 1)) {
    for (const std::string &name : p.remove_meta) removed_.push_back(text(name));
    c_.struct_size = sizeof c_, c_.memory = memory_.data(), c_.if_version = p.if_version;
    c_.remove_meta = removed_.data(), c_.remove_count = removed_.size();
    change(NEXUS_PATCH_TEXT, p.text), change(NEXUS_PATCH_SPEAKER, p.speaker), change(NEXUS_PATCH_KIND, p.kind);
    change(NEXUS_PATCH_IMPORTANCE, p.importance), change(NEXUS_PATCH_TIME, p.time);
    change(NEXUS_PATCH_VALID_FROM, p.valid_from), change(NEXUS_PATCH_VALID_TO, p.valid_to);
    change(NEXUS_PATCH_EXPIRY, p.expires);
  }
  patched(const patched &) = delete;
  const nexus_patch *c() const noexcept { return &c_; }

 private:
  template <class T>
  void change(std::uint32_t flag, const std::optional<T> &value) noexcept {
    if (value) c_.flags |= flag;
  }
  nexus::memory values_;
  packed memory_;
  std::vector<nexus_text> removed_;
  nexus_patch c_{};
};

/* A question in the form of the C interface. It refers to the strings of the question. */
class asked {
 public:
  explicit asked(const nexus::query &q) {
    c_.struct_size = sizeof c_;
    c_.text = text(q.text), c_.vector = q.vector.data(), c_.vector_count = q.vector.size();
    c_.tenant = text(q.scope.tenant), c_.user = text(q.scope.user);
    c_.agent = text(q.scope.agent), c_.session = text(q.scope.session), c_.filter = text(q.filter), c_.match = text(q.match);
    for (const std::string &engine : q.engines) engines_.push_back(text(engine));
    c_.engines = engines_.empty() ? nullptr : engines_.data(), c_.engine_count = engines_.size();
    if (q.now) c_.flags |= NEXUS_QUERY_HAS_NOW, c_.now_us = microseconds(*q.now);
    if (q.as_of) c_.flags |= NEXUS_QUERY_HAS_AS_OF, c_.as_of_us = microseconds(*q.as_of);
    if (q.valid_at) c_.flags |= NEXUS_QUERY_HAS_VALID_AT, c_.valid_at_us = microseconds(*q.valid_at);
    if (q.single_engine) c_.flags |= NEXUS_QUERY_SINGLE_ENGINE;
    if (q.near) c_.flags |= NEXUS_QUERY_NEAR;
    if (q.explain) c_.flags |= NEXUS_QUERY_EXPLAIN;
    if (q.impersonal) c_.flags |= NEXUS_QUERY_IMPERSONAL;
    c_.asker = text(q.asker);
    if (q.weights) weigh(*q.weights);
    if (q.boosts) {
      c_.flags |= NEXUS_QUERY_HAS_BOOSTS;
      c_.boosts[NEXUS_BOOST_TEXT] = q.boosts->text, c_.boosts[NEXUS_BOOST_SPEAKER] = q.boosts->speaker, c_.boosts[NEXUS_BOOST_TITLE] = q.boosts->title;
    }
    c_.budget_ns = q.budget.count(), c_.k = q.k, c_.intent = static_cast<std::uint32_t>(q.intent);
    c_.fusion = static_cast<std::uint32_t>(q.fusion), c_.route = static_cast<std::uint32_t>(q.route);
    c_.explore = q.explore, c_.explore_seed = q.explore_seed, c_.vector_effort = q.vector_effort;
  }
  asked(const asked &) = delete;
  const nexus_query *c() const noexcept { return &c_; }

 private:
  void weigh(const std::vector<float> &weights) {
    if (weights.size() != NEXUS_FACTOR_COUNT) throw error(status::invalid, "query: weights are not one a factor");
    c_.flags |= NEXUS_QUERY_HAS_WEIGHTS;
    std::copy(weights.begin(), weights.end(), c_.weights);
  }
  nexus_query c_{};
  std::vector<nexus_text> engines_;
};

/* What a user made of a hit in the form of the C interface. It refers to the strings of it. */
inline nexus_judged said(const judged &j) noexcept {
  nexus_judged c{};
  c.struct_size = sizeof c;
  c.tenant = text(j.tenant), c.user = text(j.user), c.question = text(j.question);
  c.id = j.id, c.value = j.value, c.shown = j.shown.data(), c.shown_count = j.shown.size();
  return c;
}

/* A selection in the form of the C interface. It refers to the strings of the selection. */
inline nexus_selection selected(const selection &s) noexcept {
  nexus_selection c{};
  c.struct_size = sizeof c;
  c.tenant = text(s.scope.tenant), c.user = text(s.scope.user), c.agent = text(s.scope.agent);
  c.session = text(s.scope.session), c.filter = text(s.filter);
  return c;
}

inline nexus_mining mining(std::uint32_t limit, const std::optional<time_point> &since, const std::optional<time_point> &until) noexcept {
  nexus_mining m{};
  m.struct_size = sizeof m;
  m.limit = limit;
  if (since) m.flags |= NEXUS_MINING_HAS_SINCE, m.since_us = microseconds(*since);
  if (until) m.flags |= NEXUS_MINING_HAS_UNTIL, m.until_us = microseconds(*until);
  return m;
}
inline nexus_mining mining(const pattern_query &q) noexcept {
  nexus_mining m = mining(q.limit, q.since, q.until);
  m.kind = static_cast<std::uint32_t>(q.kind);
  return m;
}
inline nexus_mining mining(const anomaly_query &q) noexcept {
  nexus_mining m = mining(q.limit, q.since, q.until);
  m.min_score = q.min_score;
  return m;
}

inline nexus_training trained(const training &t) noexcept {
  nexus_training c{};
  c.struct_size = sizeof c;
  c.seed = t.seed, c.rounds = t.rounds;
  if (t.force) c.flags |= NEXUS_TRAINING_FORCE;
  if (t.from_judgements) c.flags |= NEXUS_TRAINING_FROM_JUDGEMENTS;
  return c;
}

inline nexus_status say(char *message, std::size_t size, std::string_view what, status code) noexcept {
  if (size > 0) message[what.copy(message, size - 1)] = 0;
  return static_cast<nexus_status>(code);
}

inline nexus_status embed(void *context, const nexus_text *texts, std::size_t count, float *rows, char *message,
                          std::size_t size) noexcept {
  const embedder &e = *static_cast<embedder *>(context);
  try {
    std::vector<std::string_view> views;
    views.reserve(count);
    for (std::size_t i = 0; i < count; ++i) views.push_back(view(texts[i]));
    e.embed(views, span<float>(rows, count * e.dim));
    return NEXUS_OK;
  } catch (const error &thrown) {
    return say(message, size, thrown.what(), thrown.code());
  } catch (const std::exception &thrown) {
    return say(message, size, thrown.what(), status::unavailable);
  } catch (...) {
    return say(message, size, "the embedder threw what is no exception", status::unavailable);
  }
}

inline void forget(void *context) noexcept { delete static_cast<embedder *>(context); }

/* Options in the form of the C interface. The library deletes the copy of the embedder. */
class opening {
 public:
  explicit opening(const options &o) {
    c_.struct_size = sizeof c_, c_.dim = o.dim, c_.metric = static_cast<std::uint32_t>(o.metric);
    c_.history_us = o.history.count(), c_.cache_bytes = o.cache_bytes;
    c_.engine_timeout_us = o.engine_timeout.count(), c_.max_questions = o.max_questions;
    language_ = o.language, c_.language = text(language_);
    if (o.read_only) c_.flags |= NEXUS_OPEN_READ_ONLY;
    if (o.segments_in_memory) c_.flags |= NEXUS_OPEN_SEGMENTS_IN_MEMORY;
    if (o.compress_texts) c_.flags |= NEXUS_OPEN_COMPRESS_TEXTS;
    if (!o.embedder) return;
    auto *copy = new nexus::embedder(*o.embedder);
    e_.struct_size = sizeof e_, e_.dim = copy->dim, e_.name = text(copy->name);
    e_.embed = copy->embed ? &embed : nullptr, e_.context = copy, e_.release = &forget;
    c_.embedder = &e_;
  }
  opening(const opening &) = delete;
  const nexus_open_options *c() const noexcept { return &c_; }

 private:
  nexus_open_options c_{};
  nexus_embedder e_{};
  std::string language_;
};

/* A handle that can be moved and is ended by End. */
template <class Handle, nexus_status (*End)(Handle, nexus_error *)>
class owner {
 public:
  owner() noexcept = default;
  explicit owner(Handle h) noexcept : h_(h) {}
  owner(owner &&o) noexcept : h_(std::exchange(o.h_, Handle{0})) {}
  owner &operator=(owner &&o) noexcept {
    if (this != &o) {
      end();
      h_ = std::exchange(o.h_, Handle{0});
    }
    return *this;
  }
  ~owner() { end(); }
  Handle get() const noexcept { return h_; }
  Handle give() noexcept { return std::exchange(h_, Handle{0}); }

 private:
  void end() noexcept {
    if (h_.v != 0) (void)End(give(), nullptr);
  }
  Handle h_{0};
};

}  // namespace detail

/* The memories of a selection in the order of their ids, from the snapshot of its making: an input
   range, to be gone through once, by one thread. A view is valid until the iterator moves. */
class listing {
 public:
  explicit listing(nexus_cursor c) noexcept : cursor_(c) {}

  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = memory_view;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = memory_view;
    iterator() noexcept = default;
    explicit iterator(listing &of) : of_(&of) { settle(); }
    memory_view operator*() const noexcept { return memory_view(*nexus_memories_at(of_->page_.get(), of_->at_)); }
    iterator &operator++() {
      ++of_->at_;
      settle();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(const iterator &o) const noexcept { return of_ == o.of_; }
    bool operator!=(const iterator &o) const noexcept { return of_ != o.of_; }

   private:
    void settle() {
      if (!of_->more()) of_ = nullptr;
    }
    listing *of_ = nullptr;
  };

  iterator begin() { return iterator(*this); }
  iterator end() noexcept { return {}; }

 private:
  /* Whether there is a memory at at_, after reading the next page where this one is through. */
  bool more() {
    if (page_ && at_ < page_->count) return true;
    nexus_memories *next = nullptr;
    detail::failure f;
    f.check(nexus_next(cursor_.get(), page_size, &next, &f));
    page_.reset(next);
    at_ = 0;
    return page_->count > 0;
  }
  static constexpr std::uint32_t page_size = 256;
  detail::owner<nexus_cursor, nexus_cursor_close> cursor_;
  detail::arena<nexus_memories> page_;
  std::size_t at_ = 0;
};

template <class T>
class job;
class queue;

/* Where a job is announced when it is done, and as what. */
struct announce {
  const queue *to = nullptr;
  void *tag = nullptr;
};

/* An open store. */
class db {
 public:
  db() noexcept = default;
  explicit db(const std::string &path, const options &o = {}) { *this = open(path, o); }
  explicit db(nexus_db handle) noexcept : h_(handle) {}

  /* Opens the store in a directory, creating it where there is none unless read-only. */
  static db open(const std::string &path, const options &o = {}) {
    detail::opening how(o);
    nexus_db handle{0};
    detail::failure f;
    f.check(nexus_open(detail::text(path), how.c(), &handle, &f));
    return db(handle);
  }

  /* Commits memories, all or none; gives their ids in order. Durable when it returns. */
  std::vector<std::uint64_t> add(span<const memory> memories) {
    detail::packed p(memories);
    std::vector<std::uint64_t> ids(p.size());
    detail::failure f;
    f.check(nexus_add(handle(), p.data(), p.size(), ids.data(), &f));
    return ids;
  }
  std::uint64_t add(const memory &one) { return add(span<const memory>(&one, 1)).front(); }

  /* Answers a question. */
  nexus::answer query(const nexus::query &q) const {
    detail::asked a(q);
    nexus_answer *given = nullptr;
    detail::failure f;
    f.check(nexus_query_run(handle(), a.c(), &given, &f));
    return nexus::answer(detail::arena<nexus_answer>(given));
  }

  stored_memory get(std::uint64_t id) const {
    nexus_memories *list = nullptr;
    detail::failure f;
    f.check(nexus_get(handle(), id, &list, &f));
    return stored_memory(detail::arena<nexus_memories>(list));
  }
  stored_memory get_by_key(std::string_view key, std::string_view tenant = {}) const {
    nexus_memories *list = nullptr;
    detail::failure f;
    f.check(nexus_get_by_key(handle(), detail::text(tenant), detail::text(key), &list, &f));
    return stored_memory(detail::arena<nexus_memories>(list));
  }

  /* The memories of a selection, in the order of their ids. */
  listing list(const selection &s = {}) const {
    const nexus_selection what = detail::selected(s);
    nexus_cursor cursor{0};
    detail::failure f;
    f.check(nexus_list(handle(), &what, &cursor, &f));
    return listing(cursor);
  }

  /* Removes memories; gives how many of them were there. */
  std::uint64_t remove(span<const std::uint64_t> ids) {
    std::uint64_t count = 0;
    detail::failure f;
    f.check(nexus_delete(handle(), ids.data(), ids.size(), &count, &f));
    return count;
  }
  std::uint64_t remove(std::uint64_t id) { return remove(span<const std::uint64_t>(&id, 1)); }
  /* Removes the memories of a selection, which must name something; gives their number. */
  std::uint64_t remove_where(const selection &s) {
    const nexus_selection what = detail::selected(s);
    std::uint64_t count = 0;
    detail::failure f;
    f.check(nexus_delete_where(handle(), &what, &count, &f));
    return count;
  }

  /* Changes a memory: a new version under the same id, which is returned; what the patch does not
     name stays. Throws conflict where patch.if_version is not the current one. */
  stored_memory update(std::uint64_t id, const patch &p) {
    detail::patched how(p);
    nexus_memories *list = nullptr;
    detail::failure f;
    f.check(nexus_update(handle(), id, how.c(), &list, &f));
    return stored_memory(detail::arena<nexus_memories>(list));
  }
  /* Adds a memory that replaces another in the world; gives its id. See nexus_supersede. */
  std::uint64_t supersede(std::uint64_t old, const memory &by) {
    detail::packed p(span<const memory>(&by, 1));
    std::uint64_t id = 0;
    detail::failure f;
    f.check(nexus_supersede(handle(), old, p.data(), &id, &f));
    return id;
  }
  /* The versions of a memory that are kept, oldest first. */
  versions history(std::uint64_t id) const {
    nexus_memories *list = nullptr;
    detail::failure f;
    f.check(nexus_history(handle(), id, &list, &f));
    return versions(detail::arena<nexus_memories>(list));
  }
  /* Notes how useful a memory was, from -1 (it misled) to 1. */
  void feedback(std::uint64_t id, double value) {
    detail::failure f;
    f.check(nexus_feedback(handle(), id, value, &f));
  }

  /* Learns what a user prefers from what the user made of a hit; see nexus_learn. */
  void learn(const judged &j) {
    const nexus_judged c = detail::said(j);
    detail::failure f;
    f.check(nexus_learn(handle(), &c, &f));
  }
  /* All that is known of what a user prefers, as JSON; see nexus_preference_read. */
  std::string preference(std::string_view user, std::string_view tenant = {}) const {
    nexus_preference *p = nullptr;
    detail::failure f;
    f.check(nexus_preference_read(handle(), detail::text(tenant), detail::text(user), &p, &f));
    const detail::arena<nexus_preference> kept(p);
    return std::string(detail::view(p->json));
  }
  /* Puts a preference, JSON as of preference(), in place of its user's: the judgements kept. */
  std::uint64_t set_preference(std::string_view json) {
    std::uint64_t kept = 0;
    detail::failure f;
    f.check(nexus_preference_set(handle(), detail::text(json), &kept, &f));
    return kept;
  }
  /* Removes all that was learnt of a user: how many judgements that was. */
  std::uint64_t forget(std::string_view user, std::string_view tenant = {}) {
    std::uint64_t count = 0;
    detail::failure f;
    f.check(nexus_forget(handle(), detail::text(tenant), detail::text(user), &count, &f));
    return count;
  }

  /* What is regular in the memories of a selection; see nexus_patterns_find. */
  nexus::patterns patterns(const pattern_query &q = {}) const {
    const nexus_selection what = detail::selected(q.of);
    const nexus_mining how = detail::mining(q);
    nexus_patterns *list = nullptr;
    detail::failure f;
    f.check(nexus_patterns_find(handle(), &what, &how, &list, &f));
    return nexus::patterns(detail::arena<nexus_patterns>(list));
  }
  /* The memories of a selection that fit least among the others; see nexus_anomalies_find. */
  nexus::anomalies anomalies(const anomaly_query &q = {}) const {
    const nexus_selection what = detail::selected(q.of);
    const nexus_mining how = detail::mining(q);
    nexus_anomalies *list = nullptr;
    detail::failure f;
    f.check(nexus_anomalies_find(handle(), &what, &how, &list, &f));
    return nexus::anomalies(detail::arena<nexus_anomalies>(list));
  }

  /* Fits the ranker to the judged questions of a file of JSON lines; see nexus_train. With
     from_judgements path may be empty. */
  train_report train(const std::string &path, const training &t = {}) {
    const nexus_training how = detail::trained(t);
    nexus_train_report *r = nullptr;
    detail::failure f;
    f.check(nexus_train(handle(), detail::text(path), &how, &r, &f));
    return train_report(*detail::arena<nexus_train_report>(r));
  }
  /* Has the ranker serve again that served before the last train. */
  void rollback_ranker() {
    detail::failure f;
    f.check(nexus_ranker_rollback(handle(), &f));
  }

  nexus::stats stats() const {
    nexus_stats *s = nullptr;
    detail::failure f;
    f.check(nexus_stats_read(handle(), &s, &f));
    return nexus::stats(*detail::arena<nexus_stats>(s));
  }
  report verify() const {
    nexus_report *r = nullptr;
    detail::failure f;
    f.check(nexus_verify(handle(), &r, &f));
    return report(*detail::arena<nexus_report>(r));
  }
  void compact() {
    detail::failure f;
    f.check(nexus_compact(handle(), &f));
  }

  /* Writes every memory to a file of JSON lines; gives their number. */
  std::uint64_t export_to(const std::string &path) const {
    std::uint64_t count = 0;
    detail::failure f;
    f.check(nexus_export(handle(), detail::text(path), &count, &f));
    return count;
  }
  /* Adds a file of JSON lines, batch memories a commit (0: 512). */
  report import_from(const std::string &path, std::uint32_t batch = 0) {
    nexus_report *r = nullptr;
    detail::failure f;
    f.check(nexus_import(handle(), detail::text(path), batch, &r, &f));
    return report(*detail::arena<nexus_report>(r));
  }

  /* Copies the store, as it is at one moment, to a directory that does not exist or is empty; gives the
     number of memories in it. */
  std::uint64_t backup(const std::string &path) const {
    std::uint64_t count = 0;
    detail::failure f;
    f.check(nexus_backup(handle(), detail::text(path), &count, &f));
    return count;
  }
  /* Makes a store in a directory of a backup, which is checked first; gives the number of memories. */
  static std::uint64_t restore(const std::string &backup, const std::string &path) {
    std::uint64_t count = 0;
    detail::failure f;
    f.check(nexus_restore(detail::text(backup), detail::text(path), &count, &f));
    return count;
  }

  /* Closes the store; a second time throws closed. Without it the destructor closes, silently. */
  void close() {
    detail::failure f;
    f.check(nexus_close(handle(), &f));
  }

  /* The handle for the C interface; still this object's to close. */
  nexus_db handle() const noexcept { return h_.get(); }

  /* The same in the background. What they are given is copied. */
  static job<db> open_async(const std::string &path, const options &o = {}, announce where = {});
  job<std::vector<std::uint64_t>> add_async(span<const memory> memories, announce where = {});
  job<nexus::answer> query_async(const nexus::query &q, announce where = {}) const;
  job<stored_memory> get_async(std::uint64_t id, announce where = {}) const;
  job<stored_memory> get_by_key_async(std::string_view key, std::string_view tenant = {}, announce where = {}) const;
  job<std::uint64_t> remove_async(span<const std::uint64_t> ids, announce where = {});
  job<stored_memory> update_async(std::uint64_t id, const patch &p, announce where = {});
  job<std::vector<std::uint64_t>> supersede_async(std::uint64_t old, const memory &by, announce where = {}); /* one id */
  job<versions> history_async(std::uint64_t id, announce where = {}) const;
  job<void> feedback_async(std::uint64_t id, double value, announce where = {});
  job<void> learn_async(const judged &j, announce where = {});
  job<std::string> preference_async(std::string_view user, std::string_view tenant = {}, announce where = {}) const;
  job<std::uint64_t> set_preference_async(std::string_view json, announce where = {});
  job<std::uint64_t> forget_async(std::string_view user, std::string_view tenant = {}, announce where = {});
  job<std::uint64_t> remove_where_async(const selection &s, announce where = {});
  job<nexus::patterns> patterns_async(const pattern_query &q = {}, announce where = {}) const;
  job<nexus::anomalies> anomalies_async(const anomaly_query &q = {}, announce where = {}) const;
  job<train_report> train_async(const std::string &path, const training &t = {}, announce where = {});
  job<void> rollback_ranker_async(announce where = {});
  job<nexus::stats> stats_async(announce where = {}) const;
  job<report> verify_async(announce where = {}) const;
  job<void> compact_async(announce where = {});
  job<std::uint64_t> export_async(const std::string &path, announce where = {}) const;
  job<report> import_async(const std::string &path, std::uint32_t batch = 0, announce where = {});
  job<std::uint64_t> backup_async(const std::string &path, announce where = {}) const;
  static job<std::uint64_t> restore_async(const std::string &backup, const std::string &path, announce where = {});
  job<void> close_async(announce where = {});

 private:
  detail::owner<nexus_db, nexus_close> h_;
};

}  // namespace nexus

#include <nexus_jobs.hpp>

#endif
