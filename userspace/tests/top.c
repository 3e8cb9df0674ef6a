// SPDX-License-Identifier: GPL-2.0-only
/*
 * usertime top: the table, its lines, and batch mode over the registry and over a recording. With a
 * file name it makes that recording instead, for tests/top-screen.
 */
#define _GNU_SOURCE
#include <limits.h>

#include "cli/command.h"
#include "cli/top/format.h"
#include "recordings.h"
#include "run.h"

static void values(struct top_table *table, pid_t pid, const char *command, int64_t user,
		   int64_t system, bool new)
{
	const struct top_values process = {
		.pid = pid, .start = pid, .command = command, .user = user * MS, .system = system * MS,
		.threads = pid % 7, .faults = pid % 5, .state = 'S',
	};

	top_table_put(table, &process, new);
}

static void ends(struct top_table *table, pid_t pid, const char *command, int64_t user, bool new)
{
	const struct top_values process = {
		.pid = pid, .start = pid, .command = command, .user = user * MS, .exited = true,
	};

	top_table_put(table, &process, new);
}

static void look(struct top_table *table)
{
	top_table_look(table, SECOND, false);
}

/* The rows in short: PID, hundredths of a processor, of which user, s of user time, X. */
static const char *rows(const struct top_table *table)
{
	static char text[1024];
	char *end = text;
	size_t i;

	*text = '\0';
	for (i = 0; i < table->nr_rows; i++) {
		const struct top_row *row = table->rows[i];

		end += sprintf(end, "%s%d %.0f/%.0f %.1f%s", i ? ", " : "", row->values.pid,
			       100 * (row->user_rate + row->system_rate), 100 * row->user_rate,
			       row->values.user / 1e9, row->values.state == 'X' ? " X" : "");
	}
	return text;
}

static void test_rates(void)
{
	struct top_table table;

	top_table_init(&table);
	values(&table, 5, "old", 5000, 1000, false);
	is_text(rows(&table), "", "nothing is shown before the first look");
	top_table_look(&table, 0, false);
	is_text(rows(&table), "5 0/0 5.0", "the first look has nothing to compare with");
	values(&table, 5, "old", 5200, 1300, false);
	values(&table, 6, "new", 400, 0, true);
	values(&table, 7, "found", 9000, 0, false);
	is_text(rows(&table), "5 0/0 5.0", "what comes is shown after the next look");
	look(&table);
	is_text(rows(&table), "5 50/20 5.2, 6 40/40 0.4, 7 0/0 9.0",
		"shares since the last one; what a new process used was used since");
	ok(table.nr_live == 3 && table.user_rate > 0.59 && table.user_rate < 0.61 &&
	   table.system_rate > 0.29 && table.system_rate < 0.31, "the sums");
	ends(&table, 6, "new", 700, false);
	top_table_look(&table, 2 * SECOND, false);
	is_text(rows(&table), "6 15/15 0.7 X, 5 0/0 5.2, 7 0/0 9.0", "final values, over two seconds");
	values(&table, 6, "new", 900, 0, false);
	look(&table);
	is_text(rows(&table), "5 0/0 5.2, 6 0/0 0.7 X, 7 0/0 9.0", "stay");
	ok(table.nr_live == 2 && table.nr_rows == 3, "it does not live");
	values(&table, 5, "old", 5200, 1300, false);
	top_table_look(&table, SECOND, true);
	is_text(rows(&table), "5 0/0 5.2, 6 0/0 0.7 X, 7 0/0 9.0 X", "who is not there any more has exited");
	top_table_clear(&table);
	look(&table);
	is_text(rows(&table), "", "cleared");
	top_table_free(&table);
}

static void test_history(void)
{
	struct top_table table;
	const struct top_row *row;
	int i;

	top_table_init(&table);
	values(&table, 5, "a", 0, 0, false);
	top_table_look(&table, 0, false);
	ok(!table.rows[0]->nr_history, "what was not compared is no history");
	for (i = 1; i <= TOP_HISTORY + 2; i++) {
		values(&table, 5, "a", 10 * i * i, 0, false);
		look(&table);
	}
	row = table.rows[0];
	ok(row->nr_history == TOP_HISTORY, "a history has so many looks");
	ok(row->history[0] > 0.049 && row->history[0] < 0.051, "the oldest first");
	ok(row->history[TOP_HISTORY - 1] > 0.269 && row->history[TOP_HISTORY - 1] < 0.271, "the last");
	top_table_free(&table);
}

