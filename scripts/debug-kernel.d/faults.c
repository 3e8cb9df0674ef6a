// SPDX-License-Identifier: GPL-2.0-only
/*
 * One failure at a time: each system call of the interfaces is made with its first allocation or copy
 * to or from user memory failing, then with its second, and so on until there is none left to fail.
 * Each time it either succeeds as ever (the kernel had another way) or gives an errno, and then nothing
 * has changed: the same call without a failure succeeds afterwards.
 *
 * For kernels with CONFIG_FAILSLAB, FAIL_PAGE_ALLOC and FAULT_INJECTION_USERCOPY.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "dev.h"

static int nth_fd;

static void set_nth(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	/* What is left of the one before may hit this very write. */
	while (pwrite(nth_fd, text, len, 0) != len)
		ASSERT(errno == EFAULT || errno == ENOMEM, "errno %d", errno);
}

/* Whether the failure that was set has come. Reading takes a copy to user memory, which may fail, too. */
static bool nth_came(void)
{
	char text[16] = "";
	bool came = pread(nth_fd, text, sizeof(text) - 1, 0) > 0 && atoi(text) == 0;

	set_nth(0);
	return came;
}

/* Allocations that may wait fail as well, and nothing is printed, which would look like a complaint. */
static void allow_failures(void)
{
	static const char *const points[] = { "failslab", "fail_page_alloc", "fail_usercopy" };
	static const struct {
		const char *name, *value;
	} settings[] = {
		{ "ignore-gfp-wait", "N" }, { "ignore-gfp-highmem", "N" }, { "min-order", "0" },
		{ "verbose", "0" },
	};
	char path[128];
	size_t i, j;
	int fd;

	for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", points[i]);
		ASSERT(access(path, F_OK) == 0, "the kernel has no %s", points[i]);
		for (j = 0; j < sizeof(settings) / sizeof(settings[0]); j++) {
			snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", points[i],
				 settings[j].name);
			fd = open(path, O_WRONLY);
			if (fd < 0)
				continue;	/* not every point has every one */
			ASSERT(write(fd, settings[j].value, strlen(settings[j].value)) > 0);
			close(fd);
		}
	}
	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	ASSERT(nth_fd >= 0, "errno %d", errno);
}

/*
 * Calls try() until there is no more to fail in what it brackets with fail_next() and failed(). It
 * checks what became of it itself.
 */
static unsigned int number, injected;
/* Up to this one each fails; of those behind it, which are all the same, every 41st does. */
static unsigned int each = 5000;

static void fail_next(void)
{
	set_nth(number);
}

static bool failed(void)
{
	bool came = nth_came();

	injected += came;
	return came;
}

static void one_at_a_time(unsigned int least, bool (*try)(void))
{
	allow_failures();
	injected = 0;
	for (number = 1; try(); number += number < each ? 1 : 41)
		ASSERT(number < 5000, "endless");
	tap_note("%u failures", injected);
	EXPECT(injected >= least, "%u", injected);
}

/* The state of the module that a failed call must leave as it was. */
struct state {
	u64 targets, sessions, registered, removed;
	size_t lines;
};

static struct state state_now(void)
{
	return (struct state) {
		.targets = counter("targets"), .sessions = counter("sessions"),
		.registered = counter("registered"), .removed = counter("removed"),
		.lines = lines(),
	};
}

static void expect_unchanged(const struct state *before)
{
	struct state now = state_now();

	EXPECT(!memcmp(before, &now, sizeof(now)),
	       "at %u: targets %llu to %llu, sessions %llu to %llu, registered %llu to %llu, "
	       "removed %llu to %llu, lines %zu to %zu", number, before->targets, now.targets,
	       before->sessions, now.sessions, before->registered, now.registered,
	       before->removed, now.removed, before->lines, now.lines);
}

/* The errors that a missing allocation, or a missing copy, may become. */
static bool is_failure(long result)
{
	return result == -ENOMEM || result == -EFAULT;
}

