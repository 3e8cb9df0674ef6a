/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * usertime: what programs need to know of the module: the system-wide registry in /proc/urt, and
 * private sampling sessions on /dev/urt.
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

#include <linux/ioctl.h>
#include <linux/types.h>

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

/*
 * /dev/urt, private sampling sessions
 *
 * Each open() makes a session: a set of targets (processes), a period, and a ring of records that
 * the kernel fills and the session's owner empties. The session ends, and all that belongs to it is
 * freed, when the last descriptor and the last mapping of it are gone.
 *
 *	fd = open(USERTIME_DEVICE_PATH, O_RDWR | O_CLOEXEC);
 *	ioctl(fd, USERTIME_IOC_INFO, &info);		what the module offers (at any time)
 *	ioctl(fd, USERTIME_IOC_SETUP, &setup);		period, size of the ring, flags (once)
 *	ioctl(fd, USERTIME_IOC_ADD, &target);		as often as wanted, at any time from here on
 *	mmap() or read(), poll()			take records
 *
 * open() fails with EPERM where the parameter "unprivileged" is 0 and the caller lacks CAP_PERFMON.
 *
 * Every permission check judges who opened the file, with the credentials of then, and PIDs are
 * those of the PID namespace of then, whoever uses the descriptor later. A target may be observed
 * if all its three user ids and all its three group ids are the file system ids of the opener and
 * it is dumpable (see prctl(2), PR_SET_DUMPABLE), or if the opener has CAP_PERFMON or
 * CAP_SYS_PTRACE in the target's user namespace. That is judged again when a target executes a
 * program or changes its credentials: once refused, there are no more samples of it, only its EXIT
 * record.
 *
 * All structures are the same for 32-bit and 64-bit programs. Reserved fields and unknown flags
 * must be 0: EINVAL otherwise. On an error no session has changed, but fields that are returned may
 * have been set. Errors of every ioctl: ENOTTY for an unknown one, EFAULT for a bad address, EBADFD
 * for one that needs a session that is set up.
 */
#define USERTIME_DEVICE_PATH	"/dev/urt"

/**
 * struct usertime_info - what the module offers: USERTIME_IOC_INFO
 * @abi: USERTIME_ABI_VERSION of the loaded module
 * @record_size: sizeof(struct usertime_record)
 * @setup_flags: all USERTIME_SETUP_ flags that can be had here
 * @clock: the clock of usertime_record.time, as clockid_t: CLOCK_MONOTONIC
 * @period_min: shortest period for the opener, ns (shorter ones need CAP_SYS_NICE)
 * @period_max: longest period, ns
 * @tick: the scheduler's tick, ns: how often the kernel looks whether user or kernel code runs
 * @ring_min: smallest ring, in records; smaller ones are made that large
 * @ring_max: largest ring, in records
 * @max_targets: most targets of all sessions and the registry together
 * @max_targets_per_user: of these, most of one user
 * @max_bytes_per_user: most bytes of rings that one user has
 * @max_rate_per_user: most samples of threads a second that one user's sessions take: the sum of
 *	threads / period over all targets
 * @reserved: 0
 */
struct usertime_info {
	__u32 abi;
	__u32 record_size;
	__u32 setup_flags;
	__s32 clock;
	__aligned_u64 period_min;
	__aligned_u64 period_max;
	__aligned_u64 tick;
	__u32 ring_min;
	__u32 ring_max;
	__aligned_u64 max_targets;
	__aligned_u64 max_targets_per_user;
	__aligned_u64 max_bytes_per_user;
	__aligned_u64 max_rate_per_user;
	__aligned_u64 reserved[4];
};

/*
 * Follow forks: processes that targets fork from now on, and all that descend from these, become
 * targets before they run. Those that are alive already are not: add them one by one, after setting
 * this up. A followed process counts as any other against the limits; where they are reached, or
 * memory is, it goes unfollowed and is counted in a LOST record.
 */
#define USERTIME_SETUP_FOLLOW		0x1

/* poll() reports EXIT records at once, however few records there are. */
#define USERTIME_SETUP_WAKE_EXIT	0x2

/*
 * Precise mode: user and system time are told apart by looking between ticks, every 97 us on
 * average and every 20 us at first, at random moments, instead of at the tick of some milliseconds.
 * SAMPLE and EXIT records say so in @split, and in @samples how many looks there were. It costs a
 * target about 1 % of its time (5 % of its first millisecond), and every switch from one thread to
 * another on the machine some instructions for as long as there is such a target. What was used
 * before a target was added stays split by the tick. EOPNOTSUPP where the kernel's timers are not
 * finer than its ticks.
 */
#define USERTIME_SETUP_PRECISE		0x4

