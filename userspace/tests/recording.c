// SPDX-License-Identifier: GPL-2.0-only
/* Recordings: what is written is what can be read, whatever happens on the way. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "cli/schema.h"
#include "recordings.h"

#define A	"a.urt"

static bool exists(const char *name)
{
	return !access(recording_path(name), F_OK);
}

/* The last message, without the tree's name. */
static const char *message(void)
{
	const char *said = recording_message();
	size_t length = strlen(tree_root);

	return strncmp(said, tree_root, length) ? said : said + length + 1;
}

/* It cannot be appended to or read, for that reason, and stays what it is. */
static void refused(const char *name, const char *why_append, const char *why_read)
{
	const struct recording_options options = { .command = "" };
	char what[256];

	ok(!recording_append(recording_path(name), &options), "%s: is not appended to", name);
	snprintf(what, sizeof(what), "%s: says why", name);
	is_text(message(), why_append, what);
	ok(!recorded_open(recording_path(name)), "%s: is not read", name);
	snprintf(what, sizeof(what), "%s: says why that", name);
	is_text(message(), why_read, what);
}

#define SAMPLES "SELECT process, (time - 1000000000000) / 1000000, user, system, minor, major," \
		" threads, kind, split, flags, split_samples FROM sample ORDER BY rowid"

static void test_file(void)
{
	struct recording *recording;

	tree_empty();
	recording = recording_begin(A);
	ok(exists("a.urt-wal"), "while it is recorded there is a log");
	put(recording, RECORD(SAMPLE, 5, OLD, 10 * MS, USED(100, 20, 3, 1)));
	recording_finish(recording, 20 * MS);
	ok(exists(A) && !exists("a.urt-wal") && !exists("a.urt-shm") && !exists("a.urt-journal"),
	   "at the end one file");
	is_text(query(A, "PRAGMA journal_mode"), "delete", "which readers need not write to");
	is_text(query(A, "PRAGMA application_id"), "1970435181", "it says whose it is");
	is_text(query(A, "PRAGMA user_version"), "1", "and of which version");
	is_text(query(A, "PRAGMA integrity_check"), "ok", "it is sound");
	is_text(query(A, SAMPLES), "1|10|100|20|3|1|1|1|1|0|7", "and has what was put");
	is_text(query(A, "SELECT began, monotonic, boottime, ended, complete, first_sample, period,"
		      " command, missed_periods, lost_exit_user FROM session"),
		"1800000000000000000|1000000000000|2000000000000|1000020000000|1|1|10000000|"
		"usertime record sleep 1|0|0", "and what the session was");
}

/* Same samples: the first and the last of them. */
static void test_unchanged(void)
{
	struct recording *recording;
	struct recording_progress progress;
	int i;

	tree_empty();
	recording = recording_begin(A);
	for (i = 1; i <= 5; i++)
		put(recording, RECORD(SAMPLE, 5, OLD, i * 10 * MS, USED(100, 20, 3, 1)));
	put(recording, RECORD(SAMPLE, 5, OLD, 60 * MS, USED(101, 20, 3, 1)));
	put(recording, RECORD(SAMPLE, 5, OLD, 70 * MS, USED(101, 21, 3, 1)));
	put(recording, RECORD(SAMPLE, 5, OLD, 80 * MS, USED(101, 21, 4, 1)));
	put(recording, RECORD(SAMPLE, 5, OLD, 90 * MS, USED(101, 21, 4, 2)));
	put(recording, RECORD(SAMPLE, 6, OLD, 91 * MS, .threads = 1));
	put(recording, RECORD(SAMPLE, 6, OLD, 92 * MS, .threads = 2));
	for (i = 10; i <= 15; i++)
		put(recording, RECORD(SAMPLE, 5, OLD, i * 10 * MS, USED(101, 21, 4, 2)));
	recording_progress(recording, &progress);
	ok(progress.processes == 2 && progress.records == 8, "counts what it has stored");
	need(recording_commit(recording, NULL, MONOTONIC + SECOND));
	recording_progress(recording, &progress);
	ok(progress.bytes >= 4096 && progress.bytes % 4096 == 0, "and its pages");
	is_text(query(A, SAMPLES),
		"1|10|100|20|3|1|1|1|1|0|7\n"
		"1|50|100|20|3|1|1|1|1|0|7\n"
		"1|60|101|20|3|1|1|1|1|0|7\n"
		"1|70|101|21|3|1|1|1|1|0|7\n"
		"1|80|101|21|4|1|1|1|1|0|7\n"
		"1|90|101|21|4|2|1|1|1|0|7\n"
		"2|91|0|0|0|0|1|1|0|0|0\n"
		"2|92|0|0|0|0|2|1|0|0|0", "any counter's change is stored, and the moment before");
	put(recording, RECORD(EXIT, 5, OLD, 160 * MS, USED(101, 21, 4, 2), .flags = 4));
	recording_progress(recording, &progress);
	ok(progress.processes == 1, "what has exited does not count");
	recording_finish(recording, 200 * MS);
	is_text(query(A, SAMPLES " LIMIT -1 OFFSET 8"), "1|160|101|21|4|2|1|2|1|4|7",
		"an exit is always stored");
}

