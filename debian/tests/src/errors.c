// SPDX-License-Identifier: GPL-2.0-only
/* What /proc/urt/status accepts and refuses, and the form of the three files. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "urt.h"

/* A write of exactly these bytes, in which each '@' stands for a PID. */
struct line {
	const char *text;
	size_t len;
};

#define LINE(s) { s, sizeof(s) - 1 }
#define N(array) (sizeof(array) / sizeof((array)[0]))

/* Registered all the time, so that status has a line that a rejected write could damage. */
static struct kid keeper;
static struct kid victim;

static void start_two(void)
{
	keeper = kid_sleeper();
	victim = kid_sleeper();
	ASSERT_EQ(urt_register(keeper.pid), 0);
}

static size_t expand(char *to, const struct line *line, pid_t pid)
{
	char *p = to;
	size_t i;

	for (i = 0; i < line->len; i++) {
		if (line->text[i] == '@')
			p += sprintf(p, "%d", pid);
		else
			*p++ = line->text[i];
	}
	return p - to;
}

static bool same_status(const char *text, size_t len)
{
	size_t now_len;
	char *now = read_file(USERTIME_STATUS_PATH, &now_len);
	bool same = now_len == len && !memcmp(now, text, len);

	free(now);
	return same;
}

/* Refused with want, and nothing changed. */
static void refuse(const void *text, size_t len, int want)
{
	u64 registered = counter("registered"), removed = counter("removed");
	size_t before_len;
	char *before = read_file(USERTIME_STATUS_PATH, &before_len);

	EXPECT_EQ(status_write(text, len), -want, "of \"%.40s\" (%zu bytes)",
		  text ? (const char *)text : "", len);
	EXPECT(same_status(before, before_len), "after \"%.40s\"", text ? (const char *)text : "");
	EXPECT_EQ(counter("registered"), registered);
	EXPECT_EQ(counter("removed"), removed);
	free(before);
}

static void refuse_text(int want, const char *command, long long number)
{
	char text[64];

	refuse(text, sprintf(text, "%s%lld\n", command, number), want);
}

TEST(malformed, "malformed writes of every kind are EINVAL and change nothing")
{
	static const struct line lines[] = {
		LINE(""), LINE("\n"), LINE(" "), LINE(" \t\n"), LINE("R"), LINE("R\n"), LINE("R "),
		LINE("U"), LINE("U \n"), LINE("R @ @"), LINE("@ @"), LINE("U @ @\n"), LINE("R R @"),
		LINE("R U @"), LINE("-1"), LINE("-@"), LINE("R -@"), LINE("-99999999999"),
		LINE("0"), LINE("R 0"), LINE("U 0"), LINE("000"), LINE("+@"), LINE("R +@"),
		LINE("0x1"), LINE("R 0x@"), LINE("1.5"), LINE("@.0"), LINE("@\0"), LINE("@\0\n"),
		LINE("\0@"), LINE("\0"), LINE("R\0@"), LINE("abc"), LINE("@a"), LINE("r @"),
		LINE("u @"), LINE("R@"), LINE("U@"), LINE("@R"), LINE("@ R"), LINE("X @"),
		LINE("RR @"), LINE("@,@"), LINE("@;"), LINE("@\r\n"), LINE("@\v"), LINE("@\f"),
		LINE("\"@\""), LINE("@e1"), LINE("1e3"), LINE("\xc2\xa0@"),
		/* one bad line, and the good ones before and after it are not applied either */
		LINE("\n@"), LINE("@\n\n"), LINE("@\n\n@"), LINE("@\n \n"), LINE("@\nX\n"),
		LINE("X\n@\n"), LINE("@\nR 1 2"), LINE("@\n0\n@"), LINE("@\n-1"), LINE("@\n\0"),
		LINE("R @\nU @\nU\n"), LINE("2147483648\nX\n"),
	};
	char text[256];
	size_t i;

	start_two();
	for (i = 0; i < N(lines); i++)
		refuse(text, expand(text, &lines[i], victim.pid), EINVAL);
}

