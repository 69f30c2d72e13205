/* Outcomes to Python values: figures and reports as named tuples. */
#include "core.h"

static PyTypeObject *trace_type, *stats_type, *report_type, *problem_type, *info_type, *pattern_type, *anomaly_type, *reason_type, *rank_type, *explanation_type, *figures_type, *interval_type, *trained_type;

#define FIELD(name, doc) {name, doc}
#define END_OF_FIELDS {NULL, NULL}

static PyStructSequence_Field trace_fields[] = {
    FIELD("name", "the engine"), FIELD("state", "used, late, failed, skipped or open"), FIELD("candidates", "what it found"),
    FIELD("took", "seconds"), FIELD("note", "why it failed, was skipped or not asked"),
    FIELD("start", "seconds from when the engines were asked to when it began"), END_OF_FIELDS};
static PyStructSequence_Desc trace_desc = {"nexus.EngineTrace", "One engine's part in an answer.", trace_fields, 6};

static PyStructSequence_Field stats_fields[] = {
    FIELD("memories", "live"), FIELD("deleted", "deleted, still standing in segments until they are merged"),
    FIELD("dimension", "numbers of a vector; 0 before the first memory"), FIELD("vectors", "name of the vector space"),
    FIELD("segments", NULL), FIELD("segment_files", NULL), FIELD("segment_bytes", "of files and memory"), FIELD("truth_bytes", NULL),
    FIELD("terms", "words in live memories"), FIELD("epoch", "views published since opening"), FIELD("added", "since opening"),
    FIELD("commits", "transactions since opening"), FIELD("merges", "since opening"),
    FIELD("replayed", "memories that opening took from the truth"),
    FIELD("discarded", "segment files that opening found invalid and rebuilt"),
    FIELD("merge_error", "why merging to files has stopped; empty while it goes on"),
    FIELD("metric", "how vectors are compared: cosine, dot or l2; empty before the first memory"),
    FIELD("retired", "versions that later ones replaced, kept as history"),
    FIELD("cache_hot_hits", "look-ups that found an answer"), FIELD("cache_hot_misses", NULL), FIELD("cache_hot_bytes", "held, about"), FIELD("cache_hot_ns", "of a look-up, the mean"),
    FIELD("cache_warm_hits", "look-ups that found an answer"), FIELD("cache_warm_misses", NULL), FIELD("cache_warm_bytes", "held, about"), FIELD("cache_warm_ns", "of a look-up, the mean"),
    FIELD("cache_near_hits", "look-ups that found an answer"), FIELD("cache_near_misses", NULL), FIELD("cache_near_bytes", "held, about"), FIELD("cache_near_ns", "of a look-up, the mean"),
    FIELD("language", "what the texts are taken for; empty before the first memory"),
    FIELD("record_bytes", "of all memories in segments without their vectors, as they are read"),
    FIELD("record_stored", "bytes that these take there, less where texts are packed"),
    FIELD("record_ns", "of reading one, the mean, the latest counting most"),
    FIELD("outdated", "segment files that opening found to be of another version or language and rebuilt"),
    FIELD("ranker_own", "whether the ranker that serves was fitted by train(); else it is the built-in one"), FIELD("ranker_trees", NULL),
    FIELD("ranker_can_roll_back", "whether there is a ranker to go back to"), FIELD("ranker_fitted", "day of fitting"),
    FIELD("ranker_metrics", "what was measured of it, for people"),
    FIELD("ranker_warning", "why the built-in ranker serves in place of the store's own; empty where nothing is wrong"),
    FIELD("damaged_judgements", "judgements of users that were met since opening, cannot be read and are left out"),
    END_OF_FIELDS};
static PyStructSequence_Desc stats_desc = {"nexus.Stats", "Figures of a store.", stats_fields, 42};

static PyStructSequence_Field figures_fields[] = {
    FIELD("any_8", "questions with something relevant among the first eight hits"), FIELD("frac_8", "share of what is relevant among these"),
    FIELD("mrr", "1 / rank of the first relevant hit"), FIELD("calibration_error", "how far confidence is off"), END_OF_FIELDS};
