/* What answers and reads give: Answer, Hit, Record. They read from the library's arena when an
   attribute is asked for, and keep the arena alive; so does a vector, through the buffer protocol.
   A hit keeps its answer. */
#include "core.h"

/* ---- Arena: owns a page of records; an answer and a record by itself own theirs ---- */

typedef struct arena_type { PyObject_HEAD const void *memory; } arena_instance;
static PyTypeObject *arena_class, *vector_class;

static void heap_free(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
  release(self);
  Py_DECREF(type);
}

static PyObject *heap_new(PyTypeObject *type) { return PyType_GenericAlloc(type, 0); }

static void arena_dealloc(PyObject *self) {
  lib.nexus_free(((arena_instance *)self)->memory);
  PyObject_Free(self); /* nobody can subclass it */
  Py_DECREF(arena_class);
}

static PyObject *arena_object(const void *memory) {
  PyObject *arena = heap_new(arena_class);
  if (arena) ((arena_instance *)arena)->memory = memory;
  else lib.nexus_free(memory);
  return arena;
}

static PyType_Slot arena_slots[] = {{Py_tp_dealloc, arena_dealloc}, {0, NULL}};
static PyType_Spec arena_spec = {"nexus._core.Arena", sizeof(arena_instance), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, arena_slots};

/* ---- Record and Hit ---- */

typedef struct record_object {
  PyObject_HEAD
  PyObject *owner;   /* what keeps memory alive; NULL: this object does, by owned */
  const void *owned; /* an arena, or NULL */
  const nexus_memory *memory;
  const nexus_hit *hit; /* NULL in a Record */
} record_object;

static PyObject *view_new(PyObject *class, PyObject *owner, const nexus_memory *memory, const nexus_hit *hit) {
  record_object *record = (record_object *)heap_new((PyTypeObject *)class);
  if (!record) return NULL;
  record->owner = Py_XNewRef(owner);
  record->memory = memory;
  record->hit = hit;
  return (PyObject *)record;
}

PyObject *record_from(const void *arena, const nexus_memory *memory) {
  PyObject *record = view_new(py.record, NULL, memory, NULL);
  if (record) ((record_object *)record)->owned = arena;
  else lib.nexus_free(arena);
  return record;
}

PyObject *records_from(const void *memory, const nexus_memories *memories) {
  PyObject *arena = arena_object(memory);
  PyObject *list = arena ? PyList_New((Py_ssize_t)memories->count) : NULL;
  size_t i;
  for (i = 0; list && i < memories->count; i++) {
    PyObject *record = view_new(py.record, arena, nexus_memories_at(memories, i), NULL);
    if (!record) Py_CLEAR(list);
    else PyList_SetItem(list, (Py_ssize_t)i, record);
  }
  Py_XDECREF(arena);
  return list;
}

static void record_dealloc(PyObject *self) {
  Py_XDECREF(((record_object *)self)->owner);
  if (((record_object *)self)->owned) lib.nexus_free(((record_object *)self)->owned);
  heap_free(self);
}

/* The memory of a Record, or NULL with TypeError set for one that Python code made by __new__. */
static const nexus_memory *memory_of(PyObject *self) {
  const nexus_memory *memory = ((record_object *)self)->memory;
  if (!memory) PyErr_SetString(PyExc_TypeError, "records and hits come from a store");
  return memory;
}

static PyObject *get_text(PyObject *self, void *offset) {
  const nexus_memory *m = memory_of(self);
  return m ? text_object(*(const nexus_text *)(const void *)((const char *)m + (size_t)offset)) : NULL;
}

static PyObject *get_u64(PyObject *self, void *offset) {
  const nexus_memory *m = memory_of(self);
  return m ? PyLong_FromUnsignedLongLong(*(const uint64_t *)(const void *)((const char *)m + (size_t)offset)) : NULL;
}

static PyObject *get_position(PyObject *self, void *unused) {
  const nexus_memory *m = memory_of(self);
  (void)unused;
  return m ? PyLong_FromUnsignedLong(m->position) : NULL;
}

