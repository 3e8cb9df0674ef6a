// SPDX-License-Identifier: GPL-2.0-only
/* Helpers of the tests: see urt.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "urt.h"

static const char * const params[] = {
	"period_ms", "max_targets", "max_targets_per_user", "max_bytes_per_user",
	"max_rate_per_user", "unprivileged", "precise",
};

#define N_PARAMS (sizeof(params) / sizeof(params[0]))

static long long defaults[N_PARAMS];

u64 max_u64(u64 a, u64 b)
{
	return a > b ? a : b;
}

u64 distance(u64 a, u64 b)
{
	return a > b ? a - b : b - a;
}

u64 kernel_tick(void)
{
	struct timespec resolution;

	/* The coarse clock is set at each tick. */
	ASSERT_EQ(clock_getres(CLOCK_MONOTONIC_COARSE, &resolution), 0);
	return resolution.tv_nsec;
}

/* ---- /proc/urt ---- */

char *read_all(int fd, size_t chunk, size_t *len)
{
	size_t size = 1 << 16, n = 0;
	char *text = malloc(size);
	ssize_t r;

	for (;;) {
		if (size - n < chunk + 1)
			text = realloc(text, size = 2 * size + chunk);
		ASSERT(text);
		r = read(fd, text + n, chunk);
		ASSERT(r >= 0, "errno %d", errno);
		if (!r)
			break;
		n += r;
	}
	text[n] = 0;
	if (len)
		*len = n;
	return text;
}

char *read_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;

	ASSERT(fd >= 0, "%s: errno %d", path, errno);
	text = read_all(fd, 1 << 20, len);
	close(fd);
	return text;
}

void table_parse(struct table *t, char *text, size_t len)
{
	char *p = text, again[64];
	size_t lines = 0, i;

	ASSERT(strlen(text) == len, "a zero byte among %zu", len);
	for (i = 0; i < len; i++)
		lines += text[i] == '\n';
	*t = (struct table){ .text = text, .len = len, .row = calloc(lines + 1, sizeof(*t->row)) };
	ASSERT(t->row);
	while (*p) {
		struct row *row = &t->row[t->n];
		char *colon = p + strcspn(p, ":\n");
		size_t n;

		ASSERT(t->n < lines, "the last line lacks its newline");
		row->pid = strtol(p, NULL, 10);
		row->ns = *colon == ':' ? strtoull(colon + 1, NULL, 10) : 0;
		n = snprintf(again, sizeof(again), "%d: %llu\n", row->pid, row->ns);
		ASSERT(!strncmp(p, again, n), "line %zu: %.40s", t->n, p);
		ASSERT(row->pid > 0);
		ASSERT(!t->n || row[-1].pid < row->pid, "%d before %d", row[-1].pid, row->pid);
		p += n;
		t->n++;
	}
}

void table_read(struct table *t)
{
	size_t len;
	char *text = read_file(USERTIME_STATUS_PATH, &len);

	table_parse(t, text, len);
}

void table_free(struct table *t)
{
	free(t->text);
	free(t->row);
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

const struct row *table_find(const struct table *t, pid_t pid)
{
	struct row key = { .pid = pid };

	return bsearch(&key, t->row, t->n, sizeof(key), compare_rows);
}

static bool row_find(pid_t pid, struct row *row)
{
	const struct row *found;
	struct table t;

	table_read(&t);
	found = table_find(&t, pid);
	if (found)
		*row = *found;
	table_free(&t);
	return found;
}

size_t lines(void)
{
	struct table t;
	size_t n;

	table_read(&t);
	n = t.n;
	table_free(&t);
	return n;
}

bool listed(pid_t pid)
{
	struct row row;

	return row_find(pid, &row);
}

u64 value_of(pid_t pid)
{
	struct row row = { 0 };

	ASSERT(row_find(pid, &row), "%d is not listed", pid);
	return row.ns;
}

bool detail_find(pid_t pid, struct detail *d)
{
	char *text = read_file(USERTIME_DETAIL_PATH, NULL), *line = text;
	bool found = false;

	while (!found && (line = strchr(line, '\n')) && *++line) {
		int n;

		if (strtol(line, NULL, 10) != pid)
			continue;
		*d = (struct detail){ 0 };
		n = sscanf(line, "%d %llu %llu %llu %llu %llu %llu %127s %c"
			   " %15s %llu %79[^\n]", &d->pid,
			   &d->user, &d->system, &d->minor, &d->major, &d->threads, &d->start,
			   d->holders, &d->state, d->split, &d->looks, d->command);
		ASSERT(n == 12, "%d fields: %.100s", n, line);
		found = true;
	}
	free(text);
	return found;
}

struct detail detail_of(pid_t pid)
{
	struct detail d = { 0 };

	ASSERT(detail_find(pid, &d), "%d is not in detail", pid);
	return d;
}

u64 counter(const char *name)
{
	char *text = read_file(USERTIME_STATS_PATH, NULL), *line = text, found[64];
	u64 value = 0;
	bool ok = false;

	while (line && *line && !ok) {
		ok = sscanf(line, "%63s %llu", found, &value) == 2 && !strcmp(found, name);
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	ASSERT(ok, "no %s in stats", name);
	free(text);
	return value;
}

static long file_write(const char *path, int flags, const void *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags);
	long n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, len);
	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

long status_write(const void *text, size_t len)
{
	return file_write(USERTIME_STATUS_PATH, 0, text, len);
}

long status_printf(const char *fmt, ...)
{
	char text[USERTIME_WRITE_MAX + 1];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return status_write(text, n);
}

static int status_command(const char *command, pid_t pid)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%s%d\n", command, pid);
	long n = status_write(text, len);

	if (n < 0)
		return n;
	EXPECT_EQ(n, len, "of: %s%d", command, pid);
	return 0;
}