static PyStructSequence_Desc figures_desc = {"nexus.TrainFigures", "How well a ranker answers judged questions, each 0 to 1.", figures_fields, 4};

static PyStructSequence_Field interval_fields[] = {FIELD("mean", NULL), FIELD("low", NULL), FIELD("high", NULL), END_OF_FIELDS};
static PyStructSequence_Desc interval_desc = {"nexus.Interval", "A mean with the ends of its 95 % interval.", interval_fields, 3};

static PyStructSequence_Field trained_fields[] = {
    FIELD("better", "beyond noise"), FIELD("installed", "whether the new ranker serves"), FIELD("questions", "with something relevant in the store"),
    FIELD("unanswered", "that nothing is relevant to"), FIELD("left_out", "that nothing which is relevant to them is in the store"),
    FIELD("missing", "relevant memories that are not in the store"), FIELD("folds", "parts, each measured by a ranker fitted on the others"),
    FIELD("kept_with", "what is kept together in one part: user, session or question"), FIELD("before", "of the built-in ranker"),
    FIELD("after", "of rankers fitted on other questions than those that they answer"),
    FIELD("serving", "of the store's own ranker that served until then, or None"), FIELD("gain_any_8", "after - before"), FIELD("gain_frac_8", NULL),
    FIELD("gain_mrr", NULL), FIELD("gain_overall", "mean of the three, which decides"), FIELD("trees", "of the new ranker"), FIELD("bytes", "of its file"),
    FIELD("took", "seconds"), END_OF_FIELDS};
static PyStructSequence_Desc trained_desc = {"nexus.TrainReport", "What came of fitting a ranker.", trained_fields, 18};

static PyStructSequence_Field problem_fields[] = {
    FIELD("line", "line of the file, from 1; 0 where there is none"), FIELD("code", "the status code"),
    FIELD("name", "the status by name"), FIELD("text", "what is wrong"), END_OF_FIELDS};
static PyStructSequence_Desc problem_desc = {"nexus.Problem", "Something that a check or an import found.", problem_fields, 4};

static PyStructSequence_Field report_fields[] = {
    FIELD("memories", "checked, or imported (those that were there already included)"), FIELD("bad", "problems in all"),
    FIELD("problems", "those listed, at most 100"), END_OF_FIELDS};
static PyStructSequence_Desc report_desc = {"nexus.Report", "The outcome of verify() and import_().", report_fields, 3};

static PyStructSequence_Field info_fields[] = {
    FIELD("version", "of the library"), FIELD("abi", NULL), FIELD("go_version", NULL), FIELD("platform", "such as linux/amd64"),
    FIELD("features", "of the CPU"), FIELD("kernels", "dict: operation -> tier that serves it"), END_OF_FIELDS};
static PyStructSequence_Desc info_desc = {"nexus.Info", "What this build and this machine are.", info_fields, 6};

static PyStructSequence_Field pattern_fields[] = {
    FIELD("kind", "association, recurring or burst"), FIELD("terms", "one to eight words as they are mostly written"),
    FIELD("speaker", "who says them, of an association; empty where that does not matter"),
    FIELD("window", "whether they come in neighbouring turns of a session, not in one memory"),
    FIELD("support", "memories, or windows of four turns, with all terms; of a burst, of those within it"),
    FIELD("g2", "evidence, a log-likelihood ratio"), FIELD("npmi", "of an association, how far one word tells that the other is there, at most 1"),
    FIELD("lift", "how many times as often as by chance"), FIELD("start", "time of the first that counts"), FIELD("end", "time of the last"),
    FIELD("period", "usual gap between the days of a recurring pattern, or None"),
    FIELD("weekday", "of a recurring pattern, 0 is Sunday, in UTC; None where it keeps to none"),
    FIELD("examples", "ids of up to five memories that count, the latest first"), END_OF_FIELDS};
static PyStructSequence_Desc pattern_desc = {"nexus.Pattern", "One regularity of a selection of memories.", pattern_fields, 13};

