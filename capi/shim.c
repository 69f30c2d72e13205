/* The exported functions of libnexus.so: each refuses what needs no Go to be refused and
   hands the rest over as one request. */
#include "shim.h"
#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "_cgo_export.h"

/* ---- fork ----

   A forked child has none of the Go runtime's threads: whatever needs one would hang. The
   handler marks the child, and every function that enters Go returns NEXUS_FORKED there. It
   also closes the child's copies of the stores' locked files, see fork.go, and unmaps them: a
   mapping holds a file, and with it the lock, as a descriptor does. */

static volatile int forked;

#define INHERITED_MAX 256 /* descriptors; a store has two */

/* An entry is used while used is 1. Written under inherited_lock by the parent; read
   by the child, which has one thread. */
static struct inherited {
  int used, fd;
  dev_t device;
  ino_t inode;
} inherited[INHERITED_MAX];
static pthread_mutex_t inherited_lock = PTHREAD_MUTEX_INITIALIZER;

/* fstat, which is no symbol of glibc before 2.33; on 64-bit Linux the kernel's struct is libc's. */
static int identify(int fd, struct stat *s) { return (int)syscall(SYS_fstat, fd, s); }

static void before_fork(void) { pthread_mutex_lock(&inherited_lock); }
static void after_fork_in_parent(void) { pthread_mutex_unlock(&inherited_lock); }

/* Unmaps what one line of /proc/self/maps names, if it is a truth.db of the list, shared:
   7f00c6b84000-7f00c6b8c000 r--s 00000000 fe:00 10249834    /path/truth.db
   The device is not compared: on some file systems it is another one here than fstat's. */
static void unmap_inherited(char *line) {
  static const char name[] = "/truth.db";
  char *at = line;
  unsigned long first, end, inode;
  size_t size = strlen(line);
  int i;
  if (size < sizeof name || strcmp(line + size - (sizeof name - 1), name) != 0) return;
  first = strtoul(at, &at, 16);
  if (*at++ != '-') return;
  end = strtoul(at, &at, 16);
  if (*at++ != ' ' || strlen(at) < 5 || at[3] != 's' || !(at = strchr(at + 5, ' ')) || !(at = strchr(at + 1, ' '))) return;
  inode = strtoul(at, NULL, 10);
  for (i = 0; i < INHERITED_MAX; i++)
    if (inherited[i].used && inherited[i].inode == inode) {
      munmap((void *)first, end - first);
      return;
    }
}

/* Reads the map without what a child of threads must not call: no memory, no locks. */
static void unmap_all_inherited(void) {
  static char buffer[1 << 14]; /* the longest path is 4 KiB */
  size_t have = 0;
  ssize_t got;
  char *line, *end;
  int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  while ((got = read(fd, buffer + have, sizeof buffer - 1 - have)) > 0) {
    have += (size_t)got;
    buffer[have] = 0;
    for (line = buffer; (end = strchr(line, '\n')); line = end + 1) {
      *end = 0;
      unmap_inherited(line);
    }
    have -= (size_t)(line - buffer);
    memmove(buffer, line, have);
  }
  close(fd);
}

static void after_fork_in_child(void) {
  int i, any = 0, before = errno;
  struct stat s;
  forked = 1;
  for (i = 0; i < INHERITED_MAX; i++) any |= inherited[i].used;
  if (any) unmap_all_inherited();
  for (i = 0; i < INHERITED_MAX; i++) /* the file may have been closed and its number taken */
    if (inherited[i].used && identify(inherited[i].fd, &s) == 0 && s.st_dev == inherited[i].device &&
        s.st_ino == inherited[i].inode)
      close(inherited[i].fd);
  errno = before;
  pthread_mutex_unlock(&inherited_lock);
}