/**
 * struct usertime_setup - USERTIME_IOC_SETUP
 * @period: ns between two samples of all targets, from usertime_info.period_min (1 ms, or 100 us
 *	with CAP_SYS_NICE) to usertime_info.period_max; 0: only those that USERTIME_IOC_SAMPLE asks
 *	for. The other records come in any case
 * @ring: size of the ring in records; the kernel rounds it up to a power of two and to whole pages
 *	and returns what it made of it
 * @watermark: so many records in the ring make poll() report POLLIN, 1 to @ring; 0 is 1
 * @flags: USERTIME_SETUP_ flags
 * @consumer_size: returned: bytes to map at offset 0
 * @producer_size: returned: bytes to map at offset @consumer_size
 * @data_offset: returned: where in the latter the ring begins, in bytes
 * @reserved: 0
 *
 * Errors: EBUSY set up already; EINVAL; EPERM a period that needs CAP_SYS_NICE; EDQUOT over
 * max_bytes_per_user; ENOMEM no memory, or over RLIMIT_MEMLOCK; EOPNOTSUPP USERTIME_SETUP_PRECISE.
 */
struct usertime_setup {
	__aligned_u64 period;
	__u32 ring;
	__u32 watermark;
	__u32 flags;
	__u32 consumer_size;
	__u32 producer_size;
	__u32 data_offset;
	__aligned_u64 reserved[3];
};

/**
 * struct usertime_target - a process: USERTIME_IOC_ADD, USERTIME_IOC_REMOVE
 * @pid: its number
 * @flags: 0
 * @start: when it was forked, ns of CLOCK_BOOTTIME; with @pid this says which process is meant, as
 *	numbers are used again. In: 0, or what it must be (else ESRCH). ADD returns it
 * @reserved: 0
 *
 * ADD samples it at once, which gives a first SAMPLE record. Errors: EINVAL a number below 1, a
 * thread that is not its group's leader, a kernel thread; ESRCH no such process in the opener's PID
 * namespace, or it has exited; EPERM it may not be observed; EEXIST a target already; EDQUOT,
 * ENOSPC, ENOMEM as for /proc/urt/status, EDQUOT also over max_rate_per_user; EBUSY in 16
 * sessions, the most that a process can be in (but for CAP_PERFMON and CAP_SYS_RESOURCE).
 *
 * REMOVE gives no record (USERTIME_IOC_SAMPLE before it does), but may come after records of the
 * target that are not consumed yet. Error: ESRCH not a target, or not any more.
 */
struct usertime_target {
	__s32 pid;
	__u32 flags;
	__aligned_u64 start;
	__aligned_u64 reserved[2];
};

#define USERTIME_IOC_INFO	_IOR(0xE8, 0, struct usertime_info)
#define USERTIME_IOC_SETUP	_IOWR(0xE8, 1, struct usertime_setup)
#define USERTIME_IOC_ADD	_IOWR(0xE8, 2, struct usertime_target)
#define USERTIME_IOC_REMOVE	_IOWR(0xE8, 3, struct usertime_target)

/*
 * Sample all targets now, in the caller's context: when it returns, a SAMPLE record of each that is
 * alive, and the EXIT records of those that wait(2) has reported as ended, have been put into the
 * ring (or are counted as lost).
 */
#define USERTIME_IOC_SAMPLE	_IO(0xE8, 4)

/* usertime_record.type; skip what you don't know: newer modules may have more. */
enum usertime_record_type {
	USERTIME_RECORD_SAMPLE = 1,	/* what a target has used so far */
	USERTIME_RECORD_EXIT = 2,	/* what it has used when it ended: exact; nothing follows */
	USERTIME_RECORD_FORK = 3,	/* a followed process was forked */
	USERTIME_RECORD_EXEC = 4,	/* a target executes another program */
	USERTIME_RECORD_LOST = 5,	/* records that did not fit stood here */
};

/* usertime_record.split: where the split into user and system time comes from. */
enum usertime_split {
	USERTIME_SPLIT_NONE = 0,	/* nothing to split (FORK, EXEC, LOST) */
	USERTIME_SPLIT_TICK = 1,	/* in proportion to the ticks that hit each */
	USERTIME_SPLIT_CONTEXT = 2,	/* measured at each change between them (nohz_full) */
	USERTIME_SPLIT_PRECISE = 3,	/* sampled between ticks by the module */
};

/* usertime_record.flags */
#define USERTIME_FLAG_ESTIMATED	0x1	/* a thread was running: an estimate of its last ns */
#define USERTIME_FLAG_STALE	0x2	/* threads came and went: values of the one before */
#define USERTIME_FLAG_REFUSED	0x4	/* EXIT of one that may not be observed any more */
#define USERTIME_FLAG_UNSEEN	0x8	/* EXIT that was missed: values of the one before */
/* Precise mode, but no look yet: SAMPLE has the times of the one before, EXIT the tick's split. */
#define USERTIME_FLAG_UNLOOKED	0x10

