/* The background side of nexus.hpp: job, queue and the *_async members of db. Include nexus.hpp. */
#ifndef NEXUS_JOBS_HPP
#define NEXUS_JOBS_HPP

#include <nexus.hpp>

namespace nexus {

namespace detail {

/* What the reply of a job holds, as T; the arena goes to T or is freed. */
template <class T>
struct outcome;

template <class T, class C, const C *nexus_reply::*Member>
struct owned_outcome {
  static T from(const nexus_reply &r) { return T(arena<C>(r.*Member)); }
};
template <>
struct outcome<answer> : owned_outcome<answer, nexus_answer, &nexus_reply::answer> {};
template <>
struct outcome<stored_memory> : owned_outcome<stored_memory, nexus_memories, &nexus_reply::memories> {};
template <>
struct outcome<versions> : owned_outcome<versions, nexus_memories, &nexus_reply::memories> {};
template <>
struct outcome<patterns> : owned_outcome<patterns, nexus_patterns, &nexus_reply::patterns> {};
template <>
struct outcome<anomalies> : owned_outcome<anomalies, nexus_anomalies, &nexus_reply::anomalies> {};

template <class T, class C, const C *nexus_reply::*Member>
struct copied_outcome {
  static T from(const nexus_reply &r) {
    arena<void> kept(r.arena);
    return T(*(r.*Member));
  }
};
template <>
struct outcome<stats> : copied_outcome<stats, nexus_stats, &nexus_reply::stats> {};
template <>
struct outcome<train_report> : copied_outcome<train_report, nexus_train_report, &nexus_reply::train_report> {};
template <>
struct outcome<report> : copied_outcome<report, nexus_report, &nexus_reply::report> {};
template <>
struct outcome<std::vector<std::uint64_t>> {
  static std::vector<std::uint64_t> from(const nexus_reply &r) {
    arena<void> kept(r.arena);
    return std::vector<std::uint64_t>(r.ids, r.ids + r.count);
  }
};
template <>
struct outcome<std::uint64_t> {
  static std::uint64_t from(const nexus_reply &r) {
    arena<void> kept(r.arena);
    return r.count;
  }
};
template <>
struct outcome<std::string> {
  static std::string from(const nexus_reply &r) {
    arena<void> kept(r.arena);
    return std::string(view(r.preference->json));
  }
};
template <>
struct outcome<db> {
  static db from(const nexus_reply &r) {
    arena<void> kept(r.arena);
    return db(r.db);
  }
};
template <>
struct outcome<void> {
  static void from(const nexus_reply &r) { arena<void> kept(r.arena); }
};

}  // namespace detail

/* An operation in the background that will give a T. Destroyed before it is got, it is
   cancelled and its outcome given up. */
template <class T>
class job {
 public:
  explicit job(nexus_job handle) noexcept : h_(handle) {}

  /* Waits, at most so long (negative: for ever); whether it is done. */
  bool wait(std::chrono::nanoseconds timeout) const {
    detail::failure f;
    nexus_status s = nexus_job_wait(h_.get(), timeout.count(), &f);
    if (s == NEXUS_DEADLINE) return false;
    f.check(s);
    return true;
  }
  bool done() const { return wait(std::chrono::nanoseconds(0)); }

  /* Waits for it and gives its outcome or throws its error. Once. */
  T get() {
    nexus_reply r{};
    r.struct_size = sizeof r;
    detail::failure f;
    f.check(nexus_job_take(h_.give(), &r, &f));
    return detail::outcome<T>::from(r);
  }

  /* Asks it to end early: get gives its outcome, or throws cancelled, soon after. */
  void cancel() {
    detail::failure f;
    f.check(nexus_job_cancel(h_.get(), &f));
  }

  struct progress_of {
    std::uint64_t done, total;
  };
  progress_of progress() const {
    progress_of p{0, 0};
    detail::failure f;
    f.check(nexus_job_progress(h_.get(), &p.done, &p.total, &f));
    return p;
  }

  nexus_job handle() const noexcept { return h_.get(); }

 private:
  detail::owner<nexus_job, nexus_job_free> h_;
};

/* A job that is done. */
struct completion {
  void *tag;
  status code;
  nexus_job job;
};

/* Where jobs are announced that are done. */
class queue {
 public:
  queue() : h_(make()) {}

  /* Polls readable while the queue has something; neither to be read nor closed. */
  int fd() const {
    int fd = -1;
    detail::failure f;
    f.check(nexus_queue_fd(h_.get(), &fd, &f));
    return fd;
  }

