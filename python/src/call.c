/* Arguments of Python calls to requests of the library, one parser an operation. */
#include "core.h"

static int name_index(signature *s, PyObject *name) {
  int i;
  for (i = 0; i < s->count; i++)
    if (name == s->interned[i]) return i;
  for (i = 0; i < s->count; i++)
    if (PyUnicode_CompareWithASCIIString(name, s->names[i]) == 0) return i;
  return -1;
}

static int intern_names(signature *s) {
  for (s->count = 0; s->names[s->count]; s->count++) {
    s->interned[s->count] = PyUnicode_InternFromString(s->names[s->count]);
    if (!s->interned[s->count]) return -1;
  }
  return 0;
}

int arguments(signature *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, PyObject **values) {
  Py_ssize_t i, named = kwnames ? PyTuple_Size(kwnames) : 0;
  if (!s->count && intern_names(s) < 0) return -1;
  if (nargs > s->positional) {
    PyErr_Format(PyExc_TypeError, "%s() takes %d positional arguments at most, %zd were given", s->function, s->positional, nargs);
    return -1;
  }
  memset(values, 0, (size_t)s->count * sizeof *values);
  for (i = 0; i < nargs; i++) values[i] = args[i];
  for (i = 0; i < named; i++) {
    PyObject *name = PyTuple_GetItem(kwnames, i);
    int at = name_index(s, name);
    if (at < 0 || values[at]) {
      PyErr_Format(PyExc_TypeError, at < 0 ? "%s() has no argument %R" : "%s() got argument %R twice", s->function, name);
      return -1;
    }
    values[at] = args[nargs + i];
  }
  for (i = 0; i < s->required; i++)
    if (!values[i]) {
      PyErr_Format(PyExc_TypeError, "%s() lacks the argument '%s'", s->function, s->names[i]);
      return -1;
    }
  return 0;
}

/* ---- open ---- */

/* How long replaced versions are kept, as seconds or a timedelta; 0 is not at all. */
static int seconds_from(PyObject *value, const char *name, double *out) {
  PyObject *owned = PyObject_IsInstance(value, py.timedelta) ? PyObject_CallMethod(value, "total_seconds", NULL) : Py_NewRef(value);
  int failed = !owned || number_from(owned, name, out) < 0;
  Py_XDECREF(owned);
  return failed ? -1 : 0;
}

static int history_from(PyObject *value, int64_t *out) {
  double seconds;
  if (seconds_from(value, "history", &seconds) < 0) return -1;
  if (!(seconds >= 0 && seconds < 9e9)) return raise_invalid("history has to be 0 or more seconds");
  *out = seconds > 0 && seconds < 1e-6 ? 1 : seconds > 0 ? (int64_t)(seconds * 1e6) : -1;
  return 0;
}

static signature open_signature = {"open", 1, 1, 0, {"path", "read_only", "dim", "embedder", "metric", "history", "cache_bytes", "segments_in_memory", "language", "compress_texts", "engine_timeout", "max_questions"}, {0}};

/* An engine's time: seconds or a timedelta; a negative one is no limit. */
static int timeout_from(PyObject *value, int64_t *out) {
  double seconds;
  if (seconds_from(value, "engine_timeout", &seconds) < 0) return -1;
  if (!(seconds > -9e9 && seconds < 9e9)) return raise_invalid("engine_timeout has to be a number of seconds");
  *out = seconds > 0 && seconds < 1e-6 ? 1 : seconds < 0 ? -1 : (int64_t)(seconds * 1e6);
  return 0;
}

