// SPDX-License-Identifier: GPL-2.0-only
/* /dev/urt: its calls and their errors, its mappings, and who may sample whom. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "dev.h"

#define BOB 1002

#define EXPECT_SETUP(err, ...) do {					\
	struct usertime_setup setup_ = { __VA_ARGS__ };			\
	int fd_ = dev_open();						\
									\
	EXPECT_EQ(dev_setup(fd_, &setup_), err);			\
	close(fd_);							\
} while (0)

TEST(info, "info: the ABI, the limits of the parameters, the tick")
{
	int fd = dev_open();
	struct usertime_info info = dev_info(fd);
	unsigned int i;

	EXPECT_EQ(info.abi, USERTIME_ABI_VERSION);
	EXPECT_EQ(info.record_size, sizeof(struct usertime_record));
	EXPECT_EQ(info.setup_flags, USERTIME_SETUP_FOLLOW | USERTIME_SETUP_WAKE_EXIT |
				    USERTIME_SETUP_PRECISE);
	EXPECT_EQ(info.clock, CLOCK_MONOTONIC);
	EXPECT_EQ(info.period_min, 100000, "for root");
	EXPECT_EQ(info.period_max, 3600000000000);
	EXPECT_EQ(info.tick, kernel_tick());
	EXPECT_EQ(info.ring_min, sysconf(_SC_PAGESIZE) / 64);
	EXPECT_EQ(info.ring_max, 1 << 20);
	EXPECT_EQ(info.max_targets, param_get("max_targets"));
	EXPECT_EQ(info.max_targets_per_user, param_get("max_targets_per_user"));
	EXPECT_EQ(info.max_bytes_per_user, param_get("max_bytes_per_user"));
	EXPECT_EQ(info.max_rate_per_user, param_get("max_rate_per_user"));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(info.reserved[i], 0);
}

TEST(setup, "setup: each field has its range, and the sizes are whole pages")
{
	long page = sysconf(_SC_PAGESIZE);
	struct dev d = dev_start(10 * MS, 1000, 0);

	EXPECT_EQ(d.setup.ring, page / 64 > 1024 ? page / 64 : 1024);
	EXPECT_EQ(d.setup.watermark, 1);
	EXPECT_EQ(d.setup.consumer_size, page);
	EXPECT_EQ(d.setup.data_offset, page);
	EXPECT_EQ(d.setup.producer_size, page + d.setup.ring * 64);
	EXPECT_EQ(dev_setup(d.fd, &d.setup), -EBUSY);

	EXPECT_SETUP(0, .ring = 0);
	EXPECT_SETUP(0, .ring = 64, .watermark = page / 64);
	EXPECT_SETUP(0, .period = 3600000000000);
	EXPECT_SETUP(0, .period = 100000);
	EXPECT_SETUP(-EINVAL, .period = 99999);
	EXPECT_SETUP(-EINVAL, .period = 3600000000001);
	EXPECT_SETUP(-EINVAL, .period = ~0ULL);
	EXPECT_SETUP(-EINVAL, .ring = (1 << 20) + 1);
	EXPECT_SETUP(-EINVAL, .ring = ~0U);
	EXPECT_SETUP(-EINVAL, .ring = 64, .watermark = page / 64 + 1);
	EXPECT_SETUP(0, .flags = 7);
	EXPECT_SETUP(-EINVAL, .flags = 8);
	EXPECT_SETUP(-EINVAL, .flags = 1U << 31);
	EXPECT_SETUP(-EINVAL, .reserved = { 0, 0, 1 });
}

TEST(not_set_up, "before the setup: EBADFD, POLLERR; unknown calls ENOTTY; bad addresses EFAULT")
{
	struct usertime_target target = { .pid = getpid() };
	int fd = dev_open();
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char record[64];

	EXPECT_EQ(dev_add(fd, getpid(), NULL), -EBADFD);
	EXPECT_EQ(dev_remove(fd, getpid()), -EBADFD);
	EXPECT_EQ(dev_sample(fd), -EBADFD);
	EXPECT(read(fd, record, sizeof(record)) < 0 && errno == EBADFD);
	EXPECT(write(fd, record, sizeof(record)) < 0 && errno == EINVAL);
	EXPECT(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EBADFD);
	EXPECT_EQ(poll(&p, 1, 0), 1);
	EXPECT_EQ(p.revents, POLLERR);
	EXPECT(ioctl(fd, _IO(0xE8, 5)) && errno == ENOTTY);
	EXPECT(ioctl(fd, _IOR(0xE8, 0, long), &target) && errno == ENOTTY, "another size");
	EXPECT(ioctl(fd, USERTIME_IOC_INFO, (void *)8) && errno == EFAULT);
	EXPECT(ioctl(fd, USERTIME_IOC_SETUP, (void *)8) && errno == EFAULT);
	EXPECT_EQ(counter("sessions"), 1);
}

TEST(read_only_argument, "a setup whose result cannot be returned does nothing")
{
	struct usertime_setup *setup = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = dev_open();

	setup->ring = 64;
	ASSERT_EQ(mprotect(setup, 4096, PROT_READ), 0);
	EXPECT_EQ(dev_setup(fd, setup), -EFAULT);
	ASSERT_EQ(mprotect(setup, 4096, PROT_READ | PROT_WRITE), 0);
	EXPECT_EQ(dev_setup(fd, setup), 0);
}

TEST(add, "add and remove: their errors, and which process is meant")
{
	struct dev d = dev_start_mapped(0, 64, 0);
	struct kid k = kid_sleeper(), threaded;
	struct usertime_target target = { 0 };
	pid_t tid;
	u64 start = 0, other;

	threaded = kid_threaded(&tid);
	EXPECT_EQ(dev_add(d.fd, 0, NULL), -EINVAL);
	EXPECT_EQ(dev_add(d.fd, -1, NULL), -EINVAL);
	EXPECT_EQ(dev_add(d.fd, tid, NULL), -EINVAL);
	EXPECT_EQ(dev_add(d.fd, 2, NULL), -EINVAL, "kthreadd");
	EXPECT_EQ(dev_add(d.fd, missing_pid(), NULL), -ESRCH);
	EXPECT_EQ(dev_add(d.fd, INT32_MAX, NULL), -ESRCH);

	EXPECT_EQ(dev_remove(d.fd, k.pid), -ESRCH);
	EXPECT_EQ(dev_add(d.fd, k.pid, &start), 0);
	EXPECT_EQ(dev_add(d.fd, k.pid, NULL), -EEXIST);
	EXPECT_EQ(dev_wait(&d, USERTIME_RECORD_SAMPLE, k.pid).start, start);
	EXPECT_EQ(dev_remove(d.fd, k.pid), 0);
	EXPECT_EQ(dev_remove(d.fd, k.pid), -ESRCH);
	other = start + 1;
	EXPECT_EQ(dev_add(d.fd, k.pid, &other), -ESRCH, "another process had that number");
	EXPECT_EQ(dev_add(d.fd, k.pid, &start), 0);

	target.pid = threaded.pid;
	target.flags = 1;
	EXPECT(ioctl(d.fd, USERTIME_IOC_ADD, &target) && errno == EINVAL);
	target.flags = 0;
	target.reserved[1] = 1;
	EXPECT(ioctl(d.fd, USERTIME_IOC_ADD, &target) && errno == EINVAL);
	EXPECT_EQ(counter("targets"), 1);
	kid_kill(&k);
	dev_wait(&d, USERTIME_RECORD_EXIT, k.pid);
	EXPECT_EQ(dev_remove(d.fd, k.pid), -ESRCH);
}

TEST(both, "one process in the registry and in many sessions")
{
	struct kid k = kid_sleeper();
	struct dev d[8];
	int i;

	ASSERT_EQ(urt_register(k.pid), 0);
	for (i = 0; i < 8; i++) {
		d[i] = dev_start_mapped(0, 64, 0);
		EXPECT_EQ(dev_add(d[i].fd, k.pid, NULL), 0);
	}
	EXPECT_EQ(counter("targets"), 9);
	EXPECT_EQ(counter("sessions"), 8);
	dev_close(&d[3]);
	kid_kill(&k);
	for (i = 0; i < 8; i++)
		if (i != 3)
			dev_wait(&d[i], USERTIME_RECORD_EXIT, k.pid);
	wait_final(k.pid);
}

TEST(by_reading, "read(): whole records, EAGAIN, EINVAL, the end; EBUSY once it is mapped")
{
	struct usertime_record r[70];
	struct dev d = dev_start(0, 64, 0);
	struct kid k = kid_sleeper();
	void *volatile nowhere = (void *)8;
	int i;

	ASSERT_EQ(fcntl(d.fd, F_SETFL, O_NONBLOCK), 0);
	EXPECT(read(d.fd, r, sizeof(r)) < 0 && errno == EAGAIN);
	ASSERT_EQ(dev_add(d.fd, k.pid, NULL), 0);
	EXPECT(read(d.fd, r, 63) < 0 && errno == EINVAL);
	EXPECT(read(d.fd, nowhere, 64) < 0 && errno == EFAULT);
	for (i = 0; i < 40; i++)
		ASSERT_EQ(dev_sample(d.fd), 0);
	EXPECT_EQ(read(d.fd, r, 129), 128);
	EXPECT_EQ(read(d.fd, r + 2, sizeof(r) - 128), 39 * 64);
	for (i = 0; i < 41; i++)
		EXPECT(r[i].type == USERTIME_RECORD_SAMPLE && r[i].pid == (unsigned int)k.pid &&
		       r[i].time >= r[i ? i - 1 : 0].time);
	for (i = 0; i < 40; i++)
		ASSERT_EQ(dev_sample(d.fd), 0);
	EXPECT_EQ(read(d.fd, r, sizeof(r)), 40 * 64, "around the end of the ring");
	ASSERT_EQ(fcntl(d.fd, F_SETFL, 0), 0);
	kid_kill(&k);
	EXPECT_EQ(read(d.fd, r, sizeof(r)), 64, "waits for it");
	EXPECT_EQ(r[0].type, USERTIME_RECORD_EXIT);
	EXPECT_EQ(read(d.fd, r, sizeof(r)), 0);
	ASSERT(dev_map(&d, PROT_READ, d.setup.consumer_size, 0) != MAP_FAILED);
	EXPECT(read(d.fd, r, sizeof(r)) < 0 && errno == EBUSY);
}

TEST(polling, "poll(): watermark, exits at once if asked for, hang-up")
{
	struct dev d = dev_start_mapped(0, 64, USERTIME_SETUP_WAKE_EXIT), w;
	struct kid k = kid_sleeper(), other = kid_sleeper();
	struct pollfd p = { .fd = d.fd, .events = POLLIN };
	struct usertime_record r;

	w.fd = dev_open();
	w.setup = (struct usertime_setup) { .ring = 64, .watermark = 3 };
	ASSERT_EQ(dev_setup(w.fd, &w.setup), 0);
	p.fd = w.fd;
	EXPECT_EQ(poll(&p, 1, 0), 0);
	ASSERT_EQ(dev_add(w.fd, k.pid, NULL), 0);
	ASSERT_EQ(dev_sample(w.fd), 0);
	EXPECT_EQ(poll(&p, 1, 0), 0, "two records");
	ASSERT_EQ(dev_sample(w.fd), 0);
	EXPECT_EQ(poll(&p, 1, 0), 1);
	EXPECT_EQ(p.revents, POLLIN);
	ASSERT_EQ(dev_remove(w.fd, k.pid), 0);
	EXPECT_EQ(poll(&p, 1, 0), 1);
	EXPECT_EQ(p.revents, POLLIN | POLLHUP, "no target is left");

	p.fd = d.fd;
	d.setup.watermark = 64;
	ASSERT_EQ(dev_add(d.fd, k.pid, NULL), 0);
	ASSERT_EQ(dev_add(d.fd, other.pid, NULL), 0);
	while (dev_next(&d, &r))
		;
	EXPECT_EQ(poll(&p, 1, 0), 0);
	kid_kill(&k);
	EXPECT_EQ(poll(&p, 1, TAP_PATIENCE * 1000), 1);
	EXPECT_EQ(p.revents, POLLIN);
	ASSERT(dev_next(&d, &r));
	EXPECT_EQ(r.type, USERTIME_RECORD_EXIT);
	EXPECT_EQ(poll(&p, 1, 0), 0);
	kid_kill(&other);
	EXPECT_EQ(poll(&p, 1, TAP_PATIENCE * 1000), 1);
	EXPECT(p.revents & POLLIN, "%#x", p.revents);
	dev_wait(&d, USERTIME_RECORD_EXIT, other.pid);
	EXPECT_EQ(poll(&p, 1, TAP_PATIENCE * 1000), 1, "the end, which is published after the record");
	EXPECT_EQ(p.revents, POLLHUP);
}

static void no_map(struct dev *d, int prot, int flags, size_t size, off_t offset, int err)
{
	EXPECT(mmap(NULL, size, prot, flags, d->fd, offset) == MAP_FAILED && errno == err,
	       "prot %d, flags %d, %zu bytes at %lld: errno %d, not %d", prot, flags, size,
	       (long long)offset, errno, err);
}

TEST(mapping, "mappings: exact sizes and offsets, shared, the records never writable")
{
	struct dev d = dev_start_mapped(0, 64, 0);
	size_t page = d.setup.consumer_size, size = d.setup.producer_size;
	char *producer = (char *)d.producer, *consumer = (char *)d.consumer;

	no_map(&d, PROT_READ, MAP_PRIVATE, page, 0, EINVAL);
	no_map(&d, PROT_READ, MAP_PRIVATE, size, page, EINVAL);
	no_map(&d, PROT_READ, MAP_SHARED, 2 * page, 0, EINVAL);
	no_map(&d, PROT_READ, MAP_SHARED, page + size, 0, EINVAL);
	no_map(&d, PROT_READ, MAP_SHARED, size + page, page, EINVAL);
	no_map(&d, PROT_READ, MAP_SHARED, size - page, page, EINVAL);
	no_map(&d, PROT_READ, MAP_SHARED, page, 2 * page, EINVAL);
	no_map(&d, PROT_READ, MAP_SHARED, page, (off_t)1 << 40, EINVAL);
	no_map(&d, PROT_READ | PROT_WRITE, MAP_SHARED, size, page, EPERM);
	EXPECT(mprotect(producer, size, PROT_READ | PROT_WRITE) && errno == EACCES);
	EXPECT(mprotect(producer + page, page, PROT_WRITE) && errno == EACCES);
	EXPECT(mremap(producer, size, size + page, MREMAP_MAYMOVE) == MAP_FAILED &&
	       errno == EFAULT, "errno %d", errno);
	EXPECT(mremap(consumer, page, 2 * page, MREMAP_MAYMOVE) == MAP_FAILED && errno == EFAULT);
	/* Less of it, or elsewhere, is the caller's own business. */
	EXPECT_EQ(munmap(producer + page, page), 0);
	EXPECT(mremap(consumer, page, page, MREMAP_MAYMOVE) != MAP_FAILED);
}

