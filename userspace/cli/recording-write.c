// SPDX-License-Identifier: GPL-2.0-only
/* Recordings: how they are written. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "recording-file.h"
#include "recording.h"
#include "schema.h"
#include "text.h"

#define NAME_SIZE sizeof(((struct usertime_record *)NULL)->name)

/* A process that has not exited. */
struct process {
	pid_t pid;
	uint64_t start;
	int64_t id;			/* its row */
	uint64_t time;			/* of the last row or record */
	char name[NAME_SIZE];
	char *unit;
	struct usertime_record stored;	/* type 0: none */
	struct usertime_record held;	/* the last that is the same but for its time; type 0: none */
};

enum statement { BEGIN, COMMIT, PROCESS, PARENT, EXITED, NAME, SAMPLE, SESSION, NR_STATEMENTS };

static const char *const sql[NR_STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[PROCESS] = "INSERT INTO process(session, pid, start, parent, forked, seen, unit)"
		    " VALUES (?, ?, ?, ?, ?, ?, ?)",
	[PARENT] = "UPDATE process SET parent = ? WHERE id = ?",
	[EXITED] = "UPDATE process SET exited = ? WHERE id = ?",
	[NAME] = "INSERT OR REPLACE INTO name VALUES (?, ?, ?)",
	[SAMPLE] = "INSERT INTO sample VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SESSION] = "UPDATE session SET ended = ?, complete = ?, missed_periods = ?,"
		    " lost_samples = ?, lost_events = ?, lost_children = ?, lost_exits = ?,"
		    " lost_exit_user = ?, lost_exit_system = ? WHERE id = ?",
};

struct recording {
	char *path;
	int lock;			/* held while it is open, for this program alone */
	sqlite3 *db;
	sqlite3_stmt *statements[NR_STATEMENTS];
	bool in_transaction;
	int64_t session;
	struct recording_options options;
	struct recording_clocks clocks;
	void *processes;		/* tree of struct process, by identity */
	struct recording_progress progress;
	int64_t page_size;
};

static int by_identity(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->start > y->start) - (x->start < y->start);
}

static void free_process(void *node)
{
	struct process *process = node;

	free(process->unit);
	free(process);
}

static bool fail(const struct recording *recording)
{
	return recording_fail_database(recording->path, recording->db);
}

static bool execute(const struct recording *recording, const char *statement)
{
	return sqlite3_exec(recording->db, statement, NULL, NULL, NULL) == SQLITE_OK ||
	       fail(recording);
}

/* The values have been bound. */
static bool run(const struct recording *recording, enum statement which)
{
	sqlite3_stmt *statement = recording->statements[which];
	bool done = sqlite3_step(statement) == SQLITE_DONE || fail(recording);

	sqlite3_reset(statement);
	return done;
}

static void bind(const struct recording *recording, enum statement which, const int64_t *values,
		 int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		sqlite3_bind_int64(recording->statements[which], i + 1, values[i]);
}

/* With values that are all integers. */
#define RUN(recording, which, ...) run_with(recording, which, (const int64_t[]){ __VA_ARGS__ }, \
	sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

static bool run_with(const struct recording *recording, enum statement which,
		     const int64_t *values, int nr)
{
	bind(recording, which, values, nr);
	return run(recording, which);
}

/* Each second's writing is a transaction. */
static bool begin(struct recording *recording)
{
	if (!recording->in_transaction)
		recording->in_transaction = run(recording, BEGIN);
	return recording->in_transaction;
}

/*
 * What a process is called now. It is asked once, about one that has become a target without having
 * been seen to be forked.
 */