int urt_register(pid_t pid)
{
	return status_command("", pid);
}

int urt_unregister(pid_t pid)
{
	return status_command("U ", pid);
}

static void param_path(char path[128], const char *name)
{
	snprintf(path, 128, "/sys/module/usertime/parameters/%s", name);
}

int param_set(const char *name, const char *value)
{
	char path[128];
	long n;

	param_path(path, name);
	n = file_write(path, 0, value, strlen(value));
	return n < 0 ? n : 0;
}

int param_set_num(const char *name, long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld\n", value);
	return param_set(name, text);
}

long long param_get(const char *name)
{
	char path[128], *text;
	long long value;

	param_path(path, name);
	text = read_file(path, NULL);
	value = text[0] == 'Y' ? 1 : text[0] == 'N' ? 0 : strtoll(text, NULL, 10);
	free(text);
	return value;
}

int load_module(const char *name, const char *file, const char *options)
{
	char command[512];

	snprintf(command, sizeof(command), "exec %s %s %s 2>&1", file ? "insmod" : "modprobe",
		 file ? file : name, options);
	return WEXITSTATUS(system(command));
}

int unload_module(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

int module_load(const char *options)
{
	return load_module("usertime", getenv("USERTIME_KO"), options);
}

int module_unload(void)
{
	return unload_module("usertime");
}

void wait_refreshes(unsigned int n)
{
	u64 want = counter("refreshes") + n;
	double deadline = tap_now() + TAP_PATIENCE;
	struct pollfd p = { .events = POLLPRI };

	p.fd = open(USERTIME_STATUS_PATH, O_RDONLY | O_CLOEXEC);
	ASSERT(p.fd >= 0);
	while (counter("refreshes") < want) {
		ASSERT(tap_now() < deadline, "no refresh for %d s", TAP_PATIENCE);
		poll(&p, 1, 1000);
	}
	close(p.fd);
}

void refresh_once(void)
{
	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	wait_refreshes(2);
	ASSERT_EQ(param_set_num("period_ms", FROZEN), 0);
}

struct detail wait_final(pid_t pid)
{
	struct detail d;

	WAIT_FOR((d = detail_of(pid)).state == 'X', "(%d, state %c)", pid, d.state);
	return d;
}

/* ---- the kernel's figures ---- */

struct proc_stat proc_stat_of(pid_t pid)
{
	struct proc_stat s;
	char path[64], *text, *p;
	u64 ignored;
	int n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	text = read_file(path, NULL);
	p = strrchr(text, ')');
	ASSERT(p);
	n = sscanf(p, ") %c %*d %*d %*d %*d %*d %*u %llu %*u %llu %*u %llu %llu %*d %*d %*d %*d"
		   " %llu %llu %llu", &s.state, &s.minor, &s.major, &s.user, &s.system, &s.threads,
		   &ignored, &s.start);
	ASSERT_EQ(n, 8);
	s.user *= USER_TICK;
	s.system *= USER_TICK;
	free(text);
	return s;
}

char proc_state_of(pid_t pid)
{
	char path[64], *text, *line, state = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	text = read_file(path, NULL);
	line = strstr(text, "\nState:\t");
	ASSERT(line && sscanf(line, "\nState:\t%c", &state) == 1, "%s", text);
	free(text);
	return state;
}

u64 cpu_clock_of(pid_t pid)
{
	struct timespec ts;
	clockid_t clock;

	ASSERT_EQ(clock_getcpuclockid(pid, &clock), 0);
	ASSERT_EQ(clock_gettime(clock, &ts), 0);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

u64 timeval_ns(struct timeval tv)
{
	return tv.tv_sec * 1000000000ULL + tv.tv_usec * 1000ULL;
}

/* ---- processes ---- */

struct kid kid_clone(unsigned long flags, kid_fn *fn, void *arg)
{
	struct kid kid;
	int fd[2];

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd), 0);
	kid.pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
	ASSERT(kid.pid >= 0, "clone(%#lx): errno %d", flags, errno);
	if (!kid.pid) {
		struct kid parent = { .pid = getppid(), .fd = fd[1] };

		close(fd[0]);
		fn(&parent, arg);
		_exit(0);
	}
	close(fd[1]);
	kid.fd = fd[0];
	return kid;
}