static const char *unit(pid_t pid, const void *data)
{
	return pid == 5 ? data : "";
}

static struct recording *family(void)
{
	struct recording_options options = {
		.command = "x", .root = tree_root, .unit = unit, .data = "a.service",
		.clocks = { BEGAN, MONOTONIC, BOOTTIME },
	};
	struct recording *recording;

	tree_parents("proc/5/comm");
	tree_file("proc/5/comm", "shell\n");
	tree_parents("proc/9/comm");
	tree_file("proc/9/comm", "a\nb\xff\n");
	recording = recording_append(recording_path(A), &options);
	need(recording);
	put(recording, RECORD(SAMPLE, 5, OLD, 10 * MS, USED(100, 0, 0, 0)));
	put(recording, RECORD(SAMPLE, 9, FORKED(15 * MS), 20 * MS, USED(50, 0, 0, 0)));
	put(recording, RECORD(FORK, 6, FORKED(30 * MS), 31 * MS, .parent_pid = 5,
			      .parent_start = OLD));
	put(recording, RECORD(EXEC, 6, FORKED(30 * MS), 35 * MS, .name = "true"));
	put(recording, RECORD(SAMPLE, 7, FORKED(40 * MS), 40 * MS, USED(0, 0, 0, 0)));
	put(recording, RECORD(FORK, 7, FORKED(40 * MS), 39 * MS, .parent_pid = 6,
			      .parent_start = FORKED(30 * MS)));
	/* The number is used again. */
	put(recording, RECORD(EXIT, 6, FORKED(30 * MS), 50 * MS, USED(3, 4, 0, 0)));
	put(recording, RECORD(FORK, 6, FORKED(60 * MS), 60 * MS, .parent_pid = 7,
			      .parent_start = FORKED(40 * MS)));
	put(recording, RECORD(EXEC, 6, FORKED(60 * MS), 61 * MS, .name = "fifteen-letters"));
	put(recording, RECORD(SAMPLE, 6, FORKED(60 * MS), 70 * MS, USED(9, 0, 0, 0)));
	/* Its exit was before that, as it turns out. */
	put(recording, RECORD(EXIT, 6, FORKED(60 * MS), 69 * MS, USED(11, 0, 0, 0)));
	put(recording, (struct usertime_record){ .type = USERTIME_RECORD_LOST, .lost_exits = 1 });
	put(recording, (struct usertime_record){ .type = 77, .pid = 5 });
	recording_finish(recording, 100 * MS);
	return NULL;
}

static void test_processes(void)
{
	tree_empty();
	family();
	is_text(query(A, "SELECT id, pid, start, parent, forked, (seen - 1000000000000) / 1000000,"
		      " (exited - 1000000000000) / 1000000, unit FROM process"),
		"1|5|1000000000||0|10||a.service\n"
		"2|9|2000015000000||1|15||\n"
		"3|6|2000030000000|1|1|30|50|a.service\n"
		"4|7|2000040000000|3|1|40||\n"
		"5|6|2000060000000|4|1|60|70|", "processes, their parents, their units");
	is_text(query(A, "SELECT process, (time - 1000000000000) / 1000000, hex(command) FROM name"),
		"1|10|7368656C6C\n"
		"2|15|610A62FF\n"
		"3|30|7368656C6C\n"
		"3|35|74727565\n"
		"5|61|6669667465656E2D6C657474657273", "names: of procfs, of the parent, of programs");
	is_text(query(A, SAMPLES),
		"1|10|100|0|0|0|1|1|1|0|7\n"
		"2|20|50|0|0|0|1|1|1|0|7\n"
		"4|40|0|0|0|0|1|1|1|0|7\n"
		"3|50|3|4|0|0|1|2|1|0|7\n"
		"5|70|9|0|0|0|1|1|1|0|7\n"
		"5|70|11|0|0|0|1|2|1|0|7", "samples");
	is_text(query(A, "SELECT process, (time - 1000000000000) FROM sample WHERE process IN (4, 5)"),
		"4|40000001\n5|70000000\n5|70000001", "whose times rise");
}