__attribute__((constructor)) static void watch_forks(void) {
  pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

int nxs_inherit(int fd) {
  int i, place = -1, fresh = 0;
  struct stat s;
  if (identify(fd, &s) != 0) return 0;
  pthread_mutex_lock(&inherited_lock);
  for (i = 0; i < INHERITED_MAX && !(inherited[i].used && inherited[i].fd == fd); i++)
    if (!inherited[i].used && place < 0) place = i;
  if (i < INHERITED_MAX) place = i;
  if (place >= 0) { /* a full list costs a child that outlives its parent the lock, no more */
    fresh = !inherited[place].used || inherited[place].device != s.st_dev || inherited[place].inode != s.st_ino;
    inherited[place].fd = fd;
    inherited[place].device = s.st_dev;
    inherited[place].inode = s.st_ino;
    inherited[place].used = 1;
  }
  pthread_mutex_unlock(&inherited_lock);
  return fresh;
}

void nxs_disinherit(int fd) {
  int i;
  pthread_mutex_lock(&inherited_lock);
  for (i = 0; i < INHERITED_MAX; i++)
    if (inherited[i].used && inherited[i].fd == fd) inherited[i].used = 0;
  pthread_mutex_unlock(&inherited_lock);
}

/* ---- refusals ---- */

static nexus_status refuse(nexus_error *error, nexus_status code, const char *message) {
  const size_t head = offsetof(nexus_error, message);
  size_t room;
  if (!error || error->struct_size < head) return code;
  error->code = code;
  error->retryable = 0;
  room = error->struct_size - head;
  if (room == 0) return code;
  if (room > strlen(message) + 1) room = strlen(message) + 1;
  memcpy(error->message, message, room);
  error->message[room - 1] = 0;
  error->message_size = (uint32_t)(room - 1);
  return code;
}

#define ENTER(error)                                                                                    \
  do {                                                                                                  \
    if (forked)                                                                                         \
      return refuse(error, NEXUS_FORKED, "this process was forked from one that uses Nexus: open the store here by spawn, not fork"); \
  } while (0)

#define WANT(pointer, error)                                                                 \
  do {                                                                                       \
    if (!(pointer)) return refuse(error, NEXUS_INVALID, #pointer " is NULL"); \
  } while (0)

/* ---- versions ---- */

uint32_t nexus_abi_version(void) { return NEXUS_ABI_VERSION; }
uint32_t nexus_abi_oldest(void) { return 2; }
const char *nexus_version(void) { return NEXUS_VERSION; }

int nexus_has(const char *feature) {
  static const char *const features[] = {"jobs", "queues", "cursors", "embedder", "versions", "filters", "matches", "mining", "explanations", "training", "learning"};
  size_t i;
  for (i = 0; feature && i < sizeof features / sizeof *features; i++)
    if (strcmp(feature, features[i]) == 0) return 1;
  return 0;
}

const char *nexus_status_name(nexus_status status) {
  return status >= 0 && (size_t)status < sizeof status_names / sizeof *status_names ? status_names[status] : "unknown";
}

void nexus_free(const void *arena) { free((void *)(uintptr_t)arena); }

/* ---- the library ---- */

nexus_status nexus_configure(const nexus_config *config, nexus_error *error) {
  ENTER(error);
  WANT(config, error);
  return nxi_configure((nexus_config *)config, error);
}

nexus_status nexus_info_read(nexus_info **info, nexus_error *error) {
  ENTER(error);
  WANT(info, error);
  *info = NULL;
  return nxi_info(info, error);
}

/* ---- stores ---- */

static nexus_request request_of(uint32_t op) {
  nexus_request r;
  memset(&r, 0, sizeof r);
  r.struct_size = sizeof r;
  r.op = op;
  return r;
}

static nexus_status call(uint64_t db, nexus_request *request, nexus_reply *reply, nexus_error *error) {
  memset(reply, 0, sizeof *reply);
  reply->struct_size = sizeof *reply;
  return nxi_call(db, request, reply, error);
}

/* Releases the embedder of an opening that is refused here. */
static void give_up(const nexus_open_options *o) {
  if (o && o->struct_size >= NEXUS_OPEN_OPTIONS_SIZE_1 && o->embedder && o->embedder->struct_size >= NEXUS_EMBEDDER_SIZE_1 &&
      o->embedder->release)
    o->embedder->release(o->embedder->context);
}

nexus_status nexus_open(nexus_text path, const nexus_open_options *options, nexus_db *db, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_OPEN);
  nexus_reply reply;
  nexus_status status;
  if (forked || !db) give_up(options);
  ENTER(error);
  WANT(db, error);
  db->v = 0;
  request.path = path;
  request.options = options;
  status = call(0, &request, &reply, error);
  *db = reply.db;
  return status;
}

nexus_status nexus_close(nexus_db db, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_CLOSE);
  nexus_reply reply;
  ENTER(error);
  return call(db.v, &request, &reply, error);
}

