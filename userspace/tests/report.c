// SPDX-License-Identifier: GPL-2.0-only
/* usertime report, of recordings whose numbers are known. */
#define _GNU_SOURCE
#include "cli/command.h"
#include "cli/moment.h"
#include "recordings.h"
#include "run.h"

#define A	"a.urt"

static char path_of_a[PATH_MAX];

#define report(...) \
	run_program(usertime_cli, "usertime", (const char *const[]){ "report", __VA_ARGS__ })

/* What is printed, and nothing else. */
static void prints(const char *want, const char *name)
{
	ok(!status && !*err, "%s: done", name);
	if (*err)
		printf("# %s", err);
	is_text(out, want, name);
}

static void fails(int want, const char *message, const char *name)
{
	char whole[512], *line;

	snprintf(whole, sizeof(whole), "usertime report: %s\n", message);
	/* A hint of argp's may follow. */
	line = strchr(err, '\n');
	if (line)
		line[1] = '\0';
	ok(status == want && !*out, "%s: status %d", name, status);
	is_text(err, whole, name);
}

/*
 * Of 10 s: pid 5 was there before, uses a half from 2 s to 6 s and all of a CPU from 6 s to 8 s; pid
 * 6 is forked at 4 s, uses three quarters, a third of it in the kernel, and exits at 8 s. Both are
 * called worker then. 7 was there and did nothing.
 */
static void make_recording(void)
{
	struct recording *recording;
	int i;

	tree_empty();
	tree_parents("proc/5/comm");
	tree_file("proc/5/comm", "worker\n");
	tree_parents("proc/7/comm");
	tree_file("proc/7/comm", "idle|`\n");
	recording = recording_begin(A);
	put(recording, RECORD(SAMPLE, 5, OLD, 0, USED(100 * SECOND, 7 * SECOND, 1000, 10)));
	put(recording, RECORD(SAMPLE, 7, OLD, 0, USED(3 * SECOND, 0, 5, 0)));
	put(recording, RECORD(SAMPLE, 5, OLD, 2 * SECOND, USED(100 * SECOND, 7 * SECOND, 1000, 10)));
	put(recording, RECORD(FORK, 6, FORKED(4 * SECOND), 4 * SECOND, .parent_pid = 5,
			      .parent_start = OLD));
	for (i = 3; i <= 8; i++) {
		int64_t used = i <= 6 ? (i - 2) * SECOND / 2 : 2 * SECOND + (i - 6) * SECOND;

		put(recording, RECORD(SAMPLE, 5, OLD, i * SECOND,
				      USED(100 * SECOND + used, 7 * SECOND, 1000 + i, 10)));
		if (i > 4 && i < 8)
			put(recording, RECORD(SAMPLE, 6, FORKED(4 * SECOND), i * SECOND,
					      USED((i - 4) * SECOND / 2, (i - 4) * SECOND / 4, i, 0)));
	}
	put(recording, RECORD(EXIT, 6, FORKED(4 * SECOND), 8 * SECOND,
			      USED(2 * SECOND, SECOND, 9, 1)));
	put(recording, RECORD(SAMPLE, 5, OLD, 9 * SECOND,
			      USED(104 * SECOND, 7 * SECOND, 1008, 10)));
	recording_finish(recording, 10 * SECOND);
}

