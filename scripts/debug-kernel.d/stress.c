// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything at once, round after round: usage: stress [SECONDS]. In each round processes of many
 * kinds use the module in all its ways while those that they measure come and go; afterwards its
 * counters must add up, and nothing be left. In the last third of a round no session is open, and the
 * module is unloaded and loaded in between.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "dev.h"

#define ROUND_SECONDS	30
#define PIECE		(8UL << 20)	/* of memory, taken at once */
#define POOL		200	/* fewer where forking is slow, as most numbers would be of nobody */
#define POPULATORS	4
#define STORMS		2	/* processes that do nothing but fork */
#define USERS		8
#define FIRST_USER	2000

enum count {
	REGISTERED, UNREGISTERED, FORKS, EXECS, SESSIONS, RECORDS, LOST, KILLED, BYTES, PERIODS,
	NAMESPACES, STOPS, CPUS, PAGES, UNLOADED, N_COUNTS
};

static const char * const count_names[N_COUNTS] = {
	"registrations", "unregistrations", "forks and exits", "execs of other threads", "sessions",
	"records", "lost records", "killed clients", "bytes read", "changes of the period",
	"namespaces", "stopped readers", "CPUs taken down", "MB of memory taken", "unloadings",
};

/* Shared by all processes of all rounds. */
static struct {
	unsigned long counts[N_COUNTS], before[N_COUNTS];
	pid_t pool[POOL + STORMS];
	unsigned int populators, storms;
	int stop;		/* all */
	int no_sessions;	/* those that hold the module */
} *shared;

static void count(enum count what, unsigned long n)
{
	__atomic_add_fetch(&shared->counts[what], n, __ATOMIC_RELAXED);
}

static bool going_on(void)
{
	return !__atomic_load_n(&shared->stop, __ATOMIC_RELAXED);
}

static bool may_hold(void)
{
	return going_on() && !__atomic_load_n(&shared->no_sessions, __ATOMIC_RELAXED);
}

static pid_t any(void)
{
	unsigned int i = random() % (fewer(POOL) + STORMS);

	/* The storms stand behind all that there may be before them. */
	if (i >= fewer(POOL))
		i += POOL - fewer(POOL);
	return __atomic_load_n(&shared->pool[i], __ATOMIC_RELAXED);
}

/* The module comes and goes: what is not there is no failure. */
static bool is_away(int err)
{
	return err == ENOENT || err == ENODEV || err == ENXIO;
}

static int open_file(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	ASSERT(fd >= 0 || is_away(errno) || errno == EMFILE || errno == EINVAL, "%s: errno %d", path,
	       errno);
	return fd;
}

/* ---- the measured ---- */

static void *exec_from_here(void *unused)
{
	char *argv[] = { (char *)"exits", NULL };

	(void)unused;
	execv("/proc/self/exe", argv);
	_exit(1);
}

static void *sleeping_thread(void *unused)
{
	for (;;)
		pause();
	return unused;
}

/* Alive for a while in one of several ways; those that read /proc/urt must cope with all. */
static void live(unsigned int kind)
{
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	switch (kind) {
	case 0:
		_exit(0);
	case 1:
		burn_user(random() % 20);
		_exit(0);
	case 2:
		pthread_create(&thread, NULL, sleeping_thread, NULL);
		usleep(random() % 20000);
		_exit(0);		/* takes the other with it */
	case 3:
		pthread_create(&thread, NULL, sleeping_thread, NULL);
		pthread_create(&thread, NULL, sleeping_thread, NULL);
		usleep(random() % 20000);
		syscall(SYS_exit, 0);	/* the leader alone: killed later */
		break;
	case 4:
		count(EXECS, 1);
		pthread_create(&thread, NULL, exec_from_here, NULL);
		for (;;)
			pause();
	default:
		usleep(random() % 200000);
		_exit(0);
	}
}