nexus_status nexus_add(nexus_db db, const nexus_memory *memories, size_t count, uint64_t *ids, nexus_error *error) {
  ENTER(error);
  if (count == 0) memories = NULL, ids = NULL; /* of nothing they may be any value, which Go must not see */
  return nxi_add(db.v, (nexus_memory *)memories, count, ids, error);
}

nexus_status nexus_query_run(nexus_db db, const nexus_query *query, nexus_answer **answer, nexus_error *error) {
  ENTER(error);
  WANT(answer, error);
  *answer = NULL;
  return nxi_query(db.v, (nexus_query *)query, answer, error);
}

nexus_status nexus_get(nexus_db db, uint64_t id, nexus_memories **memories, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_GET);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  WANT(memories, error);
  request.ids = &id;
  request.id_count = 1;
  status = call(db.v, &request, &reply, error);
  *memories = (nexus_memories *)reply.memories;
  return status;
}

nexus_status nexus_get_by_key(nexus_db db, nexus_text tenant, nexus_text key, nexus_memories **memories, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_GET_BY_KEY);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  WANT(memories, error);
  request.tenant = tenant;
  request.key = key;
  status = call(db.v, &request, &reply, error);
  *memories = (nexus_memories *)reply.memories;
  return status;
}

nexus_status nexus_delete(nexus_db db, const uint64_t *ids, size_t count, uint64_t *deleted, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_DELETE);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  request.ids = ids;
  request.id_count = count;
  status = call(db.v, &request, &reply, error);
  if (deleted) *deleted = reply.count;
  return status;
}

nexus_status nexus_update(nexus_db db, uint64_t id, const nexus_patch *patch, nexus_memories **memories, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_UPDATE);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  WANT(patch, error);
  WANT(memories, error);
  request.ids = &id;
  request.id_count = 1;
  request.patch = patch;
  status = call(db.v, &request, &reply, error);
  *memories = (nexus_memories *)reply.memories;
  return status;
}

nexus_status nexus_supersede(nexus_db db, uint64_t old, const nexus_memory *memory, uint64_t *id, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_SUPERSEDE);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  WANT(memory, error);
  if (id) *id = 0;
  request.ids = &old;
  request.id_count = 1;
  request.memories = memory;
  request.memory_count = 1;
  status = call(db.v, &request, &reply, error);
  if (id && reply.ids) *id = reply.ids[0];
  nexus_free(reply.arena);
  return status;
}

nexus_status nexus_history(nexus_db db, uint64_t id, nexus_memories **memories, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_HISTORY);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  WANT(memories, error);
  request.ids = &id;
  request.id_count = 1;
  status = call(db.v, &request, &reply, error);
  *memories = (nexus_memories *)reply.memories;
  return status;
}

nexus_status nexus_feedback(nexus_db db, uint64_t id, double value, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_FEEDBACK);
  nexus_reply reply;
  ENTER(error);
  request.ids = &id;
  request.id_count = 1;
  request.value = value;
  return call(db.v, &request, &reply, error);
}

nexus_status nexus_learn(nexus_db db, const nexus_judged *judged, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_LEARN);
  nexus_reply reply;
  ENTER(error);
  WANT(judged, error);
  request.judged = judged;
  return call(db.v, &request, &reply, error);
}

