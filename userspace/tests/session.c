// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions on a kernel that is made up: open(2), ioctl(2) and mmap(2) of the device come here (the
 * linker's --wrap), reading and waiting goes to a pipe.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "lib/session.h"
#include "tap.h"

#define RING	64
#define MS	1000000

int __real_open(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long request, ...);
void *__real_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
int __wrap_open(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);

/* The kernel: what it will say, and what it was told. */
static struct {
	int open_error, info_error, setup_error, target_error, sample_error;
	bool no_producer, no_consumer;		/* mmap is refused */
	unsigned int interruptions;		/* EINTR comes first */
	struct usertime_info info;

	int device, pipe;			/* where to write what read(2) is to give */
	int memory;				/* consumer page, then producer page and records */
	char *mapped;
	unsigned int opened, adds, removes, samples;
	struct usertime_setup setup;
	struct usertime_target target;
	int protection[2];
} kernel;

static size_t page;

static void reset(void)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.device = kernel.pipe = -1;
	kernel.info = (struct usertime_info){
		.abi = USERTIME_ABI_VERSION, .record_size = 64, .setup_flags = 3,
		.clock = CLOCK_MONOTONIC, .period_min = MS, .period_max = 1ULL << 40,
		.ring_min = 64, .ring_max = 65536,
	};
	page = sysconf(_SC_PAGESIZE);
	kernel.memory = memfd_create("ring", MFD_CLOEXEC);
	need(kernel.memory >= 0 && !ftruncate(kernel.memory, 4 * page));
	kernel.mapped = __real_mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_SHARED,
				    kernel.memory, 0);
	need(kernel.mapped != MAP_FAILED);
}

static void cleanup(void)
{
	munmap(kernel.mapped, 4 * page);
	close(kernel.memory);
	if (kernel.pipe >= 0)
		close(kernel.pipe);
}

static struct usertime_producer *producer(void)
{
	return (struct usertime_producer *)(kernel.mapped + page);
}

static int fails(int error)
{
	errno = error;
	return -1;
}

int __wrap_open(const char *path, int flags, ...)
{
	int ends[2];

	if (strcmp(path, USERTIME_DEVICE_PATH))
		return __real_open(path, flags);
	if (kernel.open_error)
		return fails(kernel.open_error);
	need(flags == (O_RDWR | O_CLOEXEC | O_NONBLOCK) && !pipe2(ends, O_NONBLOCK | O_CLOEXEC));
	if (kernel.pipe >= 0)
		close(kernel.pipe);
	kernel.device = ends[0];
	kernel.pipe = ends[1];
	kernel.opened++;
	return kernel.device;
}

static int set_up(struct usertime_setup *setup)
{
	if (kernel.setup_error)
		return fails(kernel.setup_error);
	kernel.setup = *setup;
	setup->ring = RING;
	setup->consumer_size = page;
	setup->producer_size = 3 * page;
	setup->data_offset = page;
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	void *argument;
	va_list args;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	need(fd == kernel.device);
	if (kernel.interruptions) {
		kernel.interruptions--;
		return fails(EINTR);
	}
	switch (request) {
	case USERTIME_IOC_INFO:
		*(struct usertime_info *)argument = kernel.info;
		return kernel.info_error ? fails(kernel.info_error) : 0;
	case USERTIME_IOC_SETUP:
		return set_up(argument);
	case USERTIME_IOC_ADD:
		kernel.adds++;
		kernel.target = *(struct usertime_target *)argument;
		((struct usertime_target *)argument)->start = 4242;
		return kernel.target_error ? fails(kernel.target_error) : 0;
	case USERTIME_IOC_REMOVE:
		kernel.removes++;
		kernel.target = *(struct usertime_target *)argument;
		return kernel.target_error ? fails(kernel.target_error) : 0;
	case USERTIME_IOC_SAMPLE:
		kernel.samples++;
		return kernel.sample_error ? fails(kernel.sample_error) : 0;
	}
	return fails(ENOTTY);
}