static PyStructSequence_Field anomaly_fields[] = {
    FIELD("id", "of the memory"), FIELD("score", "above 0 and below 1; .5 is strange"), FIELD("reasons", "the weightiest first, up to three"), END_OF_FIELDS};
static PyStructSequence_Desc anomaly_desc = {"nexus.Anomaly", "A memory that does not fit among the others of its selection.", anomaly_fields, 3};

static PyStructSequence_Field reason_fields[] = {
    FIELD("column", "meaning, words, length, gap, hour, weekday or speaker"), FIELD("value", "of the memory"),
    FIELD("usual", "the median of the selection; of hour, weekday and speaker the commonest"),
    FIELD("weight", "share of the memory's unusualness"), END_OF_FIELDS};
static PyStructSequence_Desc reason_desc = {"nexus.AnomalyReason", "What a memory is unusual by.", reason_fields, 4};

static PyStructSequence_Field rank_fields[] = {
    FIELD("name", "of the engine"), FIELD("rank", "the hit's among the candidates, from 1"), FIELD("score", "the engine's own; compares within one answer"), END_OF_FIELDS};
static PyStructSequence_Desc rank_desc = {"nexus.EngineRank", "A hit's place by one engine's score.", rank_fields, 3};

static PyStructSequence_Field explanation_fields[] = {
    FIELD("engines", "a list of EngineRank, of the engines that were used"),
    FIELD("signals", "dict: name -> number, of what is known; empty where fusion is not learnt"),
    FIELD("ranker", "the ranker's score; only differences within one answer mean something"), END_OF_FIELDS};
static PyStructSequence_Desc explanation_desc = {"nexus.Explanation", "What the place of a hit was decided by.", explanation_fields, 3};

static int add_tuple_type(PyObject *module, PyStructSequence_Desc *desc, PyTypeObject **type) {
  *type = PyStructSequence_NewType(desc);
  return *type ? PyModule_AddType(module, *type) : -1;
}

int results_ready(PyObject *module) {
  return add_tuple_type(module, &trace_desc, &trace_type) < 0 ||
                 add_tuple_type(module, &stats_desc, &stats_type) < 0 || add_tuple_type(module, &figures_desc, &figures_type) < 0 ||
                 add_tuple_type(module, &interval_desc, &interval_type) < 0 || add_tuple_type(module, &trained_desc, &trained_type) < 0 ||
                 add_tuple_type(module, &problem_desc, &problem_type) < 0 ||
                 add_tuple_type(module, &report_desc, &report_type) < 0 || add_tuple_type(module, &info_desc, &info_type) < 0 ||
                 add_tuple_type(module, &pattern_desc, &pattern_type) < 0 || add_tuple_type(module, &anomaly_desc, &anomaly_type) < 0 ||
                 add_tuple_type(module, &reason_desc, &reason_type) < 0 || add_tuple_type(module, &rank_desc, &rank_type) < 0 ||
                 add_tuple_type(module, &explanation_desc, &explanation_type) < 0
             ? -1 : 0;
}

PyObject *text_object(nexus_text text) { return PyUnicode_DecodeUTF8(text.data ? text.data : "", (Py_ssize_t)text.size, "replace"); }

PyObject *time_object(int64_t microseconds) {
  PyObject *since = PyObject_CallFunction(py.timedelta, "iiL", 0, 0, (long long)microseconds);
  PyObject *time = since ? PyNumber_Add(py.epoch, since) : NULL;
  Py_XDECREF(since);
  return time;
}

/* A named tuple of count values, whose references it takes over. NULL if one of them is. */
static PyObject *named_tuple(PyTypeObject *type, PyObject **values, Py_ssize_t count) {
  PyObject *tuple = PyStructSequence_New(type);
  Py_ssize_t i;
  for (i = 0; i < count; i++) {
    if (!values[i]) Py_CLEAR(tuple);
    if (tuple) PyStructSequence_SetItem(tuple, i, values[i]);
    else if (values[i]) Py_DECREF(values[i]);
  }
  return tuple;
}