static PyObject *get_importance(PyObject *self, void *unused) {
  const nexus_memory *m = memory_of(self);
  (void)unused;
  return m ? PyFloat_FromDouble(m->importance) : NULL;
}

static PyObject *get_kind(PyObject *self, void *unused) {
  const nexus_memory *m = memory_of(self);
  (void)unused;
  return m ? Py_XNewRef(PyTuple_GetItem(py.kind_names, (Py_ssize_t)m->kind)) : NULL;
}

static PyObject *get_time(PyObject *self, void *unused) {
  const nexus_memory *m = memory_of(self);
  (void)unused;
  if (m && !(m->flags & NEXUS_MEMORY_HAS_TIME)) Py_RETURN_NONE;
  return m ? time_object(m->event_time_us) : NULL;
}

static PyObject *get_valid_from(PyObject *self, void *unused) {
  const nexus_memory *m = memory_of(self);
  (void)unused;
  if (m && !(m->flags & NEXUS_MEMORY_HAS_VALID_FROM)) Py_RETURN_NONE;
  return m ? time_object(m->valid_from_us) : NULL;
}

static PyObject *get_valid_to(PyObject *self, void *unused) {
  const nexus_memory *m = memory_of(self);
  (void)unused;
  if (m && !(m->flags & NEXUS_MEMORY_HAS_VALID_TO)) Py_RETURN_NONE;
  return m ? time_object(m->valid_to_us) : NULL;
}

static PyObject *get_expires(PyObject *self, void *unused) {
  const nexus_memory *m = memory_of(self);
  (void)unused;
  if (m && !(m->flags & NEXUS_MEMORY_HAS_EXPIRY)) Py_RETURN_NONE;
  return m ? time_object(m->expires_us) : NULL;
}

/* A time that 0 stands for none of. */
static PyObject *get_moment(PyObject *self, void *offset) {
  const nexus_memory *m = memory_of(self);
  int64_t us = m ? *(const int64_t *)(const void *)((const char *)m + (size_t)offset) : 0;
  if (m && us == 0) Py_RETURN_NONE;
  return m ? time_object(us) : NULL;
}

static PyObject *get_double(PyObject *self, void *offset) {
  const nexus_memory *m = memory_of(self);
  return m ? PyFloat_FromDouble(*(const double *)(const void *)((const char *)m + (size_t)offset)) : NULL;
}

static PyObject *get_version(PyObject *self, void *unused) {
  const nexus_memory *m = memory_of(self);
  (void)unused;
  return m ? PyLong_FromUnsignedLong(m->version) : NULL;
}

static PyObject *texts_object(const nexus_text *texts, uint32_t count) {
  PyObject *list = PyList_New((Py_ssize_t)count);
  uint32_t i;
  for (i = 0; list && i < count; i++) {
    PyObject *text = text_object(texts[i]);
    if (!text) Py_CLEAR(list);
    else PyList_SetItem(list, (Py_ssize_t)i, text);
  }
  return list;
}

static PyObject *meta_object(const nexus_meta *meta) {
  switch (meta->type) {
    case NEXUS_META_TYPE_STRING: return text_object(meta->text);
    case NEXUS_META_TYPE_NUMBER: return PyFloat_FromDouble(meta->number);
    case NEXUS_META_TYPE_BOOL: return PyBool_FromLong(meta->number != 0);
    case NEXUS_META_TYPE_TIME: return time_object(meta->time_us);
    case NEXUS_META_TYPE_LIST: return texts_object(meta->list, meta->list_count);
    default: PyErr_Format(PyExc_ValueError, "meta of type %u, which this version does not know", meta->type); return NULL;
  }
}

static PyObject *get_meta(PyObject *self, void *unused) {
  const nexus_memory *m = memory_of(self);
  PyObject *dict = m ? PyDict_New() : NULL;
  size_t i;
  (void)unused;
  for (i = 0; dict && i < m->meta_count; i++) {
    PyObject *name = text_object(m->meta[i].name), *value = meta_object(&m->meta[i]);
    if (!name || !value || PyDict_SetItem(dict, name, value) < 0) Py_CLEAR(dict);
    Py_XDECREF(name);
    Py_XDECREF(value);
  }
  return dict;
}