void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	if (fd < 0 || fd != kernel.device)
		return __real_mmap(at, size, prot, flags, fd, offset);
	if (offset ? kernel.no_producer : kernel.no_consumer) {
		errno = EPERM;
		return MAP_FAILED;
	}
	need(flags == MAP_SHARED && (offset ? offset == (off_t)page && size == 3 * page :
				     size == page));
	kernel.protection[offset ? 1 : 0] = prot;
	return __real_mmap(at, size, prot, flags, kernel.memory, offset);
}

/* The record's time is its position; a reader gets them all the same. */
static void produce(unsigned int count, unsigned int type)
{
	struct usertime_record *records = (void *)(kernel.mapped + 2 * page), record;
	uint32_t head = producer()->head;

	while (count--) {
		record = (struct usertime_record){ .time = head, .type = type };
		records[head % RING] = record;
		head++;
		need(write(kernel.pipe, &record, sizeof(record)) == sizeof(record));
	}
	__atomic_store_n(&producer()->head, head, __ATOMIC_RELEASE);
}

static struct usertime_session *open_session(uint32_t flags)
{
	struct usertime_session_options options = { .flags = flags };
	struct usertime_session *session = usertime_session_open(&options);

	need(session);
	return session;
}

static void refused(int error, const char *message, const char *name)
{
	errno = 0;
	ok(!usertime_session_open(NULL) && errno == error, "%s: errno", name);
	is_text(usertime_message(), message, name);
}

#define ABI_MESSAGE(version, old) "the usertime module has version " version \
	" of the interface, libusertime has 1: upgrade " old

static void test_refused(void)
{
	const struct usertime_session_options large = { .ring = 8192 };
	struct usertime_info info;
	int fd;

	reset();
	fd = dup(0);
	close(fd);
	kernel.open_error = ENOENT;
	refused(ENOENT, "the usertime module is not loaded: 'usertime doctor' says why and what to"
		" do", "no device");
	kernel.open_error = ENXIO;
	refused(ENOENT, "the usertime module is not loaded: 'usertime doctor' says why and what to"
		" do", "a device without its module");
	kernel.open_error = EACCES;
	refused(EACCES, "/dev/urt may not be opened by this user:"
		" 'usertime doctor' says what to do",
		"its mode");
	kernel.open_error = EPERM;
	refused(EPERM, "only CAP_PERFMON may have sampling sessions here: the module's parameter"
		" unprivileged is 0", "unprivileged=0");
	kernel.open_error = EMFILE;
	refused(EMFILE, "/dev/urt: Too many open files", "another error");
	ok(usertime_device_info(&info) == -1 && errno == EMFILE, "info fails as well");
	kernel.open_error = 0;
	kernel.info.abi = 7;
	refused(EPROTO, ABI_MESSAGE("7", "libusertime1"), "a later module");
	kernel.info.abi = 1;
	kernel.info_error = ENOTTY;
	refused(EPROTO, ABI_MESSAGE("0", "usertime-dkms"), "a module without the ioctl");
	kernel.info_error = 0;
	kernel.setup_error = EDQUOT;
	errno = 0;
	ok(!usertime_session_open(&large) && errno == EDQUOT, "set-up fails");
	ok(strstr(usertime_message(), "a ring of 8192 records") &&
	   strstr(usertime_message(), "max_bytes_per_user"), "and what was asked for is named");
	ok(!usertime_session_open(NULL) && errno == EDQUOT, "no default fits");
	ok(strstr(usertime_message(), "a ring of 64 records"), "the smallest was asked for last");
	close(kernel.pipe);
	kernel.pipe = -1;
	ok(dup(0) == fd && !close(fd), "no descriptor is left open");
	cleanup();
}