/* ---- /proc/urt ---- */

static struct kid target;

/* Of a file, or a session. */
static bool try_open(const char *path, int flags)
{
	struct state before = state_now();
	bool came;
	int fd;

	fail_next();
	fd = open(path, flags | O_CLOEXEC);
	fd = fd < 0 ? -errno : fd;
	came = failed();
	if (fd < 0)
		EXPECT(came && is_failure(fd), "%s: errno %d at %u", path, -fd, number);
	else
		close(fd);
	/* A session is freed by a worker. */
	WAIT_FOR(counter("sessions") == before.sessions);
	expect_unchanged(&before);
	return came;
}

static bool try_open_status(void) { return try_open(USERTIME_STATUS_PATH, O_RDONLY); }
static bool try_open_detail(void) { return try_open(USERTIME_DETAIL_PATH, O_RDONLY); }
static bool try_open_stats(void) { return try_open(USERTIME_STATS_PATH, O_RDONLY); }
static bool try_open_device(void) { return try_open(USERTIME_DEVICE_PATH, O_RDWR); }

TEST(opening, "open() of the files of /proc/urt")
{
	one_at_a_time(2, try_open_status);
	one_at_a_time(2, try_open_detail);
	one_at_a_time(2, try_open_stats);
}

static long write_line(const char *command, pid_t pid, bool *came)
{
	char text[32];
	int fd = open(USERTIME_STATUS_PATH, O_WRONLY | O_CLOEXEC);
	int len = snprintf(text, sizeof(text), "%s %d\n", command, pid);
	long n;

	ASSERT(fd >= 0);
	fail_next();
	n = write(fd, text, len);
	n = n < 0 ? -errno : n;
	*came = failed();
	close(fd);
	if (n >= 0)
		EXPECT_EQ(n, len);
	return n;
}

static bool try_register(void)
{
	struct state before = state_now();
	bool came;
	long n = write_line("R", target.pid, &came);

	if (n < 0) {
		EXPECT(came && is_failure(n), "errno %ld at %u", -n, number);
		EXPECT(!listed(target.pid));
		expect_unchanged(&before);
		ASSERT_EQ(urt_register(target.pid), 0);
	}
	EXPECT(listed(target.pid));
	ASSERT_EQ(urt_unregister(target.pid), 0);
	return came;
}

static bool try_unregister(void)
{
	struct state before;
	bool came;
	long n;

	ASSERT_EQ(urt_register(target.pid), 0);
	before = state_now();
	n = write_line("U", target.pid, &came);
	if (n < 0) {
		EXPECT(came && is_failure(n), "errno %ld at %u", -n, number);
		expect_unchanged(&before);
		ASSERT_EQ(urt_unregister(target.pid), 0);
	}
	EXPECT(!listed(target.pid));
	return came;
}

TEST(registering, "write() to status: register, unregister")
{
	target = kid_sleeper();
	one_at_a_time(4, try_register);
	one_at_a_time(1, try_unregister);
}

static char whole[1 << 16];

/* Whole lines come, or an error does; then they come. */
static bool try_read(const char *path)
{
	size_t want_len;
	char *want;
	bool came;
	long n;
	int fd;

	ASSERT_EQ(param_set_num("period_ms", FROZEN), 0);
	want = read_file(path, &want_len);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT(fd >= 0);
	memset(whole, 0, sizeof(whole));
	fail_next();
	n = read(fd, whole, sizeof(whole));
	n = n < 0 ? -errno : n;
	came = failed();
	if (n < 0) {
		EXPECT(came && is_failure(n), "%s: errno %ld at %u", path, -n, number);
		n = read(fd, whole, sizeof(whole));
		ASSERT(n >= 0);
	}
	while ((size_t)n < want_len) {
		long more = read(fd, whole + n, sizeof(whole) - n);

		ASSERT(more > 0, "%ld after %ld of %zu bytes", more, n, want_len);
		n += more;
	}
	EXPECT(!memcmp(want, whole, want_len), "%s at %u", path, number);
	free(want);
	close(fd);
	return came;
}