nexus_status nexus_preference_read(nexus_db db, nexus_text tenant, nexus_text user, nexus_preference **preference, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_PREFERENCE);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  WANT(preference, error);
  request.tenant = tenant;
  request.user = user;
  status = call(db.v, &request, &reply, error);
  *preference = (nexus_preference *)reply.preference;
  return status;
}

nexus_status nexus_preference_set(nexus_db db, nexus_text json, uint64_t *kept, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_SET_PREFERENCE);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  request.json = json;
  status = call(db.v, &request, &reply, error);
  if (kept) *kept = reply.count;
  return status;
}

nexus_status nexus_forget(nexus_db db, nexus_text tenant, nexus_text user, uint64_t *count, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_FORGET);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  request.tenant = tenant;
  request.user = user;
  status = call(db.v, &request, &reply, error);
  if (count) *count = reply.count;
  return status;
}

nexus_status nexus_delete_where(nexus_db db, const nexus_selection *selection, uint64_t *deleted, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_DELETE_WHERE);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  request.selection = selection;
  status = call(db.v, &request, &reply, error);
  if (deleted) *deleted = reply.count;
  return status;
}

nexus_status nexus_list(nexus_db db, const nexus_selection *selection, nexus_cursor *cursor, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_LIST);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  WANT(cursor, error);
  request.selection = selection;
  status = call(db.v, &request, &reply, error);
  *cursor = reply.cursor;
  return status;
}

nexus_status nexus_patterns_find(nexus_db db, const nexus_selection *selection, const nexus_mining *mining, nexus_patterns **patterns, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_PATTERNS);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  WANT(patterns, error);
  request.selection = selection;
  request.mining = mining;
  status = call(db.v, &request, &reply, error);
  *patterns = (nexus_patterns *)reply.patterns;
  return status;
}

nexus_status nexus_anomalies_find(nexus_db db, const nexus_selection *selection, const nexus_mining *mining, nexus_anomalies **anomalies, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_ANOMALIES);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  WANT(anomalies, error);
  request.selection = selection;
  request.mining = mining;
  status = call(db.v, &request, &reply, error);
  *anomalies = (nexus_anomalies *)reply.anomalies;
  return status;
}

nexus_status nexus_train(nexus_db db, nexus_text path, const nexus_training *training, nexus_train_report **report, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_TRAIN);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  WANT(report, error);
  request.path = path;
  request.training = training;
  status = call(db.v, &request, &reply, error);
  *report = (nexus_train_report *)reply.train_report;
  return status;
}

nexus_status nexus_ranker_rollback(nexus_db db, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_RANKER_ROLLBACK);
  nexus_reply reply;
  ENTER(error);
  return call(db.v, &request, &reply, error);
}

nexus_status nexus_next(nexus_cursor cursor, uint32_t count, nexus_memories **memories, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_NEXT);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  WANT(memories, error);
  request.cursor = cursor;
  request.page = count;
  status = call(0, &request, &reply, error);
  *memories = (nexus_memories *)reply.memories;
  return status;
}

nexus_status nexus_cursor_close(nexus_cursor cursor, nexus_error *error) {
  ENTER(error);
  return nxi_cursor_close(cursor.v, error);
}

nexus_status nexus_stats_read(nexus_db db, nexus_stats **stats, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_STATS);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  WANT(stats, error);
  status = call(db.v, &request, &reply, error);
  *stats = (nexus_stats *)reply.stats;
  return status;
}

nexus_status nexus_verify(nexus_db db, nexus_report **report, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_VERIFY);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  WANT(report, error);
  status = call(db.v, &request, &reply, error);
  *report = (nexus_report *)reply.report;
  return status;
}

nexus_status nexus_compact(nexus_db db, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_COMPACT);
  nexus_reply reply;
  ENTER(error);
  return call(db.v, &request, &reply, error);
}

nexus_status nexus_export(nexus_db db, nexus_text path, uint64_t *count, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_EXPORT);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  request.path = path;
  status = call(db.v, &request, &reply, error);
  if (count) *count = reply.count;
  return status;
}

