/* fork FOLDER: a forked child gets NEXUS_FORKED at once from whatever needs the library's threads
   and never hangs; the parent's store does not notice; exec in the child is fine. */
#include "every.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>

extern char **environ;
static char *self;
static const char *base;

/* What every child does: 0 where every function refused, quickly. */
static int refused(nexus_db db) {
  nexus_job job = {0};
  nexus_queue queue = {0};
  nexus_cursor cursor = {0};
  nexus_db fresh;
  nexus_info *info;
  nexus_config config = {.struct_size = sizeof config};
  nexus_error e = {.struct_size = sizeof e};
  double began = seconds_now();
  int wrong = every_function(db, cursor, job, queue, NEXUS_FORKED, NEXUS_FORKED);
  wrong += nexus_open(inside(base, "child"), NULL, &fresh, &e) != NEXUS_FORKED || e.code != NEXUS_FORKED || e.message_size == 0;
  wrong += nexus_info_read(&info, NULL) != NEXUS_FORKED;
  wrong += nexus_configure(&config, NULL) != NEXUS_FORKED;
  wrong += nexus_queue_create(&queue, NULL) != NEXUS_FORKED;
  wrong += nexus_version()[0] == 0 || nexus_has("jobs") != 1;
  if (seconds_now() - began > .1) {
    printf("the child's refusals took %.3f s\n", seconds_now() - began);
    wrong++;
  }
  fflush(stdout);
  return wrong;
}

/* Forks; the child has 5 s for its refusals, then waits for the pipe's end, if there is one. */
static pid_t fork_child(nexus_db db, int wait_for, int plain_exit) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  char byte;
  int wrong;
  alarm(5);
  wrong = refused(db);
  if (wait_for >= 0 && read(wait_for, &byte, 1) < 0) wrong++;
  if (plain_exit) exit(wrong > 0);
  _exit(wrong > 0);
}

static void joined(pid_t pid, const char *what) {
  int status = -1;
  if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  printf("%s: the child ended with status %#x%s\n", what, status, WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? ": it hung" : "");
  atomic_fetch_add(&failures, 1);
}

static void still_works(nexus_db db) {
  uint32_t hits = 0;
  EXPECT(add_text(db, "the parent goes on", NULL) == NEXUS_OK);
  EXPECT(ask(db, "parent", &hits) == NEXUS_OK && hits > 0);
}

static void before_open(void) {
  nexus_db none = {0};
  joined(fork_child(none, -1, 0), "fork before the first call");
}

/* The parent closes and opens its store again while the child lives, and after. */
static void after_open(int plain_exit) {
  nexus_db db = open_in(base, "after");
  int pipe_of[2];
  pid_t child;
  EXPECT(pipe2(pipe_of, O_CLOEXEC) == 0);
  still_works(db);
  child = fork_child(db, pipe_of[0], plain_exit);
  still_works(db);
  EXPECT(nexus_close(db, NULL) == NEXUS_OK);
  db = open_in(base, "after");
  still_works(db);
  EXPECT(write(pipe_of[1], "x", 1) == 1);
  joined(child, plain_exit ? "a child that exits" : "fork after open");
  still_works(db);
  EXPECT(nexus_close(db, NULL) == NEXUS_OK);
  db = open_in(base, "after");
  still_works(db);
  EXPECT(nexus_close(db, NULL) == NEXUS_OK);
  close(pipe_of[0]), close(pipe_of[1]);
}

static void *fork_here(void *db) {
  joined(fork_child(*(nexus_db *)db, -1, 0), "fork in a thread");
  return NULL;
}

static void in_a_thread(void) {
  nexus_db db = open_in(base, "thread");
  pthread_t t;
  EXPECT(pthread_create(&t, NULL, fork_here, &db) == 0 && pthread_join(t, NULL) == 0);
  still_works(db);
  EXPECT(nexus_close(db, NULL) == NEXUS_OK);
}

static atomic_int stop;

static void *work(void *p) {
  nexus_db db = *(nexus_db *)p;
  while (!atomic_load(&stop)) {
    EXPECT(ask(db, "what happened by the sea", NULL) == NEXUS_OK);
    EXPECT(add_text(db, "something happened by the sea", NULL) == NEXUS_OK);
  }
  return NULL;
}