static bool try_read_status(void) { return try_read(USERTIME_STATUS_PATH); }
static bool try_read_detail(void) { return try_read(USERTIME_DETAIL_PATH); }

TEST(reading, "read() of status and detail")
{
	int i;

	for (i = 0; i < 300; i++)
		ASSERT_EQ(urt_register(kid_sleeper().pid), 0);
	one_at_a_time(1, try_read_status);
	one_at_a_time(2, try_read_detail);
}

static bool try_parameter(void)
{
	bool came;
	int err;

	ASSERT_EQ(param_set_num("period_ms", 5000), 0);
	fail_next();
	err = param_set_num("period_ms", 6000);
	came = failed();
	if (err)
		EXPECT(came, "errno %d at %u", -err, number);
	EXPECT_EQ(param_get("period_ms"), err ? 5000 : 6000);
	return came;
}

TEST(parameters, "write() to a parameter")
{
	one_at_a_time(2, try_parameter);
}

/* ---- /dev/urt ---- */

TEST(open_device, "open() of the device")
{
	one_at_a_time(3, try_open_device);
}

static unsigned int setup_flags;

static bool try_setup(void)
{
	struct usertime_setup asked = { .period = MS, .ring = 4096, .flags = setup_flags };
	struct usertime_setup setup = asked;
	struct usertime_record r;
	int fd = dev_open(), err;
	bool came;

	fail_next();
	err = dev_setup(fd, &setup);
	came = failed();
	if (err) {
		EXPECT(came && is_failure(err), "errno %d at %u", -err, number);
		EXPECT_EQ(dev_sample(fd), -EBADFD);
		setup = asked;
		ASSERT_EQ(dev_setup(fd, &setup), 0, "after a failure at %u", number);
	}
	EXPECT(setup.consumer_size && setup.producer_size && setup.data_offset);
	EXPECT_EQ(dev_add(fd, target.pid, NULL), 0);
	EXPECT_EQ(read(fd, &r, sizeof(r)), sizeof(r));
	close(fd);
	return came;
}

TEST(setup, "USERTIME_IOC_SETUP, plain and with followed forks")
{
	target = kid_sleeper();
	one_at_a_time(10, try_setup);
	/* A thousand allocations are put by for children. */
	setup_flags = USERTIME_SETUP_FOLLOW;
	each = 20;
	one_at_a_time(40, try_setup);
}

static struct dev session;

static bool try_info(void)
{
	struct usertime_info info;
	bool came;
	int err;

	fail_next();
	err = ioctl(session.fd, USERTIME_IOC_INFO, &info) ? -errno : 0;
	came = failed();
	if (err)
		EXPECT(came && is_failure(err), "errno %d at %u", -err, number);
	else
		EXPECT_EQ(info.abi, USERTIME_ABI_VERSION);
	return came;
}

static bool try_add(void)
{
	struct state before = state_now();
	bool came;
	int err;

	fail_next();
	err = dev_add(session.fd, target.pid, NULL);
	came = failed();
	if (err) {
		EXPECT(came && is_failure(err), "errno %d at %u", -err, number);
		expect_unchanged(&before);
		ASSERT_EQ(dev_add(session.fd, target.pid, NULL), 0, "after one at %u", number);
	}
	EXPECT_EQ(dev_remove(session.fd, target.pid), 0);
	expect_unchanged(&before);
	return came;
}

static bool try_remove(void)
{
	bool came;
	int err;

	ASSERT_EQ(dev_add(session.fd, target.pid, NULL), 0);
	fail_next();
	err = dev_remove(session.fd, target.pid);
	came = failed();
	if (err) {
		EXPECT(came && is_failure(err), "errno %d at %u", -err, number);
		ASSERT_EQ(dev_remove(session.fd, target.pid), 0);
	}
	EXPECT_EQ(dev_remove(session.fd, target.pid), -ESRCH);
	return came;
}