/* ---- Vector: the exporter behind the memoryview of a record's vector ---- */

typedef struct vector_object {
  PyObject_HEAD
  PyObject *owner;
  const float *numbers;
  Py_ssize_t count, stride;
} vector_object;

static void vector_dealloc(PyObject *self) {
  Py_XDECREF(((vector_object *)self)->owner);
  heap_free(self);
}

static int vector_buffer(PyObject *self, Py_buffer *view, int flags) {
  vector_object *v = (vector_object *)self;
  if (PyBuffer_FillInfo(view, self, (void *)(uintptr_t)v->numbers, v->count * (Py_ssize_t)sizeof(float), 1, flags) < 0) return -1;
  view->itemsize = sizeof(float);
  if (flags & PyBUF_FORMAT) view->format = (char *)(uintptr_t)"f";
  if (view->shape) view->shape = &v->count;
  if (view->strides) view->strides = &v->stride;
  return 0;
}

static PyType_Slot vector_slots[] = {{Py_tp_dealloc, vector_dealloc}, {Py_bf_getbuffer, vector_buffer}, {0, NULL}};
static PyType_Spec vector_spec = {"nexus._core.Vector", sizeof(vector_object), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, vector_slots};

static PyObject *get_vector(PyObject *self, void *unused) {
  const nexus_memory *m = memory_of(self);
  vector_object *vector;
  PyObject *view;
  (void)unused;
  if (!m) return NULL;
  if (!m->vector) Py_RETURN_NONE;
  vector = (vector_object *)heap_new(vector_class);
  if (!vector) return NULL;
  vector->owner = Py_NewRef(((record_object *)self)->owner ? ((record_object *)self)->owner : self);
  vector->numbers = m->vector;
  vector->count = (Py_ssize_t)m->vector_count;
  vector->stride = sizeof(float);
  view = PyMemoryView_FromObject((PyObject *)vector);
  Py_DECREF(vector);
  return view;
}

#define TEXT(name, member, doc) {name, get_text, NULL, doc, (void *)offsetof(nexus_memory, member)}
#define MOMENT(name, member, doc) {name, get_moment, NULL, doc, (void *)offsetof(nexus_memory, member)}
#define NUMBER(name, member, doc) {name, get_u64, NULL, doc, (void *)offsetof(nexus_memory, member)}

