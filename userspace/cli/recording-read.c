// SPDX-License-Identifier: GPL-2.0-only
/* Recordings: how they are read. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "recording-file.h"
#include "recording.h"
#include "text.h"

/* What is known of a session beside what is told of it. */
struct hidden {
	int64_t offset;		/* of times of day from CLOCK_MONOTONIC */
	int64_t first_sample;	/* rowid */
};

struct recorded_state {
	char *path;
	sqlite3 *db;
	struct recorded_session *sessions;
	struct hidden *hidden;		/* of each session */
	struct recorded_process *processes;
	int64_t *ids;			/* of each process, ascending */
	struct recorded_name *names;
	size_t nr_names;
	/* What was asked by recorded_seek(). */
	sqlite3_stmt *samples;
	size_t next_session;
	size_t session;
	int64_t begin;
	int64_t end;
};

static bool fail(const struct recorded *recorded)
{
	return recording_fail_database(recorded->state->path, recorded->state->db);
}

static bool fail_reference(const struct recorded *recorded)
{
	return recording_fail(recorded->state->path, "the recording is damaged: rows are missing");
}

static const char *string(sqlite3_stmt *row, int column)
{
	const char *value = (const char *)sqlite3_column_text(row, column);

	return text("%s", value ? value : "");
}

/* Takes one row of a list. */
typedef bool take_row(struct recorded *recorded, sqlite3_stmt *row);

static bool load(struct recorded *recorded, const char *sql, take_row *take)
{
	sqlite3_stmt *row;
	int ret;

	if (sqlite3_prepare_v2(recorded->state->db, sql, -1, &row, NULL) != SQLITE_OK)
		return fail(recorded);
	while ((ret = sqlite3_step(row)) == SQLITE_ROW)
		if (!take(recorded, row))
			break;
	if (ret != SQLITE_DONE && ret != SQLITE_ROW)
		fail(recorded);
	sqlite3_finalize(row);
	return ret == SQLITE_DONE;
}

/* A list has doubled when its length becomes a power of two. */
static void *make_room(void *list, size_t nr, size_t size)
{
	return nr & (nr - 1) ? list : grow(list, nr ? nr * 2 : 1, size);
}

static bool take_session(struct recorded *recorded, sqlite3_stmt *row)
{
	struct recorded_state *state = recorded->state;
	struct recorded_session *session;
	size_t nr = recorded->nr_sessions++;
	int64_t offset = sqlite3_column_int64(row, 1) - sqlite3_column_int64(row, 2);

	state->sessions = make_room(state->sessions, nr, sizeof(*state->sessions));
	state->hidden = make_room(state->hidden, nr, sizeof(*state->hidden));
	state->hidden[nr] = (struct hidden){ offset, sqlite3_column_int64(row, 5) };
	session = &state->sessions[nr];
	*session = (struct recorded_session){
		.id = sqlite3_column_int64(row, 0),
		.began = sqlite3_column_int64(row, 1),
		.ended = sqlite3_column_int64(row, 3) + offset,
		.complete = sqlite3_column_int(row, 4),
		.period = sqlite3_column_int64(row, 6),
		.cpus = sqlite3_column_int(row, 7),
		.host = string(row, 8), .boot = string(row, 9), .kernel = string(row, 10),
		.version = string(row, 11), .command = string(row, 12),
		.drops = {
			.missed_periods = sqlite3_column_int64(row, 13),
			.samples = sqlite3_column_int64(row, 14),
			.events = sqlite3_column_int64(row, 15),
			.children = sqlite3_column_int64(row, 16),
			.exits = sqlite3_column_int64(row, 17),
			.exits_user = sqlite3_column_int64(row, 18),
			.exits_system = sqlite3_column_int64(row, 19),
		},
	};
	return true;
}

static bool load_sessions(struct recorded *recorded)
{
	if (!load(recorded, "SELECT id, began, monotonic, ended, complete, first_sample, period,"
		  " cpus, host, boot, kernel, version, command, missed_periods, lost_samples,"
		  " lost_events, lost_children, lost_exits, lost_exit_user, lost_exit_system"
		  " FROM session ORDER BY id", take_session))
		return false;
	recorded->sessions = recorded->state->sessions;
	return recorded->nr_sessions ||
	       recording_fail(recorded->state->path, "nothing was recorded in it");
}

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_id(const void *a, const void *b)
{
	return compare(*(const int64_t *)a, *(const int64_t *)b);
}

static int session_by_id(const void *a, const void *b)
{
	return compare(((const struct recorded_session *)a)->id,
		       ((const struct recorded_session *)b)->id);
}

static const struct recorded_session *find_session(const struct recorded *recorded, int64_t id)
{
	const struct recorded_session key = { .id = id }, *sessions = recorded->sessions;

	return sessions ? bsearch(&key, sessions, recorded->nr_sessions, sizeof(key), session_by_id)
			: NULL;
}

