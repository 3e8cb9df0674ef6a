// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/mp1/status as programs of the course use it: registering in all the ways that they do, reading in
 * all the ways that they do, while they compute factorials. USERTIME_MP1_SECONDS says for how long (2
 * by default, of CPU time each; the course's take 30).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "mp.h"

#define STATUS		MP1_STATUS_PATH

/* ---- how clients register ---- */

static void by_write(int flags, const char *format)
{
	int fd = open(STATUS, flags, 0666);
	char text[32];
	int len = sprintf(text, format, getpid());

	ASSERT(fd >= 0, "errno %d", errno);
	ASSERT_EQ(write(fd, text, len), len, "errno %d", errno);
	close(fd);
}

static void by_stdio(const char *mode, const char *format)
{
	FILE *f = fopen(STATUS, mode);

	ASSERT(f, "mode %s: errno %d", mode, errno);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	ASSERT(fprintf(f, format, getpid()) > 0);
#pragma GCC diagnostic pop
	ASSERT_EQ(fclose(f), 0, "mode %s: errno %d", mode, errno);
}

static void write_plain(void)		{ by_write(O_WRONLY, "%d"); }
static void write_newline(void)		{ by_write(O_RDWR, "%d\n"); }
static void write_create(void)		{ by_write(O_WRONLY | O_CREAT | O_TRUNC, "%d"); }
static void write_append(void)		{ by_write(O_WRONLY | O_CREAT | O_APPEND, "%d\n"); }
static void stdio_w(void)		{ by_stdio("w", "%d"); }
static void stdio_a(void)		{ by_stdio("a", "%d\n"); }
static void stdio_w_plus(void)		{ by_stdio("w+", "%d"); }
static void stdio_r_plus(void)		{ by_stdio("r+", "%d\n"); }

static void echo(void)
{
	char command[64];

	sprintf(command, "echo %d > " STATUS, getpid());
	ASSERT_EQ(system(command), 0);
}

static void echo_n(void)
{
	char command[64];

	sprintf(command, "printf %d > /" STATUS, getpid());
	ASSERT_EQ(system(command), 0);
}

/* ---- how they read: the value of their own line; -1 without one ---- */

static long long by_fgets(void)
{
	FILE *f = fopen(STATUS, "r");
	long long value = -1;
	char line[100];

	ASSERT(f);
	while (fgets(line, sizeof(line), f)) {
		ASSERT(strchr(line, ':'), "a line without a colon: %s", line);
		if (atoi(line) == getpid())
			value = atoll(strchr(line, ':') + 1);
	}
	fclose(f);
	return value;
}

static long long by_fscanf(void)
{
	FILE *f = fopen(STATUS, "r");
	unsigned long value;
	long long found = -1;
	int pid;

	ASSERT(f);
	while (fscanf(f, "%d: %lu\n", &pid, &value) == 2)
		if (pid == getpid())
			found = value;
	EXPECT(feof(f));
	fclose(f);
	return found;
}

/* One read() of so many bytes must bring all. */
static long long by_one_read(size_t size)
{
	char *buf = calloc(1, size + 1), *line, *rest = buf;
	int fd = open(STATUS, O_RDONLY), pid;
	unsigned long value;
	long long found = -1;

	ASSERT(buf && fd >= 0);
	ASSERT(read(fd, buf, size) > 0);
	while ((line = strsep(&rest, "\n")) && *line) {
		ASSERT_EQ(sscanf(line, "%d: %lu", &pid, &value), 2, "%s", line);
		if (pid == getpid())
			found = value;
	}
	close(fd);
	free(buf);
	return found;
}

static long long read_2048(void)	{ return by_one_read(2048); }
static long long read_bufsiz(void)	{ return by_one_read(BUFSIZ); }

/* ---- the clients ---- */

static const struct style {
	const char *name;
	void (*enroll)(void);
	long long (*read)(void);
} styles[] = {
	{ "write", write_plain, by_fgets },
	{ "write with newline", write_newline, read_2048 },
	{ "O_CREAT|O_TRUNC", write_create, read_bufsiz },
	{ "O_APPEND", write_append, by_fscanf },
	{ "stdio w", stdio_w, by_fgets },
	{ "stdio a", stdio_a, read_2048 },
	{ "stdio w+", stdio_w_plus, by_fscanf },
	{ "stdio r+", stdio_r_plus, read_bufsiz },
	{ "echo", echo, by_fgets },
	{ "echo without newline", echo_n, read_2048 },
};

#define STYLES	(sizeof(styles) / sizeof(styles[0]))

static unsigned long long factorial(unsigned int n)
{
	return n < 2 ? 1 : n * factorial(n - 1);
}

static void compute(unsigned int seconds)
{
	volatile unsigned long long result;
	struct rusage usage;

	do {
		for (int i = 0; i < 10000; i++)
			result = factorial(20);
		getrusage(RUSAGE_SELF, &usage);
	} while (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec < seconds);
	EXPECT_EQ(result, 2432902008176640000ULL);
}

static unsigned int seconds(void)
{
	const char *text = getenv("USERTIME_MP1_SECONDS");

	return text ? atoi(text) : 2;
}

static u64 own_user(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return timeval_ns(usage.ru_utime);
}

/*
 * Two refreshes after the last work the value stands still, and is compared with what getrusage says
 * before it rests and when it has read: what it took in between is after the refresh.
 */
static void client(struct kid *parent, void *arg)
{
	const struct style *style = arg;
	u64 before, after, got, off;

	style->enroll();
	kid_tell(parent, 0);
	compute(seconds());
	kid_tell(parent, 0);
	before = own_user();
	kid_hear(parent);
	got = style->read();
	after = own_user();
	off = max_u64(after / 100, 2 * kernel_tick());
	EXPECT(got + off >= before && got <= after + off, "%s: %llu ns, getrusage %llu to %llu",
	       style->name, got, before, after);
	kid_tell(parent, 0);
}

TEST(clients, "clients that register and read in all ways at once: within 1 % or 2 ticks of getrusage")
{
	struct kid kids[STYLES];
	u64 refreshes;
	size_t i;

	for (i = 0; i < STYLES; i++)
		kids[i] = kid_start(client, (void *)&styles[i]);
	for (i = 0; i < 2 * STYLES; i++)
		kid_hear(&kids[i % STYLES]);
	refreshes = counter("refreshes");
	WAIT_FOR(counter("refreshes") >= refreshes + 2);
	for (i = 0; i < STYLES; i++)
		kid_tell(&kids[i], 0);
	for (i = 0; i < STYLES; i++)
		kid_hear(&kids[i]);
}

/* ---- the file ---- */

static size_t mp1_lines(void)
{
	struct table t;
	size_t len, n;
	char *text = read_file(STATUS, &len);

	table_parse(&t, text, len);
	n = t.n;
	table_free(&t);
	return n;
}

TEST(file, "mode 0666; empty at first; a line each, by PID; nothing runs while it is empty")
{
	struct kid a = kid_sleeper(), b = kid_sleeper();
	struct stat st;

	ASSERT_EQ(stat(STATUS, &st), 0);
	EXPECT_EQ(st.st_mode, S_IFREG | 0666);
	EXPECT_EQ(mp1_lines(), 0);
	ASSERT(mp_printf(STATUS, "%d", b.pid) > 0);
	ASSERT(mp_printf(STATUS, "%d\n", a.pid) > 0);
	EXPECT_EQ(mp1_lines(), 2);
	EXPECT_EQ(lines(), 0, "the main registry has nothing of it");
	EXPECT_EQ(counter("targets"), 2);
	ASSERT(mp_printf(STATUS, "U %d", a.pid) > 0);
	ASSERT(mp_printf(STATUS, "U %d", b.pid) > 0);
	EXPECT_EQ(mp1_lines(), 0);
	EXPECT_EQ(counter("targets"), 0);
}

TEST(exited, "a process that exits stays until the next refresh, which removes it")
{
	struct kid k = kid_sleeper();
	u64 refreshes;

	ASSERT(mp_printf(STATUS, "%d", k.pid) > 0);
	refreshes = counter("refreshes");
	kid_kill(&k);
	if (mp1_lines() == 0)
		EXPECT(counter("refreshes") > refreshes);
	WAIT_FOR(mp1_lines() == 0);
	EXPECT(counter("refreshes") > refreshes);
	EXPECT_EQ(counter("targets"), 0);
}

TEST(hostile, "a million bytes, wrong letters, PIDs of nobody: errno, and nothing registered")
{
	static const char * const wrong[] = {
		"x", "-1", "0", "1 2", "R", "Q 1", "R U 1", "1.5", "0x1", "\xff", " ", "\n",
		"123456789a",
	};
	static char million[1000000];
	size_t i;

	memset(million, '1', sizeof(million));
	EXPECT_EQ(mp_write(STATUS, million, sizeof(million)), -E2BIG);
	EXPECT_EQ(mp_write(STATUS, "", 0), -EINVAL);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		EXPECT_EQ(mp_write(STATUS, wrong[i], strlen(wrong[i])), -EINVAL, "%s", wrong[i]);
	EXPECT_EQ(mp_printf(STATUS, "%d", missing_pid()), -ESRCH);
	EXPECT_EQ(mp_printf(STATUS, "99999999999"), -ERANGE);
	EXPECT_EQ(mp1_lines(), 0);
}

TEST(unload, "unloading while processes are registered removes all; a directory of another name")
{
	struct kid k = kid_sleeper();

	ASSERT(mp_printf(STATUS, "%d", k.pid) > 0);
	EXPECT_EQ(counter("targets"), 1);
	ASSERT_EQ(mp_unload(), 0);
	EXPECT_EQ(counter("targets"), 0);
	EXPECT_EQ(access("/proc/mp1", F_OK), -1);
	EXPECT_EQ(access("/proc/mp3", F_OK), -1);
	ASSERT_EQ(mp_load("mp1_dir=kmlab mp3=0"), 0);
	EXPECT_EQ(access(STATUS, F_OK), -1);
	EXPECT_EQ(access("/proc/mp3", F_OK), -1);
	EXPECT(mp_printf("/proc/kmlab/status", "%d", k.pid) > 0);
	ASSERT_EQ(mp_unload(), 0);
	ASSERT_EQ(mp_load("mp1=0"), 0);
	EXPECT_EQ(access("/proc/mp1", F_OK), -1);
	EXPECT_EQ(access("/proc/mp3/status", F_OK), 0);
}

TEST(parameters, "parameters that mean nothing are refused, and nothing is left")
{
	static const char * const wrong[] = {
		"mp1_dir=", "mp1_dir=a/b", "mp1_dir=..", "mp3_dir=.", "mp1_dir=self", "mp3_dir=mp1",
		"mp1_dir=4194303", "mp3_dir=\303\244",
		"mp3_cpu_unit=hours", "mp1=0 mp3=0", "mp1=maybe", "mp3_dir=urt",
	};
	size_t i;

	ASSERT_EQ(mp_unload(), 0);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		EXPECT(mp_load(wrong[i]) != 0, "%s", wrong[i]);
		EXPECT_EQ(access("/proc/mp1", F_OK), -1, "%s", wrong[i]);
		EXPECT_EQ(access("/proc/mp3", F_OK), -1, "%s", wrong[i]);
	}
	ASSERT_EQ(mp_load(""), 0);
}

int main(void)
{
	return mp_main();
}
