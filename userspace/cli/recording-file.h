/* SPDX-License-Identifier: GPL-2.0-only */
/* What reading and writing recordings share. */
#ifndef USERTIME_RECORDING_FILE_H
#define USERTIME_RECORDING_FILE_H

#include <sqlite3.h>
#include <stdbool.h>

/* Sets the message; false, for functions to return. */
bool recording_fail(const char *path, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Sets the message to what the database's last error means. */
bool recording_fail_database(const char *path, sqlite3 *db);

/* NULL after a failure; flags as for sqlite3_open_v2(). */
sqlite3 *recording_open_database(const char *path, int flags);

/* Whether it is a recording of a version that is known; *is_empty where nothing is in it at all. */
bool recording_check(const char *path, sqlite3 *db, bool *is_empty);

/* The integer that is the only result. */
bool recording_ask(const char *path, sqlite3 *db, const char *sql, int64_t *value);

#endif