static struct recorded_process *find_process(const struct recorded *recorded, int64_t id)
{
	struct recorded_state *state = recorded->state;
	const int64_t *at = NULL;

	if (state->ids)
		at = bsearch(&id, state->ids, recorded->nr_processes, sizeof(id), by_id);
	return at ? &state->processes[at - state->ids] : NULL;
}

/* The parent becomes a pointer when the list has found its place. */
static bool take_process(struct recorded *recorded, sqlite3_stmt *row)
{
	const struct recorded_session *session =
		find_session(recorded, sqlite3_column_int64(row, 1));
	struct recorded_state *state = recorded->state;
	size_t nr = recorded->nr_processes;
	bool exited = sqlite3_column_type(row, 6) != SQLITE_NULL;
	int64_t offset;

	if (!session)
		return fail_reference(recorded);
	offset = state->hidden[session - state->sessions].offset;
	state->processes = make_room(state->processes, nr, sizeof(*state->processes));
	state->ids = make_room(state->ids, nr, sizeof(*state->ids));
	state->ids[nr] = sqlite3_column_int64(row, 0);
	state->processes[nr] = (struct recorded_process){
		.session = session,
		.pid = sqlite3_column_int(row, 2),
		.start = sqlite3_column_int64(row, 3),
		.forked = sqlite3_column_int(row, 4),
		.exited = exited,
		.seen = sqlite3_column_int64(row, 5) + offset,
		.end = exited ? sqlite3_column_int64(row, 6) + offset : session->ended,
		.unit = string(row, 7),
	};
	recorded->nr_processes++;
	return true;
}

static bool take_parent(struct recorded *recorded, sqlite3_stmt *row)
{
	struct recorded_process *process = find_process(recorded, sqlite3_column_int64(row, 0));

	if (process)
		process->parent = find_process(recorded, sqlite3_column_int64(row, 1));
	return (process && process->parent) || fail_reference(recorded);
}

static bool load_processes(struct recorded *recorded)
{
	if (!load(recorded, "SELECT id, session, pid, start, forked, seen, exited, unit FROM process"
		  " ORDER BY id", take_process) ||
	    !load(recorded, "SELECT id, parent FROM process WHERE parent IS NOT NULL", take_parent))
		return false;
	recorded->processes = recorded->state->processes;
	return true;
}

/* Which are a process's is only counted; the pointers follow when the list has found its place. */
static bool take_name(struct recorded *recorded, sqlite3_stmt *row)
{
	struct recorded_process *process = find_process(recorded, sqlite3_column_int64(row, 0));
	struct recorded_state *state = recorded->state;

	if (!process)
		return fail_reference(recorded);
	state->names = make_room(state->names, state->nr_names, sizeof(*state->names));
	state->names[state->nr_names++] = (struct recorded_name){
		.time = sqlite3_column_int64(row, 1) +
			state->hidden[process->session - state->sessions].offset,
		.command = string(row, 2),
	};
	process->nr_names++;
	return true;
}

static bool load_names(struct recorded *recorded)
{
	const struct recorded_name *name;
	size_t i;

	if (!load(recorded, "SELECT process, time, command FROM name ORDER BY process, time",
		  take_name))
		return false;
	name = recorded->state->names;
	for (i = 0; i < recorded->nr_processes; i++) {
		recorded->state->processes[i].names = name;
		name += recorded->state->processes[i].nr_names;
	}
	return true;
}