static int parse_open(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[12];
  int truth = 0, in_memory = 0, packs = 0;
  if (arguments(&open_signature, args, nargs, kwnames, v) < 0 || path_from(v[0], &c->pile, &c->request.path) < 0) return -1;
  if (v[1] && (truth = PyObject_IsTrue(v[1])) < 0) return -1;
  if (v[7] && (in_memory = PyObject_IsTrue(v[7])) < 0) return -1;
  if (v[9] && (packs = PyObject_IsTrue(v[9])) < 0) return -1;
  c->options.struct_size = sizeof c->options;
  c->options.flags = (truth ? NEXUS_OPEN_READ_ONLY : 0) | (in_memory ? NEXUS_OPEN_SEGMENTS_IN_MEMORY : 0) | (packs ? NEXUS_OPEN_COMPRESS_TEXTS : 0);
  c->request.options = &c->options;
  if (v[2] && u32_from(v[2], "dim", &c->options.dim) < 0) return -1;
  if (v[4] && named_from(v[4], py.metrics, "metric", &c->options.metric) < 0) return -1;
  if (v[8] && text_from(v[8], "language", &c->options.language) < 0) return -1;
  if (v[5] && v[5] != Py_None && history_from(v[5], &c->options.history_us) < 0) return -1;
  if (v[6] && i64_from(v[6], "cache_bytes", &c->options.cache_bytes) < 0) return -1;
  if (v[10] && v[10] != Py_None && timeout_from(v[10], &c->options.engine_timeout_us) < 0) return -1;
  if (v[11] && i64_from(v[11], "max_questions", &c->options.max_questions) < 0) return -1;
  return v[3] && v[3] != Py_None ? embedder_from(v[3], c) : 0;
}

/* ---- query ---- */

enum { Q_TEXT, Q_K, Q_VECTOR, Q_TENANT, Q_USER, Q_AGENT, Q_SESSION, Q_INTENT, Q_WEIGHTS, Q_NOW, Q_BUDGET, Q_ENGINES, Q_SINGLE, Q_AS_OF, Q_VALID_AT, Q_FILTER, Q_NEAR, Q_MATCH, Q_BOOSTS, Q_FUSION, Q_ROUTE, Q_EXPLAIN, Q_ASKER, Q_IMPERSONAL, Q_EXPLORE, Q_EXPLORE_SEED, Q_VECTOR_EFFORT, Q_COUNT };
static signature query_signature = {"query", 1, 0, 0,
                                    {"text", "k", "vector", "tenant", "user", "agent", "session", "intent", "weights", "now",
                                     "budget", "engines", "single_engine", "as_of", "valid_at", "filter", "near", "match", "boosts", "fusion", "route", "explain", "asker", "impersonal", "explore", "explore_seed", "vector_effort"}, {0}};

/* Six weights: a mapping with every factor's name, or a sequence in the order of nexus.Factors. */
static int weights_from(PyObject *value, float *out) {
  Py_ssize_t at = 0;
  PyObject *name, *number, *item;
  int mapping = PyDict_Check(value), failed = 0;
  if (!mapping && !PySequence_Check(value)) {
    PyErr_SetString(PyExc_TypeError, "weights has to be a dict by factor or a sequence of six numbers");
    return -1;
  }
  if (PyObject_Size(value) != NEXUS_FACTOR_COUNT) return raise_invalid("weights has to give all %d factors", NEXUS_FACTOR_COUNT);
  while (!failed && PyDict_Next(py.factors, &at, &name, &number)) {
    unsigned long index = PyLong_AsUnsignedLong(number);
    item = mapping ? Py_XNewRef(PyDict_GetItemWithError(value, name)) : PySequence_GetItem(value, (Py_ssize_t)index);
    if (!item && !PyErr_Occurred()) raise_invalid("weights lacks the factor %U", name);
    failed = !item || float_from(item, "a weight", &out[index]) < 0;
    Py_XDECREF(item);
  }
  return failed ? -1 : 0;
}

/* Boosts: a mapping from names of fields to numbers. A field that it does not name keeps its own,
   which is 1 of the text and 0 of the others. */
static int boosts_from(PyObject *value, float *out) {
  Py_ssize_t at = 0;
  PyObject *name, *number;
  if (!PyDict_Check(value)) {
    PyErr_SetString(PyExc_TypeError, "boosts has to be a dict by field");
    return -1;
  }
  out[NEXUS_BOOST_TEXT] = 1;
  while (PyDict_Next(value, &at, &name, &number)) {
    uint32_t field;
    if (named_from(name, py.boosts, "boost", &field) < 0 || float_from(number, "a boost", &out[field]) < 0) return -1;
  }
  return 0;
}

