/* SPDX-License-Identifier: GPL-2.0-only */
/* What a recording is: an SQLite database of this form. usertime-recording(5) explains it. */
#ifndef USERTIME_SCHEMA_H
#define USERTIME_SCHEMA_H

#define RECORDING_APPLICATION_ID	0x7572746d	/* "urtm" */
#define RECORDING_VERSION		1		/* user_version */

/*
 * All times are nanoseconds; sample.time and process.* are of CLOCK_MONOTONIC, and of a session's
 * two clocks read at once (began, monotonic) follows the time of day. One process of one session is
 * one row of process, whatever programs it executed: their names are in name.
 */
#define RECORDING_SCHEMA							\
"CREATE TABLE session("								\
" id INTEGER PRIMARY KEY,"							\
" began INTEGER NOT NULL,"		/* time of day, ns since 1970 */	\
" monotonic INTEGER NOT NULL,"		/* the same moment */			\
" ended INTEGER,"			/* monotonic; NULL: not cleanly */	\
" period INTEGER NOT NULL,"		/* ns; 0: only exits */			\
" cpus INTEGER NOT NULL,"							\
" host TEXT NOT NULL, boot TEXT NOT NULL, kernel TEXT NOT NULL, version TEXT NOT NULL," \
" command TEXT NOT NULL,"		/* what was asked, as words for a shell */ \
" missed_periods INTEGER, lost_samples INTEGER, lost_events INTEGER, lost_children INTEGER," \
" lost_exits INTEGER, lost_exit_user INTEGER, lost_exit_system INTEGER);"	\
"CREATE TABLE process("								\
" id INTEGER PRIMARY KEY,"							\
" session INTEGER NOT NULL REFERENCES session,"					\
" pid INTEGER NOT NULL, start INTEGER NOT NULL,"	/* boot-time ns: identity */ \
" parent INTEGER REFERENCES process,"	/* NULL: not forked while recorded */	\
" seen INTEGER NOT NULL,"		/* first record */			\
" exited INTEGER,"			/* NULL: not while recorded */		\
" unit TEXT NOT NULL);"			/* "" if none was named */		\
"CREATE TABLE name("								\
" process INTEGER NOT NULL REFERENCES process, time INTEGER NOT NULL,"		\
" command BLOB NOT NULL);"		/* any bytes */				\
"CREATE TABLE sample("			/* rowid order is time order per process */ \
" process INTEGER NOT NULL REFERENCES process, time INTEGER NOT NULL,"		\
" user INTEGER NOT NULL, system INTEGER NOT NULL,"	/* cumulative */	\
" minor INTEGER NOT NULL, major INTEGER NOT NULL,"				\
" threads INTEGER NOT NULL,"							\
" kind INTEGER NOT NULL,"		/* 1 sample, 2 exit: USERTIME_RECORD_ */ \
" split INTEGER NOT NULL, flags INTEGER NOT NULL, split_samples INTEGER NOT NULL);"

#endif
