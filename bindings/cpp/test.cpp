// test FOLDER: nexus.hpp beyond what the conformance corpus reaches: ownership, errors, jobs,
// queues, listings that end early, embedders that fail.
#include <atomic>
#include <fstream>
#include <iostream>
#include <nexus.hpp>
#include <poll.h>
#include <thread>

namespace {

int failures = 0;

#define EXPECT(what)                                                    \
  do {                                                                  \
    if (!(what)) {                                                      \
      std::cout << "line " << __LINE__ << ": not so: " << #what << '\n'; \
      ++failures;                                                       \
    }                                                                   \
  } while (0)

// The status that a call throws; ok where it throws none.
template <class F>
nexus::status thrown(F call) {
  try {
    call();
  } catch (const nexus::error &e) {
    EXPECT(e.what()[0] != 0);
    return e.code();
  }
  return nexus::status::ok;
}

static_assert(!std::is_copy_constructible_v<nexus::db> && std::is_nothrow_move_constructible_v<nexus::db>);
static_assert(!std::is_copy_constructible_v<nexus::answer> && std::is_nothrow_move_assignable_v<nexus::answer>);
static_assert(!std::is_copy_constructible_v<nexus::job<void>> && std::is_nothrow_move_constructible_v<nexus::queue>);
static_assert(!std::is_constructible_v<nexus::span<const float>, std::vector<float>>, "a temporary is refused");
static_assert(std::is_constructible_v<nexus::span<const float>, std::vector<float> &>);

void ownership(const std::string &base) {
  nexus::db db(base + "/ownership");
  db.add("The tide is out.");
  nexus::db moved(std::move(db));
  EXPECT(thrown([&] { db.stats(); }) == nexus::status::invalid);
  EXPECT(moved.stats().memories == 1);
  nexus::db &itself = moved;
  moved = std::move(itself);
  EXPECT(moved.stats().memories == 1);
  nexus::answer answer = moved.query("tide");
  nexus::stored_memory one = moved.get(1);
  nexus::stored_memory same(std::move(one));
  moved.close();
  EXPECT(thrown([&] { moved.close(); }) == nexus::status::closed);
  EXPECT(answer.size() == 1 && answer[0].text() == "The tide is out." && same.text() == answer[0].text());
  EXPECT(thrown([&] { nexus::db::open(""); }) == nexus::status::invalid);
  EXPECT(std::string(nexus::name(nexus::status::not_found)) == "not found");
}

void values(const std::string &base) {
  nexus::db db(base + "/values");
  nexus::memory m("a text");
  m.meta["bool"] = true, m.meta["int"] = 7, m.meta["text"] = "x", m.meta["list"] = std::vector<std::string>{"a", "b"};
  m.meta["time"] = nexus::time_point(std::chrono::microseconds(-1));
  m.time = nexus::time_point(std::chrono::microseconds(1));
  db.add(m);
  nexus::stored_memory got = db.get(1);
  EXPECT(got.time() == m.time && got.meta_count() == 5);
  for (std::size_t i = 0; i < got.meta_count(); ++i) EXPECT(got.meta(i).value().value() == m.meta.at(std::string(got.meta(i).name())).value());
  nexus::query q("text");
  q.weights = std::vector<float>{1, 0};
  EXPECT(thrown([&] { db.query(q); }) == nexus::status::invalid);
  EXPECT(thrown([&] { db.import_from(base + "/nothing.jsonl"); }) == nexus::status::not_found);
}

void listings(const std::string &base) {
  nexus::db db(base + "/listings");
  std::vector<nexus::memory> many(600, nexus::memory("again"));
  db.add(many);
  std::uint64_t seen = 0;
  for (nexus::memory_view m : db.list()) EXPECT(m.id() == ++seen && m.text() == "again");
  EXPECT(seen == 600);
  for (nexus::memory_view m : db.list())
    if (m.id() == 300) break;
  nexus::listing unfinished = db.list();
  auto at = unfinished.begin();
  EXPECT((*at).id() == 1);
  db.close();
  EXPECT(thrown([&] { for (int i = 0; i < 600; ++i) ++at; }) == nexus::status::closed);
}

void explanations(const std::string &base) {
  nexus::db db(base + "/explanations");
  db.add(nexus::memory("Ben went to the lake on Saturday.")), db.add(nexus::memory("A kettle."));
  nexus::query q("Who went to the lake?");
  EXPECT(!db.query(q)[0].explanation());
  q.explain = true;
  nexus::answer a = db.query(q);
  std::optional<nexus::explanation> why = a[0].explanation(), other = a[1].explanation();
  EXPECT(why && why->engines().size() == 2 && why->engines()[0].name == "lexical" && why->engines()[0].rank == 1 && why->engines()[0].score > 0);
  EXPECT(why && (*why)["bm25_turn_rank"] == 1 && !(*why)["tells_asked_time"] && (*why)["cosine_turn"] && !(*why)["none"] && why->signals().size() > 20);
  EXPECT(why && other && why->ranker() > other->ranker() && a.confidence() >= 0 && a.confidence() <= 1);
  q.fusion = nexus::fusion::rrf;
  nexus::answer by_ranks = db.query(q);
  EXPECT(by_ranks[0].explanation()->signals().empty() && by_ranks.confidence() == 0 && by_ranks[0].explanation()->engines()[0].rank == 1);
  q.fusion = static_cast<nexus::fusion>(9);
  EXPECT(thrown([&] { (void)db.query(q); }) == nexus::status::invalid);
}

void routes(const std::string &base) {
  nexus::db db(base + "/routes");
  db.add(nexus::memory("Ben went to the lake on Saturday.")), db.add(nexus::memory("A kettle."));
  nexus::query q("Who went to the lake?");
  q.route = nexus::route::cache_only;
  EXPECT(thrown([&] { (void)db.query(q); }) == nexus::status::not_found);
  for (nexus::route way : {nexus::route::smart, nexus::route::full, nexus::route::maximum}) {
    q.route = way;
    nexus::answer a = db.query(q);
    EXPECT(a.size() == 2 && a.route() == way && a.started() == way && !a.hurried());
  }
  q.route = nexus::route::adaptive;
  nexus::answer first = db.query(q);
  EXPECT(first.route() >= first.started() && first.started() >= nexus::route::smart);
  q.route = nexus::route::cache_only;
  nexus::answer again = db.query(q);
  EXPECT(again.cache() == nexus::cache_use::exact && again.route() == first.route());
  q.route = static_cast<nexus::route>(9);
  EXPECT(thrown([&] { (void)db.query(q); }) == nexus::status::invalid);
}

void draws(const std::string &base) {
  nexus::db db(base + "/draws");
  for (const char *text : {"Priya swam in the lake on Sunday.", "The lake was too cold for Ben.", "Anna rowed a boat over the lake at night.", "A path leads round the lake.", "They painted the boat at the lake green.", "Nobody fishes at the lake in May."}) db.add(nexus::memory(text));
  nexus::query q("Who was at the lake?");
  q.k = 4;
  nexus::answer best = db.query(q);
  q.explore = .5F, q.explore_seed = 5;
  nexus::answer drawn = db.query(q), again = db.query(q);
  EXPECT(drawn.size() == 4 && drawn[0].id() == best[0].id() && drawn[1].id() == best[1].id());
  for (std::size_t i = 0; i < drawn.size(); i++) EXPECT(drawn[i].id() == again[i].id());
  q.explore = 2;
  EXPECT(thrown([&] { (void)db.query(q); }) == nexus::status::invalid);
  q.explore = 0, q.vector_effort = .5F;
  EXPECT(db.query(q).size() == 4);
  q.vector_effort = 17;
  EXPECT(thrown([&] { (void)db.query(q); }) == nexus::status::invalid);
}

void selections(const std::string &base) {
  nexus::db db(base + "/selections");
  nexus::memory ann("The tide is out."), bob("The tide is in.");
  ann.speaker = "Ann", bob.speaker = "Bob", bob.meta["score"] = 3;
  db.add(ann), db.add(bob);
  auto count = [&](const nexus::selection &s) {
    int n = 0;
    for (nexus::memory_view m : db.list(s)) n += m.id() > 0;
    return n;
  };
  EXPECT(count({}) == 2 && count(nexus::scope{"", "nobody", "", ""}) == 0 && count(nexus::selection("score >= 3")) == 1);
  nexus::query q("the tide");
  q.filter = "speaker = \"Ann\"";
  EXPECT(db.query(q).size() == 1 && db.query(q)[0].text() == "The tide is out.");
  q.filter = "speaker = Ann";
  try {
    (void)db.query(q);
    EXPECT(false);
  } catch (const nexus::error &e) {
    EXPECT(e.code() == nexus::status::invalid && std::string(e.what()).find("byte 10") != std::string::npos);
  }
  nexus::query m;
  m.match = "\"tide is\" -speaker:ann";
  EXPECT(db.query(m).size() == 1 && db.query(m)[0].text() == "The tide is in.");
  m.match = "", m.text = "ann", m.engines = {"lexical"}, m.boosts = nexus::boosts{0, 1, 0};
  EXPECT(db.query(m).size() == 1);
  m.boosts->speaker = 0;
  EXPECT(thrown([&] { (void)db.query(m); }) == nexus::status::invalid);
  m.match = "the";
  EXPECT(thrown([&] { (void)db.query(m); }) == nexus::status::invalid);
  EXPECT(thrown([&] { db.remove_where({}); }) == nexus::status::invalid);
  EXPECT(db.remove_where(nexus::selection("score = 3")) == 1);
  EXPECT(db.remove_where_async(nexus::selection(q.filter = "speaker = \"Ann\"")).get() == 1);
  EXPECT(count({}) == 0);
}

void jobs(const std::string &base) {
  nexus::db db = nexus::db::open_async(base + "/jobs").get();
  std::vector<nexus::memory> many(10, nexus::memory("a tide"));
  EXPECT(db.add_async(many).get().size() == 10);
  EXPECT(db.query_async("tide").get().size() == 1); // nine collapse into it
  EXPECT(db.get_async(3).get().id() == 3);
  nexus::stats figures = db.stats_async().get();
  EXPECT(figures.memories == 10 && figures.discarded == 0 && figures.outdated == 0 && figures.damaged_judgements == 0);
  std::vector<std::uint64_t> ids{1, 2, 99};
  EXPECT(db.remove_async(ids).get() == 2);
  EXPECT(db.export_async(base + "/jobs.jsonl").get() == 8);
  EXPECT(db.backup_async(base + "/copy").get() == 8);
  EXPECT(nexus::db::restore_async(base + "/copy", base + "/restored").get() == 8);
  EXPECT(db.import_async(base + "/jobs.jsonl").get().memories == 8);
  db.compact_async().get();
  EXPECT(db.verify_async().get().bad == 0);
  EXPECT(thrown([&] { db.get_async(12345).get(); }) == nexus::status::not_found);
  EXPECT(thrown([&] { db.get_by_key_async("none").get(); }) == nexus::status::not_found);
  auto job = db.stats_async();
  EXPECT(job.wait(std::chrono::seconds(10)) && job.done() && job.progress().total == 0);
  job.get();
  EXPECT(thrown([&] { job.get(); }) == nexus::status::invalid);
  db.verify_async(); // given up at once
  auto cancelled = db.import_async(base + "/jobs.jsonl");
  cancelled.cancel();
  nexus::status end = thrown([&] { cancelled.get(); });
  EXPECT(end == nexus::status::ok || end == nexus::status::cancelled);
  db.close_async().get();
  EXPECT(thrown([&] { db.stats(); }) == nexus::status::closed);
}

void queues(const std::string &base) {
  nexus::db db(base + "/queues");
  db.add("a tide");
  nexus::queue queue;
  std::vector<nexus::job<nexus::answer>> jobs;
  std::vector<int> tags(20);
  for (int &tag : tags) jobs.push_back(db.query_async("tide", {&queue, &tag}));
  std::size_t seen = 0;
  while (seen < tags.size()) {
    pollfd p{queue.fd(), POLLIN, 0};
    EXPECT(poll(&p, 1, 5000) == 1);
    for (const nexus::completion &c : queue.drain(7, std::chrono::nanoseconds(0))) {
      ++*static_cast<int *>(c.tag), ++seen;
      EXPECT(c.code == nexus::status::ok);
    }
  }
  EXPECT(std::all_of(tags.begin(), tags.end(), [](int n) { return n == 1; }));
  for (auto &job : jobs) EXPECT(job.get()[0].text() == "a tide");
  EXPECT(queue.drain(1, std::chrono::milliseconds(1)).empty());
}

void embedders(const std::string &base) {
  auto alive = std::make_shared<int>(0);
  std::atomic<int> calls{0};
  nexus::options o;
  o.embedder = nexus::embedder{"letters", 3, [alive, &calls](auto texts, auto rows) {
    ++calls;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (texts[i] == "busy") throw nexus::error(nexus::status::busy, "the model is busy");
      if (texts[i] == "broken") throw std::runtime_error("the model is broken");
      if (texts[i] == "odd") throw 1;
      for (std::size_t d = 0; d < 3; ++d) rows[i * 3 + d] = static_cast<float>(texts[i].size() + d * d);
    }
  }};
  {
    nexus::db db(base + "/embedders", o);
    EXPECT(alive.use_count() == 3); // here, in o, in the store's
    db.add("one"), db.add("three");
    EXPECT(calls >= 2 && db.stats().vectors == "letters" && db.stats().dimension == 3);
    EXPECT(db.query("three").size() == 2);
    EXPECT(thrown([&] { db.add("busy"); }) == nexus::status::busy);
    EXPECT(thrown([&] { db.add("broken"); }) == nexus::status::unavailable);
    EXPECT(thrown([&] { db.add("odd"); }) == nexus::status::unavailable);
    EXPECT(db.stats().memories == 2);
    db.close();
  }
  EXPECT(alive.use_count() == 2);
  o.embedder->dim = 4;
  EXPECT(thrown([&] { nexus::db::open(base + "/embedders", o); }) == nexus::status::dimension);
  EXPECT(thrown([&] { nexus::db::open_async(base + "/embedders", o).get(); }) == nexus::status::dimension);
  EXPECT(alive.use_count() == 2);
}