  /* Takes at most max jobs that are done, after waiting for the first one at most so long (0: not
     at all, negative: for ever). */
  std::vector<completion> drain(std::size_t max, std::chrono::nanoseconds timeout) const {
    std::vector<nexus_completion> c(max);
    std::size_t count = 0;
    detail::failure f;
    f.check(nexus_queue_drain(h_.get(), c.data(), c.size(), timeout.count(), &count, &f));
    std::vector<completion> done;
    for (std::size_t i = 0; i < count; ++i) done.push_back({c[i].tag, static_cast<status>(c[i].status), c[i].job});
    return done;
  }

  nexus_queue handle() const noexcept { return h_.get(); }

 private:
  static nexus_queue make() {
    nexus_queue q{0};
    detail::failure f;
    f.check(nexus_queue_create(&q, &f));
    return q;
  }
  detail::owner<nexus_queue, nexus_queue_close> h_;
};

namespace detail {

inline nexus_request request(nexus_op op) noexcept {
  nexus_request r{};
  r.struct_size = sizeof r;
  r.op = op;
  return r;
}

template <class T>
job<T> submit(nexus_db db, const nexus_request &r, announce where) {
  nexus_job handle{0};
  failure f;
  f.check(nexus_submit(db, &r, where.to ? where.to->handle() : nexus_queue{0}, where.tag, &handle, &f));
  return job<T>(handle);
}

}  // namespace detail

inline job<db> db::open_async(const std::string &path, const options &o, announce where) {
  detail::opening how(o);
  nexus_request r = detail::request(NEXUS_OP_OPEN);
  r.path = detail::text(path), r.options = how.c();
  return detail::submit<db>(nexus_db{0}, r, where);
}

inline job<std::vector<std::uint64_t>> db::add_async(span<const memory> memories, announce where) {
  detail::packed p(memories);
  nexus_request r = detail::request(NEXUS_OP_ADD);
  r.memories = p.data(), r.memory_count = p.size();
  return detail::submit<std::vector<std::uint64_t>>(handle(), r, where);
}

inline job<answer> db::query_async(const nexus::query &q, announce where) const {
  detail::asked a(q);
  nexus_request r = detail::request(NEXUS_OP_QUERY);
  r.query = a.c();
  return detail::submit<nexus::answer>(handle(), r, where);
}

inline job<stored_memory> db::get_async(std::uint64_t id, announce where) const {
  nexus_request r = detail::request(NEXUS_OP_GET);
  r.ids = &id, r.id_count = 1;
  return detail::submit<stored_memory>(handle(), r, where);
}

inline job<stored_memory> db::get_by_key_async(std::string_view key, std::string_view tenant, announce where) const {
  nexus_request r = detail::request(NEXUS_OP_GET_BY_KEY);
  r.key = detail::text(key), r.tenant = detail::text(tenant);
  return detail::submit<stored_memory>(handle(), r, where);
}

inline job<std::uint64_t> db::remove_async(span<const std::uint64_t> ids, announce where) {
  nexus_request r = detail::request(NEXUS_OP_DELETE);
  r.ids = ids.data(), r.id_count = ids.size();
  return detail::submit<std::uint64_t>(handle(), r, where);
}

inline job<stored_memory> db::update_async(std::uint64_t id, const patch &p, announce where) {
  detail::patched how(p);
  nexus_request r = detail::request(NEXUS_OP_UPDATE);
  r.ids = &id, r.id_count = 1, r.patch = how.c();
  return detail::submit<stored_memory>(handle(), r, where);
}

inline job<std::vector<std::uint64_t>> db::supersede_async(std::uint64_t old, const memory &by, announce where) {
  detail::packed p(span<const memory>(&by, 1));
  nexus_request r = detail::request(NEXUS_OP_SUPERSEDE);
  r.ids = &old, r.id_count = 1, r.memories = p.data(), r.memory_count = 1;
  return detail::submit<std::vector<std::uint64_t>>(handle(), r, where);
}

inline job<versions> db::history_async(std::uint64_t id, announce where) const {
  nexus_request r = detail::request(NEXUS_OP_HISTORY);
  r.ids = &id, r.id_count = 1;
  return detail::submit<versions>(handle(), r, where);
}

inline job<void> db::learn_async(const judged &j, announce where) {
  nexus_request r = detail::request(NEXUS_OP_LEARN);
  const nexus_judged c = detail::said(j);
  r.judged = &c;
  return detail::submit<void>(handle(), r, where);
}

inline job<std::string> db::preference_async(std::string_view user, std::string_view tenant, announce where) const {
  nexus_request r = detail::request(NEXUS_OP_PREFERENCE);
  r.user = detail::text(user), r.tenant = detail::text(tenant);
  return detail::submit<std::string>(handle(), r, where);
}

inline job<std::uint64_t> db::set_preference_async(std::string_view json, announce where) {
  nexus_request r = detail::request(NEXUS_OP_SET_PREFERENCE);
  r.json = detail::text(json);
  return detail::submit<std::uint64_t>(handle(), r, where);
}

inline job<std::uint64_t> db::forget_async(std::string_view user, std::string_view tenant, announce where) {
  nexus_request r = detail::request(NEXUS_OP_FORGET);
  r.user = detail::text(user), r.tenant = detail::text(tenant);
  return detail::submit<std::uint64_t>(handle(), r, where);
}

inline job<void> db::feedback_async(std::uint64_t id, double value, announce where) {
  nexus_request r = detail::request(NEXUS_OP_FEEDBACK);
  r.ids = &id, r.id_count = 1, r.value = value;
  return detail::submit<void>(handle(), r, where);
}

inline job<std::uint64_t> db::remove_where_async(const selection &s, announce where) {
  nexus_request r = detail::request(NEXUS_OP_DELETE_WHERE);
  const nexus_selection what = detail::selected(s);
  r.selection = &what;
  return detail::submit<std::uint64_t>(handle(), r, where);
}

inline job<patterns> db::patterns_async(const pattern_query &q, announce where) const {
  nexus_request r = detail::request(NEXUS_OP_PATTERNS);
  const nexus_selection what = detail::selected(q.of);
  const nexus_mining how = detail::mining(q);
  r.selection = &what, r.mining = &how;
  return detail::submit<nexus::patterns>(handle(), r, where);
}

inline job<anomalies> db::anomalies_async(const anomaly_query &q, announce where) const {
  nexus_request r = detail::request(NEXUS_OP_ANOMALIES);
  const nexus_selection what = detail::selected(q.of);
  const nexus_mining how = detail::mining(q);
  r.selection = &what, r.mining = &how;
  return detail::submit<nexus::anomalies>(handle(), r, where);
}

inline job<train_report> db::train_async(const std::string &path, const training &t, announce where) {
  nexus_request r = detail::request(NEXUS_OP_TRAIN);
  const nexus_training how = detail::trained(t);
  r.path = detail::text(path), r.training = &how;
  return detail::submit<train_report>(handle(), r, where);
}

inline job<void> db::rollback_ranker_async(announce where) {
  return detail::submit<void>(handle(), detail::request(NEXUS_OP_RANKER_ROLLBACK), where);
}

inline job<stats> db::stats_async(announce where) const {
  return detail::submit<nexus::stats>(handle(), detail::request(NEXUS_OP_STATS), where);
}

inline job<report> db::verify_async(announce where) const {
  return detail::submit<report>(handle(), detail::request(NEXUS_OP_VERIFY), where);
}

inline job<void> db::compact_async(announce where) {
  return detail::submit<void>(handle(), detail::request(NEXUS_OP_COMPACT), where);
}

inline job<std::uint64_t> db::export_async(const std::string &path, announce where) const {
  nexus_request r = detail::request(NEXUS_OP_EXPORT);
  r.path = detail::text(path);
  return detail::submit<std::uint64_t>(handle(), r, where);
}

inline job<report> db::import_async(const std::string &path, std::uint32_t batch, announce where) {
  nexus_request r = detail::request(NEXUS_OP_IMPORT);
  r.path = detail::text(path), r.page = batch;
  return detail::submit<report>(handle(), r, where);
}

inline job<std::uint64_t> db::backup_async(const std::string &path, announce where) const {
  nexus_request r = detail::request(NEXUS_OP_BACKUP);
  r.path = detail::text(path);
  return detail::submit<std::uint64_t>(handle(), r, where);
}

inline job<std::uint64_t> db::restore_async(const std::string &backup, const std::string &path, announce where) {
  nexus_request r = detail::request(NEXUS_OP_RESTORE);
  r.backup = detail::text(backup), r.path = detail::text(path);
  return detail::submit<std::uint64_t>(nexus_db{0}, r, where);
}

inline job<void> db::close_async(announce where) {
  return detail::submit<void>(handle(), detail::request(NEXUS_OP_CLOSE), where);
}

}  // namespace nexus

#endif
