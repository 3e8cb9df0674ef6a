/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libusertime: the user CPU time of processes, as the usertime kernel module measures it. Two
 * things: private sampling sessions on /dev/urt, and the system-wide registry in /proc/urt. Records
 * and constants of the module itself are in <linux/usertime.h>.
 *
 * Unless they say otherwise, functions return 0, or -1 (NULL, where they return a pointer) and set
 * errno; usertime_message() then has it in words. Times are nanoseconds.
 *
 * Anything here may be called by any thread at any time, with two exceptions: nothing may be called
 * with what is being closed, and the records of usertime_session_peek() belong to the one thread
 * that peeks and consumes. Threads that wait hinder no others.
 *
 * After fork(2) the child may only close what it has inherited.
 */
#ifndef USERTIME_H
#define USERTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/usertime.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What the calling thread's last failure in this library was, and what can be done about it: one
 * line without a newline, beginning with the PID if it is about one process. It stays until the
 * thread's next failure; "" before the first.
 */
const char *usertime_message(void);

/*
 * What the module offers, and its limits for the caller. Errors: those of usertime_session_open()
 * that are not about the options.
 */
int usertime_device_info(struct usertime_info *info);

/* A sampling session: its targets, its period, and a ring of records about them. */
struct usertime_session;

/* usertime_session_options.flags: those of USERTIME_IOC_SETUP, which have the lower half, ... */
#define USERTIME_SESSION_FOLLOW		USERTIME_SETUP_FOLLOW	/* targets' later children too */
#define USERTIME_SESSION_WAKE_EXIT	USERTIME_SETUP_WAKE_EXIT /* wait ends at an exit */
#define USERTIME_SESSION_PRECISE	USERTIME_SETUP_PRECISE	/* user and system time by looks between ticks */
#define USERTIME_SESSION_PRECISE	USERTIME_SETUP_PRECISE	/* split between ticks, too */
/* ... and the library's own. */
#define USERTIME_SESSION_READ		(1U << 31)		/* records by read(2), not mapped */

/**
 * struct usertime_session_options - what a session is to be like: all 0 is fine
 * @period: between two samples of all targets, ns; 0: only those that usertime_session_sample()
 *	takes. Its bounds are in struct usertime_info
 * @ring: records that the ring has room for, a larger number if need be; 0: 4096, or what the
 *	limits leave of that
 * @watermark: so many unread records end usertime_session_wait(); 0: any
 * @flags: USERTIME_SESSION_
 * @reserved: 0; what it will be has the present meaning when it is 0
 */
struct usertime_session_options {
	uint64_t period;
	uint32_t ring;
	uint32_t watermark;
	uint32_t flags;
	uint32_t reserved32;
	uint64_t reserved[6];
};

/*
 * Opens a session; NULL is all options 0. Where the ring cannot be mapped, as a seccomp filter may
 * have it, records are read.
 *   ENOENT	the module is not loaded
 *   EACCES	the device's mode does not allow it
 *   EPERM	the module lets only CAP_PERFMON have sessions, or the period needs CAP_SYS_NICE
 *   EPROTO	module and library have other versions of the interface
 *   EINVAL	the options
 *   EOPNOTSUPP	USERTIME_SESSION_PRECISE, where timers are no finer than ticks
 *   EDQUOT	over max_bytes_per_user
 *   ENOMEM	no memory, or over RLIMIT_MEMLOCK
 */
struct usertime_session *usertime_session_open(const struct usertime_session_options *options);

/* Ends the session and its targets; NULL is allowed. errno stays. */
void usertime_session_close(struct usertime_session *session);

/* What the module offers, as of usertime_session_open(). Does not fail. */
void usertime_session_info(const struct usertime_session *session, struct usertime_info *info);

/* The options in force: ring as large as it is, USERTIME_SESSION_READ if so. Does not fail. */
void usertime_session_settings(const struct usertime_session *session,
			       struct usertime_session_options *options);

/*
 * Makes a process a target; it is sampled at once. start may be NULL; else *start is when the
 * process must have been forked, as usertime_record.start has it, or 0, and becomes what it is.
 *   ESRCH	no such process
 *   EINVAL	a thread, a kernel thread, a number below 1
 *   EPERM	the caller may not observe it
 *   EEXIST	it is one already
 *   EDQUOT	over max_targets_per_user or max_rate_per_user
 *   ENOSPC	over max_targets
 *   EBUSY	it is in 16 sessions already
 *   ENOMEM	no memory
 */
int usertime_session_add(struct usertime_session *session, pid_t pid, uint64_t *start);

/*
 * The same with all that descend from the process, as far as they are alive. With
 * USERTIME_SESSION_FOLLOW none is missed that is forked meanwhile. Returns how many have become
 * targets; those that were are not counted. Descendants that may not be observed are left out, and
 * counted in *refused, which may be NULL. When limits or memory are reached that is an error, and
 * those that were added stay.
 */
int usertime_session_add_tree(struct usertime_session *session, pid_t pid, unsigned int *refused);

/* Ends that; start is 0, or must be the target's. ESRCH: it is none, or has exited. */
int usertime_session_remove(struct usertime_session *session, pid_t pid, uint64_t start);

/* Samples all targets now: their records are there when it returns. */
int usertime_session_sample(struct usertime_session *session);

/*
 * Takes the oldest record. Returns 1, or 0 if there is none now. Each record goes to one of the
 * threads that call it.
 */