void versions(const std::string &base) {
  nexus::options o;
  nexus::db db(base + "/versions", o);
  nexus::memory first("Ann lives in Oslo.");
  first.key = "home", first.time = nexus::time_point(std::chrono::seconds(1700000000));
  std::uint64_t id = db.add(first);
  nexus::patch p;
  p.text = "Ann lives in Lima.", p.meta["n"] = 1, p.time.emplace(std::nullopt), p.if_version = 1;
  nexus::stored_memory changed = db.update(id, p);
  EXPECT(changed.version() == 2 && changed.id() == id && changed.text() == *p.text && !changed.time() && changed.meta_count() == 1);
  EXPECT(thrown([&] { db.update(id, p); }) == nexus::status::conflict);
  EXPECT(thrown([&] { db.update_async(id, p).get(); }) == nexus::status::conflict);
  nexus::memory rome("Ann lives in Rome.");
  rome.valid_from = nexus::time_point(std::chrono::seconds(1800000000));
  std::uint64_t by = db.supersede(id, rome);
  EXPECT(db.get(id).superseded_by() == by && db.get(by).supersedes() == id && db.get(id).valid_to() == rome.valid_from);
  nexus::query q("where does Ann live");
  q.valid_at = *rome.valid_from;
  EXPECT(db.query(q).size() == 1 && db.query(q)[0].id() == by);
  q.valid_at.reset(), q.as_of = changed.update_time();
  EXPECT(db.query(q).size() == 1 && db.query(q)[0].text() == *p.text);
  nexus::versions all = db.history(id);
  EXPECT(all.size() == 3 && all[0].text() == first.text && all[0].replaced_time() == all[1].update_time() && !all[2].replaced_time());
  EXPECT(db.history_async(id).get().size() == 3);
  db.feedback(by, .5), db.feedback_async(by, -.25).get();
  EXPECT(db.get(by).positive() == .5 && db.get(by).negative() == .25);
  EXPECT(db.supersede_async(by, nexus::memory("Ann lives in Bonn.")).get().size() == 1);
  EXPECT(thrown([&] { db.history(99); }) == nexus::status::not_found);
}