static void test_options(void)
{
	struct usertime_session_options options = {
		.period = 5 * MS, .ring = 33, .watermark = 7,
		.flags = USERTIME_SESSION_FOLLOW | USERTIME_SESSION_READ,
	};
	struct usertime_session *session;
	struct usertime_info info;

	reset();
	kernel.interruptions = 3;
	ok(!usertime_device_info(&info) && info.ring_max == 65536, "info needs no session");
	session = usertime_session_open(&options);
	need(session);
	ok(kernel.setup.period == 5 * MS && kernel.setup.ring == 33 &&
	   kernel.setup.watermark == 7 && kernel.setup.flags == USERTIME_SETUP_FOLLOW,
	   "options are handed on, but for the library's own");
	ok(!kernel.setup.reserved[0] && !kernel.setup.reserved[1] && !kernel.setup.reserved[2],
	   "what is reserved is 0");
	usertime_session_settings(session, &options);
	ok(options.ring == RING && options.watermark == 7 && options.period == 5 * MS &&
	   options.flags == (USERTIME_SESSION_FOLLOW | USERTIME_SESSION_READ),
	   "the ring is as large as the kernel made it");
	usertime_session_info(session, &info);
	ok(info.period_min == MS, "info of the session");
	ok(usertime_session_fd(session) == kernel.device, "the descriptor");
	usertime_session_close(session);

	session = usertime_session_open(NULL);
	need(session);
	ok(kernel.setup.ring == 4096 && !kernel.setup.period && !kernel.setup.flags, "defaults");
	usertime_session_settings(session, &options);
	ok(options.watermark == 1 && !options.flags, "in words: mapped, any record wakes");
	ok(kernel.protection[0] == (PROT_READ | PROT_WRITE) && kernel.protection[1] == PROT_READ,
	   "only the consumer page is mapped to write");
	errno = 42;
	usertime_session_close(session);
	usertime_session_close(NULL);
	ok(errno == 42, "close leaves errno alone");

	memset(&options, 0, sizeof(options));
	options.reserved[5] = 1;
	ok(!usertime_session_open(&options) && errno == EINVAL,
	   "options of later times are refused");
	options.reserved[5] = 0;
	options.reserved32 = 1;
	ok(!usertime_session_open(&options) && errno == EINVAL, "these, too");
	cleanup();
}

static void test_targets(void)
{
	struct usertime_session *session;
	uint64_t start = 17;

	reset();
	session = open_session(0);
	kernel.interruptions = 2;
	ok(!usertime_session_add(session, 4711, NULL) && kernel.adds == 1, "add, after signals");
	ok(kernel.target.pid == 4711 && !kernel.target.start && !kernel.target.flags,
	   "any of them");
	ok(!usertime_session_add(session, 4711, &start) && kernel.target.start == 17,
	   "a certain one");
	ok(start == 4242, "its start comes back");
	ok(!usertime_session_remove(session, 12, 34) && kernel.removes == 1 &&
	   kernel.target.pid == 12 && kernel.target.start == 34, "remove");
	ok(!usertime_session_sample(session) && kernel.samples == 1, "sample");

	kernel.target_error = EPERM;
	start = 17;
	ok(usertime_session_add(session, 4711, &start) == -1 && errno == EPERM && start == 17,
	   "a failure changes nothing");
	ok(strstr(usertime_message(), "4711: has another user"), "and is explained");
	kernel.target_error = ESRCH;
	ok(usertime_session_remove(session, 4711, 0) == -1 && errno == ESRCH, "no target");
	is_text(usertime_message(), "4711: not a target of this session, or not any more",
		"which is said");
	kernel.sample_error = ENOMEM;
	ok(usertime_session_sample(session) == -1 && errno == ENOMEM, "sample can fail");
	usertime_session_close(session);
	cleanup();
}