TEST(too_long, "E2BIG from 4097 bytes on, whatever they are; exactly 4096 are taken")
{
	static char text[1 << 20];
	int n;

	start_two();
	memset(text, ' ', sizeof(text));
	n = sprintf(text, "%d", victim.pid);
	text[n] = ' ';
	refuse(text, USERTIME_WRITE_MAX + 1, E2BIG);
	refuse(text, sizeof(text), E2BIG);
	EXPECT_EQ(status_write(text, USERTIME_WRITE_MAX), USERTIME_WRITE_MAX);
	EXPECT(listed(victim.pid));
	memset(text, 'x', sizeof(text));
	refuse(text, USERTIME_WRITE_MAX, EINVAL);
	refuse(text, USERTIME_WRITE_MAX + 1, E2BIG);
	refuse(NULL, 3, EFAULT);
}

TEST(range, "ERANGE for numbers that no pid can be; the lines before one are applied")
{
	static const struct line lines[] = {
		LINE("2147483648"), LINE("R 2147483648\n"), LINE("U 2147483648"),
		LINE("4294967296"), LINE("4294967297"), LINE("9223372036854775808"),
		LINE("18446744073709551616"), LINE("18446744073709551617"),
		LINE("340282366920938463463374607431768211457"),
		LINE("2147483648\n@\n"),
	};
	char text[256];
	size_t i;
	int n;

	start_two();
	for (i = 0; i < N(lines); i++)
		refuse(text, expand(text, &lines[i], victim.pid), ERANGE);
	refuse_text(ESRCH, "", 2147483647);
	n = sprintf(text, "%d\n", victim.pid);
	strcpy(text + n, "2147483648\n");
	EXPECT_EQ(status_write(text, strlen(text)), n);
	EXPECT(listed(victim.pid));
	n = sprintf(text, "%080d", victim.pid);
	EXPECT_EQ(status_write(text, n), n, "with leading zeros");
}

TEST(no_process, "ESRCH for missing processes, for dead ones, and for U of what is not registered")
{
	struct kid zombie = kid_sleeper();

	start_two();
	refuse_text(ESRCH, "", missing_pid());
	refuse_text(ESRCH, "R ", missing_pid());
	refuse_text(ESRCH, "U ", missing_pid());
	refuse_text(ESRCH, "U ", victim.pid);
	ASSERT_EQ(kill(zombie.pid, SIGKILL), 0);
	kid_wait_zombie(&zombie);
	refuse_text(ESRCH, "", zombie.pid);
	refuse_text(ESRCH, "U ", zombie.pid);
}

TEST(dead_registered, "ESRCH for a registered process that has exited; its last line stays")
{
	start_two();
	ASSERT_EQ(kill(keeper.pid, SIGKILL), 0);
	kid_wait_zombie(&keeper);
	wait_final(keeper.pid);
	refuse_text(ESRCH, "", keeper.pid);
	refuse_text(ESRCH, "U ", keeper.pid);
	kid_reap(&keeper, NULL);
	refuse_text(ESRCH, "", keeper.pid);
	refuse_text(ESRCH, "U ", keeper.pid);
	EXPECT(listed(keeper.pid));
}

TEST(not_a_leader, "EINVAL for threads that lead no group and for kernel threads")
{
	pid_t tid;
	struct kid k = kid_threaded(&tid);

	start_two();
	refuse_text(EINVAL, "", tid);
	refuse_text(EINVAL, "R ", tid);
	refuse_text(ESRCH, "U ", tid);
	refuse_text(EINVAL, "", 2);		/* kthreadd */
	refuse_text(EINVAL, "R ", first_child(2));
	refuse_text(ESRCH, "U ", 2);
	ASSERT_EQ(urt_register(k.pid), 0);
	refuse_text(EINVAL, "", tid);
	refuse_text(ESRCH, "U ", tid);
}