/* A budget: seconds, or a timedelta. */
static int budget_from(PyObject *value, int64_t *out) {
  double seconds;
  PyObject *owned = PyObject_IsInstance(value, py.timedelta) ? PyObject_CallMethod(value, "total_seconds", NULL) : Py_NewRef(value);
  int failed = !owned || number_from(owned, "budget", &seconds) < 0;
  Py_XDECREF(owned);
  if (failed) return -1;
  if (!(seconds >= 0 && seconds < 9e9)) return raise_invalid("budget has to be 0 or more seconds");
  *out = (int64_t)(seconds * 1e9);
  return 0;
}

static int parse_query_scope(nexus_query *q, PyObject **v) {
  return text_from(v[Q_TEXT], "text", &q->text) < 0 || text_from(v[Q_TENANT], "tenant", &q->tenant) < 0 ||
                 text_from(v[Q_USER], "user", &q->user) < 0 || text_from(v[Q_AGENT], "agent", &q->agent) < 0 ||
                 text_from(v[Q_SESSION], "session", &q->session) < 0 || text_from(v[Q_FILTER], "filter", &q->filter) < 0 || text_from(v[Q_MATCH], "match", &q->match) < 0 ||
                 text_from(v[Q_ASKER], "asker", &q->asker) < 0
             ? -1 : 0;
}

#define GIVEN(i) (v[i] && v[i] != Py_None)

int parse_query(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[Q_COUNT];
  nexus_query *q = &c->query;
  int single = 0, near = 0, explain = 0, impersonal = 0;
  if (arguments(&query_signature, args, nargs, kwnames, v) < 0 || parse_query_scope(q, v) < 0) return -1;
  q->struct_size = sizeof *q;
  c->request.query = q;
  if (GIVEN(Q_K) && u32_from(v[Q_K], "k", &q->k) < 0) return -1;
  if (GIVEN(Q_VECTOR) && vector_from(v[Q_VECTOR], &c->pile, &q->vector, &q->vector_count) < 0) return -1;
  if (GIVEN(Q_INTENT) && named_from(v[Q_INTENT], py.intents, "intent", &q->intent) < 0) return -1;
  if (GIVEN(Q_FUSION) && named_from(v[Q_FUSION], py.fusions, "fusion", &q->fusion) < 0) return -1;
  if (GIVEN(Q_ROUTE) && named_from(v[Q_ROUTE], py.routes, "route", &q->route) < 0) return -1;
  if (GIVEN(Q_EXPLORE) && float_from(v[Q_EXPLORE], "explore", &q->explore) < 0) return -1;
  if (GIVEN(Q_EXPLORE_SEED) && u32_from(v[Q_EXPLORE_SEED], "explore_seed", &q->explore_seed) < 0) return -1;
  if (GIVEN(Q_VECTOR_EFFORT) && float_from(v[Q_VECTOR_EFFORT], "vector_effort", &q->vector_effort) < 0) return -1;
  if (GIVEN(Q_WEIGHTS)) {
    q->flags |= NEXUS_QUERY_HAS_WEIGHTS;
    if (weights_from(v[Q_WEIGHTS], q->weights) < 0) return -1;
  }
  if (GIVEN(Q_BOOSTS)) {
    q->flags |= NEXUS_QUERY_HAS_BOOSTS;
    if (boosts_from(v[Q_BOOSTS], q->boosts) < 0) return -1;
  }
  if (GIVEN(Q_NOW)) {
    q->flags |= NEXUS_QUERY_HAS_NOW;
    if (time_from(v[Q_NOW], "now", &q->now_us) < 0) return -1;
  }
  if (GIVEN(Q_AS_OF)) {
    q->flags |= NEXUS_QUERY_HAS_AS_OF;
    if (time_from(v[Q_AS_OF], "as_of", &q->as_of_us) < 0) return -1;
  }
  if (GIVEN(Q_VALID_AT)) {
    q->flags |= NEXUS_QUERY_HAS_VALID_AT;
    if (time_from(v[Q_VALID_AT], "valid_at", &q->valid_at_us) < 0) return -1;
  }
  if (GIVEN(Q_BUDGET) && budget_from(v[Q_BUDGET], &q->budget_ns) < 0) return -1;
  if (GIVEN(Q_ENGINES) && texts_from(v[Q_ENGINES], "engines", &c->pile, &q->engines, &q->engine_count) < 0) return -1;
  if (GIVEN(Q_SINGLE) && (single = PyObject_IsTrue(v[Q_SINGLE])) < 0) return -1;
  if (GIVEN(Q_NEAR) && (near = PyObject_IsTrue(v[Q_NEAR])) < 0) return -1;
  if (GIVEN(Q_EXPLAIN) && (explain = PyObject_IsTrue(v[Q_EXPLAIN])) < 0) return -1;
  if (GIVEN(Q_IMPERSONAL) && (impersonal = PyObject_IsTrue(v[Q_IMPERSONAL])) < 0) return -1;
  q->flags |= impersonal ? NEXUS_QUERY_IMPERSONAL : 0;
  q->flags |= (single ? NEXUS_QUERY_SINGLE_ENGINE : 0) | (near ? NEXUS_QUERY_NEAR : 0) | (explain ? NEXUS_QUERY_EXPLAIN : 0);
  return 0;
}