static void test_table(void)
{
	char want[PATH_MAX + 1024];

	report(path_of_a, NULL);
	snprintf(want, sizeof(want),
		 "%s: 2027-01-15 08:00:00.000 to 2027-01-15 08:00:10.000\n\n"
		 "PID      USER    SYSTEM     TOTAL  CPU%%  P50%%   P95%%   MAX%%  MINFLT  MAJFLT"
		 "        EXITED   AT-EXIT  COMMAND\n"
		 "  5  4.000000  0.000000  4.000000  40.0  50.0  100.0  100.0       8       0"
		 "             -         -  worker\n"
		 "  6  2.000000  1.000000  3.000000  75.0  75.0   75.0   75.0       9       1"
		 "  08:00:08.000  3.000000  worker\n"
		 "  7  0.000000  0.000000  0.000000   0.0   0.0    0.0    0.0       0       0"
		 "             -         -  idle|`\n", path_of_a);
	prints(want, "a table");
	report("--by", "command", "-s", "command", path_of_a, NULL);
	snprintf(want, sizeof(want),
		 "%s: 2027-01-15 08:00:00.000 to 2027-01-15 08:00:10.000\n\n"
		 "PROCESSES  EXITED      USER    SYSTEM     TOTAL  CPU%%  P50%%   P95%%   MAX%%  MINFLT"
		 "  MAJFLT  COMMAND\n"
		 "        1       0  0.000000  0.000000  0.000000   0.0   0.0    0.0    0.0       0"
		 "       0  idle|`\n"
		 "        2       1  6.000000  1.000000  7.000000  70.0  50.0  175.0  175.0      17"
		 "       1  worker\n", path_of_a);
	prints(want, "by command, whose processes' shares add up");
	report("--format", "md", "--by", "command", "-b", "9s", path_of_a, NULL);
	snprintf(want, sizeof(want),
		 "%s: 2027-01-15 08:00:09.000 to 2027-01-15 08:00:10.000\n\n"
		 "| PROCESSES | EXITED | USER | SYSTEM | TOTAL | CPU%% | P50%% | P95%% | MAX%% | MINFLT "
		 "| MAJFLT | COMMAND |\n"
		 "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n"
		 "| 1 | 0 | 0.000000 | 0.000000 | 0.000000 | 0.0 | 0.0 | 0.0 | 0.0 | 0 | 0 |"
		 " `worker` |\n"
		 "| 1 | 0 | 0.000000 | 0.000000 | 0.000000 | 0.0 | 0.0 | 0.0 | 0.0 | 0 | 0 |"
		 " `idle\\174\\140` |\n", path_of_a);
	prints(want, "Markdown, in which a name cannot end its cell");
}

#define CSV_HEAD "session,pid,user_seconds,system_seconds,total_seconds,cpu_percent,p50_percent," \
	"p95_percent,max_percent,minor_faults,major_faults,from,to,exited,exit_user_seconds," \
	"exit_system_seconds,unit,command\n"

static void test_csv(void)
{
	report("--format", "csv", path_of_a, NULL);
	prints(CSV_HEAD
	       "1,5,4.000000000,0.000000000,4.000000000,40,50,100,100,8,0,"
	       "2027-01-15T08:00:00.000000000Z,2027-01-15T08:00:10.000000000Z,,,,,worker\n"
	       "1,6,2.000000000,1.000000000,3.000000000,75,75,75,75,9,1,"
	       "2027-01-15T08:00:04.000000000Z,2027-01-15T08:00:08.000000000Z,"
	       "2027-01-15T08:00:08.000000000Z,2.000000000,1.000000000,,worker\n"
	       "1,7,0.000000000,0.000000000,0.000000000,0,0,0,0,0,0,"
	       "2027-01-15T08:00:00.000000000Z,2027-01-15T08:00:10.000000000Z,,,,,idle|`\n", "CSV");
	report("-x", "|", "--by", "command", "-s", "processes", path_of_a, NULL);
	prints("processes|exited|user_seconds|system_seconds|total_seconds|cpu_percent|p50_percent|"
	       "p95_percent|max_percent|minor_faults|major_faults|from|to|command\n"
	       "2|1|6.000000000|1.000000000|7.000000000|70|50|175|175|17|1|"
	       "2027-01-15T08:00:00.000000000Z|2027-01-15T08:00:10.000000000Z|worker\n"
	       "1|0|0.000000000|0.000000000|0.000000000|0|0|0|0|0|0|"
	       "2027-01-15T08:00:00.000000000Z|2027-01-15T08:00:10.000000000Z|\"idle|`\"\n",
	       "another separator, with which a name is in quotes");
}

/* What exits later has not exited yet. */
static void test_exits(void)
{
	report("-x", ";", "--by", "command", "-e", "7999ms", path_of_a, NULL);
	ok(!status && strstr(out, "\n2;0;"), "by command, before an exit");
	report("-x", ";", "--by", "command", "-e", "8s", path_of_a, NULL);
	ok(!status && strstr(out, "\n2;1;"), "and at it");
}