/* A namedtuple is made as tuple.__new__ makes an instance of a subclass: half the time of a structseq. */
PyObject *factors_from(const float *factors) {
  PyObject *tuple = PyType_GenericAlloc((PyTypeObject *)py.factors_class, NEXUS_FACTOR_COUNT);
  int f;
  for (f = 0; tuple && f < NEXUS_FACTOR_COUNT; f++) {
    PyObject *value = PyFloat_FromDouble(factors[f]);
    if (!value) Py_CLEAR(tuple);
    else PyTuple_SetItem(tuple, f, value);
  }
  return tuple;
}

PyObject *trace_from(const nexus_engine_trace *t) {
  PyObject *state = PyTuple_GetItem(py.engine_states, (Py_ssize_t)t->state);
  PyObject *values[] = {text_object(t->name), Py_XNewRef(state), PyLong_FromUnsignedLongLong(t->candidates),
                        PyFloat_FromDouble((double)t->took_ns / 1e9), text_object(t->note), PyFloat_FromDouble((double)t->start_ns / 1e9)};
  return named_tuple(trace_type, values, 6);
}

#define U64(x) PyLong_FromUnsignedLongLong(x)

PyObject *stats_from(const nexus_stats *s) {
  PyObject *values[] = {U64(s->memories), U64(s->deleted), U64(s->dimension), text_object(s->vectors), U64(s->segments),
                        U64(s->segment_files), U64(s->segment_bytes), U64(s->truth_bytes), U64(s->terms), U64(s->epoch),
                        U64(s->added), U64(s->commits), U64(s->merges), U64(s->replayed), U64(s->discarded),
                        text_object(s->merge_error), Py_XNewRef(PyTuple_GetItem(py.metric_names, (Py_ssize_t)s->metric)), U64(s->retired),
                        U64(s->cache_hot_hits), U64(s->cache_hot_misses), U64(s->cache_hot_bytes), U64(s->cache_hot_ns),
                        U64(s->cache_warm_hits), U64(s->cache_warm_misses), U64(s->cache_warm_bytes), U64(s->cache_warm_ns),
                        U64(s->cache_near_hits), U64(s->cache_near_misses), U64(s->cache_near_bytes), U64(s->cache_near_ns), text_object(s->language),
                        U64(s->record_bytes), U64(s->record_stored), U64(s->record_ns), U64(s->outdated), PyBool_FromLong(s->ranker_own), U64(s->ranker_trees),
                        PyBool_FromLong(s->ranker_can_roll_back), time_object(s->ranker_fitted_us), text_object(s->ranker_metrics),
                        text_object(s->ranker_warning), U64(s->damaged_judgements)};
  return named_tuple(stats_type, values, 42);
}

static PyObject *problem_from(const nexus_problem *p) {
  PyObject *code = PyLong_FromLong(p->code);
  PyObject *name = code ? PyDict_GetItemWithError(py.status_names, code) : NULL;
  PyObject *values[] = {U64(p->line), code, name ? Py_NewRef(name) : PyUnicode_FromString(""), text_object(p->text)};
  return named_tuple(problem_type, values, 4);
}

PyObject *report_from(const nexus_report *r) {
  PyObject *problems = PyList_New((Py_ssize_t)r->problem_count);
  PyObject *values[] = {U64(r->memories), U64(r->bad), problems};
  uint32_t i;
  for (i = 0; problems && i < r->problem_count; i++) {
    PyObject *problem = problem_from(&r->problems[i]);
    if (!problem) {
      Py_CLEAR(values[2]);
      break;
    }
    PyList_SetItem(problems, (Py_ssize_t)i, problem);
  }
  return named_tuple(report_type, values, 3);
}

static PyObject *kernels_from(const nexus_info *info) {
  PyObject *kernels = PyDict_New();
  size_t i;
  for (i = 0; kernels && i < info->kernel_count; i++) {
    PyObject *name = text_object(info->kernels[i].operation), *tier = text_object(info->kernels[i].tier);
    if (!name || !tier || PyDict_SetItem(kernels, name, tier) < 0) Py_CLEAR(kernels);
    Py_XDECREF(name);
    Py_XDECREF(tier);
  }
  return kernels;
}