struct kid kid_start(kid_fn *fn, void *arg)
{
	return kid_clone(0, fn, arg);
}

static void sleeper(struct kid *parent, void *arg)
{
	(void)parent;
	(void)arg;
	for (;;)
		pause();
}

struct kid kid_sleeper(void)
{
	return kid_start(sleeper, NULL);
}

void *idle_thread(void *parent)
{
	kid_tell(parent, syscall(SYS_gettid));
	for (;;)
		pause();
	return NULL;
}

static void threaded(struct kid *parent, void *arg)
{
	pthread_t thread;

	ASSERT_EQ(pthread_create(&thread, NULL, idle_thread, parent), 0);
	sleeper(parent, arg);
}

struct kid kid_threaded(pid_t *tid)
{
	struct kid k = kid_start(threaded, NULL);

	*tid = kid_hear(&k);
	return k;
}

void kid_tell(struct kid *k, long value)
{
	ASSERT_EQ(send(k->fd, &value, sizeof(value), MSG_NOSIGNAL), sizeof(value));
}

long kid_hear(struct kid *k)
{
	long value = 0;

	ASSERT_EQ(recv(k->fd, &value, sizeof(value), 0), sizeof(value), "from %d", k->pid);
	return value;
}

int kid_reap(struct kid *k, struct rusage *usage)
{
	int status = 0;

	ASSERT_EQ(wait4(k->pid, &status, 0, usage), k->pid);
	close(k->fd);
	return status;
}

void kid_kill(struct kid *k)
{
	ASSERT_EQ(kill(k->pid, SIGKILL), 0);
	kid_reap(k, NULL);
}

void kid_stop(struct kid *k)
{
	int status;
	u64 used;

	ASSERT_EQ(kill(k->pid, SIGSTOP), 0);
	ASSERT_EQ(waitpid(k->pid, &status, WUNTRACED), k->pid);
	ASSERT(WIFSTOPPED(status), "status %#x", status);
	/* It is reported shortly before the last thread leaves its processor. */
	do {
		used = cpu_clock_of(k->pid);
	} while (cpu_clock_of(k->pid) != used);
}

/* Its state changes a little earlier; this file waits for the switch. */
static bool is_running(pid_t pid)
{
	char path[64], *text;
	bool running;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	text = read_file(path, NULL);
	running = !strncmp(text, "running", 7);
	free(text);
	return running;
}

void kid_wait_asleep(struct kid *k)
{
	WAIT_FOR(proc_state_of(k->pid) == 'S' && !is_running(k->pid));
}

void kid_wait_zombie(struct kid *k)
{
	siginfo_t info;

	ASSERT_EQ(waitid(P_PID, k->pid, &info, WEXITED | WNOWAIT), 0);
}

pid_t first_child(pid_t pid)
{
	char path[64], *text;
	pid_t child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	text = read_file(path, NULL);
	child = strtol(text, NULL, 10);
	ASSERT(child > 0, "%d has no child", pid);
	free(text);
	return child;
}

pid_t missing_pid(void)
{
	struct kid k = kid_sleeper();

	kid_kill(&k);
	ASSERT(kill(k.pid, 0) && errno == ESRCH);
	return k.pid;
}

void become(uid_t uid, int cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = { { 0 }, { 0 } };

	ASSERT_EQ(prctl(PR_SET_KEEPCAPS, cap >= 0), 0);
	ASSERT_EQ(setgroups(0, NULL), 0);
	ASSERT_EQ(setresgid(uid, uid, uid), 0);
	ASSERT_EQ(setresuid(uid, uid, uid), 0);
	if (cap >= 0) {
		caps[cap / 32].permitted = caps[cap / 32].effective = 1U << (cap % 32);
		ASSERT_EQ(syscall(SYS_capset, &head, caps), 0);
	}
}