static void test_json(void)
{
	char want[PATH_MAX + 1024];

	report("-j", "-s", "pid", "-b", "8s", path_of_a, NULL);
	snprintf(want, sizeof(want),
		 "{\n  \"recording\": \"%s\",\n  \"begin\": \"2027-01-15T08:00:08.000000000Z\",\n"
		 "  \"end\": \"2027-01-15T08:00:10.000000000Z\",\n  \"sessions\": 1,\n  \"lost\": {\n"
		 "    \"periods\": 0,\n    \"samples\": 0,\n    \"forks_and_names\": 0,\n"
		 "    \"processes\": 0,\n    \"exits\": 0,\n    \"exit_user_seconds\": 0.0,\n"
		 "    \"exit_system_seconds\": 0.0\n  },\n  \"processes\": [\n    {\n", path_of_a);
	out[strlen(want)] = '\0';
	ok(!status && !*err, "JSON: done");
	is_text(out, want, "JSON says what it is about");
	report("--format", "jsonl", "-s", "user", "-e", "6500ms", path_of_a, NULL);
	prints("{\"session\":1,\"pid\":5,\"user_seconds\":2.5,\"system_seconds\":0.0,"
	       "\"total_seconds\":2.5,\"cpu_percent\":38.4615384615385,\"p50_percent\":50.0,"
	       "\"p95_percent\":100.0,\"max_percent\":100.0,\"minor_faults\":6,\"major_faults\":0,"
	       "\"from\":\"2027-01-15T08:00:00.000000000Z\",\"to\":\"2027-01-15T08:00:06.500000000Z\","
	       "\"exited\":null,\"exit_user_seconds\":null,\"exit_system_seconds\":null,\"unit\":\"\","
	       "\"command\":\"worker\"}\n"
	       "{\"session\":1,\"pid\":6,\"user_seconds\":1.25,\"system_seconds\":0.625,"
	       "\"total_seconds\":1.875,\"cpu_percent\":75.0,\"p50_percent\":75.0,"
	       "\"p95_percent\":75.0,\"max_percent\":75.0,\"minor_faults\":6,\"major_faults\":0,"
	       "\"from\":\"2027-01-15T08:00:04.000000000Z\",\"to\":\"2027-01-15T08:00:06.500000000Z\","
	       "\"exited\":null,\"exit_user_seconds\":null,\"exit_system_seconds\":null,\"unit\":\"\","
	       "\"command\":\"worker\"}\n"
	       "{\"session\":1,\"pid\":7,\"user_seconds\":0.0,\"system_seconds\":0.0,"
	       "\"total_seconds\":0.0,\"cpu_percent\":0.0,\"p50_percent\":0.0,"
	       "\"p95_percent\":0.0,\"max_percent\":0.0,\"minor_faults\":0,\"major_faults\":0,"
	       "\"from\":\"2027-01-15T08:00:00.000000000Z\",\"to\":\"2027-01-15T08:00:06.500000000Z\","
	       "\"exited\":null,\"exit_user_seconds\":null,\"exit_system_seconds\":null,\"unit\":\"\","
	       "\"command\":\"idle|`\"}\n", "JSON lines; an end between two samples");
}

/* "pid user system minor exited" of each row; the CSV's columns 2, 3, 4, 10, 14. */
static const char *brief(void)
{
	static char list[1024];
	size_t length = 0;
	char *line = strchr(out, '\n'), *field;

	*list = '\0';
	while (line && *++line) {
		char *next = strchr(line, '\n'), *rest = line;
		int column;

		if (next)
			*next = '\0';
		for (column = 1; (field = strsep(&rest, ",")); column++)
			if (column == 2 || column == 3 || column == 4 || column == 10)
				length += snprintf(list + length, sizeof(list) - length, "%s%s",
						   column == 2 ? (length ? "; " : "") : " ", field);
		line = next;
	}
	return list;
}

/* What was used from begin to end. */
static void within(const char *begin, const char *end, const char *want)
{
	char name[256];

	snprintf(name, sizeof(name), "from %s to %s", begin ? begin : "its begin",
		 end ? end : "its end");
	report("--format=csv", "-s", "pid", begin ? "-b" : "--format=csv",
	       begin ? begin : "--format=csv", end ? "-e" : "--format=csv",
	       end ? end : "--format=csv", path_of_a, NULL);
	ok(!status && !*err, "%s: done", name);
	is_text(brief(), want, name);
}