/* What is learnt of a user, in the foreground and as jobs. */
void learning(const std::string &base) {
  nexus::db db(base + "/learning");
  std::vector<std::uint64_t> ids;
  for (const char *text : {"Plan for the weekend: a candle and silence", "Plan for the weekend: a sprint and a racket"}) ids.push_back(db.add(nexus::memory(text)));
  nexus::judged j;
  j.user = "anna", j.id = ids[1], j.value = .5, j.question = "weekend?", j.shown = ids;
  db.learn(j), db.learn_async(j).get();
  const std::string known = db.preference("anna");
  EXPECT(known.find("\"implicit\":true") != std::string::npos && known == db.preference_async("anna").get());
  EXPECT(db.get(ids[1]).positive() == 1 && db.get(ids[0]).negative() == 0);
  EXPECT(db.forget("anna") == 4 && db.forget_async("anna").get() == 0);
  EXPECT(thrown([&] { db.preference("anna"); }) == nexus::status::not_found);
  EXPECT(db.set_preference(known) == 4 && db.set_preference_async(known).get() == 4 && db.preference("anna") == known);
  nexus::query q("plan for the weekend");
  q.asker = "anna", q.explain = true;
  bool told = false;
  const nexus::answer found = db.query(q);
  for (const nexus::signal &s : found[0].explanation()->signals()) told = told || s.name == "taste";
  EXPECT(told);
  j.user.clear();
  EXPECT(thrown([&] { db.learn(j); }) == nexus::status::invalid);
  EXPECT(thrown([&] { db.set_preference("{}"); }) == nexus::status::invalid);
}

