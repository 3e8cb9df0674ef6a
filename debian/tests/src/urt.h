/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests share: the files of /proc/urt, the kernel's own figures to compare with, and
 * processes that do as they are told. Whatever goes wrong in here fails the test.
 */
#ifndef URT_H
#define URT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "tap.h"
#include "usertime.h"

typedef unsigned long long u64;

#define MS		1000000ULL		/* in ns */
#define USER_TICK	(10 * MS)		/* the unit of /proc/PID/stat */
#define FROZEN		3600000			/* ms: no refresh while a test runs */

/* The tick of the running kernel in ns. */
u64 kernel_tick(void);
u64 max_u64(u64 a, u64 b);
u64 distance(u64 a, u64 b);

/* ---- /proc/urt ---- */

struct row {
	pid_t pid;
	u64 ns;
};

/* The whole of status: every line must have its form, PIDs must ascend. */
struct table {
	char *text;
	size_t len;
	struct row *row;
	size_t n;
};

/* One line of detail. */
struct detail {
	pid_t pid;
	u64 user, system, minor, major, threads, start;
	char holders[128];
	char state;
	char split[16];
	u64 looks;
	char command[80];
};

/* A whole file, one zero byte added; chunk bytes a read(2). */
char *read_all(int fd, size_t chunk, size_t *len);
char *read_file(const char *path, size_t *len);

void table_parse(struct table *t, char *text, size_t len);
void table_read(struct table *t);
void table_free(struct table *t);
const struct row *table_find(const struct table *t, pid_t pid);

size_t lines(void);				/* of status */
bool listed(pid_t pid);
u64 value_of(pid_t pid);			/* of a listed process */
bool detail_find(pid_t pid, struct detail *d);
struct detail detail_of(pid_t pid);		/* of a listed process */
u64 counter(const char *name);			/* of stats */

/* Bytes written, or -errno; each opens status anew. */
long status_write(const void *text, size_t len);
long status_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int urt_register(pid_t pid);			/* 0 or -errno */
int urt_unregister(pid_t pid);

/* 0 or -errno. */
int param_set(const char *name, const char *value);
int param_set_num(const char *name, long long value);
long long param_get(const char *name);

/*
 * The module, as packaged, or from the file that USERTIME_KO names. Loading gives the exit status
 * of the program that does it, unloading 0 or -errno of delete_module(2).
 */
int module_load(const char *options);
int module_unload(void);

/* The same for any module: file is NULL, or what to load instead of the installed one. */
int load_module(const char *name, const char *file, const char *options);
int unload_module(const char *name);

/* Returns when n refreshes have ended from now; two are needed for a whole one to lie between. */
void wait_refreshes(unsigned int n);
/*
 * Refreshes now, and no more afterwards but for one that is under way. Something that lives must be
 * registered.
 */
void refresh_once(void);
/* Waits until the line of a process that has exited shows its final value. */
struct detail wait_final(pid_t pid);

/* ---- the kernel's figures ---- */

struct proc_stat {
	char state;
	u64 minor, major, user, system, threads, start;		/* times in ns, start in USER_HZ */
};

struct proc_stat proc_stat_of(pid_t pid);

/*
 * Its state alone. Whoever reads the times in stat has the kernel fix the split that it then shows,
 * as neither side ever falls: it must not be read while what is compared with it goes on.
 */
char proc_state_of(pid_t pid);
u64 cpu_clock_of(pid_t pid);			/* user + system of the group in ns */
u64 timeval_ns(struct timeval tv);

/* ---- processes ---- */

struct kid {
	pid_t pid;
	int fd;
};

typedef void kid_fn(struct kid *parent, void *arg);

/* Starts a process that runs fn and exits with 0; flags are those of clone(2). */
struct kid kid_clone(unsigned long flags, kid_fn *fn, void *arg);
struct kid kid_start(kid_fn *fn, void *arg);
struct kid kid_sleeper(void);			/* one that only sleeps */

void *idle_thread(void *parent);	/* tells its TID to that struct kid, then sleeps */
struct kid kid_threaded(pid_t *tid);		/* one with a second, idle thread */

/* Messages between the two; hearing nothing because the other is gone is a failure. */
void kid_tell(struct kid *k, long value);
long kid_hear(struct kid *k);

int kid_reap(struct kid *k, struct rusage *usage);	/* the status of wait4() */
void kid_kill(struct kid *k);			/* and reap */
void kid_stop(struct kid *k);			/* and wait until all threads stand still */
void kid_wait_asleep(struct kid *k);		/* off the CPU: its times stand still */
void kid_wait_zombie(struct kid *k);		/* dead, but not reaped */
pid_t first_child(pid_t pid);
pid_t missing_pid(void);			/* a number that no process has */

/* For use in a process of its own: there is no way back. Keeps capability cap if >= 0. */
void become(uid_t uid, int cap);

/* Fills uid_map or gid_map of a process in a new user namespace. */
void write_id_map(pid_t pid, const char *name, const char *map);

/* Writes to status as another user: bytes or -errno. */
long write_as(uid_t uid, const char *text);
int register_as(uid_t uid, pid_t pid);
int unregister_as(uid_t uid, pid_t pid);

/* Burn own CPU time of the process, or of the calling thread. */
void burn_user(unsigned int ms);
void burn_thread(unsigned int ms);
void burn_system(unsigned int ms);
void burn_forever(void) __attribute__((noreturn));

/* A cgroup of this test: the kernel's sum of all that were in it, to their last moment. */
void cgroup_make(void);
void cgroup_enter(void);
u64 cgroup_ns(void);
void cgroup_remove(void);			/* when all have left it */

/* Of so many times or seconds: a part, on a kernel that is slow by its own checks. */
unsigned int fewer(unsigned int n);

/* main() of a test: resets the parameters around each, checks that nothing stays registered. */
int urt_main(void);

/* The same with other functions around each test, which call those two. */
int urt_main_with(void (*before)(void), void (*after)(void));
void urt_before_test(void);
void urt_after_test(void);

#endif