static void test_range(void)
{
	within("4s", "6s", "5 1.000000000 0.000000000 2; 6 1.000000000 0.500000000 6;"
	       " 7 0.000000000 0.000000000 0");
	within("6s", "10s", "5 2.000000000 0.000000000 2; 6 1.000000000 0.500000000 3;"
	       " 7 0.000000000 0.000000000 0");
	within("08:00:04", "08:00:06", "5 1.000000000 0.000000000 2; 6 1.000000000 0.500000000 6;"
	       " 7 0.000000000 0.000000000 0");
	within("6250ms", "6750ms", "5 0.500000000 0.000000000 0; 6 0.250000000 0.125000000 0;"
	       " 7 0.000000000 0.000000000 0");
	within("08:00:06.25", "2027-01-15 08:00:06.750", "5 0.500000000 0.000000000 0;"
	       " 6 0.250000000 0.125000000 0; 7 0.000000000 0.000000000 0");
	within("07:00", "2027-01-15T08:00:02", "5 0.000000000 0.000000000 0;"
	       " 7 0.000000000 0.000000000 0");
	within("8001ms", NULL, "5 0.000000000 0.000000000 0; 7 0.000000000 0.000000000 0");
	within("0s", "3999ms", "5 0.999500000 0.000000000 3; 7 0.000000000 0.000000000 0");

	report("-b", "11s", path_of_a, NULL);
	fails(1, recording_path("a.urt: has nothing of that time: it goes from 2027-01-15 08:00:00.000"
				" to 2027-01-15 08:00:10.000"), "a time behind its end");
	report("-e", "2027-01-15 07:59:59", path_of_a, NULL);
	fails(1, recording_path("a.urt: has nothing of that time: it goes from 2027-01-15 08:00:00.000"
				" to 2027-01-15 08:00:10.000"), "a time before its begin");
	report("-b", "5s", "-e", "4s", path_of_a, NULL);
	fails(2, "-b is later than -e", "an end before the begin");
}

/* Over midnight a time of day is the first that was recorded. */
static void test_moments(void)
{
	const int64_t began = BEGAN + (15 * 3600 + 59 * 60) * SECOND;	/* 23:59 */
	const int64_t ended = began + 26 * 3600 * SECOND;
	struct moment moment;

	need(!parse_moment("00:01", &moment));
	ok(moment_find(&moment, began, ended, -1) == began + 120 * SECOND, "00:01 after midnight");
	need(!parse_moment("23:59:30", &moment));
	ok(moment_find(&moment, began, ended, -1) == began + 30 * SECOND, "23:59:30 of the first day");
	need(!parse_moment("23:58:59", &moment));
	ok(moment_find(&moment, began, ended, -1) == began + (24 * 3600 - 1) * SECOND,
	   "23:58:59 of the next day");
	ok(moment_find(&moment, began, began + SECOND, -1) == began - SECOND,
	   "or just before, if it was not recorded");
	need(!parse_moment("2027-01-17 01:00:00.000000001", &moment));
	ok(moment_find(&moment, began, ended, -1) == began + (25 * 3600 + 60) * SECOND + 1, "a date");
	need(!parse_moment("9999-12-31 23:59", &moment));
	ok(moment_find(&moment, began, ended, -1) == INT64_MAX, "the far future");
	moment.kind = MOMENT_NONE;
	ok(moment_find(&moment, began, ended, -1) == -1, "none");
	ok(parse_moment("25:00", &moment) && parse_moment("10:", &moment) &&
	   parse_moment("10:00:00x", &moment) && parse_moment("10:00.", &moment) &&
	   parse_moment("2027-01-17", &moment) && parse_moment("2027-13-01 10:00", &moment) &&
	   parse_moment("", &moment) && parse_moment("10", &moment) && parse_moment(":", &moment),
	   "what is no time");
}

/* An exit right behind a sample, which was an estimate, is not a share of its own. */
static void test_exit_behind_sample(void)
{
	struct recording *recording;

	tree_empty();
	recording = recording_begin(A);
	put(recording, RECORD(SAMPLE, 6, FORKED(0), 10 * MS, USED(10 * MS, 0, 0, 0)));
	put(recording, RECORD(SAMPLE, 6, FORKED(0), 20 * MS, USED(19 * MS, 0, 0, 0)));
	put(recording, RECORD(EXIT, 6, FORKED(0), 20 * MS + 1000, USED(20 * MS, 0, 3, 0)));
	recording_finish(recording, SECOND);
	report("--format", "csv", path_of_a, NULL);
	prints(CSV_HEAD
	       "1,6,0.020000000,0.000000000,0.020000000,99.9950002499875,99.9950002499875,"
	       "99.9950002499875,99.9950002499875,3,0,2027-01-15T08:00:00.000000000Z,2027-01-15T08:00:00.020001000Z,"
	       "2027-01-15T08:00:00.020001000Z,0.020000000,0.000000000,,\n", "an exit behind a sample");
}