nexus_status nexus_import(nexus_db db, nexus_text path, uint32_t batch, nexus_report **report, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_IMPORT);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  WANT(report, error);
  request.path = path;
  request.page = batch;
  status = call(db.v, &request, &reply, error);
  *report = (nexus_report *)reply.report;
  return status;
}

nexus_status nexus_backup(nexus_db db, nexus_text path, uint64_t *count, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_BACKUP);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  request.path = path;
  status = call(db.v, &request, &reply, error);
  if (count) *count = reply.count;
  return status;
}

nexus_status nexus_restore(nexus_text backup, nexus_text path, uint64_t *count, nexus_error *error) {
  nexus_request request = request_of(NEXUS_OP_RESTORE);
  nexus_reply reply;
  nexus_status status;
  ENTER(error);
  request.backup = backup;
  request.path = path;
  status = call(0, &request, &reply, error);
  if (count) *count = reply.count;
  return status;
}

/* ---- jobs ---- */

nexus_status nexus_submit(nexus_db db, const nexus_request *request, nexus_queue queue, void *tag, nexus_job *job,
                          nexus_error *error) {
  if ((forked || !job) && request && request->struct_size >= NEXUS_REQUEST_SIZE_1 && request->op == NEXUS_OP_OPEN)
    give_up(request->options);
  ENTER(error);
  WANT(request, error);
  WANT(job, error);
  job->v = 0;
  return nxi_submit(db.v, (nexus_request *)request, queue.v, (uint64_t)(uintptr_t)tag, &job->v, error);
}

nexus_status nexus_job_wait(nexus_job job, int64_t timeout_ns, nexus_error *error) {
  ENTER(error);
  return nxi_job_wait(job.v, timeout_ns, error);
}

nexus_status nexus_job_progress(nexus_job job, uint64_t *done, uint64_t *total, nexus_error *error) {
  ENTER(error);
  WANT(done, error);
  WANT(total, error);
  *done = *total = 0;
  return nxi_job_progress(job.v, done, total, error);
}

nexus_status nexus_job_cancel(nexus_job job, nexus_error *error) {
  ENTER(error);
  return nxi_job_cancel(job.v, error);
}

nexus_status nexus_job_take(nexus_job job, nexus_reply *reply, nexus_error *error) {
  uint32_t size;
  ENTER(error);
  WANT(reply, error);
  if ((size = reply->struct_size) < NEXUS_REPLY_SIZE_1)
    return refuse(error, NEXUS_INVALID, "reply.struct_size is smaller than it ever was");
  memset(reply, 0, size < sizeof *reply ? size : sizeof *reply);
  reply->struct_size = size;
  return nxi_job_take(job.v, reply, error);
}

nexus_status nexus_job_free(nexus_job job, nexus_error *error) {
  ENTER(error);
  return nxi_job_free(job.v, error);
}

nexus_status nexus_queue_create(nexus_queue *queue, nexus_error *error) {
  ENTER(error);
  WANT(queue, error);
  queue->v = 0;
  return nxi_queue_create(&queue->v, error);
}

nexus_status nexus_queue_fd(nexus_queue queue, int *fd, nexus_error *error) {
  ENTER(error);
  WANT(fd, error);
  *fd = -1;
  return nxi_queue_fd(queue.v, fd, error);
}

nexus_status nexus_queue_drain(nexus_queue queue, nexus_completion *completions, size_t size, int64_t timeout_ns,
                               size_t *count, nexus_error *error) {
  ENTER(error);
  WANT(count, error);
  *count = 0;
  if (size > 0) WANT(completions, error);
  if (size == 0) completions = NULL; /* see nexus_add */
  return nxi_queue_drain(queue.v, completions, size, timeout_ns, count, error);
}

nexus_status nexus_queue_close(nexus_queue queue, nexus_error *error) {
  ENTER(error);
  return nxi_queue_close(queue.v, error);
}
