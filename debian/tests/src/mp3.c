// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/mp3/status and mp3_dev as programs of the course use them: workers that allocate memory, register
 * and deregister through a child shell; a monitor that maps the buffer, takes the samples out of it and
 * prints them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mp.h"

#define STATUS		MP3_STATUS_PATH
#define PAGES		128
#define LONGS		48000		/* that are used, four a sample */
#define SAMPLES		(LONGS / 4)
#define EMPTY		((unsigned long)-1)
#define BATCH		20		/* samples that are made at a time */

/* ---- the buffer ---- */

static size_t buffer_size(void)
{
	return PAGES * sysconf(_SC_PAGESIZE);
}

static unsigned long *map_buffer(void)
{
	int fd = mp3_open();
	void *map = mmap(NULL, buffer_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	ASSERT(map != MAP_FAILED, "errno %d", errno);
	close(fd);
	return map;
}

static void unmap_buffer(unsigned long *buffer)
{
	munmap(buffer, buffer_size());
	unlink(mp3_node());
}

/* ---- the monitor ---- */

struct sums {
	unsigned long n, minor, major, cpu;
	unsigned long first, last;	/* jiffies */
	unsigned long weighted;		/* cpu times the jiffies since the sample before */
};

/* As the course's: looks for the first sample, prints each, and marks it as taken. */
static void monitor(unsigned long *buffer, const char *output)
{
	FILE *f = fopen(output, "w");
	unsigned long at = 0, n = 0;
	int i;

	ASSERT(f);
	while (at < LONGS && buffer[at] == EMPTY)
		at++;
	while (at < LONGS && buffer[at] != EMPTY) {
		for (i = 0; i < 4; i++) {
			fprintf(f, "%lu%c", buffer[at], i < 3 ? ' ' : '\n');
			buffer[at++] = EMPTY;
		}
		n++;
	}
	fprintf(f, "read %lu profiled data\n", n);
	fclose(f);
}

/* Runs it, and reads what it printed. */
static struct sums profile(unsigned long *buffer)
{
	unsigned long jiffies, minor, major, cpu, n;
	struct sums s = { 0 };
	FILE *f;

	monitor(buffer, "/tmp/usertime-mp3");
	f = fopen("/tmp/usertime-mp3", "r");
	ASSERT(f);
	while (fscanf(f, "%lu %lu %lu %lu\n", &jiffies, &minor, &major, &cpu) == 4) {
		if (!s.n++)
			s.first = jiffies;
		EXPECT(jiffies >= s.last || s.n == 1, "%lu after %lu", jiffies, s.last);
		s.weighted += s.n > 1 ? cpu * (jiffies - s.last) : 0;
		s.last = jiffies;
		s.minor += minor;
		s.major += major;
		s.cpu += cpu;
	}
	ASSERT_EQ(fscanf(f, "read %lu profiled data\n", &n), 1);
	EXPECT_EQ(n, s.n);
	fclose(f);
	unlink("/tmp/usertime-mp3");
	return s;
}

/* ---- workers ---- */

/* As the course's does it: by a child shell, and with two slashes. */
static void tell_status(char verb, pid_t pid)
{
	char command[64];

	sprintf(command, "echo '%c %u'>/%s", verb, pid, STATUS);
	ASSERT_EQ(system(command), 0, "%s", command);
}

struct job {
	unsigned int mb, rounds;
	bool random;
	bool itself;		/* it registers and deregisters itself */
};

static void touch(const struct job *job)
{
	size_t size = (size_t)job->mb << 20, step = 4096, i, r;
	char *memory;

	for (r = 0; r < job->rounds; r++) {
		memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT(memory != MAP_FAILED);
		madvise(memory, size, MADV_NOHUGEPAGE);
		for (i = 0; i < size; i += step)
			memory[job->random ? (size_t)random() % size : i]++;
		munmap(memory, size);
	}
}

static void worker(struct kid *parent, void *arg)
{
	const struct job *job = arg;

	kid_hear(parent);
	if (job->itself)
		tell_status('R', getpid());
	touch(job);
	if (job->itself)
		tell_status('U', getpid());
	kid_tell(parent, 0);
	kid_hear(parent);
	burn_user(100);
}

static struct kid start_worker(const struct job *job)
{
	return kid_start(worker, (void *)job);
}

static unsigned long ns_per_jiffy(void)
{
	return kernel_tick();
}

/* ---- the tests ---- */

TEST(empty, "nothing is preset but -1 in all 128 pages; a monitor reads 0 of an empty buffer")
{
	unsigned long *buffer = map_buffer();
	size_t i;

	for (i = 0; i < buffer_size() / sizeof(long); i++)
		ASSERT_EQ(buffer[i] == EMPTY, true, "long %zu", i);
	EXPECT_EQ(profile(buffer).n, 0);
	unmap_buffer(buffer);
}

/* What stopped processes used between R and U, by the kernel, is the sums of the columns. */
static void check_stopped(const struct job *jobs, int n)
{
	unsigned long *buffer = map_buffer(), unit = ns_per_jiffy();
	u64 minor = 0, major = 0, cpu = 0;
	struct proc_stat stat;
	struct kid kids[4];
	struct sums s;
	int i;

	for (i = 0; i < n; i++) {
		kids[i] = start_worker(&jobs[i]);
		kid_stop(&kids[i]);
		stat = proc_stat_of(kids[i].pid);
		minor -= stat.minor;
		major -= stat.major;
		cpu -= cpu_clock_of(kids[i].pid);
		tell_status('R', kids[i].pid);
		kill(kids[i].pid, SIGCONT);
	}
	for (i = 0; i < n; i++)
		kid_tell(&kids[i], 0);
	for (i = 0; i < n; i++) {
		kid_hear(&kids[i]);
		kid_stop(&kids[i]);
		tell_status('U', kids[i].pid);
		stat = proc_stat_of(kids[i].pid);
		minor += stat.minor;
		major += stat.major;
		cpu += cpu_clock_of(kids[i].pid);
	}
	s = profile(buffer);
	tap_note("%lu samples, %lu + %lu faults, %lu of %llu jiffies", s.n, s.minor, s.major, s.cpu,
		 cpu / unit);
	EXPECT(s.minor > 1000);
	EXPECT_EQ(s.minor, minor);
	EXPECT_EQ(s.major, major);
	EXPECT(distance(s.cpu * unit, cpu) <= 2 * unit, "%lu jiffies, %llu ns", s.cpu, cpu);
	unmap_buffer(buffer);
}

TEST(local, "one worker, local access: the sums are its faults, exactly, and its CPU time")
{
	struct job job = { .mb = 16, .rounds = 4 };

	check_stopped(&job, 1);
}

TEST(two, "two workers, one with random access: the sums are those of both")
{
	struct job jobs[] = { { .mb = 16, .rounds = 4 }, { .mb = 8, .rounds = 4, .random = true } };

	check_stopped(jobs, 2);
}

TEST(itself, "a worker that registers itself through a shell; reading shows its PID alone")
{
	struct job job = { .mb = 16, .rounds = 2, .itself = true };
	unsigned long *buffer = map_buffer();
	struct kid k = start_worker(&job), other = kid_sleeper();
	char expected[32], *text;
	struct sums s;

	sprintf(expected, "%d\n", other.pid);
	tell_status('R', other.pid);
	kid_tell(&k, 0);
	kid_hear(&k);
	text = read_file(STATUS, NULL);
	EXPECT(!strcmp(text, expected), "\"%s\"", text);
	free(text);
	tell_status('U', other.pid);
	text = read_file(STATUS, NULL);
	EXPECT(!*text, "\"%s\"", text);
	free(text);
	s = profile(buffer);
	EXPECT(s.minor >= 2UL * (16 << 20) / sysconf(_SC_PAGESIZE), "%lu faults", s.minor);
	unmap_buffer(buffer);
}

TEST(exits, "a worker that exits is counted to its end, and is gone")
{
	struct job job = { .mb = 8, .rounds = 1 };
	unsigned long *buffer = map_buffer(), unit = ns_per_jiffy();
	struct kid k = start_worker(&job);
	struct proc_stat before;
	struct rusage usage;
	struct sums s;
	u64 cpu;

	kid_stop(&k);
	before = proc_stat_of(k.pid);
	cpu = cpu_clock_of(k.pid);
	tell_status('R', k.pid);
	kill(k.pid, SIGCONT);
	kid_tell(&k, 0);
	kid_hear(&k);
	kid_tell(&k, 0);
	ASSERT_EQ(kid_reap(&k, &usage), 0);
	cpu = timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime) - cpu;
	WAIT_FOR(counter("targets") == 0);
	s = profile(buffer);
	EXPECT_EQ(s.minor, usage.ru_minflt - before.minor);
	EXPECT_EQ(s.major, usage.ru_majflt - before.major);
	EXPECT(s.cpu * unit + 2 * unit >= cpu && s.cpu * unit <= cpu + 10 * unit,
	       "%lu jiffies, %llu ns", s.cpu, cpu);
	unmap_buffer(buffer);
}

