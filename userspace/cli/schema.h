/* SPDX-License-Identifier: GPL-2.0-only */
/* What a recording is: an SQLite database of this form. usertime-recording(5) explains it. */
#ifndef USERTIME_SCHEMA_H
#define USERTIME_SCHEMA_H

#define RECORDING_APPLICATION_ID	0x7572746d	/* "urtm" */
#define RECORDING_VERSION		1		/* user_version */

/*
 * All times are nanoseconds, of CLOCK_MONOTONIC where nothing else is said; from a session's clocks,
 * which were read at once (began, monotonic, boottime), follows the time of day. One process of one
 * session is one row of process, whatever programs it executed: their names are in name.
 *
 * Of samples that differ in nothing but their time only the first and the last are in sample, and
 * of a process's last such samples only the first: until it exits, or the session ends, all stays
 * as its last row says. So what a process had used at any time lies on the lines between its rows.
 */
#define RECORDING_TABLES							\
"CREATE TABLE session("								\
" id INTEGER PRIMARY KEY,"							\
" began INTEGER NOT NULL,"		/* time of day, ns since 1970 */	\
" monotonic INTEGER NOT NULL,"		/* the same moment */			\
" boottime INTEGER NOT NULL,"		/* the same, of CLOCK_BOOTTIME */	\
" ended INTEGER NOT NULL,"		/* last commit */			\
" complete INTEGER NOT NULL,"		/* 1: that was its end; 0: it goes on, or was killed */ \
" first_sample INTEGER NOT NULL,"	/* rowids of its samples begin here */	\
" period INTEGER NOT NULL,"		/* ns; 0: only exits */			\
" cpus INTEGER NOT NULL,"							\
" host TEXT NOT NULL, boot TEXT NOT NULL, kernel TEXT NOT NULL, version TEXT NOT NULL," \
" command TEXT NOT NULL,"		/* what was asked, as words for a shell */ \
" missed_periods INTEGER NOT NULL DEFAULT 0,"					\
" lost_samples INTEGER NOT NULL DEFAULT 0, lost_events INTEGER NOT NULL DEFAULT 0," \
" lost_children INTEGER NOT NULL DEFAULT 0, lost_exits INTEGER NOT NULL DEFAULT 0," \
" lost_exit_user INTEGER NOT NULL DEFAULT 0, lost_exit_system INTEGER NOT NULL DEFAULT 0);" \
"CREATE TABLE process("								\
" id INTEGER PRIMARY KEY,"							\
" session INTEGER NOT NULL REFERENCES session,"					\
" pid INTEGER NOT NULL, start INTEGER NOT NULL,"	/* CLOCK_BOOTTIME: identity */ \
" parent INTEGER REFERENCES process,"	/* NULL: not seen to be forked */	\
" forked INTEGER NOT NULL,"		/* 1: since the session began; 0: before */ \
" seen INTEGER NOT NULL,"		/* when it was forked; before: first record */ \
" exited INTEGER,"			/* NULL: not while recorded */		\
" unit TEXT NOT NULL);"			/* "" if none was named */		\
"CREATE TABLE name("								\
" process INTEGER NOT NULL REFERENCES process, time INTEGER NOT NULL,"		\
" command BLOB NOT NULL,"		/* any bytes */				\
" PRIMARY KEY (process, time)) WITHOUT ROWID;"					\
"CREATE TABLE sample("			/* rowid order is time order per process */ \
" process INTEGER NOT NULL REFERENCES process, time INTEGER NOT NULL,"		\
" user INTEGER NOT NULL, system INTEGER NOT NULL,"	/* cumulative */	\
" minor INTEGER NOT NULL, major INTEGER NOT NULL,"				\
" threads INTEGER NOT NULL,"							\
" kind INTEGER NOT NULL,"		/* 1 sample, 2 exit: USERTIME_RECORD_ */ \
" split INTEGER NOT NULL, flags INTEGER NOT NULL, split_samples INTEGER NOT NULL);"

/* For people who ask by hand: seconds, and times of day as the reader's clock shows them. */
#define RECORDING_TIME_OF_DAY(ns) \
	"strftime('%Y-%m-%d %H:%M:%f', (" ns ") / 1e9, 'unixepoch', 'localtime')"
#define RECORDING_MOMENT(time) \
	RECORDING_TIME_OF_DAY("session.began + " time " - session.monotonic")

