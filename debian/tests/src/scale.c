// SPDX-License-Identifier: GPL-2.0-only
/* 10,000 registered processes: reads of any size are complete, also while others write. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "crowd.h"
#include "urt.h"

#define WRITERS 8
#define READERS 8
#define OWN 4			/* processes of each writer */
#define SECONDS 30
#define MOST_LOOPS 100000

static void register_crowd(void)
{
	start_crowd();
	command_crowd("");
	ASSERT_EQ(counter("targets"), CROWD);
}

static void check_exactly_crowd(const struct table *t)
{
	int i;

	ASSERT_EQ(t->n, CROWD);
	for (i = 0; i < CROWD; i++)
		ASSERT_EQ(t->row[i].pid, crowd[i], "line %d", i);
}

static char *read_in_pieces(size_t chunk, size_t *len)
{
	int fd = open(USERTIME_STATUS_PATH, O_RDONLY | O_CLOEXEC);
	char *text;

	ASSERT(fd >= 0);
	text = read_all(fd, chunk, len);
	close(fd);
	return text;
}

static void check_pieces(const struct table *t, size_t chunk)
{
	size_t len;
	char *text = read_in_pieces(chunk, &len);

	EXPECT_EQ(len, t->len, "%zu bytes at a time", chunk);
	EXPECT(len == t->len && !memcmp(text, t->text, len), "%zu bytes at a time", chunk);
	free(text);
}

static void check_offsets(const struct table *t)
{
	int fd = open(USERTIME_STATUS_PATH, O_RDONLY | O_CLOEXEC), i;
	char piece[5000];

	ASSERT(fd >= 0);
	srandom(1);
	for (i = 0; i < 60; i++) {
		size_t off = random() % t->len, size = 1 + random() % sizeof(piece);
		ssize_t n = pread(fd, piece, size, off);

		ASSERT(n > 0 && off + n <= t->len, "%zd of %zu bytes at %zu", n, size, off);
		EXPECT(!memcmp(piece, t->text + off, n), "%zd bytes at %zu", n, off);
	}
	EXPECT_EQ(pread(fd, piece, 10, t->len), 0);
	EXPECT_EQ(pread(fd, piece, 10, t->len + 100000), 0);
	EXPECT_EQ(read(fd, piece, 1), 1, "pread did not move the offset");
	EXPECT_EQ(piece[0], t->text[0]);
	close(fd);
}

static void check_detail(void)
{
	char *text, *line;
	int i;

	text = read_file(USERTIME_DETAIL_PATH, NULL);
	for (i = 0, line = text; i < CROWD; i++) {
		line = strchr(line, '\n') + 1;
		ASSERT_EQ(strtol(line, NULL, 10), crowd[i], "line %d", i);
	}
	EXPECT(!strchr(line, '\n')[1]);
	free(text);
}

TEST(whole, "one cat is complete and sorted, reads of any size and offset agree, detail, too")
{
	static const size_t chunks[] = { 1, 7, 100, 4095 };
	struct table t;
	char *text;
	size_t len, i;
	FILE *cat;

	register_crowd();
	cat = popen("exec cat " USERTIME_STATUS_PATH, "r");
	ASSERT(cat);
	text = read_all(fileno(cat), 65536, &len);
	ASSERT_EQ(pclose(cat), 0);
	table_parse(&t, text, len);
	check_exactly_crowd(&t);
	for (i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++)
		check_pieces(&t, chunks[i]);
	check_offsets(&t);
	check_detail();
	command_crowd("U ");
	EXPECT_EQ(counter("targets"), 0);
}

TEST(all_exit, "all exit at once: all last lines are shown, and none after the refresh")
{
	struct table t;
	int i;

	register_crowd();
	for (i = 0; i < CROWD; i++)
		ASSERT_EQ(kill(crowd[i], SIGKILL), 0);
	for (i = 0; i < CROWD; i++)
		ASSERT_EQ(waitpid(crowd[i], NULL, 0), crowd[i]);
	table_read(&t);
	check_exactly_crowd(&t);
	table_free(&t);
	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	WAIT_FOR(counter("targets") == 0);
	EXPECT_EQ(lines(), 0);
}

static void command_own(const struct kid *own, const char *command)
{
	char text[256];
	int i, n = 0;

	for (i = 0; i < OWN; i++)
		n += sprintf(text + n, "%s%d\n", command, own[i].pid);
	EXPECT_EQ(status_write(text, n), n);
}

/* Registers and unregisters its own processes; now and then one dies while it is registered. */
static void writer(struct kid *parent, void *arg)
{
	double end = *(double *)arg;
	struct kid own[OWN];
	long loops;
	int i;

	for (i = 0; i < OWN; i++)
		own[i] = kid_sleeper();
	for (loops = 0; loops < MOST_LOOPS && (!loops || tap_now() < end); loops++) {
		command_own(own, "");
		if (loops % 50 == 49) {
			kid_kill(&own[loops % OWN]);
			own[loops % OWN] = kid_sleeper();
			ASSERT_EQ(urt_register(own[loops % OWN].pid), 0);
		}
		command_own(own, "U ");
	}
	kid_tell(parent, loops);
}

static void check_has_crowd(const struct table *t)
{
	const struct row *row = t->row, *end = t->row + t->n;
	int i;

	for (i = 0; i < CROWD; i++) {
		while (row < end && row->pid < crowd[i])
			row++;
		ASSERT(row < end && row->pid == crowd[i], "%d is missing", crowd[i]);
	}
	EXPECT(t->n <= (size_t)CROWD + WRITERS * 100 * OWN, "%zu lines", t->n);
}

static void reader(struct kid *parent, void *arg)
{
	static const size_t chunks[] = { 1 << 20, 4095, 63, 1000, 4096, 333 };
	double end = *(double *)arg;
	struct table t;
	long loops;
	size_t len;
	char *text;

	for (loops = 0; loops < MOST_LOOPS && (!loops || tap_now() < end); loops++) {
		text = read_in_pieces(chunks[(loops + getpid()) % 6], &len);
		table_parse(&t, text, len);
		check_has_crowd(&t);
		table_free(&t);
	}
	kid_tell(parent, loops);
}

TEST(at_once, "8 writers and 8 readers at once for 30 s: no line is lost or torn")
{
	double end;
	struct kid kid[WRITERS + READERS];
	long loops, written = 0, read = 0;
	int i;

	register_crowd();
	end = tap_now() + fewer(SECONDS);
	ASSERT_EQ(param_set_num("period_ms", 100), 0);
	for (i = 0; i < WRITERS + READERS; i++)
		kid[i] = kid_start(i < WRITERS ? writer : reader, &end);
	for (i = 0; i < WRITERS + READERS; i++) {
		loops = kid_hear(&kid[i]);
		*(i < WRITERS ? &written : &read) += loops;
		EXPECT_EQ(kid_reap(&kid[i], NULL), 0);
	}
	tap_note("%ld rounds of writers, %ld reads, %llu refreshes", written, read,
		 counter("refreshes"));
	WAIT_FOR(counter("targets") == (u64)CROWD);
	EXPECT_EQ(counter("registered"), counter("removed") + counter("exited") + CROWD);
}

int main(void)
{
	return urt_main();
}