/* Thirty days of two sentences, one of which has two words more every fifth day, and one memory like no other. */
void mining(const std::string &base) {
  nexus::db db(base + "/mining");
  std::vector<nexus::memory> diary;
  for (int d = 0; d < 60; ++d) {
    nexus::memory m(d % 5 == 0 ? "robotics club on the hill" : "rested at home and read");
    m.time = nexus::time_point(std::chrono::hours(24 * (20000 + d) + 9)), m.user = "ann";
    diary.push_back(m);
  }
  diary.back().text = "7741 9902 1123 8840 2231 6650 1209 7734 8123 9981 3321 4410 5512";
  db.add(diary);
  nexus::pattern_query q;
  q.of.scope.user = "ann", q.kind = nexus::pattern_kind::recurring, q.since = *diary[0].time, q.until = *diary[59].time;
  nexus::patterns found = db.patterns(q);
  EXPECT(found.size() == 1 && found[0].kind() == nexus::pattern_kind::recurring && found[0].support() == 12);
  EXPECT(found[0].period() == std::chrono::hours(24 * 5) && !found[0].weekday() && found[0].examples().size() == 5);
  EXPECT(found[0].size() == 3 && found[0].terms()[0] == found[0][0] && found[0].from() == *diary[0].time && found[0].g2() > 20);
  EXPECT(db.patterns_async(q).get().size() == 1 && db.patterns().size() > 1);
  q.of.scope.user = "nobody";
  EXPECT(db.patterns(q).empty());
  nexus::anomaly_query a;
  a.limit = 1;
  nexus::anomalies odd = db.anomalies(a);
  EXPECT(odd.size() == 1 && odd[0].id() == 60 && odd[0].score() > .5 && !odd[0].reasons().empty() && odd[0].reasons()[0].weight > 0);
  EXPECT(db.anomalies_async(a).get()[0].id() == 60);
  a.min_score = 2;
  EXPECT(thrown([&] { db.anomalies(a); }) == nexus::status::invalid);
}

