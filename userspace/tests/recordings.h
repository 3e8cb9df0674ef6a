/* SPDX-License-Identifier: GPL-2.0-only */
/* Recordings for tests, in the tree of tree.h: made as record makes them, of records made up. */
#ifndef USERTIME_TESTS_RECORDINGS_H
#define USERTIME_TESTS_RECORDINGS_H

#include <inttypes.h>
#include <sqlite3.h>

#include "cli/recording.h"
#include "tree.h"

#define MS	INT64_C(1000000)
#define SECOND	(1000 * MS)

/* When sessions begin, if nothing else is said: 2027-01-15 08:00:00 UTC. */
#define BEGAN		(INT64_C(1800000000) * SECOND)
#define MONOTONIC	(INT64_C(1000) * SECOND)
#define BOOTTIME	(INT64_C(2000) * SECOND)

/* What a process's start is that was there before, and of one that was forked at that offset. */
#define OLD		(INT64_C(1) * SECOND)
#define FORKED(offset)	(BOOTTIME + (offset))

/* Records; time is an offset from when the session begins. */
#define RECORD(kind, number, began, offset, ...) \
	(struct usertime_record){ .type = USERTIME_RECORD_##kind, .pid = (number), \
				  .start = (began), .time = MONOTONIC + (offset), __VA_ARGS__ }
#define USED(u, s, min, maj) \
	.user = (u), .system = (s), .minor_faults = (min), .major_faults = (maj), .threads = 1, \
	.split = USERTIME_SPLIT_TICK, .samples = 7

static const char *recording_path(const char *name)
{
	static char path[PATH_MAX];

	tree_path(path, name);
	return path;
}

static inline struct recording *recording_begin(const char *name)
{
	struct recording_options options = {
		.command = "usertime record sleep 1", .period = 10 * MS, .root = tree_root,
		.clocks = { BEGAN, MONOTONIC, BOOTTIME },
	};
	struct recording *recording = recording_append(recording_path(name), &options);

	if (!recording)
		printf("# %s\n", recording_message());
	need(recording);
	return recording;
}

/* put(RECORDING, RECORD(...)) */
#define put(recording, ...) need(recording_put(recording, &__VA_ARGS__))

static inline void recording_finish(struct recording *recording, int64_t offset)
{
	need(recording_end(recording, NULL, MONOTONIC + offset));
	recording_close(recording);
}

/* What a query gives, as sqlite3(1) prints it. */
static inline const char *query(const char *name, const char *sql)
{
	static char result[16384];
	sqlite3_stmt *statement;
	char *end = result;
	sqlite3 *db;
	int i;

	need(sqlite3_open(recording_path(name), &db) == SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		printf("# %s\n", sqlite3_errmsg(db));
	need(statement);
	*end = '\0';
	while (sqlite3_step(statement) == SQLITE_ROW) {
		if (end != result)
			*end++ = '\n';
		for (i = 0; i < sqlite3_column_count(statement); i++) {
			const char *value = (const char *)sqlite3_column_text(statement, i);

			end += snprintf(end, result + sizeof(result) - end, "%s%s", i ? "|" : "",
					value ? value : "");
			need(end < result + sizeof(result));
		}
	}
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return result;
}

#endif