static void use_inherited(struct kid *parent, void *arg)
{
	struct dev *d = arg;
	struct usertime_record r;

	kid_hear(parent);
	EXPECT(dev_next(d, &r) && r.type == USERTIME_RECORD_SAMPLE);
	dev_wait(d, USERTIME_RECORD_EXIT, kid_hear(parent));
	kid_tell(parent, 0);
}

TEST(outlives, "the mapping lives on without its descriptor, and in a forked child; then all is gone")
{
	struct dev d = dev_start_mapped(1 * MS, 1024, 0);
	struct kid k = kid_sleeper(), heir;

	ASSERT_EQ(dev_add(d.fd, k.pid, NULL), 0);
	heir = kid_start(use_inherited, &d);
	dev_close(&d);
	EXPECT_EQ(counter("sessions"), 1);
	kid_tell(&heir, 0);
	kid_tell(&heir, k.pid);
	kid_kill(&k);
	kid_hear(&heir);
	EXPECT_EQ(kid_reap(&heir, NULL), 0);
	WAIT_FOR(counter("sessions") == 0);
	EXPECT_EQ(counter("targets"), 0);
}

static void poll_for_ever(struct kid *parent, void *arg)
{
	struct pollfd p = { .events = POLLPRI };
	struct kid kids[20];
	struct dev d;
	int i;

	/* Children would inherit the session, and keep it: they come first. */
	(void)arg;
	for (i = 0; i < 20; i++)
		kids[i] = kid_sleeper();
	d = dev_start_mapped(10 * MS, 1024, USERTIME_SETUP_FOLLOW);
	for (i = 0; i < 20; i++)
		ASSERT_EQ(dev_add(d.fd, kids[i].pid, NULL), 0);
	kid_tell(parent, 0);
	p.fd = d.fd;
	poll(&p, 1, -1);
}