/* Of two notes on every lamp the longer one is asked for. */
void training(const std::string &base) {
  nexus::db db(base + "/training");
  std::ofstream questions(base + "/judged.jsonl");
  for (int i = 0; i < 40; ++i) {
    const std::string name = "lamp" + std::string(1, static_cast<char>('a' + i / 10)) + static_cast<char>('a' + i % 10);
    nexus::memory brief("the " + name), full("it was late when somebody lit the " + name + " that hangs over the stairs of the old house");
    brief.key = name + "-brief", full.key = name + "-full";
    db.add(brief), db.add(full);
    questions << R"({"question":"which )" << name << R"(?","relevant":[")" << full.key << R"("]})" << '\n';
  }
  questions.close();
  EXPECT(thrown([&] { db.rollback_ranker(); }) == nexus::status::not_found);
  EXPECT(thrown([&] { db.train(base + "/nowhere"); }) == nexus::status::not_found);
  nexus::train_report r = db.train(base + "/judged.jsonl", {3, 12, true});
  EXPECT(r.installed && r.questions == 40 && r.folds == 5 && r.kept_with == "question" && !r.serving && r.bytes > 1000 && r.took.count() > 0);
  EXPECT(r.after.mrr >= r.before.mrr && r.gain_mrr.low <= r.gain_mrr.mean && r.gain_mrr.mean <= r.gain_mrr.high);
  EXPECT(db.stats().ranker_own && db.stats().ranker_trees == r.trees && db.stats().ranker_can_roll_back && db.stats().ranker_warning.empty());
  EXPECT(db.query("which lampaa?").warning().empty());
  EXPECT(db.train_async(base + "/judged.jsonl", {3, 12, true}).get().serving.has_value());
  db.rollback_ranker_async().get();
  db.rollback_ranker();
  EXPECT(!db.stats().ranker_own && !db.stats().ranker_can_roll_back && !db.stats().ranker_metrics.empty());
}

void threads(const std::string &base) {
  nexus::db db(base + "/threads");
  std::vector<std::thread> all;
  for (int i = 0; i < 8; ++i)
    all.emplace_back([&db] {
      for (int n = 0; n < 20; ++n) db.add("a wave"), db.query("wave");
    });
  for (std::thread &t : all) t.join();
  EXPECT(db.stats().memories == 160);
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  for (auto part : {ownership, values, listings, selections, explanations, routes, draws, jobs, queues, embedders, versions, learning, mining, training, threads}) part(argv[1]);
  return failures > 0;
}