/* ---- the rest ---- */

static signature get_signature = {"get", 1, 1, 0, {"id"}, {0}};

int parse_get(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[1];
  if (arguments(&get_signature, args, nargs, kwnames, v) < 0 || u64_from(v[0], "id", &c->id) < 0) return -1;
  c->request.ids = &c->id;
  c->request.id_count = 1;
  return 0;
}

static signature update_signature = {"update", 4, 4, 0, {"id", "fields", "if_version", "remove_meta"}, {0}};

static int parse_update(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[4];
  if (arguments(&update_signature, args, nargs, kwnames, v) < 0 || parse_get(c, v, 1, NULL) < 0) return -1;
  c->request.patch = &c->patch;
  return patch_from(v[1], &c->pile, &c->patch) < 0 || u32_from(v[2], "if_version", &c->patch.if_version) < 0 ||
                 texts_from(v[3], "remove_meta", &c->pile, &c->patch.remove_meta, &c->patch.remove_count) < 0
             ? -1 : 0;
}

static signature supersede_signature = {"supersede", 2, 2, 0, {"id", "memories"}, {0}};

static int parse_supersede(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[2];
  nexus_request *r = &c->request;
  if (arguments(&supersede_signature, args, nargs, kwnames, v) < 0 || parse_get(c, v, 1, NULL) < 0) return -1;
  return memories_from(v[1], NULL, 0, &c->pile, &r->memories, &r->memory_count);
}

static signature feedback_signature = {"feedback", 2, 2, 0, {"id", "value"}, {0}};

static int parse_feedback(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[2];
  if (arguments(&feedback_signature, args, nargs, kwnames, v) < 0 || parse_get(c, v, 1, NULL) < 0) return -1;
  return number_from(v[1], "value", &c->request.value);
}

/* Numbers of memories from an iterable. */
static int u64s_from(PyObject *value, pile *p, const uint64_t **out, size_t *count) {
  PyObject *list = PySequence_Tuple(value);
  uint64_t *ids;
  Py_ssize_t i, n;
  if (pile_object(p, list) < 0) return -1;
  n = PyTuple_Size(list);
  ids = pile_block(p, (size_t)n, sizeof *ids);
  if (!ids) return -1;
  for (i = 0; i < n; i++)
    if (u64_from(PyTuple_GetItem(list, i), "id", &ids[i]) < 0) return -1;
  *out = ids;
  *count = (size_t)n;
  return 0;
}