PyObject *info_from(const nexus_info *info) {
  PyObject *values[] = {text_object(info->version), U64(info->abi), text_object(info->go_version), text_object(info->platform),
                        text_object(info->features), kernels_from(info)};
  return named_tuple(info_type, values, 6);
}

static PyObject *ids_from(const uint64_t *ids, uint64_t count) {
  PyObject *list = PyList_New((Py_ssize_t)count);
  uint64_t i;
  for (i = 0; list && i < count; i++) {
    PyObject *id = U64(ids[i]);
    if (!id) Py_CLEAR(list);
    else PyList_SetItem(list, (Py_ssize_t)i, id);
  }
  return list;
}

/* A list of count values, each of which element makes of list at its index. */
static PyObject *list_from(const void *list, size_t count, PyObject *(*element)(const void *list, size_t i)) {
  PyObject *values = PyList_New((Py_ssize_t)count);
  size_t i;
  for (i = 0; values && i < count; i++) {
    PyObject *value = element(list, i);
    if (!value) Py_CLEAR(values);
    else PyList_SetItem(values, (Py_ssize_t)i, value);
  }
  return values;
}

static PyObject *rank_from(const void *ranks, size_t i) {
  const nexus_engine_rank *r = (const nexus_engine_rank *)ranks + i;
  PyObject *values[] = {text_object(r->name), PyLong_FromUnsignedLong(r->rank), PyFloat_FromDouble(r->score)};
  return named_tuple(rank_type, values, 3);
}

static PyObject *signals_from(const nexus_explanation *e) {
  PyObject *dict = PyDict_New();
  uint32_t i;
  for (i = 0; dict && i < e->signal_count; i++) {
    PyObject *name = text_object(e->signals[i].name), *value = PyFloat_FromDouble(e->signals[i].value);
    if (!name || !value || PyDict_SetItem(dict, name, value) < 0) Py_CLEAR(dict);
    Py_XDECREF(name);
    Py_XDECREF(value);
  }
  return dict;
}

PyObject *explanation_from(const nexus_explanation *e) {
  PyObject *values[] = {list_from(e->engines, e->engine_count, rank_from), signals_from(e), PyFloat_FromDouble(e->ranker)};
  return named_tuple(explanation_type, values, 3);
}

static PyObject *term_from(const void *terms, size_t i) { return text_object(((const nexus_text *)terms)[i]); }

static PyObject *period_from(int64_t us) {
  if (!us) Py_RETURN_NONE;
  return PyObject_CallFunction(py.timedelta, "iiL", 0, 0, (long long)us);
}

static PyObject *weekday_from(int32_t weekday) {
  if (weekday < 0) Py_RETURN_NONE;
  return PyLong_FromLong(weekday);
}

static PyObject *pattern_from(const void *list, size_t i) {
  const nexus_pattern *p = nexus_patterns_at(list, i);
  PyObject *values[] = {Py_XNewRef(PyTuple_GetItem(py.pattern_kinds, (Py_ssize_t)p->kind)), list_from(p->terms, p->term_count, term_from),
                        text_object(p->speaker), PyBool_FromLong(p->window), U64(p->support), PyFloat_FromDouble(p->g2), PyFloat_FromDouble(p->npmi),
                        PyFloat_FromDouble(p->lift), time_object(p->from_us), time_object(p->to_us), period_from(p->period_us),
                        weekday_from(p->weekday), ids_from(p->examples, p->example_count)};
  return named_tuple(pattern_type, values, 13);
}

static PyObject *figures_tuple(const nexus_train_figures *f) {
  PyObject *values[] = {PyFloat_FromDouble(f->any_8), PyFloat_FromDouble(f->frac_8), PyFloat_FromDouble(f->mrr), PyFloat_FromDouble(f->calibration_error)};
  return named_tuple(figures_type, values, 4);
}