TEST(killed, "a client that is killed while it polls leaves nothing")
{
	struct kid k = kid_start(poll_for_ever, NULL);

	kid_hear(&k);
	EXPECT_EQ(counter("sessions"), 1);
	EXPECT_EQ(counter("targets"), 20);
	kid_kill(&k);
	WAIT_FOR(counter("sessions") == 0 && counter("targets") == 0);
}

TEST(many, "1000 sessions at once, each with a target, all closed at once")
{
	struct kid k = kid_sleeper();
	struct usertime_record r;
	unsigned int n = fewer(1000), i;
	struct dev d;
	int fd[1000];

	for (i = 0; i < n; i++) {
		d = dev_start(1000 * MS, 64, i % 100 ? 0 : USERTIME_SETUP_FOLLOW);
		fd[i] = d.fd;
		ASSERT_EQ(dev_add(fd[i], k.pid, NULL), 0, "session %u", i);
	}
	EXPECT_EQ(counter("sessions"), n);
	EXPECT_EQ(counter("targets"), n);
	kid_kill(&k);
	for (i = 0; i < n; i++) {
		do {
			ASSERT_EQ(read(fd[i], &r, sizeof(r)), sizeof(r));
		} while (r.type != USERTIME_RECORD_EXIT);
		close(fd[i]);
	}
	WAIT_FOR(counter("sessions") == 0);
}

