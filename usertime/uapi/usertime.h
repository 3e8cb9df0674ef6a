/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * usertime: what programs need to know of the module.
 *
 * /proc/urt/status, the system-wide registry
 *
 *   write()  commands, one a line, at most USERTIME_WRITE_MAX bytes a call; the newline of the
 *            last line may be missing:
 *              "PID" or "R PID"  register that process for the user who opened the file
 *              "U PID"           drop that user's hold; the process's own user and
 *                                CAP_SYS_PTRACE over it drop all holds
 *            A malformed line: EINVAL, and nothing is applied. Otherwise lines apply in order up
 *            to the first that fails; write() returns the bytes of the lines that were applied,
 *            or fails if that was the first line.
 *              E2BIG   more than USERTIME_WRITE_MAX bytes
 *              EINVAL  not of that form, a number below 1, a thread that is not its group's
 *                      leader, a kernel thread
 *              ERANGE  a number that does not fit a PID
 *              ESRCH   no such process for the reader (PID namespace of the procfs mount, its
 *                      hidepid), or it has exited; U of one that is not registered
 *              EPERM   U without a hold, ownership or CAP_SYS_PTRACE
 *              EDQUOT  the user's limit is reached (max_targets_per_user)
 *              ENOSPC  the module's limit is reached (max_targets)
 *              ENOMEM  no memory
 *
 *   read()   a line "PID: NANOSECONDS" per registered process, ascending by PID: user CPU time of
 *            the thread group, exited threads included, as of the last refresh. Never goes
 *            backwards. After its exit a process is listed with its exact final value until the
 *            next refresh.
 *
 *   poll()   POLLPRI once after each refresh; always POLLIN and POLLOUT.
 *
 * /proc/urt/detail  a header line, then more columns per process: see usertime-register(1).
 * /proc/urt/stats   "name value" lines about the module itself; the first is "abi", which is the
 *                   loaded module's USERTIME_ABI_VERSION.
 */
#ifndef _UAPI_USERTIME_H
#define _UAPI_USERTIME_H

/*
 * The version of all that this header describes, apart from the release's: it changes only when a
 * program that was written to the previous one could fail. Modules also have it as their
 * "usertime_abi" in modinfo(8).
 */
#define USERTIME_ABI_VERSION	1

#define USERTIME_STATUS_PATH	"/proc/urt/status"
#define USERTIME_DETAIL_PATH	"/proc/urt/detail"
#define USERTIME_STATS_PATH	"/proc/urt/stats"

/* The most bytes that one write() to USERTIME_STATUS_PATH takes. */
#define USERTIME_WRITE_MAX	4096

#endif