static void test_forgetting(void)
{
	struct top_table table;
	int i;

	top_table_init(&table);
	values(&table, 1, "a", 0, 0, false);
	for (i = 2; i < 2000; i++)
		ends(&table, i, "b", 1, true);
	look(&table);
	ok(table.nr_rows == TOP_MAX_EXITED + 1, "a storm of forks does not fill the memory");
	for (i = 1; i < TOP_KEEP; i++)
		look(&table);
	ok(table.nr_rows == TOP_MAX_EXITED + 1, "those that exited stay for a while");
	look(&table);
	ok(table.nr_rows == 1, "then they go");
	top_table_free(&table);
}

static const char *order(struct top_table *table, enum top_key key, bool reverse)
{
	static char text[64];
	char *end = text;
	size_t i;

	top_table_sort(table, key, reverse);
	for (i = 0; i < table->nr_rows; i++)
		end += sprintf(end, "%d ", table->rows[i]->values.pid);
	return text;
}

static void test_order(void)
{
	struct top_table table;

	top_table_init(&table);
	values(&table, 12, "b", 1000, 3000, false);
	values(&table, 13, "a", 2000, 0, false);
	values(&table, 14, "b", 3000, 0, false);
	top_table_look(&table, 0, false);
	values(&table, 12, "b", 1100, 3000, false);
	values(&table, 13, "a", 2200, 0, false);
	values(&table, 14, "b", 3000, 500, false);
	look(&table);
	is_text(order(&table, TOP_CPU, false), "14 13 12 ", "by CPU");
	is_text(order(&table, TOP_CPU, true), "12 13 14 ", "reversed");
	is_text(order(&table, TOP_USER_RATE, false), "13 12 14 ", "by user share");
	is_text(order(&table, TOP_TIME, false), "12 14 13 ", "by time");
	is_text(order(&table, TOP_USER, false), "14 13 12 ", "by user time");
	is_text(order(&table, TOP_PID, false), "12 13 14 ", "by PID, the smallest first");
	is_text(order(&table, TOP_FAULTS, false), "14 13 12 ", "by faults");
	is_text(order(&table, TOP_THREADS, false), "13 12 14 ", "by threads");
	is_text(order(&table, TOP_COMMAND, false), "13 12 14 ", "by name, equal ones by PID");
	is_text(order(&table, TOP_COMMAND, true), "12 14 13 ", "also in reverse");
	values(&table, 14, "b", 5000, 500, false);
	look(&table);
	is_text(order(&table, table.key, table.reverse), "12 14 13 ", "a look keeps the order");
	ok(top_next_key(TOP_CPU, -1) == TOP_PID && top_next_key(TOP_PID, -1) == TOP_PID &&
	   top_next_key(TOP_CPU, 1) == TOP_USER_RATE && top_next_key(TOP_COMMAND, 1) == TOP_COMMAND,
	   "keys to the left and right");
	top_table_free(&table);
}

static void row_is(const struct top_row *row, enum top_blocks blocks, const char *wanted,
		   const char *name)
{
	char *line = top_format_row(row, blocks);

	is_text(line, wanted, name);
	free(line);
}

static void test_rows(void)
{
	struct top_row row = {
		.values = {
			.pid = 4711, .command = "make", .user = 1234567890, .system = 1000000000,
			.faults = 42, .threads = 3, .state = 'R',
		},
		.user_rate = 0.5, .system_rate = 0.256,
		.history = { 0, 0.01, 0.124, 0.126, 0.5, 0.99, 1, 7 },
		.nr_history = 8,
	};

	row_is(&row, TOP_NO_HISTORY, "   4711   75.6   50.0      2.23      1.23       42    3 R make",
	       "a row");
	row_is(&row, TOP_ASCII,
	       "   4711   75.6   50.0      2.23      1.23       42    3 R      ..:+@@@ make",
	       "with its history, in ASCII");
	row_is(&row, TOP_UTF8,
	       "   4711   75.6   50.0      2.23      1.23       42    3 R      ▁▁▂▅███ make",
	       "in UTF-8");
	row.values.user = 2000000000000000;
	row_is(&row, TOP_NO_HISTORY, "   4711   75.6   50.0   2000001   2000000       42    3 R make",
	       "days of time");
}

#define TITLES "    PID   %CPU   %USR   TIME(s)   USER(s)   FAULTS  THR S COMMAND\n"

#define DETAIL "pid user_ns system_ns minor_faults major_faults threads start_ns holders state split looks command\n"

static void make_registry(const char *detail)
{
	tree_empty();
	tree_parents("proc/urt/x");
	tree_file("proc/urt/status", "");
	tree_file("proc/urt/stats", "abi 1\n");
	tree_file("proc/urt/detail", detail);
}