TEST(unloading, "the module cannot be unloaded while a session is open, or its mapping is left")
{
	struct dev d = dev_start_mapped(0, 64, 0);

	EXPECT_EQ(module_unload(), -EAGAIN);
	close(d.fd);
	EXPECT_EQ(module_unload(), -EAGAIN);
	munmap(d.consumer, d.setup.consumer_size);
	EXPECT_EQ(module_unload(), -EAGAIN);
	munmap((void *)d.producer, d.setup.producer_size);
	WAIT_FOR(module_unload() == 0);
	ASSERT_EQ(module_load(""), 0);
}

/* ---- users ---- */

static void not_dumpable(struct kid *parent, void *arg)
{
	(void)arg;
	ASSERT_EQ(prctl(PR_SET_DUMPABLE, 0), 0);
	kid_tell(parent, 0);
	pause();
}

static void alice_samples(struct kid *parent, pid_t other)
{
	struct dev d = dev_start_mapped(1 * MS, 64, USERTIME_SETUP_FOLLOW);
	struct kid own = kid_sleeper(), hidden = kid_start(not_dumpable, NULL);
	struct usertime_setup fast = { .period = 1 * MS - 1, .ring = 64 };

	(void)parent;
	kid_hear(&hidden);
	EXPECT_EQ(dev_add(d.fd, own.pid, NULL), 0);
	EXPECT_EQ(dev_add(d.fd, hidden.pid, NULL), -EPERM, "not dumpable");
	EXPECT_EQ(dev_add(d.fd, other, NULL), -EPERM, "root's");
	EXPECT_EQ(dev_add(d.fd, 1, NULL), -EPERM, "root's");
	EXPECT_EQ(dev_add(d.fd, missing_pid(), NULL), -ESRCH);
	EXPECT_EQ(dev_info(d.fd).period_min, 1 * MS);
	EXPECT_EQ(dev_setup(dev_open(), &fast), -EPERM);
}