void write_id_map(pid_t pid, const char *name, const char *map)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT(fd >= 0);
	ASSERT_EQ(write(fd, map, strlen(map)), strlen(map));
	close(fd);
}

struct write_job {
	uid_t uid;
	const char *text;
};

static void write_other(struct kid *parent, void *arg)
{
	struct write_job *job = arg;

	become(job->uid, -1);
	kid_tell(parent, status_write(job->text, strlen(job->text)));
}

long write_as(uid_t uid, const char *text)
{
	struct write_job job = { uid, text };
	struct kid k = kid_start(write_other, &job);
	long n = kid_hear(&k);

	EXPECT_EQ(kid_reap(&k, NULL), 0);
	return n;
}

static int command_as(uid_t uid, const char *command, pid_t pid)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%s %d", command, pid);
	long n = write_as(uid, text);

	return n == len ? 0 : n;
}

int register_as(uid_t uid, pid_t pid)
{
	return command_as(uid, "R", pid);
}

int unregister_as(uid_t uid, pid_t pid)
{
	return command_as(uid, "U", pid);
}

static u64 now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

unsigned int fewer(unsigned int n)
{
	const char *part = getenv("USERTIME_TEST_PART");

	return part ? n / atoi(part) : n;
}

static void spin(void)
{
	volatile unsigned int i;

	for (i = 0; i < 20000; i++)
		;
}

static void burn_until(clockid_t clock, unsigned int ms, void (*work)(void))
{
	u64 end = now_ns(clock) + ms * MS;

	while (now_ns(clock) < end)
		work();
}

void burn_user(unsigned int ms)
{
	burn_until(CLOCK_PROCESS_CPUTIME_ID, ms, spin);
}

void burn_thread(unsigned int ms)
{
	burn_until(CLOCK_THREAD_CPUTIME_ID, ms, spin);
}

static void read_zeros(void)
{
	static char buf[1 << 20];
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	ASSERT_EQ(read(fd, buf, sizeof(buf)), sizeof(buf));
	close(fd);
}

void burn_system(unsigned int ms)
{
	burn_until(CLOCK_PROCESS_CPUTIME_ID, ms, read_zeros);
}

void burn_forever(void)
{
	for (;;)
		spin();
}

/* ---- a cgroup ---- */

static char cgroup[100];

void cgroup_make(void)
{
	snprintf(cgroup, sizeof(cgroup), "/sys/fs/cgroup/usertime-test-%d", getpid());
	ASSERT_EQ(mkdir(cgroup, 0755), 0, "errno %d", errno);
}

void cgroup_enter(void)
{
	char path[150];
	FILE *f;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	f = fopen(path, "w");
	ASSERT(f && fprintf(f, "%d", getpid()) > 0 && !fclose(f));
}

u64 cgroup_ns(void)
{
	char path[150], *text;
	u64 us = 0;

	snprintf(path, sizeof(path), "%s/cpu.stat", cgroup);
	text = read_file(path, NULL);
	ASSERT_EQ(sscanf(text, "usage_usec %llu", &us), 1);
	free(text);
	return us * 1000;
}

void cgroup_remove(void)
{
	WAIT_FOR(rmdir(cgroup) == 0);
}

/* ---- around each test ---- */

static void reset_params(void)
{
	size_t i;

	for (i = 0; i < N_PARAMS; i++)
		ASSERT_EQ(param_set_num(params[i], defaults[i]), 0, "%s", params[i]);
}

void urt_before_test(void)
{
	reset_params();
	ASSERT_EQ(param_set_num("period_ms", FROZEN), 0);
	ASSERT_EQ(counter("targets"), 0);
}

/* The runner has killed all processes of the test: nothing may be left but for the next refresh. */
void urt_after_test(void)
{
	reset_params();
	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	WAIT_FOR(counter("targets") == 0, "(%llu left)", counter("targets"));
	WAIT_FOR(counter("sessions") == 0, "(%llu left)", counter("sessions"));
	WAIT_FOR(counter("registered") == counter("removed") + counter("exited"));
	EXPECT_EQ(lines(), 0);
	reset_params();
}

int urt_main_with(void (*before)(void), void (*after)(void))
{
	size_t i;

	if (access(USERTIME_STATUS_PATH, R_OK | W_OK)) {
		dprintf(STDOUT_FILENO, "not ok - the module is loaded (%s)\n", strerror(errno));
		return 1;
	}
	for (i = 0; i < N_PARAMS; i++)
		defaults[i] = param_get(params[i]);
	return tap_run(before, after);
}

int urt_main(void)
{
	return urt_main_with(urt_before_test, urt_after_test);
}