static void during_work(void) {
  nexus_db db = open_in(base, "work");
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) EXPECT(pthread_create(&threads[i], NULL, work, &db) == 0);
  for (long i = from_environment("NEXUS_HAZARD_FORKS", 200); i > 0; i--) joined(fork_child(db, -1, 0), "fork during queries and adds");
  atomic_store(&stop, 1);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  still_works(db);
  EXPECT(nexus_close(db, NULL) == NEXUS_OK);
}

/* A child that execs, and spawn, are processes like any other. */
static void exec_and_spawn(void) {
  nexus_db db = open_in(base, "exec");
  char path[4096];
  char *arguments[] = {self, "--spawned", path, NULL};
  pid_t child;
  snprintf(path, sizeof path, "%s/spawned", base);
  if ((child = fork()) == 0) {
    execv(self, arguments);
    _exit(9);
  }
  joined(child, "fork and exec");
  EXPECT(posix_spawn(&child, self, NULL, NULL, arguments, environ) == 0);
  joined(child, "spawn");
  still_works(db);
  EXPECT(nexus_close(db, NULL) == NEXUS_OK);
}

static int spawned(const char *folder) {
  nexus_db db = {0};
  uint32_t hits;
  return nexus_open(nexus_str(folder), NULL, &db, NULL) != NEXUS_OK || add_text(db, "spawned", NULL) != NEXUS_OK ||
         ask(db, "spawned", &hits) != NEXUS_OK || hits == 0 || nexus_close(db, NULL) != NEXUS_OK;
}

/* A grandchild refuses too. */
static void daemons(void) {
  nexus_db db = open_in(base, "daemon");
  pid_t child = fork();
  if (child == 0) {
    alarm(5);
    pid_t grandchild = fork();
    int status = -1;
    if (grandchild == 0) _exit(refused(db) > 0);
    waitpid(grandchild, &status, 0);
    _exit(status != 0);
  }
  joined(child, "a grandchild");
  still_works(db);
  EXPECT(nexus_close(db, NULL) == NEXUS_OK);
}

/* A process is killed while it has the store open; its child lives on. The store can be opened. */
static void parent_killed(void) {
  int ready[2];
  char path[4096];
  char *arguments[] = {self, "--leaves-a-child", path, NULL};
  posix_spawn_file_actions_t actions;
  pid_t parent, orphan = 0;
  int status;
  snprintf(path, sizeof path, "%s/killed", base);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  EXPECT(pipe2(ready, O_CLOEXEC) == 0);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ready[1], STDOUT_FILENO);
  EXPECT(posix_spawn(&parent, self, &actions, NULL, arguments, environ) == 0);
  close(ready[1]); /* or the read would wait for ever where nobody writes */
  EXPECT(read(ready[0], &orphan, sizeof orphan) == sizeof orphan);
  kill(parent, SIGKILL);
  waitpid(parent, &status, 0);
  nexus_db db;
  EXPECT(nexus_open(inside(base, "killed"), NULL, &db, NULL) == NEXUS_OK && nexus_close(db, NULL) == NEXUS_OK);
  kill(orphan, SIGKILL);
  waitpid(orphan, &status, 0);
  posix_spawn_file_actions_destroy(&actions);
  close(ready[0]);
}

static int leaves_a_child(const char *folder) {
  nexus_db db = {0};
  if (nexus_open(nexus_str(folder), NULL, &db, NULL) != NEXUS_OK || add_text(db, "before the kill", NULL) != NEXUS_OK) return 1;
  if (fork() == 0) { /* says itself that it is there: the parent's fork may return before the child has closed what it inherited */
    pid_t child = getpid();
    if (write(STDOUT_FILENO, &child, sizeof child) != sizeof child) _exit(1);
    sleep(30);
    _exit(0);
  }
  sleep(30);
  return 0;
}

int main(int argc, char **argv) {
  self = argv[0];
  if (argc == 3 && strcmp(argv[1], "--spawned") == 0) return spawned(argv[2]);
  if (argc == 3 && strcmp(argv[1], "--leaves-a-child") == 0) return leaves_a_child(argv[2]);
  if (argc != 2) return 2;
  base = argv[1];
  before_open();
  after_open(0);
  after_open(1);
  in_a_thread();
  during_work();
  exec_and_spawn();
  daemons();
  parent_killed();
  return verdict();
}