TEST(own, "an unprivileged user samples own processes, and no others")
{
	let_alice(alice_samples, getpid());
}

#define SETUID_SLEEP "/usr/local/bin/usertime-test-sleep"

static void setuid_child(struct kid *parent, pid_t other)
{
	(void)other;
	kid_hear(parent);
	execl(SETUID_SLEEP, "sleeps", NULL);
}

/* A copy of this very program, which then only sleeps. */
static void make_setuid_program(void)
{
	char command[200];

	snprintf(command, sizeof(command), "mkdir -p /usr/local/bin && cp /proc/%d/exe " SETUID_SLEEP
		 " && chmod 4755 " SETUID_SLEEP, getpid());
	ASSERT_EQ(system(command), 0);
}

static bool runs_as_root(pid_t pid)
{
	char path[64], *text;
	bool root;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	text = read_file(path, NULL);
	root = strstr(text, "Uid:\t1001\t0\t");
	free(text);
	return root;
}

static void alice_follows_setuid(struct kid *parent, pid_t pid)
{
	struct dev d = dev_start_mapped(1 * MS, 256, USERTIME_SETUP_FOLLOW);
	struct usertime_record r;
	char comm[20] = "";

	ASSERT_EQ(dev_add(d.fd, pid, NULL), 0);
	kid_tell(parent, 0);
	kid_hear(parent);		/* it is another program now, and root's */
	ASSERT_EQ(dev_sample(d.fd), 0);
	while (dev_next(&d, &r))
		if (r.type == USERTIME_RECORD_EXEC)
			memcpy(comm, r.name, sizeof(r.name));
	EXPECT(!*comm, "an EXEC record tells %s", comm);
	for (int i = 0; i < 5; i++)
		ASSERT_EQ(dev_sample(d.fd), 0);
	EXPECT(!dev_next(&d, &r), "a record of type %u", r.type);
	kid_tell(parent, 0);
	r = dev_wait(&d, USERTIME_RECORD_EXIT, pid);
	EXPECT(r.flags & USERTIME_FLAG_REFUSED, "flags %#x", r.flags);
}