/*
 * A period that comes before the last one was sampled is missed, and counted, where a processor is
 * emulated: it belongs to the number of periods as well.
 */
TEST(spacing, "20 samples a second, 50 ms apart; none while nothing is registered")
{
	unsigned long *buffer = map_buffer(), unit = ns_per_jiffy();
	struct kid k = kid_sleeper(), other = kid_sleeper();
	u64 missed, span, periods;
	struct sums s;

	usleep(200000);
	EXPECT_EQ(profile(buffer).n, 0);
	missed = counter("missed_periods");
	tell_status('R', k.pid);
	tell_status('R', other.pid);
	sleep(3);
	tell_status('U', other.pid);
	s = profile(buffer);
	missed = counter("missed_periods") - missed;
	tell_status('U', k.pid);
	EXPECT(profile(buffer).n > 0, "the last one's deregistration makes a sample");
	usleep(200000);
	EXPECT_EQ(profile(buffer).n, 0);
	span = (s.last - s.first) * unit;
	periods = s.n - 1 + missed;
	tap_note("%lu samples, %llu missed, in %llu ms", s.n, missed, span / MS);
	EXPECT(s.n + missed >= 58, "%lu samples, %llu missed", s.n, missed);
	EXPECT(distance(span / periods, 50 * MS) <= unit, "%llu ns apart", span / periods);
	unmap_buffer(buffer);
}