/* What runs all the time is charged once in four samples: that makes no shares of four CPUs. */
static void test_charged_late(void)
{
	struct recording *recording;
	int i;

	tree_empty();
	recording = recording_begin(A);
	for (i = 0; i <= 200; i++)
		put(recording, RECORD(SAMPLE, 6, OLD, i * MS, USED(i / 4 * 4 * MS, 0, 0, 0)));
	recording_finish(recording, 200 * MS);
	report("--format", "csv", path_of_a, NULL);
	prints(CSV_HEAD
	       "1,6,0.200000000,0.000000000,0.200000000,100,100,100,100,0,0,"
	       "2027-01-15T08:00:00.000000000Z,2027-01-15T08:00:00.200000000Z,,,,,\n",
	       "what is charged late");
}

static void test_sessions(void)
{
	struct recording_options options = {
		.command = "x", .period = 10 * MS, .root = tree_root,
		.clocks = { BEGAN + 24 * 3600 * SECOND, MONOTONIC, BOOTTIME },
	};
	const struct usertime_drops drops = { .exits = 2, .exits_user = 1500 * MS, .children = 3 };
	struct recording *recording;
	char want[PATH_MAX + 1024];

	make_recording();
	recording = recording_append(path_of_a, &options);
	need(recording);
	put(recording, RECORD(FORK, 9, FORKED(SECOND), SECOND, .parent_pid = 8, .parent_start = 1));
	put(recording, RECORD(EXEC, 9, FORKED(SECOND), SECOND, .name = "a\033\xff"));
	put(recording, RECORD(EXIT, 9, FORKED(SECOND), 2 * SECOND, USED(SECOND, 0, 0, 0)));
	put(recording, RECORD(FORK, 10, FORKED(SECOND), 2 * SECOND, .parent_pid = 8,
			      .parent_start = 1));
	need(recording_end(recording, &drops, MONOTONIC + 2 * SECOND));
	recording_close(recording);
	report("-b", "2027-01-16 00:00", "-s", "exited", path_of_a, NULL);
	snprintf(want, sizeof(want),
		 "%s: 2027-01-16 00:00:00.000 to 2027-01-16 08:00:02.000\n\n"
		 "SESSION  PID      USER    SYSTEM     TOTAL   CPU%%   P50%%   P95%%   MAX%%  MINFLT"
		 "  MAJFLT        EXITED   AT-EXIT  COMMAND\n"
		 "      2    9  1.000000  0.000000  1.000000  100.0  100.0  100.0  100.0       0"
		 "       0  08:00:02.000  1.000000  a\\033\\377\n"
		 "      2   10  0.000000  0.000000  0.000000    0.0    0.0    0.0    0.0       0"
		 "       0             -         -  \n", path_of_a);
	ok(!status, "a second session is shown");
	is_text(out, want, "with its number, and a name escaped");
	is_text(err, "usertime report: the exits of 2 processes were lost: 1.500000 s of CPU time are"
		" missing in part\nusertime report: 3 processes could not be followed: they are"
		" missing\n", "what is missing is said");
	report("--format", "csv", "-b", "24h", "-s", "cpu", path_of_a, NULL);
	is_text(brief(), "9 1.000000000 0.000000000 0; 10 0.000000000 0.000000000 0",
		"an offset goes on through all sessions");
	report("-s", "total", path_of_a, NULL);
	ok(strstr(out, "  2027-01-16 08:00:02.000  1.000000  a"), "several days have dates");
}

static void test_moment_only(void)
{
	struct recording_options options = {
		.command = "x", .root = tree_root, .clocks = { BEGAN, MONOTONIC, BOOTTIME },
	};
	struct recording *recording;

	tree_empty();
	recording = recording_append(path_of_a, &options);
	need(recording);
	put(recording, RECORD(SAMPLE, 5, OLD, SECOND, USED(1, 0, 0, 0)));
	recording_finish(recording, SECOND);
	report(path_of_a, NULL);
	ok(strstr(out, "  5  0.000000  0.000000  0.000000     -     -     -     -       0       0"
		       "       -        -  \n"), "of one moment there is no share");
}