static PyObject *interval_tuple(const nexus_interval *i) {
  PyObject *values[] = {PyFloat_FromDouble(i->mean), PyFloat_FromDouble(i->low), PyFloat_FromDouble(i->high)};
  return named_tuple(interval_type, values, 3);
}

static PyObject *trained_from(const nexus_train_report *r) {
  PyObject *values[] = {PyBool_FromLong(r->better), PyBool_FromLong(r->installed), U64(r->questions), U64(r->unanswered), U64(r->left_out),
                        U64(r->missing), U64(r->folds), text_object(r->kept_with), figures_tuple(&r->before), figures_tuple(&r->after),
                        r->has_serving ? figures_tuple(&r->serving) : Py_NewRef(Py_None), interval_tuple(&r->gain_any_8), interval_tuple(&r->gain_frac_8),
                        interval_tuple(&r->gain_mrr), interval_tuple(&r->gain_overall), U64(r->trees), U64(r->bytes), PyFloat_FromDouble((double)r->took_ns / 1e9)};
  return named_tuple(trained_type, values, 18);
}

static PyObject *reason_from(const void *reasons, size_t i) {
  const nexus_anomaly_reason *r = (const nexus_anomaly_reason *)reasons + i;
  PyObject *values[] = {Py_XNewRef(PyTuple_GetItem(py.anomaly_columns, (Py_ssize_t)r->column)), PyFloat_FromDouble(r->value),
                        PyFloat_FromDouble(r->usual), PyFloat_FromDouble(r->weight)};
  return named_tuple(reason_type, values, 4);
}

static PyObject *anomaly_from(const void *list, size_t i) {
  const nexus_anomaly *a = nexus_anomalies_at(list, i);
  PyObject *values[] = {U64(a->id), PyFloat_FromDouble(a->score), list_from(a->reasons, a->reason_count, reason_from)};
  return named_tuple(anomaly_type, values, 3);
}

/* The value of an outcome that points into no arena any more, or NULL with an exception set. */
static PyObject *plain_result(store_object *store, const nexus_reply *r) {
  switch (r->op) {
    case NEXUS_OP_OPEN: store->db = r->db; Py_RETURN_NONE;
    case NEXUS_OP_ADD: return ids_from(r->ids, r->count);
    case NEXUS_OP_STATS: return stats_from(r->stats);
    case NEXUS_OP_TRAIN: return trained_from(r->train_report);
    case NEXUS_OP_PATTERNS: return list_from(r->patterns, r->patterns->count, pattern_from);
    case NEXUS_OP_ANOMALIES: return list_from(r->anomalies, r->anomalies->count, anomaly_from);
    case NEXUS_OP_VERIFY:
    case NEXUS_OP_IMPORT: return report_from(r->report);
    case NEXUS_OP_SUPERSEDE: return U64(r->ids[0]);
    case NEXUS_OP_PREFERENCE: return text_object(r->preference->json);
    case NEXUS_OP_SET_PREFERENCE:
    case NEXUS_OP_FORGET:
    case NEXUS_OP_DELETE:
    case NEXUS_OP_DELETE_WHERE:
    case NEXUS_OP_EXPORT:
    case NEXUS_OP_BACKUP:
    case NEXUS_OP_RESTORE: return U64(r->count);
    case NEXUS_OP_LIST: return U64(r->cursor.v);
    default: Py_RETURN_NONE; /* CLOSE, COMPACT, FEEDBACK, LEARN, RANKER_ROLLBACK */
  }
}

PyObject *result_of(store_object *store, const nexus_reply *r) {
  PyObject *result;
  switch (r->op) {
    case NEXUS_OP_QUERY: return answer_from(r->arena, r->answer);
    case NEXUS_OP_HISTORY:
    case NEXUS_OP_NEXT: return records_from(r->arena, r->memories);
    case NEXUS_OP_GET:
    case NEXUS_OP_UPDATE:
    case NEXUS_OP_GET_BY_KEY: return record_from(r->arena, nexus_memories_at(r->memories, 0));
    default: break;
  }
  result = plain_result(store, r);
  lib.nexus_free(r->arena);
  return result;
}