/* Each keeps its part of the pool full of processes of all kinds. */
static void populate(void)
{
	unsigned int first = __atomic_fetch_add(&shared->populators, 1, __ATOMIC_RELAXED), i;
	pid_t pid;

	while (going_on()) {
		i = random() % fewer(POOL) / POPULATORS * POPULATORS + first;
		pid = shared->pool[i];
		if (pid > 0) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
		}
		pid = fork();
		if (!pid) {
			srandom(getpid());
			live(random() % 7);
		}
		__atomic_store_n(&shared->pool[i], pid, __ATOMIC_RELAXED);
		count(FORKS, pid > 0);
	}
	for (i = first; i < POOL; i += POPULATORS)
		if (shared->pool[i] > 0)
			kill(shared->pool[i], SIGKILL);
}

/* Forks as often as can be, being registered and followed itself; its children exit at once. */
static void storm(void)
{
	unsigned int i = __atomic_fetch_add(&shared->storms, 1, __ATOMIC_RELAXED);
	pid_t pid;

	__atomic_store_n(&shared->pool[POOL + i], getpid(), __ATOMIC_RELAXED);
	while (going_on()) {
		pid = vfork();
		if (!pid)
			_exit(0);
		if (pid > 0)
			waitpid(pid, NULL, 0);
		count(FORKS, pid > 0);
	}
}

/* ---- the registry ---- */

static void registrar(void)
{
	char text[64];
	int fd, len;
	bool add;
	long n;

	become(FIRST_USER + random() % USERS, -1);
	while (going_on()) {
		fd = open_file(USERTIME_STATUS_PATH, O_WRONLY);
		if (fd < 0)
			continue;
		add = random() % 3;
		len = snprintf(text, sizeof(text), "%s %d\nR %d\n", add ? "R" : "U", any(), any());
		n = write(fd, text, len);
		ASSERT(n > 0 || errno == ESRCH || errno == EINVAL || errno == EPERM ||
		       errno == EDQUOT || errno == ENOSPC || errno == EIO || errno == ENOMEM,
		       "errno %d", errno);
		if (n > 0)
			count(add ? REGISTERED : UNREGISTERED, 1);
		close(fd);
	}
}

static void reader(void)
{
	static const char * const paths[] = {
		USERTIME_STATUS_PATH, USERTIME_DETAIL_PATH, USERTIME_STATS_PATH,
	};
	char buf[4096];
	long n;
	int fd;

	while (going_on()) {
		fd = open_file(paths[random() % 3], O_RDONLY);
		if (fd < 0)
			continue;
		while ((n = read(fd, buf, 1 + random() % sizeof(buf))) > 0)
			count(BYTES, n);
		ASSERT(n == 0 || errno == EIO || errno == ENOMEM, "errno %d", errno);
		if (random() % 8 == 0)
			lseek(fd, random() % 512, SEEK_SET);
		close(fd);
	}
}

/* ---- sessions ---- */

static void take_records(struct dev *d)
{
	struct usertime_record r;

	while (dev_next(d, &r)) {
		count(RECORDS, 1);
		if (r.type == USERTIME_RECORD_LOST)
			count(LOST, r.lost_samples + r.lost_exits + r.lost_events);
	}
}

static bool open_session(struct dev *d)
{
	static const u64 periods[] = { 0, 1 * MS, 2 * MS, 10 * MS };
	char *producer;

	memset(d, 0, sizeof(*d));
	d->fd = open_file(USERTIME_DEVICE_PATH, O_RDWR);
	if (d->fd < 0)
		return false;
	d->setup.period = periods[random() % 4];
	d->setup.ring = 1 << (6 + random() % 8);
	d->setup.flags = random() % 8;
	if (dev_setup(d->fd, &d->setup)) {
		close(d->fd);
		return false;
	}
	d->consumer = dev_map(d, PROT_READ | PROT_WRITE, d->setup.consumer_size, 0);
	producer = dev_map(d, PROT_READ, d->setup.producer_size, d->setup.consumer_size);
	ASSERT((void *)d->consumer != MAP_FAILED && producer != MAP_FAILED, "errno %d", errno);
	d->producer = (void *)producer;
	d->records = (void *)(producer + d->setup.data_offset);
	count(SESSIONS, 1);
	return true;
}