int usertime_session_next(struct usertime_session *session, struct usertime_record *record);

/*
 * The cheap way to take many: points *records at the oldest ones, where they are, and returns how
 * many follow each other there; 0: there are none now. They stay until they are consumed. When that
 * is all of them, there may be more to peek at, as a ring has an end.
 */
ssize_t usertime_session_peek(struct usertime_session *session,
			      const struct usertime_record **records);

/* Takes the count oldest records. EINVAL: there are not so many. */
int usertime_session_consume(struct usertime_session *session, size_t count);

/* What usertime_session_wait() returns, or'ed */
#define USERTIME_READY	1	/* records are there: the watermark, an EXIT, or the last ones */
#define USERTIME_END	2	/* no target is left: nothing comes behind these records */

/*
 * Waits for as many records as the watermark says (or an EXIT record, with
 * USERTIME_SESSION_WAKE_EXIT), or until the last target is gone, but not longer than timeout ns; a
 * negative one is no limit. 0: that time has passed; records may be there all the same, fewer than
 * the watermark. EINTR: a signal was handled.
 */
int usertime_session_wait(struct usertime_session *session, int64_t timeout);

/*
 * The descriptor, for loops of one's own: POLLIN and POLLHUP are USERTIME_READY and USERTIME_END.
 * Take all records before polling: some may wait inside the library.
 */
int usertime_session_fd(const struct usertime_session *session);

#define USERTIME_UNKNOWN	UINT64_MAX

/**
 * struct usertime_drops - what a session has lost so far
 * @samples: SAMPLE records that found no room in the ring
 * @exits: EXIT records ...
 * @exits_user: ... and the sums of their times: totals of a session are those of the EXIT records
 *	that came plus these
 * @exits_system: the same
 * @events: FORK and EXEC records
 * @children: processes that could not be followed
 * @missed_periods: periods without a sample; USERTIME_UNKNOWN where the ring cannot be mapped
 * @reserved: 0
 *
 * Where the ring cannot be mapped the others are sums of the LOST records that were read so far.
 */
struct usertime_drops {
	uint64_t samples;
	uint64_t exits;
	uint64_t exits_user;
	uint64_t exits_system;
	uint64_t events;
	uint64_t children;
	uint64_t missed_periods;
	uint64_t reserved[9];
};

/* Does not fail. */
void usertime_session_drops(struct usertime_session *session, struct usertime_drops *drops);

/*
 * The registry. Everywhere `proc` is where the procfs to talk to is mounted; NULL means /proc. PIDs
 * are those of that procfs's PID namespace.
 */
struct usertime_registry;

/*
 * Opens it to register processes; the module judges what the user who opened it may do.
 *   ENOENT	the module is not loaded
 *   EACCES	the mode of /proc/urt/status does not allow it
 *   EPROTO	module and library have other versions of the interface
 */
struct usertime_registry *usertime_registry_open(const char *proc);

/* What was registered stays so. NULL is allowed. errno stays. */
void usertime_registry_close(struct usertime_registry *registry);

/*
 * Registers a process for the user who opened the registry. Once is enough, more does no harm.
 *   ESRCH, EINVAL, EDQUOT, ENOSPC, ENOMEM	as for usertime_session_add()
 *   EIO	the module has been unloaded
 */
int usertime_registry_add(struct usertime_registry *registry, pid_t pid);

/*
 * Drops that user's hold on a process; all holds, if it is that user's own process.
 *   ESRCH	it is not registered
 *   EPERM	only by others, and it is not the user's own
 *   EIO	the module has been unloaded
 */
int usertime_registry_remove(struct usertime_registry *registry, pid_t pid);

/* Gets PIDs in ascending order with their user CPU time. Non-zero ends the list. */
typedef int usertime_registry_time_visit(pid_t pid, uint64_t user, void *data);

/*
 * Calls visit for each registered process, as of the last refresh: /proc/urt/status. Returns 0, or
 * the first non-zero value of visit. ENOENT: the module is not loaded. EPROTO: the file has another
 * form than this library knows.
 */
int usertime_registry_times(const char *proc, usertime_registry_time_visit *visit, void *data);

/* A process as /proc/urt/detail lists it, as of the last refresh; later versions may have more. */
struct usertime_registry_entry {
	pid_t pid;
	uint64_t user_ns;	/* CPU time of the whole thread group, exited threads included: */
	uint64_t system_ns;	/* user and system, nanoseconds */
	uint64_t minor_faults;
	uint64_t major_faults;
	uint64_t threads;	/* alive now */
	uint64_t start_ns;	/* boot-time clock, nanoseconds; with the PID the identity */
	char state;		/* as in proc_pid_stat(5); X: has exited, with its final values */
	const char *holders;	/* user IDs, separated by commas */
	const char *command;	/* name; bytes that are not printable ASCII, and \, as \ooo */
	const char *split;	/* what tells user and system time apart: tick, context, precise */
	uint64_t looks;		/* with precise: how many looks of the module's did */
};

/* Gets the entries by ascending PID; the strings live until it returns. Non-zero ends the list. */
typedef int usertime_registry_visit(const struct usertime_registry_entry *entry, void *data);

/* The same as usertime_registry_times() with all that is known. */
int usertime_registry_list(const char *proc, usertime_registry_visit *visit, void *data);

#ifdef __cplusplus
}
#endif

#endif