static void test_order(void)
{
	static const char *const keys[] = {
		"total", "user", "system", "cpu", "p50", "p95", "max", "minor", "major", "pid",
		"from", "exited", "command"
	};
	static const char *const first[] = {
		"5", "5", "6", "6", "6", "5", "5", "6", "6", "5", "5", "6", "7"
	};
	size_t i;

	make_recording();
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		report("--format=csv", "-s", keys[i], path_of_a, NULL);
		ok(!status && brief()[0] == *first[i], "sorted by %s %s comes first", keys[i], first[i]);
	}
}

static void test_wrong(void)
{
	report("-s", "size", path_of_a, NULL);
	fails(2, "size: no such key to sort by", "a wrong key");
	report("--by", "user", path_of_a, NULL);
	fails(2, "user: no such kind of rows: pid or command", "a wrong kind");
	report("--format", "xml", path_of_a, NULL);
	fails(2, "xml: no such format: table, csv, json, jsonl or md", "a wrong format");
	report("-b", "soon", path_of_a, NULL);
	fails(2, "soon: not a duration as 50ms or 2s", "a wrong duration");
	report("-b", "10", path_of_a, NULL);
	fails(2, "10: needs a unit: ns, us, ms, s, m, h or d, as in 50ms or 2s", "a bare number");
	report("-e", "1:2:3:4", path_of_a, NULL);
	fails(2, "1:2:3:4: not a time as 10s, 14:30 or 2026-12-31 14:30:05", "a wrong time");
	report(path_of_a, "b.urt", NULL);
	fails(2, "b.urt: one recording at a time", "two recordings");
	report(recording_path("none"), NULL);
	fails(1, recording_path("none: No such file or directory"), "no such file");
	prepare = full_disk;
	report(path_of_a, NULL);
	ok(status == 1, "output that cannot be written");
	is_text(err, "usertime: cannot write the output: No space left on device\n", "is noticed");
}

/* In precise mode: 8 is a quarter in user code, as 100 looks have it; 9 was not looked at. */
static void test_precise(void)
{
#define LOOKED(u, s, looks) \
	.user = (u), .system = (s), .threads = 1, .split = USERTIME_SPLIT_PRECISE, .samples = (looks)
	struct recording *recording;
	char path[PATH_MAX], want[PATH_MAX + 1024];

	tree_empty();
	recording = recording_begin("p.urt");
	put(recording, RECORD(FORK, 8, FORKED(SECOND), SECOND, .parent_pid = 5, .parent_start = OLD));
	put(recording, RECORD(FORK, 9, FORKED(SECOND), SECOND, .parent_pid = 5, .parent_start = OLD));
	put(recording, RECORD(EXIT, 9, FORKED(SECOND), SECOND + MS, USED(MS, 0, 0, 0)));
	put(recording, RECORD(SAMPLE, 8, FORKED(SECOND), 2 * SECOND,
			      LOOKED(SECOND / 4, SECOND * 3 / 4, 40)));
	put(recording, RECORD(EXIT, 8, FORKED(SECOND), 3 * SECOND,
			      LOOKED(SECOND / 2, SECOND * 3 / 2, 100)));
	recording_finish(recording, 4 * SECOND);
	tree_path(path, "p.urt");
	report("-s", "total", path, NULL);
	snprintf(want, sizeof(want),
		 "%s: 2027-01-15 08:00:00.000 to 2027-01-15 08:00:04.000\n\n"
		 "PID      USER    SYSTEM     TOTAL  LOOKS  +-USER%%   CPU%%   P50%%   P95%%   MAX%%  MINFLT"
		 "  MAJFLT        EXITED   AT-EXIT  COMMAND\n"
		 "  8  0.500000  1.500000  2.000000    100      4.3  100.0  100.0  100.0  100.0       0"
		 "       0  08:00:03.000  2.000000  \n"
		 "  9  0.001000  0.000000  0.001000      0        -  100.0  100.0  100.0  100.0       0"
		 "       0  08:00:01.001  0.001000  \n", path);
	prints(want, "precise mode: how many looks, and how far to trust them");
	report("-e", "2s", "-s", "total", "-x", ",", path, NULL);
	ok(strstr(out, "split_looks,user_error_percent,") && strstr(out, ",40,"),
	   "those until then, for programs");
#undef LOOKED
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	tree_make();
	tree_path(path_of_a, A);
	make_recording();
	test_table();
	test_csv();
	test_exits();
	test_json();
	test_range();
	test_moments();
	test_exit_behind_sample();
	test_charged_late();
	test_sessions();
	test_moment_only();
	test_order();
	test_wrong();
	test_precise();
	return tap_done();
}