static void use_session(void)
{
	struct pollfd p = { .events = POLLIN };
	struct dev d;
	int i, err;

	if (!open_session(&d))
		return;
	p.fd = d.fd;
	for (i = 0; i < 200 && may_hold(); i++) {
		err = random() % 4 ? dev_add(d.fd, any(), NULL) : dev_remove(d.fd, any());
		ASSERT(!err || err == -ESRCH || err == -EEXIST || err == -EPERM || err == -EDQUOT ||
		       err == -EINVAL || err == -ENOSPC || err == -ENOMEM, "errno %d", -err);
		if (random() % 2)
			poll(&p, 1, 1);
		if (random() % 16 == 0)
			dev_sample(d.fd);
		if (random() % 8)
			take_records(&d);
	}
	/* Hostile, and its own loss: it takes no more records. */
	d.consumer->tail = random();
	dev_sample(d.fd);
	poll(&p, 1, 1);
	dev_close(&d);
}

static void client(void)
{
	while (going_on()) {
		if (may_hold())
			use_session();
		else
			usleep(1000);
	}
}

/* Clients that are killed in the middle. */
static void client_killer(void)
{
	pid_t pid;

	while (going_on()) {
		pid = fork();
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			srandom(getpid());
			if (random() % 2)
				become(FIRST_USER + random() % USERS, -1);
			client();
			_exit(0);
		}
		usleep(random() % 50000);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		count(KILLED, 1);
	}
}

/* ---- around ---- */

static void parameters(void)
{
	int fd;

	while (going_on()) {
		fd = open_file("/sys/module/usertime/parameters/period_ms", O_WRONLY);
		if (fd >= 0) {
			count(PERIODS, dprintf(fd, "%ld\n", 10 + random() % 100) > 0);
			close(fd);
		}
		fd = open_file("/sys/module/usertime/parameters/precise", O_WRONLY);
		if (fd >= 0) {
			dprintf(fd, "%ld\n", random() % 2);
			close(fd);
		}
		usleep(1000);
	}
}

/* Process 1 of a PID namespace registers its members, and dies with all of them. */
static int in_namespace(void *unused)
{
	int i, fd;

	(void)unused;
	srandom(getpid() + time(NULL));
	fd = open(USERTIME_STATUS_PATH, O_WRONLY | O_CLOEXEC);
	for (i = 0; i < 20 && going_on(); i++) {
		pid_t pid = fork();

		if (!pid)
			live(5);
		if (fd >= 0)
			dprintf(fd, "%d\n", pid);
	}
	if (random() % 2 && may_hold())
		use_session();
	return 0;
}

static void namespaces(void)
{
	static char stack[1 << 16] __attribute__((aligned(16)));
	pid_t pid;

	while (going_on()) {
		pid = clone(in_namespace, stack + sizeof(stack),
			    CLONE_NEWPID | (random() % 2 ? CLONE_NEWUSER : 0) | SIGCHLD, NULL);
		ASSERT(pid > 0, "errno %d", errno);
		if (random() % 2) {
			usleep(random() % 20000);
			kill(pid, SIGKILL);
		}
		waitpid(pid, NULL, 0);
		count(NAMESPACES, 1);
	}
}

static void set_cpu(int cpu, int online)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	count(CPUS, write(fd, online ? "1" : "0", 1) == 1 && !online);
	close(fd);
}

static void hotplug(void)
{
	int cpu, n = sysconf(_SC_NPROCESSORS_CONF);

	while (going_on() && n > 1) {
		cpu = 1 + random() % (n - 1);
		set_cpu(cpu, 0);
		usleep(random() % 300000);
		set_cpu(cpu, 1);
		usleep(random() % 300000);
	}
}