/* For writing, where that is allowed: who is last to close it tidies up behind a killed recorder. */
static bool open_database(struct recorded *recorded)
{
	struct recorded_state *state = recorded->state;
	struct stat st;
	bool is_empty;

	if (!stat(state->path, &st) && !S_ISREG(st.st_mode))
		return recording_fail(state->path, "not a regular file: name a recording");
	state->db = recording_open_database(state->path, SQLITE_OPEN_READWRITE);
	if (!state->db || !recording_check(state->path, state->db, &is_empty))
		return false;
	if (is_empty)
		return recording_fail(state->path, "nothing was recorded in it");
	return sqlite3_exec(state->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK || fail(recorded);
}

struct recorded *recorded_open(const char *path)
{
	struct recorded *recorded = grow(NULL, 1, sizeof(*recorded));

	*recorded = (struct recorded){ .state = grow(NULL, 1, sizeof(*recorded->state)) };
	*recorded->state = (struct recorded_state){ .path = text("%s", path) };
	if (open_database(recorded) && load_sessions(recorded) && load_processes(recorded) &&
	    load_names(recorded))
		return recorded;
	recorded_close(recorded);
	return NULL;
}

static void free_strings(struct recorded *recorded)
{
	const struct recorded_state *state = recorded->state;
	size_t i;

	for (i = 0; i < recorded->nr_sessions; i++) {
		free((char *)state->sessions[i].host);
		free((char *)state->sessions[i].boot);
		free((char *)state->sessions[i].kernel);
		free((char *)state->sessions[i].version);
		free((char *)state->sessions[i].command);
	}
	for (i = 0; i < recorded->nr_processes; i++)
		free((char *)state->processes[i].unit);
	for (i = 0; i < state->nr_names; i++)
		free((char *)state->names[i].command);
}

void recorded_close(struct recorded *recorded)
{
	struct recorded_state *state;

	if (!recorded)
		return;
	state = recorded->state;
	sqlite3_finalize(state->samples);
	sqlite3_close(state->db);
	free_strings(recorded);
	free(state->sessions);
	free(state->hidden);
	free(state->processes);
	free(state->ids);
	free(state->names);
	free(state->path);
	free(state);
	free(recorded);
}

#define OF_SESSION	"rowid >= ?1 AND rowid < ?2"
#define SAMPLES									\
	"SELECT process, time, user, system, minor, major, threads, kind, flags, split, split_samples" \
	" FROM sample WHERE " OF_SESSION " AND (time BETWEEN ?3 AND ?4 OR rowid IN"	\
	" (SELECT max(rowid) FROM sample WHERE " OF_SESSION " AND time < ?3 GROUP BY process" \
	"  UNION ALL"								\
	"  SELECT min(rowid) FROM sample WHERE " OF_SESSION " AND time > ?4 GROUP BY process))"

static const char *const queries[] = {
	[RECORDED_BY_TIME] = SAMPLES " ORDER BY time, rowid",
	[RECORDED_BY_PROCESS] = SAMPLES " ORDER BY rowid",
};

bool recorded_seek(struct recorded *recorded, enum recorded_order order, int64_t begin, int64_t end)
{
	struct recorded_state *state = recorded->state;

	sqlite3_finalize(state->samples);
	state->samples = NULL;
	state->next_session = 0;
	state->begin = begin;
	state->end = end;
	return sqlite3_prepare_v2(state->db, queries[order], -1, &state->samples, NULL) == SQLITE_OK ||
	       fail(recorded);
}

/* A moment of a session's clock, however far away it is. */
static int64_t monotonic(int64_t time, int64_t offset)
{
	int64_t result;

	if (__builtin_sub_overflow(time, offset, &result))
		return time < 0 ? INT64_MIN : INT64_MAX;
	return result;
}

/* The next session's samples; false: there is none. */
static bool next_session(struct recorded *recorded)
{
	struct recorded_state *state = recorded->state;
	const struct hidden *hidden = &state->hidden[state->next_session];
	bool last = state->next_session + 1 >= recorded->nr_sessions;

	if (state->next_session == recorded->nr_sessions)
		return false;
	state->session = state->next_session++;
	sqlite3_reset(state->samples);
	sqlite3_bind_int64(state->samples, 1, hidden->first_sample);
	sqlite3_bind_int64(state->samples, 2, last ? INT64_MAX : hidden[1].first_sample);
	sqlite3_bind_int64(state->samples, 3, monotonic(state->begin, hidden->offset));
	sqlite3_bind_int64(state->samples, 4, monotonic(state->end, hidden->offset));
	return true;
}

static bool take_sample(const struct recorded *recorded, struct recorded_sample *sample)
{
	sqlite3_stmt *row = recorded->state->samples;

	*sample = (struct recorded_sample){
		.process = find_process(recorded, sqlite3_column_int64(row, 0)),
		.time = sqlite3_column_int64(row, 1) +
			recorded->state->hidden[recorded->state->session].offset,
		.user = sqlite3_column_int64(row, 2),
		.system = sqlite3_column_int64(row, 3),
		.minor_faults = sqlite3_column_int64(row, 4),
		.major_faults = sqlite3_column_int64(row, 5),
		.threads = sqlite3_column_int64(row, 6),
		.exit = sqlite3_column_int(row, 7) == USERTIME_RECORD_EXIT,
		.flags = sqlite3_column_int(row, 8),
		.split = sqlite3_column_int(row, 9),
		.split_samples = sqlite3_column_int64(row, 10),
	};
	return sample->process || fail_reference(recorded);
}

int recorded_next(struct recorded *recorded, struct recorded_sample *sample)
{
	struct recorded_state *state = recorded->state;
	int ret = SQLITE_DONE;

	if (state->next_session)
		ret = sqlite3_step(state->samples);
	while (ret == SQLITE_DONE && next_session(recorded))
		ret = sqlite3_step(state->samples);
	if (ret == SQLITE_ROW)
		return take_sample(recorded, sample) ? 1 : -1;
	if (ret == SQLITE_DONE)
		return 0;
	fail(recorded);
	return -1;
}

const char *recorded_command(const struct recorded_process *process, int64_t time)
{
	size_t i = process->nr_names;

	while (i > 1 && process->names[i - 1].time > time)
		i--;
	return i ? process->names[i - 1].command : "";
}