static bool try_sample(void)
{
	bool came;

	fail_next();
	EXPECT_EQ(dev_sample(session.fd), 0);
	came = failed();
	EXPECT(!came, "nothing is allocated when samples are taken");
	return came;
}

TEST(targets, "USERTIME_IOC_INFO, ADD, REMOVE and SAMPLE")
{
	struct kid keeper = kid_sleeper();

	target = kid_sleeper();
	session = dev_start(0, 65536, 0);
	ASSERT_EQ(dev_add(session.fd, keeper.pid, NULL), 0);
	one_at_a_time(1, try_info);
	one_at_a_time(3, try_add);
	one_at_a_time(1, try_remove);
	one_at_a_time(0, try_sample);
}

static off_t map_offset;
static size_t map_size;
static int map_prot;

static bool try_map(void)
{
	void *map;
	bool came;
	int err;

	fail_next();
	map = mmap(NULL, map_size, map_prot, MAP_SHARED, session.fd, map_offset);
	err = errno;
	came = failed();
	if (map == MAP_FAILED) {
		EXPECT(came && (err == ENOMEM || err == EAGAIN), "errno %d at %u", err, number);
		return came;
	}
	EXPECT_EQ(*(volatile char *)map, 0);
	munmap(map, map_size);
	return came;
}

TEST(mapping, "mmap() of both pages' mappings")
{
	session = dev_start(0, 4096, 0);
	map_size = session.setup.consumer_size;
	map_prot = PROT_READ | PROT_WRITE;
	one_at_a_time(3, try_map);
	map_offset = session.setup.consumer_size;
	map_size = session.setup.producer_size;
	map_prot = PROT_READ;
	one_at_a_time(3, try_map);
}

#define RECORDS	300

/* No record is lost to a failed copy. */
static bool try_take(void)
{
	static struct usertime_record records[RECORDS + 1];
	bool came;
	long n, i;

	for (i = 0; i < RECORDS; i++)
		ASSERT_EQ(dev_sample(session.fd), 0);
	fail_next();
	n = read(session.fd, records, sizeof(records));
	n = n < 0 ? -errno : n;
	came = failed();
	if (n < 0) {
		EXPECT(came && is_failure(n), "errno %ld at %u", -n, number);
		n = 0;
	}
	n += read(session.fd, (char *)records + n, sizeof(records) - n) > 0 ?
	     (long)sizeof(records[0]) * RECORDS - n : 0;
	EXPECT_EQ(n, sizeof(records[0]) * RECORDS, "at %u", number);
	for (i = 1; i < RECORDS; i++)
		EXPECT(records[i].type == USERTIME_RECORD_SAMPLE &&
		       records[i].time >= records[i - 1].time);
	return came;
}

TEST(taking, "read() of the device")
{
	struct usertime_record first;

	target = kid_sleeper();
	session = dev_start(0, 1024, 0);
	ASSERT_EQ(fcntl(session.fd, F_SETFL, O_NONBLOCK), 0);
	ASSERT_EQ(dev_add(session.fd, target.pid, NULL), 0);
	ASSERT_EQ(read(session.fd, &first, sizeof(first)), sizeof(first));
	one_at_a_time(1, try_take);
}

/* ---- followed forks and programs ---- */

struct counts {
	unsigned int forks, execs, exits;
	u64 children, events;
};

static struct counts take_counts(void)
{
	struct counts c = { .children = 0 };
	struct usertime_record r;

	while (dev_next(&session, &r)) {
		c.forks += r.type == USERTIME_RECORD_FORK;
		c.execs += r.type == USERTIME_RECORD_EXEC;
		c.exits += r.type == USERTIME_RECORD_EXIT;
		if (r.type == USERTIME_RECORD_LOST) {
			c.children += r.lost_children;
			c.events += r.lost_events;
		}
	}
	return c;
}