static PyGetSetDef record_getters[] = {
    NUMBER("id", id, "Its number in the store, from 1."),
    TEXT("key", key, "The caller's own name for it, unique in its tenant."),
    TEXT("tenant", tenant, "A wall: a question never sees another tenant's."),
    TEXT("user", user, "Whose memory it is."),
    TEXT("agent", agent, "The agent it belongs to."),
    TEXT("session", session, "The session it belongs to."),
    TEXT("speaker", speaker, "Who said it."),
    TEXT("text", text, "The passage."),
    TEXT("source", source, "The document that it was cut from."),
    NUMBER("start", source_start, "Where it begins within source, in bytes."),
    NUMBER("end", source_end, "Where it ends within source, in bytes."),
    {"time", get_time, NULL, "When it happened, in UTC; None if not given.", NULL},
    MOMENT("ingested", ingest_time_us, "When it was first committed, in UTC."),
    {"valid_from", get_valid_from, NULL, "It is true in the world from then on; None is open.", NULL},
    {"valid_to", get_valid_to, NULL, "It is true until before then; None is open.", NULL},
    {"expires", get_expires, NULL, "From then on it is in no answer; None is never.", NULL},
    {"version", get_version, NULL, "1 as it was added, one more with every update.", NULL},
    MOMENT("updated", update_time_us, "When this version was committed, in UTC."),
    MOMENT("replaced", replaced_time_us, "When a later version took its place; None of the current one."),
    NUMBER("supersedes", supersedes, "The memory that this one replaced in the world; 0 is none."),
    NUMBER("superseded_by", superseded_by, "The memory that replaced it; 0 is none."),
    NUMBER("hits", hits, "Answers that it was in; of get and get_by_key alone."),
    NUMBER("gets", gets, "Times it was read by id or key; of get and get_by_key alone."),
    MOMENT("last_hit", last_hit_us, "When it was last in an answer, or None; of get and get_by_key alone."),
    {"positive", get_double, NULL, "Sum of the feedback above 0; of get and get_by_key alone.", (void *)offsetof(nexus_memory, positive)},
    {"negative", get_double, NULL, "Sum of the feedback below 0, as a positive number; of get and get_by_key alone.", (void *)offsetof(nexus_memory, negative)},
    {"kind", get_kind, NULL, "Its level: working, episodic, semantic or procedural.", NULL},
    {"position", get_position, NULL, "Its place in its session, from 0.", NULL},
    {"importance", get_importance, NULL, "0..1; 0 means not given and counts as 0.5.", NULL},
    {"meta", get_meta, NULL, "Further values by name, as a new dict.", NULL},
    {"vector", get_vector, NULL, "A memoryview of float32 into the store's reply, or None; numpy wraps it without a copy.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};
static PyType_Slot record_slots[] = {
    {Py_tp_dealloc, record_dealloc}, {Py_tp_getset, record_getters}, {Py_tp_doc, (void *)"One memory, as the store gave it."}, {0, NULL}};
static PyType_Spec record_spec = {"nexus._core.Record", sizeof(record_object), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, record_slots};

static const nexus_hit *hit_of(PyObject *self) {
  const nexus_hit *hit = ((record_object *)self)->hit;
  if (!hit) PyErr_SetString(PyExc_TypeError, "hits come from an answer");
  return hit;
}

static PyObject *get_score(PyObject *self, void *unused) {
  const nexus_hit *hit = hit_of(self);
  (void)unused;
  return hit ? PyFloat_FromDouble(hit->score) : NULL;
}

static PyObject *get_factors(PyObject *self, void *unused) {
  const nexus_hit *hit = hit_of(self);
  (void)unused;
  return hit ? factors_from(hit->factors) : NULL;
}

static PyObject *get_duplicates(PyObject *self, void *unused) {
  const nexus_hit *hit = hit_of(self);
  PyObject *tuple = hit ? PyTuple_New((Py_ssize_t)hit->duplicate_count) : NULL;
  uint32_t i;
  (void)unused;
  for (i = 0; tuple && i < hit->duplicate_count; i++) {
    PyObject *id = PyLong_FromUnsignedLongLong(hit->duplicates[i]);
    if (!id) Py_CLEAR(tuple);
    else PyTuple_SetItem(tuple, (Py_ssize_t)i, id);
  }
  return tuple;
}

static PyObject *get_explanation(PyObject *self, void *unused) {
  const nexus_hit *hit = hit_of(self);
  (void)unused;
  if (hit && !hit->explanation) Py_RETURN_NONE;
  return hit ? explanation_from(hit->explanation) : NULL;
}

static PyGetSetDef hit_getters[] = {
    {"score", get_score, NULL, "Weighted sum of factors; orders one answer, compares with no other.", NULL},
    {"factors", get_factors, NULL, "The six values behind the score.", NULL},
    {"duplicates", get_duplicates, NULL, "Ids of near-duplicates that this hit stands for, best first.", NULL},
    {"explanation", get_explanation, NULL, "Why it was found, of a question with explain; else None.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};
static PyType_Slot hit_slots[] = {{Py_tp_getset, hit_getters}, {Py_tp_doc, (void *)"One passage of an answer."}, {0, NULL}};
static PyType_Spec hit_spec = {"nexus._core.Hit", sizeof(record_object), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, hit_slots};

/* ---- Answer ---- */

typedef struct answer_object {
  PyObject_HEAD
  const void *owned; /* the arena */
  const nexus_answer *answer;
} answer_object;

PyObject *answer_from(const void *arena, const nexus_answer *answer) {
  answer_object *object = (answer_object *)heap_new((PyTypeObject *)py.answer);
  if (!object) {
    lib.nexus_free(arena);
    return NULL;
  }
  object->owned = arena;
  object->answer = answer;
  return (PyObject *)object;
}

static void answer_dealloc(PyObject *self) {
  if (((answer_object *)self)->owned) lib.nexus_free(((answer_object *)self)->owned);
  heap_free(self);
}

static const nexus_answer *answer_of(PyObject *self) {
  const nexus_answer *answer = ((answer_object *)self)->answer;
  if (!answer) PyErr_SetString(PyExc_TypeError, "answers come from a store");
  return answer;
}

static Py_ssize_t answer_length(PyObject *self) {
  const nexus_answer *answer = answer_of(self);
  return answer ? (Py_ssize_t)answer->hit_count : -1;
}

static PyObject *answer_item(PyObject *self, Py_ssize_t i) {
  const nexus_answer *answer = answer_of(self);
  const nexus_hit *hit;
  if (!answer) return NULL;
  if (i < 0 || i >= (Py_ssize_t)answer->hit_count) {
    PyErr_SetString(PyExc_IndexError, "the answer has no such hit");
    return NULL;
  }
  hit = nexus_answer_hit(answer, (size_t)i);
  return view_new(py.hit, self, hit->memory, hit);
}

static PyObject *get_hits(PyObject *self, void *unused) {
  (void)unused;
  return PySequence_List(self);
}

static PyObject *answer_subscript(PyObject *self, PyObject *index) {
  PyObject *hits, *part;
  Py_ssize_t i;
  if (PyIndex_Check(index)) {
    i = PyNumber_AsSsize_t(index, PyExc_IndexError);
    if (i == -1 && PyErr_Occurred()) return NULL;
    return answer_item(self, i < 0 ? i + answer_length(self) : i);
  }
  hits = get_hits(self, NULL);
  part = hits ? PyObject_GetItem(hits, index) : NULL;
  Py_XDECREF(hits);
  return part;
}

static PyObject *get_engines(PyObject *self, void *unused) {
  const nexus_answer *answer = answer_of(self);
  PyObject *list = answer ? PyList_New((Py_ssize_t)answer->engine_count) : NULL;
  uint32_t i;
  (void)unused;
  for (i = 0; list && i < answer->engine_count; i++) {
    PyObject *trace = trace_from(nexus_answer_engine(answer, i));
    if (!trace) Py_CLEAR(list);
    else PyList_SetItem(list, (Py_ssize_t)i, trace);
  }
  return list;
}

static PyObject *get_count(PyObject *self, void *offset) {
  const nexus_answer *answer = answer_of(self);
  return answer ? PyLong_FromUnsignedLongLong(*(const uint64_t *)(const void *)((const char *)answer + (size_t)offset)) : NULL;
}

static PyObject *get_seconds(PyObject *self, void *offset) {
  const nexus_answer *answer = answer_of(self);
  return answer ? PyFloat_FromDouble((double)*(const int64_t *)(const void *)((const char *)answer + (size_t)offset) / 1e9) : NULL;
}

static PyObject *get_cache(PyObject *self, void *unused) {
  const nexus_answer *answer = answer_of(self);
  (void)unused;
  return answer ? Py_XNewRef(PyTuple_GetItem(py.cache_uses, (Py_ssize_t)answer->cache)) : NULL;
}

static PyObject *get_route(PyObject *self, void *unused) {
  const nexus_answer *answer = answer_of(self);
  (void)unused;
  return answer ? Py_XNewRef(PyTuple_GetItem(py.route_names, (Py_ssize_t)answer->route)) : NULL;
}

static PyObject *get_started(PyObject *self, void *unused) {
  const nexus_answer *answer = answer_of(self);
  (void)unused;
  return answer ? Py_XNewRef(PyTuple_GetItem(py.route_names, (Py_ssize_t)answer->started)) : NULL;
}

static PyObject *get_hurried(PyObject *self, void *unused) {
  const nexus_answer *answer = answer_of(self);
  (void)unused;
  return answer ? PyBool_FromLong((long)answer->hurried) : NULL;
}

static PyObject *get_confidence(PyObject *self, void *unused) {
  const nexus_answer *answer = answer_of(self);
  (void)unused;
  return answer ? PyFloat_FromDouble(answer->confidence) : NULL;
}

static PyObject *get_warning(PyObject *self, void *unused) {
  const nexus_answer *answer = answer_of(self);
  (void)unused;
  return answer ? text_object(answer->warning) : NULL;
}

static PyObject *get_segments(PyObject *self, void *unused) {
  const nexus_answer *answer = answer_of(self);
  (void)unused;
  return answer ? PyLong_FromUnsignedLong(answer->segments) : NULL;
}

#define COUNT(name, doc) {#name, get_count, NULL, doc, (void *)offsetof(nexus_answer, name)}
#define SECONDS(name, doc) {#name, get_seconds, NULL, doc, (void *)offsetof(nexus_answer, name##_ns)}

static PyGetSetDef answer_getters[] = {
    {"hits", get_hits, NULL, "The hits as a new list, best first.", NULL},
    {"engines", get_engines, NULL, "Each engine's part.", NULL},
    COUNT(candidates, "Distinct candidates that entered fusion."),
    COUNT(collapsed, "Near-duplicates that hits stand for."),
    {"cache", get_cache, NULL, "Where it came from: none (it was computed), exact or near; if from a cache, all but took is of its first asking.", NULL},
    {"confidence", get_confidence, NULL, "How probable it is that the answer is among the first eight hits; 0, which says nothing, where fusion is not learnt.", NULL},
    {"route", get_route, NULL, "The route by which it was found: smart, full or maximum; adaptive of one with single_engine, which has none.", NULL},
    {"started", get_started, NULL, "The route that was tried first.", NULL},
    {"hurried", get_hurried, NULL, "Whether time was too short for a higher route, which the question called for.", NULL},
    {"warning", get_warning, NULL, "What is wrong with the store's own ranker; empty where nothing is.", NULL},
    {"segments", get_segments, NULL, "Segments of the snapshot.", NULL},
    SECONDS(took, "All of it, in seconds."),
    SECONDS(prepare, "Checking the question, in seconds."),
    SECONDS(search, "Engines, in parallel, in seconds."),
    SECONDS(fuse, "Factors, collapse, choice, in seconds."),
    SECONDS(fetch, "Reading the hits' records, in seconds."),
    {NULL, NULL, NULL, NULL, NULL}};
static PyType_Slot answer_slots[] = {
    {Py_tp_dealloc, answer_dealloc}, {Py_tp_getset, answer_getters}, {Py_tp_iter, PySeqIter_New}, {Py_sq_length, answer_length}, {Py_sq_item, answer_item},
    {Py_mp_length, answer_length}, {Py_mp_subscript, answer_subscript}, {Py_tp_doc, (void *)"The hits of a question, best first."}, {0, NULL}};
static PyType_Spec answer_spec = {"nexus._core.Answer", sizeof(answer_object), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, answer_slots};

static PyObject *add_class(PyObject *module, PyType_Spec *spec, PyObject *base) {
  PyObject *class = PyType_FromModuleAndSpec(module, spec, base);
  if (class && PyModule_AddType(module, (PyTypeObject *)class) < 0) Py_CLEAR(class);
  return class;
}

int hits_ready(PyObject *module) {
  PyObject *record, *hit, *answer;
  arena_class = (PyTypeObject *)PyType_FromSpec(&arena_spec);
  vector_class = (PyTypeObject *)PyType_FromSpec(&vector_spec);
  record = add_class(module, &record_spec, NULL);
  hit = record ? add_class(module, &hit_spec, record) : NULL;
  answer = add_class(module, &answer_spec, NULL);
  Py_XDECREF(record);
  Py_XDECREF(hit);
  Py_XDECREF(answer);
  return arena_class && vector_class && hit && answer ? 0 : -1;
}