#define RUN(...) run_program(usertime_cli, "usertime", (const char *const []){ "top", __VA_ARGS__, NULL })

/* What was printed, but for the time of day. */
static const char *untimed(void)
{
	return strlen(out) > 19 ? out + 19 : out;
}

static void test_registry(void)
{
	make_registry(DETAIL
		      "12 1500000000 500000000 7 1 2 99 0 S tick 0 a\\134b\n"
		      "13 2500000000 0 0 0 1 99 0,1 X tick 0 c d\n");
	RUN("--batch", "-n", "1");
	is_text(untimed(), "  registry: 1 processes, 1 exited, 0.00 CPUs (0.00 user)\n" TITLES
		"     12    0.0    0.0      2.00      1.50        8    2 S a\\134b\n"
		"     13    0.0    0.0      2.50      2.50        0    1 X c d\n", "the registry");
	ok(!status && !*err, "is no error");

	make_registry(DETAIL);
	RUN("--batch", "-n", "1");
	is_text(untimed(), "  registry: 0 processes, 0 exited, 0.00 CPUs (0.00 user);"
		" nothing is registered: see usertime-register(1)\n" TITLES, "nothing is registered");

	RUN("--batch", "-n", "2");
	ok(strstr(out, "registry:") && strstr(strstr(out, "registry:") + 1, "registry:") && !status,
	   "it is asked again all the same");

	tree_empty();
	RUN("--batch");
	ok(status == 1 && !*out && strstr(err, "usertime top: "), "without the module it fails");
	make_registry(DETAIL);
	prepare = full_disk;
	RUN("--batch", "-n", "1");
	is_text(err, "usertime: cannot write the output: No space left on device\n", "so it does with a full disk");
	ok(status == 1, "as a failure");
}

/*
 * Five seconds: a shell that was there before uses nothing; cc1 is forked after one, uses a processor
 * and exits after 3.5; ld is forked after two and uses three quarters of one, two thirds of it user.
 */
static void make_recording(void)
{
	struct recording *recording;
	int i;

	tree_empty();
	tree_parents("proc/5/comm");
	tree_file("proc/5/comm", "shell\n");
	tree_parents("proc/sys/kernel/random/boot_id");
	recording = recording_begin("busy.urt");
	for (i = 0; i <= 10; i++) {
		int64_t t = i * SECOND / 2;

		put(recording, RECORD(SAMPLE, 5, OLD, t + MS, USED(SECOND, 0, 1, 0)));
		if (i == 2) {
			put(recording, RECORD(FORK, 100, FORKED(t), t, .parent_pid = 5, .parent_start = OLD));
			put(recording, RECORD(EXEC, 100, FORKED(t), t, .name = "cc1"));
		}
		if (i == 4) {
			put(recording, RECORD(FORK, 101, FORKED(t), t, .parent_pid = 5, .parent_start = OLD));
			put(recording, RECORD(EXEC, 101, FORKED(t), t, .name = "l\nd"));
		}
		if (i >= 2 && i < 7)
			put(recording, RECORD(SAMPLE, 100, FORKED(SECOND), t, USED(t - SECOND, 0, i, 0)));
		if (i == 7)
			put(recording, RECORD(EXIT, 100, FORKED(SECOND), t, USED(t - SECOND, 0, i, 0)));
		if (i >= 4)
			put(recording, RECORD(SAMPLE, 101, FORKED(2 * SECOND), t,
					      USED((t - 2 * SECOND) / 2, (t - 2 * SECOND) / 4, 0, 3)));
	}
	recording_finish(recording, 5 * SECOND);
}

#define AT(second) "2027-01-15 08:00:0" #second "  "
#define SHELL "      5    0.0    0.0      1.00      1.00        1    1 - shell\n"