TEST(wraps, "after 12,000 samples they begin again at the first long; behind 48,000 longs is nothing")
{
	unsigned long *buffer = map_buffer();
	struct kid k = kid_sleeper();
	char commands[BATCH * 24] = "";
	size_t i, n = 0;

	/* The deregistration of the last process makes a sample at once; a period may add one. */
	for (i = 0; i < BATCH; i++)
		sprintf(commands + strlen(commands), "R %d\nU %d\n", k.pid, k.pid);
	for (i = BATCH; i <= SAMPLES; i += BATCH) {
		ASSERT(mp_write(STATUS, commands, strlen(commands)) > 0);
		if (i % 1000 == 0)
			n += profile(buffer).n + profile(buffer).n;
	}
	ASSERT(n >= SAMPLES, "%zu samples", n);
	ASSERT(mp_printf(STATUS, "R %d\nU %d", k.pid, k.pid) > 0);
	for (i = 0; i < buffer_size() / sizeof(long) && buffer[i] == EMPTY; i++)
		;
	EXPECT_EQ(i, n % SAMPLES * 4, "the %zuth sample", n + 1);
	EXPECT(profile(buffer).n > 0);
	for (i = 0; i < buffer_size() / sizeof(long); i++)
		ASSERT_EQ(buffer[i] == EMPTY, true, "long %zu", i);
	unmap_buffer(buffer);
}

TEST(percent, "mp3_cpu_unit=percent: of one processor, since the sample before")
{
	unsigned long *buffer, unit = ns_per_jiffy();
	struct job job = { .mb = 16, .rounds = 8 };
	struct kid k, other = kid_sleeper();
	struct sums s;
	u64 cpu;

	ASSERT_EQ(mp_unload(), 0);
	ASSERT_EQ(mp_load("mp3_cpu_unit=percent"), 0);
	buffer = map_buffer();
	tell_status('R', other.pid);
	WAIT_FOR(buffer[0] != EMPTY);
	k = start_worker(&job);
	kid_stop(&k);
	cpu = cpu_clock_of(k.pid);
	tell_status('R', k.pid);
	kill(k.pid, SIGCONT);
	kid_tell(&k, 0);
	kid_hear(&k);
	kid_stop(&k);
	cpu = cpu_clock_of(k.pid) - cpu;
	tell_status('U', k.pid);
	tell_status('U', other.pid);
	s = profile(buffer);
	tap_note("%lu samples, %lu of %llu ms", s.n, s.weighted / 100 * unit / (unsigned long)MS,
		 cpu / MS);
	EXPECT(distance(s.weighted * unit / 100, cpu) <= cpu / 20 + 4 * unit, "%lu of %llu ns",
	       s.weighted * unit / 100, cpu);
	unmap_buffer(buffer);
}

static void burner(struct kid *parent, void *arg)
{
	(void)parent;
	(void)arg;
	burn_forever();
}

/*
 * What makes no whole jiffy at one deregistration is there at the next: half a jiffy lost at each
 * would be forty in all.
 */
TEST(cycles, "80 short registrations: the CPU column is their sum, within 2 jiffies")
{
	unsigned long *buffer = map_buffer(), unit = ns_per_jiffy();
	struct kid k = kid_start(burner, NULL);
	struct sums s;
	u64 cpu = 0;
	int i;

	for (i = 0; i < 80; i++) {
		kid_stop(&k);
		cpu -= cpu_clock_of(k.pid);
		ASSERT(mp_printf(STATUS, "R %d", k.pid) > 0);
		kill(k.pid, SIGCONT);
		usleep(5000);
		kid_stop(&k);
		ASSERT(mp_printf(STATUS, "U %d", k.pid) > 0);
		cpu += cpu_clock_of(k.pid);
		kill(k.pid, SIGCONT);
	}
	s = profile(buffer);
	tap_note("%lu samples, %lu of %llu jiffies", s.n, s.cpu, cpu / unit);
	EXPECT(s.n >= 80);
	EXPECT(cpu >= 80 * MS);
	EXPECT(distance(s.cpu * unit, cpu) <= 2 * unit, "%lu jiffies, %llu ns", s.cpu, cpu);
	unmap_buffer(buffer);
}