/* Boot time has gone on in suspend: by that it is forked at 9 s, after its first record. */
static void test_suspend(void)
{
	struct recording *recording;

	tree_empty();
	recording = recording_begin(A);
	put(recording, RECORD(SAMPLE, 6, FORKED(9 * SECOND), 2 * SECOND, USED(1, 0, 0, 0)));
	recording_finish(recording, 3 * SECOND);
	is_text(query(A, "SELECT forked, seen - 1000000000000 FROM process"), "1|2000000000",
		"no process is forked after its first record");
}

/* "process@ms=user" of all samples that are asked for. */
static const char *samples(struct recorded *recorded, enum recorded_order order, int64_t begin,
			   int64_t end)
{
	static char list[1024];
	struct recorded_sample sample;
	size_t length = 0;
	int ret;

	need(recorded_seek(recorded, order, begin, end));
	*list = '\0';
	while ((ret = recorded_next(recorded, &sample)) == 1)
		length += snprintf(list + length, sizeof(list) - length, "%s%td@%" PRId64 "=%" PRIu64,
				   length ? " " : "", sample.process - recorded->processes,
				   (sample.time - BEGAN) / MS, sample.user);
	need(!ret);
	return list;
}

static void test_read(void)
{
	const struct recorded_process *process;
	struct recorded_sample sample;
	struct recorded *recorded;

	tree_empty();
	family();
	recorded = recorded_open(recording_path(A));
	need(recorded);
	ok(recorded->nr_sessions == 1 && recorded->nr_processes == 5, "as many as there were");
	ok(recorded->sessions[0].id == 1 && recorded->sessions[0].began == BEGAN &&
	   recorded->sessions[0].ended == BEGAN + 100 * MS && recorded->sessions[0].complete &&
	   recorded->sessions[0].period == 0 && recorded->sessions[0].cpus > 0, "the session");
	is_text(recorded->sessions[0].command, "x", "what it was asked");
	process = recorded->processes;
	ok(process[0].pid == 5 && process[0].start == OLD && !process[0].forked &&
	   !process[0].exited && process[0].seen == BEGAN + 10 * MS &&
	   process[0].end == BEGAN + 100 * MS && !process[0].parent &&
	   process[0].session == recorded->sessions && !strcmp(process[0].unit, "a.service"),
	   "a process that was there lasts to the end");
	ok(process[2].forked && process[2].exited && process[2].end == BEGAN + 50 * MS &&
	   process[2].parent == process && process[4].parent == process + 3, "one that was forked");
	is_text(recorded_command(process + 2, INT64_MIN), "shell", "its first name");
	is_text(recorded_command(process + 2, BEGAN + 34 * MS), "shell", "which it still has");
	is_text(recorded_command(process + 2, BEGAN + 35 * MS), "true", "its last name");
	is_text(recorded_command(process + 3, INT64_MAX), "", "one without a name");
	ok(process[1].nr_names == 1 && !strcmp(process[1].names->command, "a\nb\xff"), "any bytes");

	is_text(samples(recorded, RECORDED_BY_PROCESS, INT64_MIN, INT64_MAX),
		"0@10=100 1@20=50 3@40=0 2@50=3 4@70=9 4@70=11", "all samples");
	is_text(samples(recorded, RECORDED_BY_TIME, BEGAN + 30 * MS, BEGAN + 50 * MS),
		"0@10=100 1@20=50 3@40=0 2@50=3 4@70=9", "within bounds, and those beside them");
	is_text(samples(recorded, RECORDED_BY_TIME, BEGAN + 80 * MS, INT64_MAX),
		"0@10=100 1@20=50 3@40=0 2@50=3 4@70=11", "before the begin only the last ones");
	need(recorded_seek(recorded, RECORDED_BY_TIME, BEGAN + 50 * MS, BEGAN + 50 * MS));
	do
		need(recorded_next(recorded, &sample) == 1);
	while (!sample.exit);
	ok(sample.process == process + 2 && sample.system == 4 && sample.threads == 1 &&
	   sample.split == USERTIME_SPLIT_TICK && sample.split_samples == 7 && !sample.flags,
	   "all of a sample");
	recorded_close(recorded);
}