static signature learn_signature = {"learn", 3, 3, 0, {"id", "value", "user", "question", "shown", "tenant"}, {0}};

static int parse_learn(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[6];
  nexus_judged *j = &c->judged;
  j->struct_size = sizeof *j;
  c->request.judged = j;
  if (arguments(&learn_signature, args, nargs, kwnames, v) < 0 || u64_from(v[0], "id", &j->id) < 0 || number_from(v[1], "value", &j->value) < 0 ||
      text_from(v[2], "user", &j->user) < 0 || text_from(v[3], "question", &j->question) < 0 || text_from(v[5], "tenant", &j->tenant) < 0)
    return -1;
  return v[4] ? u64s_from(v[4], &c->pile, &j->shown, &j->shown_count) : 0;
}

static signature user_signature = {"preference", 1, 1, 0, {"user", "tenant"}, {0}};

/* What preference and forget take. */
static int parse_user(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[2];
  return arguments(&user_signature, args, nargs, kwnames, v) < 0 || text_from(v[0], "user", &c->request.user) < 0 ||
                 text_from(v[1], "tenant", &c->request.tenant) < 0
             ? -1 : 0;
}

static signature set_preference_signature = {"set_preference", 1, 1, 0, {"json"}, {0}};

static int parse_set_preference(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[1];
  return arguments(&set_preference_signature, args, nargs, kwnames, v) < 0 ? -1 : text_from(v[0], "json", &c->request.json);
}

static signature get_by_key_signature = {"get_by_key", 1, 1, 0, {"key", "tenant"}, {0}};

int parse_get_by_key(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[2];
  return arguments(&get_by_key_signature, args, nargs, kwnames, v) < 0 || text_from(v[0], "key", &c->request.key) < 0 ||
                 text_from(v[1], "tenant", &c->request.tenant) < 0
             ? -1 : 0;
}

/* A scope and a filter, the first five arguments of every operation on many memories. */
static int selection_from(call *c, PyObject *const *v) {
  nexus_selection *s = &c->selection;
  s->struct_size = sizeof *s;
  c->request.selection = s;
  return text_from(v[0], "tenant", &s->tenant) < 0 || text_from(v[1], "user", &s->user) < 0 || text_from(v[2], "agent", &s->agent) < 0 ||
                 text_from(v[3], "session", &s->session) < 0 || text_from(v[4], "filter", &s->filter) < 0
             ? -1 : 0;
}

/* What list and delete_where take. */
static int parse_selection(call *c, signature *of, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[5];
  return arguments(of, args, nargs, kwnames, v) < 0 ? -1 : selection_from(c, v);
}

static signature list_signature = {"list", 0, 0, 0, {"tenant", "user", "agent", "session", "filter"}, {0}};

static int parse_list(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  return parse_selection(c, &list_signature, args, nargs, kwnames);
}

static signature delete_where_signature = {"delete_where", 0, 0, 0, {"tenant", "user", "agent", "session", "filter"}, {0}};

static int parse_delete_where(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  return parse_selection(c, &delete_where_signature, args, nargs, kwnames);
}

enum { M_SELECTION = 5, M_LIMIT = M_SELECTION, M_SINCE, M_UNTIL, M_MORE, M_COUNT };

static signature patterns_signature = {"patterns", 0, 0, 0, {"tenant", "user", "agent", "session", "filter", "limit", "since", "until", "kind"}, {0}};
static signature anomalies_signature = {"anomalies", 0, 0, 0, {"tenant", "user", "agent", "session", "filter", "limit", "since", "until", "min_score"}, {0}};