TEST(partial, "a failing line after good ones: the bytes of those are returned, they are applied")
{
	struct kid a = kid_sleeper(), b = kid_sleeper();
	pid_t missing = missing_pid();
	char good[64], text[128];
	int n;

	start_two();
	n = sprintf(good, "%d\n R %d \n", a.pid, b.pid);
	sprintf(text, "%s%d\n%d\n", good, missing, victim.pid);
	EXPECT_EQ(status_write(text, strlen(text)), n);
	EXPECT(listed(a.pid) && listed(b.pid) && !listed(victim.pid));
	n = sprintf(good, "U %d\n", a.pid);
	sprintf(text, "%sU %d\nU %d", good, a.pid, b.pid);
	EXPECT_EQ(status_write(text, strlen(text)), n);
	EXPECT(!listed(a.pid) && listed(b.pid));
	refuse(text, sprintf(text, "%d\n%d\n", missing, victim.pid), ESRCH);
	EXPECT_EQ(status_printf("%d\nU %d\n%d", a.pid, a.pid, victim.pid) > 0, true);
	EXPECT(!listed(a.pid) && listed(victim.pid), "lines apply in order");
}

TEST(accepted, "blanks, tabs and a missing last newline are accepted")
{
	static const struct line lines[] = {
		LINE("@"), LINE("@\n"), LINE(" @"), LINE("@ "), LINE("\t@\t\n"), LINE("R @"),
		LINE("R @\n"), LINE("R\t@"), LINE(" \t R \t @ \t \n"), LINE("00@"),
		LINE("R @\nR @"), LINE("@\nU @\nR @\n"),
	};
	static const struct line drops[] = { LINE("U @"), LINE("U @\n"), LINE(" U\t\t@ \n") };
	char text[256];
	size_t i, n;

	start_two();
	for (i = 0; i < N(lines); i++) {
		n = expand(text, &lines[i], victim.pid);
		EXPECT_EQ(status_write(text, n), n, "of \"%.*s\"", (int)n, text);
		EXPECT(listed(victim.pid), "after \"%.*s\"", (int)n, text);
		n = expand(text, &drops[i % N(drops)], victim.pid);
		EXPECT_EQ(status_write(text, n), n, "of \"%.*s\"", (int)n, text);
		EXPECT(!listed(victim.pid), "after \"%.*s\"", (int)n, text);
		EXPECT(listed(keeper.pid));
	}
}