#define RECORDING_VIEWS								\
"CREATE VIEW sessions AS SELECT id,"						\
" " RECORDING_TIME_OF_DAY("began") " AS began,"					\
" " RECORDING_MOMENT("ended") " AS ended,"					\
" (ended - monotonic) / 1e9 AS seconds, complete, period / 1e9 AS period, cpus, host, kernel," \
" command, missed_periods, lost_samples, lost_events, lost_children, lost_exits," \
" (lost_exit_user + lost_exit_system) / 1e9 AS lost_exit_seconds FROM session;"	\
										\
/* A process's last name: of the largest time. */				\
"CREATE VIEW process_command AS"						\
" SELECT process, CAST(command AS TEXT) AS command, max(time) AS since FROM name GROUP BY process;" \
										\
/* Since it was forked or first seen; no counter ever falls. */			\
"CREATE VIEW process_used AS SELECT process,"					\
" max(user) - CASE WHEN forked THEN 0 ELSE min(user) END AS user,"		\
" max(system) - CASE WHEN forked THEN 0 ELSE min(system) END AS system,"	\
" max(minor) - CASE WHEN forked THEN 0 ELSE min(minor) END AS minor,"		\
" max(major) - CASE WHEN forked THEN 0 ELSE min(major) END AS major,"		\
" count(*) AS samples"								\
" FROM sample JOIN process ON process.id = sample.process GROUP BY process;"	\
										\
"CREATE VIEW processes AS SELECT process.id AS process, session, pid,"		\
" process_command.command AS command, unit, forked,"				\
" " RECORDING_MOMENT("seen") " AS seen,"					\
" " RECORDING_MOMENT("exited") " AS exited,"					\
" (coalesce(exited, ended) - seen) / 1e9 AS seconds,"				\
" coalesce(user, 0) / 1e9 AS user, coalesce(system, 0) / 1e9 AS system,"	\
" coalesce(user + system, 0) / 1e9 AS total,"					\
" coalesce(minor, 0) AS minor, coalesce(major, 0) AS major, coalesce(samples, 0) AS samples" \
" FROM process JOIN session ON session.id = process.session"			\
" LEFT JOIN process_command ON process_command.process = process.id"		\
" LEFT JOIN process_used ON process_used.process = process.id;"			\
										\
"CREATE VIEW commands AS SELECT command, count(*) AS processes, count(exited) AS exited," \
" sum(user) AS user, sum(system) AS system, sum(total) AS total,"		\
" sum(minor) AS minor, sum(major) AS major FROM processes GROUP BY command;"	\
										\
/* What one sample brought since the one before, a second of it: 1.0 is one CPU. */ \
"CREATE VIEW rates AS SELECT step.process AS process, session, pid,"		\
" process_command.command AS command, " RECORDING_MOMENT("time") " AS time,"	\
" ns / 1e9 AS seconds,"			\
" 1.0 * user / ns AS user, 1.0 * step.system / ns AS system,"			\
" 1.0 * (user + step.system) / ns AS total,"					\
" 1e9 * minor / ns AS minor, 1e9 * major / ns AS major, threads"		\
" FROM (SELECT process, session, pid, time, threads,"				\
"  time - lag(time, 1, CASE WHEN forked THEN seen END) OVER earlier AS ns,"	\
"  user - lag(user, 1, 0) OVER earlier AS user,"				\
"  system - lag(system, 1, 0) OVER earlier AS system,"				\
"  minor - lag(minor, 1, 0) OVER earlier AS minor,"				\
"  major - lag(major, 1, 0) OVER earlier AS major"				\
"  FROM sample JOIN process ON process.id = sample.process"			\
"  WINDOW earlier AS (PARTITION BY process ORDER BY sample.rowid)) AS step"	\
" JOIN session ON session.id = session"						\
" LEFT JOIN process_command ON process_command.process = step.process"		\
" WHERE ns > 0;"								\
										\
/* What ended, and all that it had used in its life. */				\
"CREATE VIEW exits AS SELECT process.id AS process, session, pid,"		\
" process_command.command AS command, unit,"					\
" " RECORDING_MOMENT("time") " AS exited,"					\
" user / 1e9 AS user, system / 1e9 AS system, (user + system) / 1e9 AS total,"	\
" minor, major, flags"								\
" FROM sample JOIN process ON process.id = sample.process"			\
" JOIN session ON session.id = process.session"					\
" LEFT JOIN process_command ON process_command.process = process.id WHERE kind = 2;"

#endif