static size_t free_memory(void)
{
	return (size_t)sysconf(_SC_AVPHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

/* For good, before others run: they would have to wait for it, or it for them. */
static void take_most_memory(void)
{
	size_t size = free_memory() / 10 * 6;
	char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map != MAP_FAILED && !madvise(map, size, MADV_DONTFORK) &&
	    !madvise(map, size, MADV_POPULATE_WRITE))
		count(PAGES, size >> 20);
}

/* Takes and gives back most of the rest; as long as that takes, it leaves to the others. */
static void memory(void)
{
	size_t size, taken;
	double began, took;
	char *map;

	while (going_on()) {
		began = tap_now();
		size = free_memory() / 10 * 7;
		map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (map == MAP_FAILED)
			continue;
		for (taken = 0; taken + PIECE <= size && going_on(); taken += PIECE)
			if (!madvise(map + taken, PIECE, MADV_POPULATE_WRITE))
				count(PAGES, PIECE >> 20);
		usleep(100000);
		munmap(map, size);
		took = tap_now() - began;
		while (tap_now() < began + 2 * took && going_on())
			usleep(10000);
	}
}

/* Only succeeds while nobody holds it. */
static void unloader(void)
{
	while (going_on()) {
		if (may_hold()) {
			usleep(10000);
		} else if (!module_unload()) {
			count(UNLOADED, 1);
			ASSERT_EQ(module_load(""), 0);
		}
	}
}

static const struct {
	void (*work)(void);
	int processes;
	bool stopped;		/* from time to time */
} kinds[] = {
	{ populate, POPULATORS, false }, { storm, STORMS, false }, { registrar, 4, true },
	{ reader, 2, true }, { client, 3, true }, { client_killer, 2, false },
	{ parameters, 1, false }, { namespaces, 2, false }, { hotplug, 1, false },
	{ memory, 1, false }, { unloader, 1, false },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static struct {
	pid_t pid;
	bool stopped;
} workers[64];
static unsigned int nr_workers;

static void start_workers(void)
{
	unsigned int i;
	int j;

	for (i = 0; i < KINDS; i++) {
		for (j = 0; j < kinds[i].processes; j++) {
			pid_t pid = fork();

			if (!pid) {
				srandom(getpid());
				kinds[i].work();
				_exit(0);
			}
			workers[nr_workers].pid = pid;
			workers[nr_workers++].stopped = kinds[i].stopped;
		}
	}
}

/* Whether something of each of the first @n kinds was done in this round. */
static bool all_done(int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (i != LOST && shared->counts[i] == shared->before[i])
			return false;
	return true;
}

/*
 * Readers that stand still in whatever they are doing, for a time, and until something of each of
 * the first @n kinds was done: on a slow kernel that may be later.
 */
static void stop_some(double seconds, int n)
{
	double until = tap_now() + seconds, patience = until + TAP_PATIENCE;
	unsigned int i;

	while (tap_now() < until || (!all_done(n) && tap_now() < patience)) {
		i = random() % nr_workers;
		if (workers[i].stopped) {
			kill(workers[i].pid, SIGSTOP);
			usleep(20000);
			kill(workers[i].pid, SIGCONT);
			count(STOPS, 1);
		}
		usleep(50000);
	}
}

static void end_workers(void)
{
	unsigned int i;
	int status;

	__atomic_store_n(&shared->stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < nr_workers; i++) {
		ASSERT_EQ(waitpid(workers[i].pid, &status, 0), workers[i].pid);
		EXPECT_EQ(status, 0);
	}
	for (i = 1; i < (unsigned int)sysconf(_SC_NPROCESSORS_CONF); i++)
		set_cpu(i, 1);
}

/* What all rounds so far did, in a line. */
static void note_counts(void)
{
	char line[1024];
	int i, len = 0;

	for (i = 0; i < N_COUNTS; i++)
		len += snprintf(line + len, sizeof(line) - len, "%s%lu %s", i ? ", " : "",
				shared->counts[i], count_names[i]);
	tap_note("%s", line);
}

static void round_of_all(void)
{
	int i;

	shared->stop = shared->no_sessions = 0;
	shared->populators = shared->storms = 0;
	memset(shared->pool, 0, sizeof(shared->pool));
	memcpy(shared->before, shared->counts, sizeof(shared->counts));
	start_workers();
	stop_some(ROUND_SECONDS * 2 / 3, UNLOADED);
	__atomic_store_n(&shared->no_sessions, 1, __ATOMIC_RELAXED);
	stop_some(ROUND_SECONDS / 3, N_COUNTS);
	end_workers();
	note_counts();
	for (i = 0; i < N_COUNTS; i++)
		if (i != LOST)
			EXPECT(shared->counts[i] > shared->before[i], "no %s", count_names[i]);
}

int main(int argc, char *argv[])
{
	long seconds = argc > 1 ? atol(argv[1]) : 300, left;

	if (!strcmp(argv[0], "exits"))
		return 0;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	take_most_memory();
	for (left = seconds; left > 0; left -= ROUND_SECONDS)
		tap_add("everything at once, and the counters add up", round_of_all);
	return urt_main();
}