/* Held back samples are stored after others of a later time. */
static void test_order(void)
{
	struct recording *recording;
	struct recorded *recorded;

	tree_empty();
	recording = recording_begin(A);
	put(recording, RECORD(SAMPLE, 5, OLD, 10 * MS, USED(1, 0, 0, 0)));
	put(recording, RECORD(SAMPLE, 5, OLD, 20 * MS, USED(1, 0, 0, 0)));
	put(recording, RECORD(SAMPLE, 6, OLD, 25 * MS, USED(7, 0, 0, 0)));
	put(recording, RECORD(SAMPLE, 5, OLD, 30 * MS, USED(2, 0, 0, 0)));
	recording_finish(recording, 40 * MS);
	recorded = recorded_open(recording_path(A));
	need(recorded);
	is_text(samples(recorded, RECORDED_BY_PROCESS, INT64_MIN, INT64_MAX),
		"0@10=1 1@25=7 0@20=1 0@30=2", "by process, as they are stored");
	is_text(samples(recorded, RECORDED_BY_TIME, INT64_MIN, INT64_MAX),
		"0@10=1 0@20=1 1@25=7 0@30=2", "by time");
	recorded_close(recorded);
}

/* A second session, of another boot and an hour later. */
static void test_append(void)
{
	struct recording_options options = {
		.command = "again", .clocks = { BEGAN + 3600 * SECOND, 500 * SECOND, 500 * SECOND },
	};
	struct usertime_drops drops = { 1, 2, 3, 4, 5, 6, 7, { 0 } };
	struct recording *recording;
	struct recorded *recorded;

	tree_empty();
	recording = recording_begin(A);
	put(recording, RECORD(SAMPLE, 5, OLD, 10 * MS, USED(1, 0, 0, 0)));
	recording_finish(recording, 20 * MS);
	recording = recording_append(recording_path(A), &options);
	need(recording);
	need(recording_put(recording, &(struct usertime_record){
		.type = USERTIME_RECORD_SAMPLE, .pid = 5, .start = OLD, .time = 501 * SECOND,
		USED(2, 0, 0, 0) }));
	need(recording_end(recording, &drops, 502 * SECOND));
	recording_close(recording);
	recorded = recorded_open(recording_path(A));
	need(recorded);
	ok(recorded->nr_sessions == 2 && recorded->nr_processes == 2 &&
	   recorded->processes[1].session == recorded->sessions + 1, "each session has its own");
	ok(recorded->sessions[1].ended == BEGAN + 3602 * SECOND, "and its own clock");
	ok(!memcmp(&recorded->sessions[1].drops, &drops, sizeof(drops)), "and its drops");
	is_text(samples(recorded, RECORDED_BY_TIME, INT64_MIN, INT64_MAX), "0@10=1 1@3601000=2",
		"all samples, in order");
	recorded_close(recorded);
	drops.missed_periods = USERTIME_UNKNOWN;
	recording = recording_begin(A);
	need(recording_end(recording, &drops, MONOTONIC));
	recording_close(recording);
	is_text(query(A, "SELECT missed_periods, lost_samples FROM session WHERE id = 3"), "0|1",
		"what cannot be known is 0");
}