/* What both verbs of mining take; v receives the arguments. */
static int parse_mining(call *c, signature *of, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, PyObject **v) {
  nexus_mining *m = &c->mining;
  m->struct_size = sizeof *m;
  c->request.mining = m;
  if (arguments(of, args, nargs, kwnames, v) < 0 || selection_from(c, v) < 0) return -1;
  if (v[M_LIMIT] && u32_from(v[M_LIMIT], "limit", &m->limit) < 0) return -1;
  if (v[M_SINCE] && v[M_SINCE] != Py_None) {
    m->flags |= NEXUS_MINING_HAS_SINCE;
    if (time_from(v[M_SINCE], "since", &m->since_us) < 0) return -1;
  }
  if (v[M_UNTIL] && v[M_UNTIL] != Py_None) {
    m->flags |= NEXUS_MINING_HAS_UNTIL;
    if (time_from(v[M_UNTIL], "until", &m->until_us) < 0) return -1;
  }
  return 0;
}

static int parse_patterns(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[M_COUNT];
  if (parse_mining(c, &patterns_signature, args, nargs, kwnames, v) < 0) return -1;
  return v[M_MORE] ? named_from(v[M_MORE], py.pattern_kind_numbers, "kind", &c->mining.kind) : 0;
}

static int parse_anomalies(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[M_COUNT];
  if (parse_mining(c, &anomalies_signature, args, nargs, kwnames, v) < 0) return -1;
  return v[M_MORE] ? number_from(v[M_MORE], "min_score", &c->mining.min_score) : 0;
}

static signature next_signature = {"next", 2, 2, 0, {"cursor", "count"}, {0}};

static int parse_next(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[2];
  return arguments(&next_signature, args, nargs, kwnames, v) < 0 || u64_from(v[0], "cursor", &c->request.cursor.v) < 0 ||
                 u32_from(v[1], "count", &c->request.page) < 0
             ? -1 : 0;
}

static signature add_signature = {"add", 4, 1, 0, {"items", "vectors", "start", "stop"}, {0}};

/* items is a sequence of memories, whose vectors are the rows of vectors from start on; or a dict of
   columns, of which (as of vectors) the rows start <= i < stop are added. */
static int parse_add(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[4];
  uint64_t start = 0, stop = 0;
  nexus_request *r = &c->request;
  if (arguments(&add_signature, args, nargs, kwnames, v) < 0 || (v[2] && u64_from(v[2], "start", &start) < 0)) return -1;
  if (!v[3]) return memories_from(v[0], v[1], (size_t)start, &c->pile, &r->memories, &r->memory_count);
  if (u64_from(v[3], "stop", &stop) < 0) return -1;
  r->memory_count = (size_t)(stop - start);
  return memories_from_columns(v[0], v[1], (size_t)start, (size_t)stop, &c->pile, &r->memories);
}

static signature delete_signature = {"delete", 1, 1, 0, {"ids"}, {0}};

/* ids is one id, or an iterable of them. */
int parse_delete(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[1];
  if (arguments(&delete_signature, args, nargs, kwnames, v) < 0) return -1;
  if (PyIndex_Check(v[0]) && !PySequence_Check(v[0])) return parse_get(c, v, 1, NULL); /* an array has an index too */
  return u64s_from(v[0], &c->pile, &c->request.ids, &c->request.id_count);
}

static signature import_signature = {"import_", 1, 1, 0, {"path", "batch"}, {0}};

static int parse_import(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[2];
  if (arguments(&import_signature, args, nargs, kwnames, v) < 0 || path_from(v[0], &c->pile, &c->request.path) < 0) return -1;
  return v[1] ? u32_from(v[1], "batch", &c->request.page) : 0;
}

static signature train_signature = {"train", 1, 0, 0, {"path", "seed", "rounds", "force", "from_judgements"}, {0}};

static int parse_train(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[5];
  nexus_training *t = &c->training;
  int force = 0, judgements = 0;
  t->struct_size = sizeof *t;
  c->request.training = t;
  if (arguments(&train_signature, args, nargs, kwnames, v) < 0) return -1;
  if (v[0] && v[0] != Py_None && path_from(v[0], &c->pile, &c->request.path) < 0) return -1;
  if ((v[1] && u64_from(v[1], "seed", &t->seed) < 0) || (v[2] && u32_from(v[2], "rounds", &t->rounds) < 0)) return -1;
  if ((v[3] && (force = PyObject_IsTrue(v[3])) < 0) || (v[4] && (judgements = PyObject_IsTrue(v[4])) < 0)) return -1;
  if (force) t->flags |= NEXUS_TRAINING_FORCE;
  if (judgements) t->flags |= NEXUS_TRAINING_FROM_JUDGEMENTS;
  return 0;
}