static void scribble(struct kid *parent, void *arg)
{
	unsigned long *buffer = map_buffer();
	size_t i;

	(void)arg;
	for (i = 0; i < 20000000; i++)
		buffer[random() % (buffer_size() / sizeof(long))] = random();
	kid_tell(parent, 0);
	unmap_buffer(buffer);
}

TEST(hostile_buffer, "garbage in the buffer, mappings beyond it, forks with it: errno, no harm")
{
	struct kid scribblers[2], k = kid_sleeper();
	size_t page = sysconf(_SC_PAGESIZE);
	int fd = mp3_open(), i;
	char *private;
	void *map;

	tell_status('R', k.pid);
	for (i = 0; i < 2; i++)
		scribblers[i] = kid_start(scribble, NULL);
	EXPECT_EQ(mmap(NULL, 129 * page, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED, true);
	EXPECT_EQ(mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 128 * page) == MAP_FAILED, true);
	EXPECT_EQ(mmap(NULL, page, PROT_READ, MAP_SHARED, fd, page) == MAP_FAILED, true);
	map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT(map != MAP_FAILED);
	EXPECT_EQ(mremap(map, 2 * page, 200 * page, MREMAP_MAYMOVE) == MAP_FAILED, true);
	/* A private one is a copy from the first write on, of no use, and no harm. */
	private = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ASSERT(private != MAP_FAILED);
	private[0] = 'x';
	EXPECT_EQ(munmap(private, page), 0);
	EXPECT_EQ(read(fd, &i, sizeof(i)), -1);
	EXPECT_EQ(write(fd, &i, sizeof(i)), -1);
	EXPECT_EQ(munmap((char *)map + page, page), 0);
	for (i = 0; i < 2; i++) {
		kid_hear(&scribblers[i]);
		ASSERT_EQ(kid_reap(&scribblers[i], NULL), 0);
	}
	tell_status('U', k.pid);
	close(fd);
	unlink(mp3_node());
}

TEST(hostile_writes, "a million bytes, wrong letters, PIDs of nobody, many at once: errno")
{
	static const char * const wrong[] = { "X 1", "R", "U", "R x", "R -1", "R 1 2", "RU 1", "r 1", "" };
	static char million[1000000];
	struct kid k = kid_sleeper();
	size_t i;

	memset(million, 'R', sizeof(million));
	EXPECT_EQ(mp_write(STATUS, million, sizeof(million)), -E2BIG);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		EXPECT_EQ(mp_write(STATUS, wrong[i], strlen(wrong[i])), -EINVAL, "%s", wrong[i]);
	EXPECT_EQ(mp_printf(STATUS, "U %d", k.pid), -ESRCH);
	EXPECT_EQ(mp_printf(STATUS, "R %d", missing_pid()), -ESRCH);
	ASSERT_EQ(param_set_num("max_targets_per_user", 0), 0);
	EXPECT_EQ(write_as(1001, ""), -EINVAL);
	ASSERT_EQ(param_set_num("max_targets", 1), 0);
	EXPECT(mp_printf(STATUS, "R %d", k.pid) > 0);
	EXPECT_EQ(mp_printf(STATUS, "R %d", getpid()), -ENOSPC);
	EXPECT_EQ(counter("targets"), 1);
	EXPECT(mp_printf(STATUS, "U %d", k.pid) > 0);
}

TEST(mapped_unload, "it cannot be unloaded before the last mapping is gone; then all goes, registered or not")
{
	struct kid k = kid_sleeper();			/* without the mapping */
	unsigned long *buffer = map_buffer();

	tell_status('R', k.pid);
	EXPECT_EQ(mp_unload(), -EAGAIN);
	munmap(buffer, buffer_size());
	EXPECT_EQ(counter("targets"), 1);
	EXPECT_EQ(mp_unload(), 0);
	EXPECT_EQ(counter("targets"), 0);
	EXPECT_EQ(access(STATUS, F_OK), -1);
	EXPECT_EQ(open(mp3_node(), O_RDWR), -1);
	EXPECT_EQ(errno, ENXIO);
	unlink(mp3_node());
}

int main(void)
{
	return mp_main();
}