static void read_name(const struct recording *recording, pid_t pid, char name[NAME_SIZE])
{
	const char *root = recording->options.root;
	char *path = text("%s/proc/%d/comm", root ? root : "", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? 0 : read(fd, name, NAME_SIZE);

	/* The newline of the longest is its sixteenth byte. */
	name[size > 0 ? size - 1 : 0] = '\0';
	if (fd >= 0)
		close(fd);
	free(path);
}

static bool put_name(const struct recording *recording, struct process *process, uint64_t time,
		     const char *name)
{
	snprintf(process->name, NAME_SIZE, "%.*s", (int)NAME_SIZE - 1, name);
	sqlite3_bind_blob(recording->statements[NAME], 3, process->name, strlen(process->name),
			  SQLITE_STATIC);
	return RUN(recording, NAME, process->id, time);
}

static const char *unit_of(const struct recording *recording, pid_t pid,
			   const struct process *parent)
{
	const struct recording_options *options = &recording->options;
	const char *unit = options->unit ? options->unit(pid, options->data) : "";

	return !*unit && parent ? parent->unit : unit;
}

/*
 * When a process that has been forked since the session began was that: boot time goes on in
 * suspend, monotonic time does not, but no record is older.
 */
static uint64_t forked_at(const struct recording *recording, const struct usertime_record *record)
{
	uint64_t time = record->start - recording->clocks.boottime + recording->clocks.monotonic;

	return time < record->time ? time : record->time;
}

static bool insert_process(struct recording *recording, struct process *process,
			   const struct process *parent)
{
	sqlite3_stmt *statement = recording->statements[PROCESS];
	bool forked = process->start >= recording->clocks.boottime;

	bind(recording, PROCESS, (const int64_t[]){ recording->session, process->pid,
	     process->start, parent ? parent->id : 0, forked, process->time }, 6);
	if (!parent)
		sqlite3_bind_null(statement, 4);
	sqlite3_bind_text(statement, 7, process->unit, -1, SQLITE_STATIC);
	if (!run(recording, PROCESS))
		return false;
	process->id = sqlite3_last_insert_rowid(recording->db);
	return true;
}

/* Makes known the process that a record is about, and is the first of. */
static struct process *new_process(struct recording *recording,
				   const struct usertime_record *record,
				   const struct process *parent)
{
	struct process *process = grow(NULL, 1, sizeof(*process));
	char name[NAME_SIZE];
	bool done;

	*process = (struct process){ .pid = record->pid, .start = record->start };
	process->time = record->start >= recording->clocks.boottime ?
			forked_at(recording, record) : record->time;
	process->unit = text("%s", unit_of(recording, record->pid, parent));
	if (parent)
		memcpy(name, parent->name, NAME_SIZE);
	else
		read_name(recording, record->pid, name);
	done = insert_process(recording, process, parent) &&
	       (!*name || put_name(recording, process, process->time, name));
	if (done && !tsearch(process, &recording->processes, by_identity))
		done = recording_fail(recording->path, "out of memory");
	if (!done) {
		free_process(process);
		return NULL;
	}
	recording->progress.processes++;
	return process;
}

static struct process *find_process(const struct recording *recording, pid_t pid, uint64_t start)
{
	const struct process key = { .pid = pid, .start = start };
	struct process **node = tfind(&key, &recording->processes, by_identity);

	return node ? *node : NULL;
}

static struct process *get_process(struct recording *recording, const struct usertime_record *record)
{
	struct process *process = find_process(recording, record->pid, record->start);

	return process ? process : new_process(recording, record, NULL);
}

static bool put_fork(struct recording *recording, const struct usertime_record *record)
{
	const struct process *parent = find_process(recording, record->parent_pid,
						    record->parent_start);
	const struct process *process = find_process(recording, record->pid, record->start);

	if (!process)
		return new_process(recording, record, parent);
	/* A sample of it stood before. */
	return !parent || RUN(recording, PARENT, parent->id, process->id);
}

static bool put_exec(struct recording *recording, const struct usertime_record *record)
{
	struct process *process = get_process(recording, record);

	return process && put_name(recording, process, record->time, record->name);
}

static bool insert_sample(struct recording *recording, const struct process *process,
			  const struct usertime_record *record)
{
	recording->progress.records++;
	return RUN(recording, SAMPLE, process->id, record->time, record->user, record->system,
		   record->minor_faults, record->major_faults, record->threads, record->type,
		   record->split, record->flags, record->samples);
}

static bool is_same(const struct usertime_record *a, const struct usertime_record *b)
{
	return a->user == b->user && a->system == b->system &&
	       a->minor_faults == b->minor_faults && a->major_faults == b->major_faults &&
	       a->threads == b->threads;
}

/* Stores it, and before it the last of those that were the same and were held back. */
static bool store(struct recording *recording, struct process *process,
		  const struct usertime_record *record)
{
	if (process->held.type && !is_same(&process->held, record) &&
	    !insert_sample(recording, process, &process->held))
		return false;
	process->held.type = 0;
	process->stored = *record;
	return insert_sample(recording, process, record);
}

/* An EXIT record's time is its own, and may lie before that of a sample that was put earlier. */
static struct usertime_record in_order(struct process *process,
				       const struct usertime_record *record)
{
	struct usertime_record ordered = *record;

	if (ordered.time < process->time)
		ordered.time = process->time;
	process->time = ordered.time;
	return ordered;
}

static bool put_sample(struct recording *recording, const struct usertime_record *record)
{
	struct process *process = get_process(recording, record);
	struct usertime_record ordered;

	if (!process)
		return false;
	ordered = in_order(process, record);
	if (process->stored.type && is_same(&process->stored, record)) {
		process->held = ordered;
		return true;
	}
	return store(recording, process, &ordered);
}

static bool put_exit(struct recording *recording, const struct usertime_record *record)
{
	struct process *process = get_process(recording, record);
	struct usertime_record ordered;
	bool done;

	if (!process)
		return false;
	ordered = in_order(process, record);
	done = store(recording, process, &ordered) &&
	       RUN(recording, EXITED, ordered.time, process->id);
	tdelete(process, &recording->processes, by_identity);
	free_process(process);
	recording->progress.processes--;
	return done;
}

bool recording_put(struct recording *recording, const struct usertime_record *record)
{
	if (!begin(recording))
		return false;
	switch (record->type) {
	case USERTIME_RECORD_SAMPLE:
		return put_sample(recording, record);
	case USERTIME_RECORD_EXIT:
		return put_exit(recording, record);
	case USERTIME_RECORD_FORK:
		return put_fork(recording, record);
	case USERTIME_RECORD_EXEC:
		return put_exec(recording, record);
	default:
		/* What was lost is in the drops. */
		return true;
	}
}

/* Whether there still is a name by which it can be found. */
static bool check_linked(const struct recording *recording)
{
	struct stat st;

	if (!fstat(recording->lock, &st) && st.st_nlink)
		return true;
	return recording_fail(recording->path, "has been deleted: nothing more can be recorded");
}

static bool commit(struct recording *recording, const struct usertime_drops *drops, uint64_t now,
		   bool complete)
{
	static const struct usertime_drops none;
	int64_t pages;

	if (!drops)
		drops = &none;
	if (!check_linked(recording) || !begin(recording))
		return false;
	if (!RUN(recording, SESSION, now, complete,
		 /* Where the ring cannot be mapped they are not known. */
		 drops->missed_periods == USERTIME_UNKNOWN ? 0 : drops->missed_periods,
		 drops->samples, drops->events, drops->children, drops->exits, drops->exits_user,
		 drops->exits_system, recording->session) ||
	    !recording_ask(recording->path, recording->db, "PRAGMA page_count", &pages) ||
	    !run(recording, COMMIT))
		return false;
	recording->in_transaction = false;
	recording->progress.bytes = pages * recording->page_size;
	return true;
}

bool recording_commit(struct recording *recording, const struct usertime_drops *drops, uint64_t now)
{
	return commit(recording, drops, now, false);
}

bool recording_end(struct recording *recording, const struct usertime_drops *drops, uint64_t now)
{
	int i;

	if (!commit(recording, drops, now, true))
		return false;
	for (i = 0; i < NR_STATEMENTS; i++) {
		sqlite3_finalize(recording->statements[i]);
		recording->statements[i] = NULL;
	}
	/* Moves what is in the log into the file; busy: it is being read. */
	if (execute(recording, "PRAGMA journal_mode = DELETE") ||
	    sqlite3_errcode(recording->db) == SQLITE_BUSY)
		return true;
	return false;
}

void recording_progress(const struct recording *recording, struct recording_progress *progress)
{
	*progress = recording->progress;
}

/*
 * Opens the file or makes it, and locks it: two programs that append would have each other wait for
 * a second at each commit. SQLite's locks are of another kind, of which closing any descriptor of
 * the file loses all: this one is closed last.
 */
static bool lock_file(struct recording *recording)
{
	struct stat st;

	recording->lock = open(recording->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
	if (recording->lock < 0 || fstat(recording->lock, &st))
		return recording_fail(recording->path, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return recording_fail(recording->path, "not a regular file: choose another");
	if (!flock(recording->lock, LOCK_EX | LOCK_NB))
		return true;
	return recording_fail(recording->path, errno == EWOULDBLOCK ?
			      "is being recorded to: end that, or choose another file" :
			      "cannot be locked");
}

static bool make_tables(const struct recording *recording)
{
	char *statements = text("BEGIN IMMEDIATE; PRAGMA application_id = %d;"
				" PRAGMA user_version = %d; %s COMMIT", RECORDING_APPLICATION_ID,
				RECORDING_VERSION, RECORDING_TABLES RECORDING_VIEWS);
	bool done = execute(recording, statements);

	free(statements);
	return done;
}

static bool prepare_statements(struct recording *recording)
{
	int i;

	for (i = 0; i < NR_STATEMENTS; i++)
		if (sqlite3_prepare_v3(recording->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &recording->statements[i], NULL) != SQLITE_OK)
			return fail(recording);
	return true;
}

/* The tables are made before there is a log, so that the file says what it is from the beginning. */
static bool open_database(struct recording *recording)
{
	bool is_empty;

	recording->db = recording_open_database(recording->path, SQLITE_OPEN_READWRITE);
	return recording->db && recording_check(recording->path, recording->db, &is_empty) &&
	       (!is_empty || make_tables(recording)) &&
	       execute(recording, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL") &&
	       recording_ask(recording->path, recording->db, "PRAGMA page_size",
			     &recording->page_size) &&
	       prepare_statements(recording);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

static void read_clocks(struct recording_clocks *clocks)
{
	clocks->realtime = clock_ns(CLOCK_REALTIME);
	clocks->monotonic = clock_ns(CLOCK_MONOTONIC);
	clocks->boottime = clock_ns(CLOCK_BOOTTIME);
}

static char *read_boot(const char *root)
{
	char *path = text("%s/proc/sys/kernel/random/boot_id", root ? root : ""), id[64] = "";
	FILE *file = fopen(path, "re");

	if (file) {
		if (fgets(id, sizeof(id), file))
			id[strcspn(id, "\n")] = '\0';
		fclose(file);
	}
	free(path);
	return text("%s", id);
}

static bool insert_session(struct recording *recording)
{
	const struct recording_clocks *clocks = &recording->clocks;
	char *boot = read_boot(recording->options.root);
	struct utsname uts;
	sqlite3_stmt *statement;
	const char *texts[5];
	bool done;
	int i;

	uname(&uts);
	texts[0] = uts.nodename;
	texts[1] = boot;
	texts[2] = uts.release;
	texts[3] = USERTIME_VERSION;
	texts[4] = recording->options.command;
	done = sqlite3_prepare_v2(recording->db,
				  "INSERT INTO session(began, monotonic, boottime, ended, complete,"
				  " first_sample, period, cpus, host, boot, kernel, version, command)"
				  " SELECT ?1, ?2, ?3, ?2, 0, coalesce(max(rowid), 0) + 1, ?4, ?5,"
				  " ?6, ?7, ?8, ?9, ?10 FROM sample", -1, &statement, NULL) == SQLITE_OK;
	if (done) {
		sqlite3_bind_int64(statement, 1, clocks->realtime);
		sqlite3_bind_int64(statement, 2, clocks->monotonic);
		sqlite3_bind_int64(statement, 3, clocks->boottime);
		sqlite3_bind_int64(statement, 4, recording->options.period);
		sqlite3_bind_int64(statement, 5, sysconf(_SC_NPROCESSORS_ONLN));
		for (i = 0; i < 5; i++)
			sqlite3_bind_text(statement, i + 6, texts[i], -1, SQLITE_STATIC);
		done = sqlite3_step(statement) == SQLITE_DONE;
		sqlite3_finalize(statement);
	}
	recording->session = sqlite3_last_insert_rowid(recording->db);
	free(boot);
	return done || fail(recording);
}

struct recording *recording_append(const char *path, const struct recording_options *options)
{
	struct recording *recording = grow(NULL, 1, sizeof(*recording));

	*recording = (struct recording){
		.path = text("%s", path), .options = *options, .clocks = options->clocks
	};
	if (!recording->clocks.realtime)
		read_clocks(&recording->clocks);
	if (lock_file(recording) && open_database(recording) && begin(recording) &&
	    insert_session(recording) &&
	    recording_commit(recording, NULL, recording->clocks.monotonic))
		return recording;
	recording_close(recording);
	return NULL;
}

void recording_close(struct recording *recording)
{
	int i;

	if (!recording)
		return;
	for (i = 0; i < NR_STATEMENTS; i++)
		sqlite3_finalize(recording->statements[i]);
	sqlite3_close(recording->db);
	if (recording->lock >= 0)
		close(recording->lock);
	tdestroy(recording->processes, free_process);
	free(recording->path);
	free(recording);
}

/* What a shell takes for a word as it stands. */
static bool is_plain(const char *word)
{
	return *word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789%+,-./:=@_")];
}

static void quote(FILE *file, const char *word)
{
	if (is_plain(word)) {
		fputs(word, file);
		return;
	}
	putc('\'', file);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", file);
		else
			putc(*word, file);
	}
	putc('\'', file);
}

char *recording_words(char *const *words)
{
	char *quoted = NULL;
	const char *space = "";
	size_t size;
	FILE *file = open_memstream(&quoted, &size);

	for (; file && *words; words++) {
		fputs(space, file);
		quote(file, *words);
		space = " ";
	}
	return file && !fclose(file) ? quoted : text("%s", "");
}