static signature export_signature = {"export", 1, 1, 0, {"path"}, {0}};

static int parse_export(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[1];
  return arguments(&export_signature, args, nargs, kwnames, v) < 0 ? -1 : path_from(v[0], &c->pile, &c->request.path);
}

static signature backup_signature = {"backup", 1, 1, 0, {"path"}, {0}};

static int parse_backup(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[1];
  return arguments(&backup_signature, args, nargs, kwnames, v) < 0 ? -1 : path_from(v[0], &c->pile, &c->request.path);
}

static signature restore_signature = {"restore", 2, 2, 0, {"backup", "path"}, {0}};

static int parse_restore(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  PyObject *v[2];
  return arguments(&restore_signature, args, nargs, kwnames, v) < 0 || path_from(v[0], &c->pile, &c->request.backup) < 0 ||
                 path_from(v[1], &c->pile, &c->request.path) < 0
             ? -1 : 0;
}

int parse_nothing(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  (void)c, (void)args;
  if (!nargs && (!kwnames || !PyTuple_Size(kwnames))) return 0;
  PyErr_SetString(PyExc_TypeError, "this call takes no arguments");
  return -1;
}

static const operation operations[] = {
    {"open", NEXUS_OP_OPEN, parse_open},
    {"close", NEXUS_OP_CLOSE, parse_nothing},
    {"add", NEXUS_OP_ADD, parse_add},
    {"query", NEXUS_OP_QUERY, parse_query},
    {"get", NEXUS_OP_GET, parse_get},
    {"get_by_key", NEXUS_OP_GET_BY_KEY, parse_get_by_key},
    {"delete", NEXUS_OP_DELETE, parse_delete},
    {"update", NEXUS_OP_UPDATE, parse_update},
    {"supersede", NEXUS_OP_SUPERSEDE, parse_supersede},
    {"history", NEXUS_OP_HISTORY, parse_get},
    {"feedback", NEXUS_OP_FEEDBACK, parse_feedback},
    {"learn", NEXUS_OP_LEARN, parse_learn},
    {"preference", NEXUS_OP_PREFERENCE, parse_user},
    {"set_preference", NEXUS_OP_SET_PREFERENCE, parse_set_preference},
    {"forget", NEXUS_OP_FORGET, parse_user},
    {"patterns", NEXUS_OP_PATTERNS, parse_patterns},
    {"anomalies", NEXUS_OP_ANOMALIES, parse_anomalies},
    {"train", NEXUS_OP_TRAIN, parse_train},
    {"rollback_ranker", NEXUS_OP_RANKER_ROLLBACK, parse_nothing},
    {"stats", NEXUS_OP_STATS, parse_nothing},
    {"verify", NEXUS_OP_VERIFY, parse_nothing},
    {"compact", NEXUS_OP_COMPACT, parse_nothing},
    {"export", NEXUS_OP_EXPORT, parse_export},
    {"import", NEXUS_OP_IMPORT, parse_import},
    {"list", NEXUS_OP_LIST, parse_list},
    {"next", NEXUS_OP_NEXT, parse_next},
    {"delete_where", NEXUS_OP_DELETE_WHERE, parse_delete_where},
    {"backup", NEXUS_OP_BACKUP, parse_backup},
    {"restore", NEXUS_OP_RESTORE, parse_restore},
};

const operation *operation_of(PyObject *name) {
  size_t i;
  for (i = 0; i < sizeof operations / sizeof *operations; i++)
    if (PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, operations[i].name) == 0) return &operations[i];
  PyErr_Format(PyExc_ValueError, "no operation %R", name);
  return NULL;
}