static void test_tree(void)
{
	struct usertime_session *session;
	unsigned int refused_ones = 99;
	int ends[2];
	char byte;
	pid_t pid;

	reset();
	need(!pipe(ends));
	pid = fork();
	need(pid >= 0);
	if (!pid) {
		/* A child with a child, until their parent has seen enough. */
		close(ends[1]);
		fork();
		_exit(read(ends[0], &byte, 1));
	}
	close(ends[0]);
	session = open_session(USERTIME_SESSION_FOLLOW);
	while (usertime_session_add_tree(session, pid, &refused_ones) != 2)
		usleep(1000);
	ok(!refused_ones, "a process and its child are added");
	kernel.target_error = EPERM;
	ok(usertime_session_add_tree(session, pid, &refused_ones) == -1 && errno == EPERM,
	   "the process itself may not be refused");
	kernel.target_error = EEXIST;
	ok(!usertime_session_add_tree(session, pid, NULL), "targets already: none are added");
	kernel.target_error = ESRCH;
	ok(usertime_session_add_tree(session, pid, NULL) == -1 && errno == ESRCH,
	   "it must be there");
	kernel.target_error = EDQUOT;
	ok(usertime_session_add_tree(session, pid, NULL) == -1 && errno == EDQUOT,
	   "limits are errors");
	close(ends[1]);
	usertime_session_close(session);
	cleanup();
}

/* The same whether records are mapped or read. */
static void consume_all(uint32_t flags, const char *how)
{
	struct usertime_session *session = open_session(flags);
	const struct usertime_record *records;
	struct usertime_record record;
	unsigned int wrong = 0, expected = 0;
	ssize_t count, i;

	ok(!usertime_session_next(session, &record), "%s: nothing at first", how);
	ok(!usertime_session_peek(session, &records), "%s: nothing to peek at", how);
	ok(!usertime_session_consume(session, 0), "%s: nothing can be consumed", how);
	ok(usertime_session_consume(session, 1) == -1 && errno == EINVAL, "%s: a record cannot", how);
	produce(40, USERTIME_RECORD_SAMPLE);
	ok(usertime_session_next(session, &record) == 1 && !record.time, "%s: the first", how);
	ok(usertime_session_next(session, &record) == 1 && record.time == 1, "%s: the next", how);
	ok(usertime_session_peek(session, &records) == 38 && records[0].time == 2 &&
	   records[37].time == 39, "%s: the others", how);
	ok(!usertime_session_consume(session, 38), "%s: taken at once", how);
	for (expected = 40; expected < 1000; ) {
		produce(60, USERTIME_RECORD_SAMPLE);
		while ((count = usertime_session_peek(session, &records)) > 0) {
			for (i = 0; i < count; i++)
				wrong += records[i].time != expected++;
			wrong += usertime_session_consume(session, count) != 0;
		}
		wrong += count != 0;
	}
	ok(!wrong && expected == 1000, "%s: all come, in order", how);
	usertime_session_close(session);
}

static void test_consume(void)
{
	struct usertime_session_options settings;
	struct usertime_session *session;

	reset();
	consume_all(0, "mapped");
	cleanup();
	reset();
	consume_all(USERTIME_SESSION_READ, "read");
	cleanup();
	reset();
	kernel.no_consumer = true;
	consume_all(0, "read, as the consumer page cannot be mapped");
	cleanup();
	reset();
	kernel.no_producer = true;
	kernel.no_consumer = true;
	consume_all(0, "read, as nothing can be mapped");
	session = open_session(0);
	usertime_session_settings(session, &settings);
	ok(settings.flags == USERTIME_SESSION_READ, "which the settings say");
	usertime_session_close(session);
	cleanup();
}

static void test_drops(void)
{
	struct usertime_session *session;
	struct usertime_record record;
	struct usertime_drops drops;

	reset();
	session = open_session(USERTIME_SESSION_READ);
	producer()->lost_exits = 5;
	producer()->missed_periods = 6;
	usertime_session_drops(session, &drops);
	ok(drops.exits == 5 && drops.missed_periods == 6,
	   "read, with the producer page: its counters");
	usertime_session_close(session);

	kernel.no_producer = true;
	session = open_session(0);
	record = (struct usertime_record){ .type = USERTIME_RECORD_LOST, .user = 7, .lost_exits = 1 };
	need(write(kernel.pipe, &record, sizeof(record)) == sizeof(record));
	usertime_session_drops(session, &drops);
	ok(!drops.exits && drops.missed_periods == USERTIME_UNKNOWN,
	   "without it: nothing read yet");
	need(usertime_session_next(session, &record) == 1 && record.type == USERTIME_RECORD_LOST);
	usertime_session_drops(session, &drops);
	ok(drops.exits == 1 && drops.exits_user == 7 && drops.missed_periods == USERTIME_UNKNOWN,
	   "then what the LOST record said");
	usertime_session_close(session);
	cleanup();
}

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void nothing(int signal)
{
	(void)signal;
}