static int shell(const char *fmt, ...)
{
	char command[256];
	va_list ap;
	int status;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	status = system(command);
	ASSERT(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST(from_shell, "echo and printf from a shell register and unregister, and see errors")
{
	start_two();
	EXPECT_EQ(shell("echo %d >" USERTIME_STATUS_PATH, victim.pid), 0);
	EXPECT(listed(victim.pid));
	EXPECT_EQ(shell("echo U %d >>" USERTIME_STATUS_PATH, victim.pid), 0);
	EXPECT(!listed(victim.pid));
	EXPECT_EQ(shell("printf '%%s\\n' %d 'U %d' >" USERTIME_STATUS_PATH, victim.pid,
			keeper.pid), 0);
	EXPECT(listed(victim.pid) && !listed(keeper.pid));
	EXPECT(shell("(echo %d >" USERTIME_STATUS_PATH ") 2>/dev/null", missing_pid()) != 0);
	EXPECT_EQ(shell("test \"$(cut -d: -f1 " USERTIME_STATUS_PATH ")\" = %d", victim.pid), 0);
}

TEST(open_flags, "open flags and the file offset do not matter")
{
	static const int flags[] = { O_TRUNC, O_CREAT, O_APPEND, O_TRUNC | O_CREAT | O_APPEND };
	char text[32], old[64];
	size_t i;
	int fd, n;

	start_two();
	n = sprintf(text, "%d\n", victim.pid);
	for (i = 0; i < N(flags); i++) {
		fd = open(USERTIME_STATUS_PATH, O_RDWR | flags[i], 0600);
		ASSERT(fd >= 0, "flags %#x: errno %d", flags[i], errno);
		EXPECT_EQ(write(fd, text, n), n);
		EXPECT(listed(victim.pid) && listed(keeper.pid));
		close(fd);
		EXPECT_EQ(urt_unregister(victim.pid), 0);
	}
	fd = open(USERTIME_STATUS_PATH, O_RDWR);
	EXPECT_EQ(pwrite(fd, text, n, 123456), n);
	EXPECT(listed(victim.pid));
	EXPECT_EQ(urt_unregister(victim.pid), 0);
	EXPECT(read(fd, old, 3) == 3, "a write after a read goes to where the offset is");
	EXPECT_EQ(write(fd, text, n), n);
	EXPECT(listed(victim.pid));
	close(fd);
}

TEST(stdio_modes, "stdio writes in all its modes, and reads from the first line on")
{
	static const char * const modes[] = { "w", "a", "w+", "a+", "r+" };
	size_t i;
	FILE *f;
	int pid;

	start_two();
	for (i = 0; i < N(modes); i++) {
		f = fopen(USERTIME_STATUS_PATH, modes[i]);
		ASSERT(f, "mode %s: errno %d", modes[i], errno);
		EXPECT(fprintf(f, "%d\n", victim.pid) > 0);
		EXPECT_EQ(fclose(f), 0, "mode %s", modes[i]);
		EXPECT(listed(victim.pid), "mode %s", modes[i]);
		EXPECT_EQ(urt_unregister(victim.pid), 0);
		f = modes[i][1] ? fopen(USERTIME_STATUS_PATH, modes[i]) : NULL;
		if (!f)
			continue;
		EXPECT_EQ(fscanf(f, "%d:", &pid), 1, "mode %s", modes[i]);
		EXPECT_EQ(pid, keeper.pid);
		fclose(f);
	}
}

TEST(repeated, "registering again succeeds and changes nothing")
{
	u64 registered, value;
	struct detail d;

	start_two();
	registered = counter("registered");
	value = value_of(keeper.pid);
	EXPECT_EQ(urt_register(keeper.pid), 0);
	EXPECT_EQ(status_printf("R %d\nR %d\n", keeper.pid, keeper.pid) > 0, true);
	EXPECT_EQ(counter("registered"), registered);
	EXPECT_EQ(counter("targets"), 1);
	EXPECT_EQ(value_of(keeper.pid), value);
	d = detail_of(keeper.pid);
	EXPECT(!strcmp(d.holders, "0"), "holders %s", d.holders);
	EXPECT_EQ(urt_unregister(keeper.pid), 0, "one U ends it");
	EXPECT_EQ(counter("targets"), 0);
}

TEST(empty, "status is empty while nothing is registered, and has one line for one process")
{
	size_t len;
	char *text = read_file(USERTIME_STATUS_PATH, &len), want[64];

	EXPECT_EQ(len, 0);
	free(text);
	start_two();
	text = read_file(USERTIME_STATUS_PATH, &len);
	snprintf(want, sizeof(want), "%d: %llu\n", keeper.pid, value_of(keeper.pid));
	EXPECT(!strcmp(text, want), "%.40s", text);
	free(text);
}

static void check_mode(const char *path, mode_t mode)
{
	struct stat st;

	ASSERT_EQ(stat(path, &st), 0);
	EXPECT(S_ISREG(st.st_mode));
	EXPECT_EQ(st.st_mode & 07777, mode, "%s", path);
	EXPECT_EQ(st.st_uid, 0);
	EXPECT_EQ(st.st_gid, 0);
}

TEST(modes, "status is 0666, detail and stats are 0444, and nobody writes to those")
{
	int fd;

	check_mode(USERTIME_STATUS_PATH, 0666);
	check_mode(USERTIME_DETAIL_PATH, 0444);
	check_mode(USERTIME_STATS_PATH, 0444);
	fd = open(USERTIME_DETAIL_PATH, O_RDWR);
	EXPECT(fd < 0 || write(fd, "1\n", 2) < 0);
	fd = open(USERTIME_STATS_PATH, O_RDWR);
	EXPECT(fd < 0 || write(fd, "1\n", 2) < 0);
}

#define ODD_NAME "x\\ \n\t\x01\x7f\xff)"

static void odd_process(struct kid *parent, void *arg)
{
	pthread_t thread;
	char *p = malloc(1 << 20);
	int i;

	(void)arg;
	prctl(PR_SET_NAME, ODD_NAME);
	explicit_bzero(p, 1 << 20);	/* not optimised away */
	for (i = 0; i < 3; i++)
		ASSERT_EQ(pthread_create(&thread, NULL, idle_thread, parent), 0);
	for (;;)
		pause();
}

TEST(detail, "detail has its header, and each field is what /proc/PID/stat says")
{
	static const char header[] = "pid user_ns system_ns minor_faults major_faults threads"
				     " start_ns holders state split looks command\n";
	struct kid k = kid_start(odd_process, NULL);
	struct proc_stat s;
	struct detail d;
	char *text;
	int i;

	for (i = 0; i < 3; i++)
		kid_hear(&k);
	kid_stop(&k);
	ASSERT_EQ(urt_register(k.pid), 0);
	refresh_once();
	text = read_file(USERTIME_DETAIL_PATH, NULL);
	EXPECT(!strncmp(text, header, strlen(header)), "%.100s", text);
	free(text);
	d = detail_of(k.pid);
	s = proc_stat_of(k.pid);
	EXPECT_EQ(d.user, value_of(k.pid));
	EXPECT(distance(d.system, s.system) <= 2 * USER_TICK, "%llu, %llu", d.system, s.system);
	EXPECT_EQ(d.minor, s.minor);
	EXPECT(d.minor >= 200, "%llu faults for 1 MB", d.minor);
	EXPECT_EQ(d.major, s.major);
	EXPECT_EQ(d.threads, 4);
	EXPECT_EQ(d.start / USER_TICK, s.start);
	EXPECT(!strcmp(d.holders, "0"), "%s", d.holders);
	EXPECT_EQ(d.state, s.state);
	EXPECT(!strcmp(d.command, "x\\134 \\012\\011\\001\\177\\377)"), "%s", d.command);
	ASSERT_EQ(urt_unregister(k.pid), 0);
	text = read_file(USERTIME_DETAIL_PATH, NULL);
	EXPECT(!strcmp(text, header), "with nothing registered: %.100s", text);
	free(text);
}

TEST(stats, "stats has each name once, with a number")
{
	static const char * const names[] = {
		"abi", "targets", "sessions", "registered", "removed", "exited", "refreshes",
		"refresh_ns_total", "refresh_ns_last", "refresh_ns_max", "missed_periods",
		"stale_samples", "exits_caught", "forks_followed", "records_dropped",
		"probe_attaches", "look_ns",
	};
	char *text = read_file(USERTIME_STATS_PATH, NULL), *line = text, name[64], again[128];
	u64 value;
	size_t i;

	for (i = 0; i < N(names); i++, line = strchr(line, '\n') + 1) {
		ASSERT_EQ(sscanf(line, "%63s %llu", name, &value), 2, "line: %.40s", line);
		snprintf(again, sizeof(again), "%s %llu\n", names[i], value);
		ASSERT(!strncmp(line, again, strlen(again)), "line: %.40s", line);
	}
	EXPECT(!*line, "also: %.40s", line);
	EXPECT_EQ(counter("abi"), USERTIME_ABI_VERSION);
	free(text);
}

int main(void)
{
	return urt_main();
}