/**
 * struct usertime_record - one record of the ring
 * @time: when, ns of CLOCK_MONOTONIC: of the sample, or of the exit, fork or exec itself. These
 *	three may stand behind a SAMPLE that was taken a little later
 * @start: when the process was forked, ns of CLOCK_BOOTTIME; with @pid it tells processes apart
 * @user: SAMPLE, EXIT: user CPU time of the thread group since its start, exited threads
 *	included, children not; ns. LOST: the sum of @user of the EXIT records that were lost
 * @system: the same of system CPU time
 * @minor_faults: SAMPLE, EXIT: page faults served without I/O
 * @major_faults: SAMPLE, EXIT: page faults that needed I/O
 * @parent_start: FORK: @start of the parent
 * @parent_pid: FORK: @pid of the parent
 * @name: EXEC: the new name, padded with NUL bytes, and one at the end at least
 * @lost_samples: LOST: how many SAMPLE records are missing here
 * @lost_exits: LOST: how many EXIT records, whose times are summed up in @user and @system
 * @lost_events: LOST: how many FORK and EXEC records
 * @lost_children: LOST: how many processes could not be followed (their times are in no record)
 * @pid: number of the process in the opener's PID namespace, 0 if it has none there; LOST: 0
 * @threads: SAMPLE, EXIT: threads that are not reaped yet
 * @type: enum usertime_record_type
 * @split: enum usertime_split
 * @flags: USERTIME_FLAG_
 * @samples: SAMPLE, EXIT: so many looks (ticks, for USERTIME_SPLIT_TICK) are behind the split; with
 *	few, it is chance
 *
 * @user and @system never fall from one record of a process to the next; their sum is the
 * scheduler's runtime, which is exact in EXIT records. 64 bytes, and these fields, for ever.
 */
struct usertime_record {
	__aligned_u64 time;
	__aligned_u64 start;
	union {
		__extension__ struct {
			__aligned_u64 user;
			__aligned_u64 system;
			union {
				__extension__ struct {
					__aligned_u64 minor_faults;
					__aligned_u64 major_faults;
				};
				__extension__ struct {
					__u32 lost_samples;
					__u32 lost_exits;
					__u32 lost_events;
					__u32 lost_children;
				};
			};
		};
		__extension__ struct {
			__aligned_u64 parent_start;
			__u32 parent_pid;
		};
		char name[16];
	};
	__u32 pid;
	__u32 threads;
	__u8 type;
	__u8 split;
	__u16 flags;
	__u32 samples;
};

/*
 * The ring is two mappings, both MAP_SHARED and of exactly the sizes that USERTIME_IOC_SETUP
 * returned:
 *
 *	offset 0		struct usertime_consumer; may be written
 *	offset consumer_size	struct usertime_producer, and at data_offset the records; read-only
 *
 * mmap() fails with EBADFD before the setup, EINVAL for other offsets, sizes or MAP_PRIVATE, and
 * with EPERM for the second one with PROT_WRITE, then and later.
 *
 * Positions count records since the setup, modulo 2^32. A record's position is its sequence number;
 * it is at index (position & (ring - 1)).
 *
 *	head = load_acquire(&producer->head);
 *	for (tail = consumer->tail; tail != head; tail++)
 *		use(&records[tail & (ring - 1)]);
 *	store_release(&consumer->tail, tail);
 *
 * The kernel never overwrites what is between tail and head; it drops new records instead. SAMPLE,
 * FORK and EXEC records leave a slot free for the EXIT record of each target and one for LOST (half
 * of the ring at most); what was dropped stands in a LOST record as soon as there is room for more
 * than these, at the latest after the last EXIT, and in the sums of struct usertime_producer at
 * once. A tail that is more than a ring away from head makes the ring full.
 */
struct usertime_consumer {
	__u32 tail;		/* position of the next record to read; the consumer's */
};

/**
 * struct usertime_producer - what the kernel tells beside the records
 * @head: position of the next record to be written
 * @targets: targets now; who reads 0 with acquire semantics finds all their records before @head
 * @missed_periods: periods that passed without a sample, as the one before was not finished, or as
 *	max_rate_per_user did not allow it
 * @lost_samples: SAMPLE records dropped so far
 * @lost_exits: EXIT records dropped so far ...
 * @lost_user: ... and the sums of their times, ns
 * @lost_system: the same
 * @lost_events: FORK and EXEC records dropped so far
 * @lost_children: processes that could not be followed so far
 * @refreshes: periods sampled so far
 *
 * All but @head may be read at any time, each for itself; a 32-bit program should read one again
 * until it gets the same value twice.
 */
struct usertime_producer {
	__u32 head;
	__u32 targets;
	__aligned_u64 missed_periods;
	__aligned_u64 lost_samples;
	__aligned_u64 lost_exits;
	__aligned_u64 lost_user;
	__aligned_u64 lost_system;
	__aligned_u64 lost_events;
	__aligned_u64 lost_children;
	__aligned_u64 refreshes;
};

/*
 * read(), for those who do not map: as many whole records as fit and are there, oldest first. Where
 * there is none it waits until poll() reports something, or fails with EAGAIN (O_NONBLOCK). Returns
 * 0 when nothing is left and the last target is gone. EINVAL for a buffer that is smaller than a
 * record; EBUSY once the consumer page was mapped.
 *
 * poll(): POLLIN from the watermark on, for an unread EXIT record with USERTIME_SETUP_WAKE_EXIT,
 * and for any unread record once the last target is gone; POLLHUP when the last of at least one
 * target is gone, after its EXIT record was put into the ring; POLLERR before the setup.
 */

#endif
