// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recording-file.h"
#include "recording.h"
#include "schema.h"
#include "text.h"

static char *message;

const char *recording_message(void)
{
	return message ? message : "";
}

bool recording_fail(const char *path, const char *format, ...)
{
	va_list args;
	char *why;

	va_start(args, format);
	why = text_v(format, args);
	va_end(args);
	free(message);
	message = text("%s: %s", path, why);
	free(why);
	return false;
}

bool recording_fail_database(const char *path, sqlite3 *db)
{
	int error = sqlite3_system_errno(db);

	switch (sqlite3_errcode(db)) {
	case SQLITE_NOTADB:
		return recording_fail(path, "not a recording: choose another file");
	case SQLITE_FULL:
		return recording_fail(path, "no space left on the device; what was recorded up to"
				      " the last second is kept");
	case SQLITE_CORRUPT:
	case SQLITE_ERROR:
		/* All statements are right: if one is none, tables are missing. */
		return recording_fail(path, "the recording is damaged (%s): sqlite3's .recover saves"
				      " what can be", sqlite3_errmsg(db));
	case SQLITE_BUSY:
		return recording_fail(path, "another program has the recording locked: try again");
	case SQLITE_NOMEM:
		return recording_fail(path, "out of memory");
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		if (error)
			return recording_fail(path, "%s", strerror(error));
		/* fall through */
	default:
		return recording_fail(path, "%s", sqlite3_errmsg(db));
	}
}

sqlite3 *recording_open_database(const char *path, int flags)
{
	sqlite3 *db = NULL;
	char *name;
	int ret;

	/* A name that begins so would be an URI, or a database in memory. */
	name = *path == ':' || !strncmp(path, "file:", 5) ? text("./%s", path) : text("%s", path);
	/* For one thread: its locks would cost a fifth of the instructions of recording. */
	ret = sqlite3_open_v2(name, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	free(name);
	if (ret != SQLITE_OK) {
		recording_fail_database(path, db);
		sqlite3_close(db);
		return NULL;
	}
	/* Long enough for another program's commit or the end of a recording. */
	sqlite3_busy_timeout(db, 5000);
	return db;
}

bool recording_ask(const char *path, sqlite3 *db, const char *sql, int64_t *value)
{
	sqlite3_stmt *statement;
	bool done;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		return recording_fail_database(path, db);
	done = sqlite3_step(statement) == SQLITE_ROW;
	if (done)
		*value = sqlite3_column_int64(statement, 0);
	else
		recording_fail_database(path, db);
	sqlite3_finalize(statement);
	return done;
}

bool recording_check(const char *path, sqlite3 *db, bool *is_empty)
{
	int64_t pages = 0, id = 0, version = 0, sessions;

	*is_empty = false;
	if (!recording_ask(path, db, "PRAGMA page_count", &pages))
		return false;
	if (!pages) {
		*is_empty = true;
		return true;
	}
	if (!recording_ask(path, db, "PRAGMA application_id", &id) ||
	    !recording_ask(path, db, "PRAGMA user_version", &version))
		return false;
	if (id != RECORDING_APPLICATION_ID)
		return recording_fail(path, "not a recording, but another program's database:"
				      " choose another file");
	if (version > RECORDING_VERSION)
		return recording_fail(path, "a newer usertime made it (version %" PRId64 " of"
				      " recordings, this one knows %d): update usertime",
				      version, RECORDING_VERSION);
	/* Each part must be there: what a damaged file lacks is said now, not in the middle. */
	return recording_ask(path, db, "SELECT count(*) FROM session LEFT JOIN process ON 0"
			     " LEFT JOIN name ON 0 LEFT JOIN sample ON 0", &sessions);
}