static void test_recording(void)
{
	char path[PATH_MAX], *rest;

	make_recording();
	tree_path(path, "busy.urt");
	RUN("--batch", path);
	/* The file's name is all over it. */
	while ((rest = strstr(out, path)))
		memmove(rest, rest + strlen(tree_root) + 1, strlen(rest + strlen(tree_root) + 1) + 1);
	is_text(out,
		AT(1) "busy.urt: 2 processes, 0 exited, 0.00 CPUs (0.00 user)\n" TITLES
		SHELL
		"    100    0.0    0.0      0.00      0.00        0    1 - cc1\n"
		"\n"
		AT(2) "busy.urt: 3 processes, 0 exited, 1.00 CPUs (1.00 user)\n" TITLES
		"    100  100.0  100.0      1.00      1.00        4    1 - cc1\n"
		SHELL
		"    101    0.0    0.0      0.00      0.00        0    1 - l\\012d\n"
		"\n"
		AT(3) "busy.urt: 3 processes, 0 exited, 1.75 CPUs (1.50 user)\n" TITLES
		"    100  100.0  100.0      2.00      2.00        6    1 - cc1\n"
		"    101   75.0   50.0      0.75      0.50        3    1 - l\\012d\n"
		SHELL
		"\n"
		AT(4) "busy.urt: 2 processes, 1 exited, 1.25 CPUs (1.00 user)\n" TITLES
		"    101   75.0   50.0      1.50      1.00        3    1 - l\\012d\n"
		"    100   50.0   50.0      2.50      2.50        7    1 X cc1\n"
		SHELL
		"\n"
		AT(5) "busy.urt: 2 processes, 1 exited, 0.75 CPUs (0.50 user); end of the recording\n" TITLES
		"    101   75.0   50.0      2.25      1.50        3    1 - l\\012d\n"
		SHELL
		"    100    0.0    0.0      2.50      2.50        7    1 X cc1\n", "a recording");
	ok(!status && !*err, "is no error");

	/* Steps between samples are what the line between them says. */
	RUN("--batch", "-d", "1.25s", "-n", "2", path);
	ok(strstr(out, "    100  100.0  100.0      1.50      1.50"), "steps of another length");
	tree_path(path, "none.urt");
	RUN("--batch", path);
	rest = strstr(err, path);
	ok(status == 1 && !*out && rest == err + strlen("usertime top: "), "there is no such recording");
}

/* The ways of the keys t and T. */
static void test_steps(void)
{
	struct top_source *source;
	struct top_table table;
	int i;

	make_recording();
	top_table_init(&table);
	source = top_recording(recording_path("busy.urt"), 40 * MS);
	need(source);
	for (i = 0; i < 90; i++)
		need(source->look(source, &table));
	is_text(rows(&table), "101 75/50 0.8, 5 0/0 1.0, 100 0/0 2.5 X", "after 3.6 s");
	ok(source->time == BEGAN + 3600 * MS && !source->ended, "is the time");
	while (!source->ended)
		need(source->look(source, &table));
	is_text(rows(&table), "101 75/50 1.5, 5 0/0 1.0", "who exited is forgotten, for good");
	need(source->look(source, &table));
	ok(source->time == BEGAN + 5 * SECOND, "behind the end there is nothing");
	need(source->back(source, &table));
	is_text(rows(&table), "101 75/50 1.5, 5 0/0 1.0", "a step back");
	ok(source->time == BEGAN + 4960 * MS, "is one");
	ok(table.rows[0]->nr_history == TOP_HISTORY, "and has the history of then");
	for (i = 0; i < 200; i++)
		need(source->back(source, &table));
	ok(source->time == BEGAN + 40 * MS, "before the first step there is nothing");
	source->close(source);
	top_table_free(&table);
}

static void usage(const char *message)
{
	char wanted[256];

	snprintf(wanted, sizeof(wanted), "usertime top: %s", message);
	err[strcspn(err, "\n")] = '\0';
	is_text(err, wanted, message);
	ok(status == 2 && !*out, "is a usage error");
}

static void test_words(void)
{
	RUN("-I", "2");
	usage("2: needs a unit: ns, us, ms, s, m, h or d, as in 50ms or 2s");
	RUN("-n", "3");
	usage("-n: only with --batch");
	RUN("--batch", "a.urt", "-p", "1");
	usage("a.urt: a recording has its processes, name none");
	RUN("a.urt", "b.urt");
	usage("b.urt: one recording at a time");
	make_registry(DETAIL);
	RUN("-I", "2s");
	is_text(err, "usertime top: standard output is no terminal: use --batch\n", "no terminal");
	ok(status == 1, "is a failure");
}

/* It may be on another file system than the tree. */
static void copy_recording(const char *to)
{
	static char bytes[1 << 20];
	FILE *file = fopen(recording_path("busy.urt"), "r");
	size_t size;

	need(file);
	size = fread(bytes, 1, sizeof(bytes), file);
	need(size < sizeof(bytes) && !fclose(file));
	file = fopen(to, "w");
	need(file && fwrite(bytes, 1, size, file) == size && !fclose(file));
}

int main(int argc, char **argv)
{
	tree_make();
	setenv("TZ", "UTC", 1);
	if (argc > 1) {
		make_recording();
		copy_recording(argv[1]);
		return 0;
	}
	test_rates();
	test_history();
	test_forgetting();
	test_order();
	test_rows();
	test_registry();
	test_recording();
	test_steps();
	test_words();
	return tap_done();
}