/* A recorder that is killed, at a moment when something is committed and something is not. */
static void killed_recorder(void)
{
	pid_t pid = fork();
	int status;

	need(pid >= 0);
	if (!pid) {
		struct recording *recording = recording_begin(A);

		put(recording, RECORD(SAMPLE, 5, OLD, 10 * MS, USED(1, 0, 0, 0)));
		need(recording_commit(recording, NULL, MONOTONIC + 15 * MS));
		put(recording, RECORD(SAMPLE, 5, OLD, 20 * MS, USED(2, 0, 0, 0)));
		kill(getpid(), SIGKILL);
	}
	need(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}

static void test_killed(void)
{
	struct recording *recording;
	struct recorded *recorded;

	tree_empty();
	killed_recorder();
	recorded = recorded_open(recording_path(A));
	need(recorded);
	is_text(samples(recorded, RECORDED_BY_TIME, INT64_MIN, INT64_MAX), "0@10=1",
		"what was committed is there");
	ok(!recorded->sessions->complete && recorded->sessions->ended == BEGAN + 15 * MS,
	   "and until when that is");
	recorded_close(recorded);
	ok(!exists("a.urt-wal"), "who has read it has tidied up");

	tree_empty();
	killed_recorder();
	recording = recording_begin(A);
	put(recording, RECORD(SAMPLE, 6, OLD, 30 * MS, USED(3, 0, 0, 0)));
	recording_finish(recording, 40 * MS);
	is_text(query(A, SAMPLES), "1|10|1|0|0|0|1|1|1|0|7\n2|30|3|0|0|0|1|1|1|0|7",
		"it can be appended to");
	is_text(query(A, "SELECT complete FROM session"), "0\n1", "and says which session ended");
	is_text(query(A, "PRAGMA integrity_check"), "ok", "it is sound");
	ok(!exists("a.urt-wal"), "and one file");
}

static void test_meanwhile(void)
{
	const struct recording_options options = { .command = "" };
	struct recording *recording;
	struct recorded *recorded;

	tree_empty();
	recording = recording_begin(A);
	put(recording, RECORD(SAMPLE, 5, OLD, 10 * MS, USED(1, 0, 0, 0)));
	need(recording_commit(recording, NULL, MONOTONIC + 15 * MS));
	put(recording, RECORD(SAMPLE, 5, OLD, 20 * MS, USED(2, 0, 0, 0)));
	recorded = recorded_open(recording_path(A));
	need(recorded);
	need(recording_commit(recording, NULL, MONOTONIC + 25 * MS));
	is_text(samples(recorded, RECORDED_BY_TIME, INT64_MIN, INT64_MAX), "0@10=1",
		"a reader has what there was when it began");
	recorded_close(recorded);
	recorded = recorded_open(recording_path(A));
	need(recorded);
	is_text(samples(recorded, RECORDED_BY_TIME, INT64_MIN, INT64_MAX), "0@10=1 0@20=2",
		"the next one what came meanwhile");
	recorded_close(recorded);
	ok(!recording_append(recording_path(A), &options), "nobody else appends meanwhile");
	is_text(message(), "a.urt: is being recorded to: end that, or choose another file",
		"and is told so");
	recording_finish(recording, 30 * MS);

	recording = recording_begin("b.urt");
	tree_unlink("b.urt");
	ok(!recording_commit(recording, NULL, MONOTONIC), "a file that has been deleted is noticed");
	is_text(message(), "b.urt: has been deleted: nothing more can be recorded", "and said");
	recording_close(recording);
}

/* The reader goes on for as long as it likes; the last one tidies up. */
static void test_end_while_read(void)
{
	struct recording *recording;
	struct recorded *recorded;

	tree_empty();
	recording = recording_begin(A);
	put(recording, RECORD(SAMPLE, 5, OLD, 10 * MS, USED(1, 0, 0, 0)));
	need(recording_commit(recording, NULL, MONOTONIC + 15 * MS));
	recorded = recorded_open(recording_path(A));
	need(recorded);
	put(recording, RECORD(SAMPLE, 5, OLD, 20 * MS, USED(2, 0, 0, 0)));
	recording_finish(recording, 30 * MS);
	is_text(samples(recorded, RECORDED_BY_TIME, INT64_MIN, INT64_MAX), "0@10=1",
		"the end of a recording does not disturb who reads it");
	recorded_close(recorded);
	ok(!exists("a.urt-wal"), "who makes one file of it");
	is_text(query(A, SAMPLES), "1|10|1|0|0|0|1|1|1|0|7\n1|20|2|0|0|0|1|1|1|0|7", "with all in it");
}

static void damage(long offset, const char *bytes, size_t size)
{
	FILE *file = fopen(recording_path(A), "r+");

	need(file && !fseek(file, offset, SEEK_SET) && fwrite(bytes, 1, size, file) == size &&
	     !fclose(file));
}

static void statement(const char *name, const char *sql)
{
	sqlite3 *db;

	need(sqlite3_open(recording_path(name), &db) == SQLITE_OK &&
	     sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
}

static void test_foreign(void)
{
	char text[32];
	FILE *file;

	tree_empty();
	tree_file("text", "not mine, and longer than the header of a database is\n");
	refused("text", "text: not a recording: choose another file",
		"text: not a recording: choose another file");
	file = fopen(recording_path("text"), "r");
	need(file && fgets(text, sizeof(text), file) && !fclose(file));
	is_text(text, "not mine, and longer than the h", "it stays what it was");
	statement("other", "CREATE TABLE t(x)");
	refused("other", "other: not a recording, but another program's database:"
		" choose another file", "other: not a recording, but another program's database:"
		" choose another file");
	tree_dir("dir");
	refused("dir", "dir: Is a directory", "dir: not a regular file: name a recording");
	ok(!recorded_open(recording_path("none")), "a file that is not there is not read");
	is_text(message(), "none: No such file or directory", "and that is said");
	ok(!exists("none"), "nor made");
	refused("none/none", "none/none: No such file or directory",
		"none/none: No such file or directory");
	need(!mkfifo(recording_path("pipe"), 0600));
	refused("pipe", "pipe: not a regular file: choose another",
		"pipe: not a regular file: name a recording");
	tree_file("empty", "");
	ok(!recorded_open(recording_path("empty")), "an empty file is not read");
	is_text(message(), "empty: nothing was recorded in it", "and why");
	recording_finish(recording_begin("empty"), SECOND);
	is_text(query("empty", "SELECT count(*) FROM session"), "1", "but can become a recording");
}

static void test_damaged(void)
{
	struct recording *recording;
	struct recorded *recorded;
	struct recorded_sample sample;
	int i, ret;

	tree_empty();
	recording = recording_begin(A);
	for (i = 0; i < 2000; i++)
		put(recording, RECORD(SAMPLE, 5, OLD, i * MS, USED(i, 0, 0, 0)));
	recording_finish(recording, 3 * SECOND);
	damage(8192 + 4096, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	damage(4096 * 20, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	recorded = recorded_open(recording_path(A));
	ret = -1;
	if (recorded && recorded_seek(recorded, RECORDED_BY_PROCESS, INT64_MIN, INT64_MAX))
		while ((ret = recorded_next(recorded, &sample)) == 1)
			;
	ok(ret == -1, "damage is noticed");
	is_text(message(), "a.urt: the recording is damaged (database disk image is malformed):"
		" sqlite3's .recover saves what can be", "and said");
	recorded_close(recorded);

	tree_empty();
	recording_finish(recording_begin(A), SECOND);
	statement(A, "DROP TABLE name");
	refused(A, "a.urt: the recording is damaged (no such table: name): sqlite3's .recover saves"
		" what can be", "a.urt: the recording is damaged (no such table: name): sqlite3's"
		" .recover saves what can be");

	tree_empty();
	recording_finish(recording_begin(A), SECOND);
	statement(A, "PRAGMA user_version = 2");
	refused(A, "a.urt: a newer usertime made it (version 2 of recordings, this one knows 1):"
		" update usertime", "a.urt: a newer usertime made it (version 2 of recordings, this one"
		" knows 1): update usertime");

	tree_empty();
	family();
	statement(A, "DELETE FROM process WHERE id = 1");
	ok(!recorded_open(recording_path(A)), "a process that is missing is noticed");
	is_text(message(), "a.urt: the recording is damaged: rows are missing", "and said");
	need(!truncate(recording_path(A), 5000));
	ok(!recorded_open(recording_path(A)), "a file that was cut off is noticed");
	is_text(message(), "a.urt: the recording is damaged (database disk image is malformed):"
		" sqlite3's .recover saves what can be", "and said");
}

/* A limit on its size is as good as a full disk, and needs no disk. */
static void test_full(void)
{
	const struct rlimit small = { 200000, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };
	struct recording *recording;
	struct recorded *recorded;
	int committed = 0, i = 0;

	tree_empty();
	signal(SIGXFSZ, SIG_IGN);
	recording = recording_begin(A);
	need(!setrlimit(RLIMIT_FSIZE, &small));
	for (i = 0; i < 100000; i++) {
		const struct usertime_record record =
			RECORD(SAMPLE, 5, OLD, i * MS, USED(i + 1, 0, 0, 0));

		if (!recording_put(recording, &record))
			break;
		if (i % 500 == 499) {
			if (!recording_commit(recording, NULL, MONOTONIC + i * MS))
				break;
			committed = i;
		}
	}
	ok(committed > 500 && i < 100000, "there is an end to it");
	/* Versions of SQLite differ in whether they still know the system's error. */
	ok(!strcmp(message(), "a.urt: File too large") || !strcmp(message(), "a.urt: disk I/O error"),
	   "why");
	recording_close(recording);
	recorded = recorded_open(recording_path(A));
	need(recorded);
	ok(recorded->sessions->ended == BEGAN + committed * MS && !recorded->sessions->complete,
	   "what was committed can be read");
	recorded_close(recorded);
	need(!setrlimit(RLIMIT_FSIZE, &none));
	is_text(query(A, "PRAGMA integrity_check"), "ok", "it is sound");
	recording = recording_begin(A);
	recording_finish(recording, SECOND);
	is_text(query(A, "SELECT complete FROM session"), "0\n1", "and can be appended to");
}

static void test_views(void)
{
	tree_empty();
	family();
	is_text(query(A, "SELECT id, began, ended, seconds, complete, period, command FROM sessions"),
		"1|2027-01-15 08:00:00.000|2027-01-15 08:00:00.100|0.1|1|0.0|x", "sessions");
	is_text(query(A, "SELECT process, session, pid, command, unit, forked, seen, exited, seconds,"
		      " user * 1e9, system * 1e9, total * 1e9, samples FROM processes"
		      " WHERE process IN (1, 3, 5)"),
		"1|1|5|shell|a.service|0|2027-01-15 08:00:00.010||0.09|0.0|0.0|0.0|1\n"
		"3|1|6|true|a.service|1|2027-01-15 08:00:00.030|2027-01-15 08:00:00.050|0.02|"
		"3.0|4.0|7.0|1\n"
		"5|1|6|fifteen-letters||1|2027-01-15 08:00:00.060|2027-01-15 08:00:00.070|0.010000001|"
		"11.0|0.0|11.0|2", "processes: totals since they were forked, or first seen");
	is_text(query(A, "SELECT command, processes, exited, user * 1e9, total * 1e9 FROM commands"
		      " WHERE command IN ('true', 'shell')"),
		"shell|1|0|0.0|0.0\ntrue|1|1|3.0|7.0", "commands");
	is_text(query(A, "SELECT pid, command, exited, user * 1e9, system * 1e9, flags FROM exits"),
		"6|true|2027-01-15 08:00:00.050|3.0|4.0|0\n"
		"6|fifteen-letters|2027-01-15 08:00:00.070|11.0|0.0|0", "exits");
}

static void test_rates(void)
{
	struct recording *recording;

	tree_empty();
	recording = recording_begin(A);
	put(recording, RECORD(SAMPLE, 5, OLD, 100 * MS, USED(7 * MS, 0, 0, 0)));
	put(recording, RECORD(SAMPLE, 6, FORKED(80 * MS), 100 * MS, USED(5 * MS, 10 * MS, 2, 1)));
	put(recording, RECORD(SAMPLE, 5, OLD, 200 * MS, USED(57 * MS, 25 * MS, 30, 1)));
	recording_finish(recording, 300 * MS);
	is_text(query(A, "SELECT process, pid, time, seconds, user, system, total, minor, major, threads"
		      " FROM rates"),
		"1|5|2027-01-15 08:00:00.200|0.1|0.5|0.25|0.75|300.0|10.0|1\n"
		"2|6|2027-01-15 08:00:00.100|0.02|0.25|0.5|0.75|100.0|50.0|1",
		"rates, from the fork on or from the first sample");
}

static void is_words(char *const *words, const char *want)
{
	char *quoted = recording_words(words);

	is_text(quoted, want, want);
	free(quoted);
}

static void test_words(void)
{
	is_words((char *const[]){ NULL }, "");
	is_words((char *const[]){ (char *)"a", (char *)"-o=/x.y", NULL }, "a -o=/x.y");
	is_words((char *const[]){ (char *)"", (char *)"a b", (char *)"it's", (char *)"$x", NULL },
		 "'' 'a b' 'it'\\''s' '$x'");
}

int main(void)
{
	/* Times of day are shown as the clock here has them. */
	setenv("TZ", "UTC", 1);
	tree_make();
	test_file();
	test_unchanged();
	test_processes();
	test_suspend();
	test_read();
	test_order();
	test_append();
	test_killed();
	test_meanwhile();
	test_end_while_read();
	test_foreign();
	test_damaged();
	test_full();
	test_views();
	test_rates();
	test_words();
	return tap_done();
}