TEST(setuid_program, "a setuid program: no samples and no name, but its EXIT")
{
	struct kid target, client;

	make_setuid_program();
	target = start_alice(setuid_child, 0);
	client = start_alice(alice_follows_setuid, target.pid);
	kid_hear(&client);
	kid_tell(&target, 0);
	WAIT_FOR(runs_as_root(target.pid));
	kid_tell(&client, 0);
	kid_hear(&client);
	kid_kill(&target);
	EXPECT_EQ(kid_reap(&client, NULL), 0);
	unlink(SETUID_SLEEP);
}

static void alice_with_perfmon(struct kid *parent, void *arg)
{
	struct dev d;

	(void)parent;
	become(ALICE, CAP_PERFMON);
	d = dev_start_mapped(1 * MS, 64, 0);
	EXPECT_EQ(dev_add(d.fd, *(pid_t *)arg, NULL), 0);
	dev_wait(&d, USERTIME_RECORD_SAMPLE, *(pid_t *)arg);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	ASSERT(fd >= 0, "%s: errno %d", path, errno);
	ASSERT_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* A page that can be read, while whoever writes to it, the kernel too, waits for answer_write(). */
static int delay_writes(void *page)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP };
	struct uffdio_register range = {
		.range = { (unsigned long)page, sysconf(_SC_PAGESIZE) },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	struct uffdio_writeprotect protect = {
		.range = range.range, .mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	ASSERT(fd >= 0, "errno %d", errno);
	ASSERT_EQ(ioctl(fd, UFFDIO_API, &api), 0);
	ASSERT_EQ(ioctl(fd, UFFDIO_REGISTER, &range), 0, "errno %d", errno);
	ASSERT_EQ(ioctl(fd, UFFDIO_WRITEPROTECT, &protect), 0, "errno %d", errno);
	return fd;
}

static void answer_write(int fd, void *page)
{
	struct uffdio_writeprotect protect = {
		.range = { (unsigned long)page, sysconf(_SC_PAGESIZE) },
	};

	ASSERT_EQ(ioctl(fd, UFFDIO_WRITEPROTECT, &protect), 0, "errno %d", errno);
}

struct late_add {
	int fd;
	struct usertime_target *target;
};

static void *add_late(void *arg)
{
	struct late_add *late = arg;

	return (void *)(long)(ioctl(late->fd, USERTIME_IOC_ADD, late->target) ? -errno : 0);
}

static void alice_adds_late(struct kid *parent, pid_t pid)
{
	struct dev d = dev_start_mapped(0, 64, 0);
	struct late_add late = { .fd = d.fd };
	struct usertime_record r;
	struct pollfd p;
	pthread_t thread;
	void *result;

	late.target = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(late.target != MAP_FAILED);
	late.target->pid = pid;
	p = (struct pollfd){ .fd = delay_writes(late.target), .events = POLLIN };
	ASSERT_EQ(pthread_create(&thread, NULL, add_late, &late), 0);
	ASSERT_EQ(poll(&p, 1, TAP_PATIENCE * 1000), 1, "it returns what it found");
	kid_tell(parent, 0);
	kid_hear(parent);		/* it is another program now, and root's */
	answer_write(p.fd, late.target);
	ASSERT_EQ(pthread_join(thread, &result), 0);
	EXPECT_EQ((long)result, -EPERM);
	EXPECT(!dev_next(&d, &r), "a record of type %u", r.type);
	EXPECT_EQ(dev_sample(d.fd), 0);
	EXPECT(!dev_next(&d, &r), "a record of type %u", r.type);
}

/* Between finding a process and measuring it, its owner can have the module wait. */
TEST(setuid_meanwhile, "one that executes a setuid program while it is being added is refused")
{
	static const char sysctl[] = "/proc/sys/vm/unprivileged_userfaultfd";
	char *before = read_file(sysctl, NULL);
	struct kid target, client;

	make_setuid_program();
	write_text(sysctl, "1");
	target = start_alice(setuid_child, 0);
	client = start_alice(alice_adds_late, target.pid);
	kid_hear(&client);
	kid_tell(&target, 0);
	WAIT_FOR(runs_as_root(target.pid));
	kid_tell(&client, 0);
	EXPECT_EQ(kid_reap(&client, NULL), 0);
	kid_kill(&target);
	write_text(sysctl, before);
	free(before);
	ASSERT_EQ(unlink(SETUID_SLEEP), 0);
}

TEST(capable, "CAP_PERFMON samples everybody's")
{
	struct kid victim = kid_sleeper(), k = kid_start(alice_with_perfmon, &victim.pid);

	EXPECT_EQ(kid_reap(&k, NULL), 0);
}

static void change_user(struct kid *parent, void *arg)
{
	(void)arg;
	become(ALICE, CAP_SETUID);
	ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	kid_tell(parent, 0);
	kid_hear(parent);
	ASSERT_EQ(setresuid(BOB, BOB, BOB), 0);
	kid_tell(parent, 0);
	pause();
}

static int samples(struct dev *d, int times)
{
	struct usertime_record r;
	int n = 0;

	while (times--)
		ASSERT_EQ(dev_sample(d->fd), 0);
	while (dev_next(d, &r))
		n += r.type == USERTIME_RECORD_SAMPLE;
	return n;
}

static void alice_loses(struct kid *parent, pid_t pid)
{
	struct dev d = dev_start_mapped(0, 64, 0);

	ASSERT_EQ(dev_add(d.fd, pid, NULL), 0);
	EXPECT_EQ(samples(&d, 2), 3);
	kid_tell(parent, 0);
	kid_hear(parent);
	EXPECT_EQ(samples(&d, 5), 0);
	kid_tell(parent, 0);
	EXPECT(dev_wait(&d, USERTIME_RECORD_EXIT, pid).flags & USERTIME_FLAG_REFUSED);
}

TEST(changed_user, "one that becomes another user's: no more samples, but for those who may")
{
	struct dev d = dev_start_mapped(0, 64, 0);
	struct kid k = kid_start(change_user, NULL), client;

	kid_hear(&k);
	ASSERT_EQ(dev_add(d.fd, k.pid, NULL), 0);
	client = start_alice(alice_loses, k.pid);
	kid_hear(&client);
	kid_tell(&k, 0);
	kid_hear(&k);
	kid_tell(&client, 0);
	EXPECT_EQ(samples(&d, 2), 3);
	kid_hear(&client);
	kid_kill(&k);
	EXPECT_EQ(kid_reap(&client, NULL), 0);
	EXPECT(!dev_wait(&d, USERTIME_RECORD_EXIT, k.pid).flags);
}

static void alice_not_at_all(struct kid *parent, pid_t other)
{
	(void)parent;
	(void)other;
	EXPECT(open(USERTIME_DEVICE_PATH, O_RDWR) < 0 && errno == EPERM);
}

TEST(privileged, "unprivileged=0: EPERM at open, but for CAP_PERFMON")
{
	struct kid victim = kid_sleeper(), k;

	ASSERT_EQ(param_set_num("unprivileged", 0), 0);
	let_alice(alice_not_at_all, 0);
	k = kid_start(alice_with_perfmon, &victim.pid);
	EXPECT_EQ(kid_reap(&k, NULL), 0);
	close(dev_open());
}

/* ---- namespaces ---- */

static void inside(struct kid *parent, void *arg)
{
	struct kid k = kid_sleeper();
	struct dev d = dev_start_mapped(0, 64, 0);

	(void)arg;
	EXPECT_EQ(getpid(), 1);
	EXPECT_EQ(dev_add(d.fd, k.pid, NULL), 0, "its own number %d", k.pid);
	dev_wait(&d, USERTIME_RECORD_SAMPLE, k.pid);
	EXPECT_EQ(dev_add(d.fd, kid_hear(parent), NULL), -ESRCH, "not in this namespace");
	kid_tell(parent, d.fd);
	kid_hear(parent);
	kid_kill(&k);
	dev_wait(&d, USERTIME_RECORD_EXIT, k.pid);
	kid_tell(parent, 0);
}

TEST(pid_namespace, "numbers are those of the opener's PID namespace")
{
	struct kid k = kid_clone(CLONE_NEWPID, inside, NULL);
	struct dev d = dev_start_mapped(0, 64, 0);
	pid_t target;

	kid_tell(&k, getpid());
	kid_hear(&k);
	target = first_child(k.pid);
	EXPECT_EQ(dev_add(d.fd, target, NULL), 0);
	EXPECT_EQ(dev_wait(&d, USERTIME_RECORD_SAMPLE, target).pid, target);
	kid_tell(&k, 0);
	kid_hear(&k);
	dev_wait(&d, USERTIME_RECORD_EXIT, target);
	EXPECT_EQ(kid_reap(&k, NULL), 0);
}

int main(int argc, char *argv[])
{
	struct stat st;

	if (argc == 1 && !strcmp(argv[0], "sleeps"))
		for (;;)
			pause();
	if (stat(USERTIME_DEVICE_PATH, &st) || (st.st_mode & 0777) != 0666) {
		dprintf(STDOUT_FILENO, "not ok - %s is there, with mode 0666\n", USERTIME_DEVICE_PATH);
		return 1;
	}
	return urt_main();
}