/* Every child is followed to its end, or is counted as one that is not. */
static bool try_fork(void)
{
	struct counts c;
	int status;
	bool came;
	pid_t pid;

	fail_next();
	pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (!pid)
		syscall(SYS_exit_group, 0);
	came = failed();
	if (pid < 0) {
		EXPECT(came, "errno %d at %u", errno, number);
		return came;
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	ASSERT_EQ(dev_sample(session.fd), 0);
	c = take_counts();
	EXPECT(c.forks + c.children == 1 && c.exits == c.forks, "at %u: %u forks, %u exits, %llu lost",
	       number, c.forks, c.exits, c.children);
	return came;
}

TEST(forks, "fork() of a followed process")
{
	session = dev_start_mapped(0, 1024, USERTIME_SETUP_FOLLOW);
	ASSERT_EQ(dev_add(session.fd, getpid(), NULL), 0);
	one_at_a_time(50, try_fork);
}

/* In the child, which the failures are for: a fresh program that says whether one has come. */
static void fail_and_exec(struct kid *parent, void *arg)
{
	char path[] = "/proc/self/exe", name[] = "again", fd[16];
	char *argv[] = { name, fd, NULL };

	(void)arg;
	kid_hear(parent);
	close(nth_fd);
	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR);
	ASSERT(nth_fd >= 0);
	snprintf(fd, sizeof(fd), "%d", nth_fd);
	fail_next();
	execv(path, argv);
	_exit(nth_came() ? 2 : 4);
}

/* main() of that program. Killed by the kernel it was if it failed beyond the point of no return. */
static int executed(const char *fd)
{
	nth_fd = atoi(fd);
	return nth_came() ? 1 : 0;
}

static bool try_exec(void)
{
	struct kid kid = kid_start(fail_and_exec, NULL);
	struct counts c;
	bool came;
	int status;

	ASSERT_EQ(dev_add(session.fd, kid.pid, NULL), 0);
	take_counts();
	kid_tell(&kid, 0);
	status = kid_reap(&kid, NULL);
	ASSERT_EQ(dev_sample(session.fd), 0);
	c = take_counts();
	EXPECT_EQ(c.exits, 1, "at %u", number);
	came = status != 0;
	injected += came;
	if (WIFSIGNALED(status) || WEXITSTATUS(status) > 4)
		return came;	/* by the kernel, or the C library as it started */
	ASSERT(WEXITSTATUS(status) != 4, "failed without a failure, at %u", number);
	if (WEXITSTATUS(status) < 2)
		EXPECT_EQ(c.execs + c.events, 1, "at %u, %llu counted", number, c.events);
	else
		EXPECT_EQ(c.execs, 0);
	return came;
}

TEST(programs, "execve() of a target")
{
	struct kid keeper = kid_sleeper();

	session = dev_start_mapped(0, 1024, 0);
	ASSERT_EQ(dev_add(session.fd, keeper.pid, NULL), 0);
	one_at_a_time(20, try_exec);
}

/* ---- the module ---- */

static bool try_load(void)
{
	static const char *const left[] = { "/proc/urt", USERTIME_DEVICE_PATH };
	int fd = open(getenv("USERTIME_KO"), O_RDONLY | O_CLOEXEC), err;
	size_t i;
	bool came;

	ASSERT(fd >= 0, "USERTIME_KO");
	fail_next();
	err = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	came = failed();
	close(fd);
	if (err) {
		EXPECT(came, "errno %d at %u", -err, number);
		for (i = 0; i < 2; i++)
			EXPECT(access(left[i], F_OK), "%s is there after errno %d at %u", left[i],
			       -err, number);
	} else {
		EXPECT_EQ(module_unload(), 0);
	}
	return came;
}

/* The parameters are reset, and so must be there, after each test. */
TEST(module, "loading the module")
{
	ASSERT_EQ(module_unload(), 0);
	one_at_a_time(100, try_load);
	ASSERT_EQ(module_load(""), 0);
}

int main(int argc, char *argv[])
{
	if (argc == 2 && !strcmp(argv[0], "again"))
		return executed(argv[1]);
	return urt_main();
}