static void test_wait(void)
{
	struct sigaction action = { .sa_handler = nothing }, before;
	struct itimerval soon = { .it_value.tv_usec = 20000 };
	struct usertime_session *session;
	struct usertime_record record;
	int64_t began;

	reset();
	session = open_session(USERTIME_SESSION_READ);
	began = now();
	ok(!usertime_session_wait(session, 30 * MS) && now() - began >= 30 * MS, "a time passes");
	ok(!usertime_session_wait(session, 0), "none need pass");
	produce(2, USERTIME_RECORD_SAMPLE);
	ok(usertime_session_wait(session, -1) == USERTIME_READY, "records end it");
	need(usertime_session_next(session, &record) == 1);
	ok(usertime_session_wait(session, -1) == USERTIME_READY,
	   "and those that wait in the library");
	need(usertime_session_next(session, &record) == 1);
	ok(!usertime_session_wait(session, 0), "none is left");
	need(!sigaction(SIGALRM, &action, &before) && !setitimer(ITIMER_REAL, &soon, NULL));
	ok(usertime_session_wait(session, -1) == -1 && errno == EINTR, "a signal ends it");
	need(!sigaction(SIGALRM, &before, NULL));
	produce(1, USERTIME_RECORD_EXIT);
	close(kernel.pipe);
	kernel.pipe = -1;
	ok(usertime_session_wait(session, -1) == (USERTIME_READY | USERTIME_END),
	   "the end, and a record before it");
	need(usertime_session_next(session, &record) == 1);
	ok(usertime_session_wait(session, -1) == USERTIME_END, "the end");
	ok(!usertime_session_next(session, &record), "nothing is there then");
	usertime_session_close(session);
	cleanup();
}

static void *wait_long(void *session)
{
	return (void *)(intptr_t)usertime_session_wait(session, -1);
}

static unsigned int taken[1000];

static void *take(void *session)
{
	struct usertime_record record;
	intptr_t n = 0;

	while (usertime_session_next(session, &record) == 1) {
		__atomic_add_fetch(&taken[record.time], 1, __ATOMIC_RELAXED);
		n++;
	}
	return (void *)n;
}

static void test_threads(uint32_t flags)
{
	struct usertime_session *session;
	struct usertime_record record;
	unsigned int i, wrong = 0;
	pthread_t thread, other;
	void *result;

	reset();
	session = open_session(flags | USERTIME_SESSION_READ);
	need(!pthread_create(&thread, NULL, wait_long, session));
	usleep(20000);
	ok(!usertime_session_add(session, 1, NULL) && !usertime_session_next(session, &record),
	   "a thread that waits hinders no other");
	produce(1, USERTIME_RECORD_SAMPLE);
	need(!pthread_join(thread, &result));
	ok((intptr_t)result == USERTIME_READY, "and wakes");
	usertime_session_close(session);
	cleanup();

	reset();
	session = open_session(flags);
	produce(RING, USERTIME_RECORD_SAMPLE);
	memset(taken, 0, sizeof(taken));
	need(!pthread_create(&thread, NULL, take, session) &&
	     !pthread_create(&other, NULL, take, session));
	need(!pthread_join(thread, NULL) && !pthread_join(other, NULL));
	for (i = 0; i < RING; i++)
		wrong += taken[i] != 1;
	ok(!wrong, "of two threads each record goes to one");
	usertime_session_close(session);
	cleanup();
}

int main(void)
{
	test_refused();
	test_options();
	test_targets();
	test_tree();
	test_consume();
	test_drops();
	test_wait();
	test_threads(0);
	test_threads(USERTIME_SESSION_READ);
	return tap_done();
}
