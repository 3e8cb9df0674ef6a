/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters about the module itself, shown in /proc/urt/stats. */
#ifndef URT_STATS_H
#define URT_STATS_H

#include <linux/atomic.h>

struct seq_file;

enum urt_stat {
	URT_STAT_TARGETS,	/* processes measured now, over all sessions */
	URT_STAT_SESSIONS,	/* open sessions of /dev/urt */
	URT_STAT_REGISTERED,	/* registry: processes that were added ... */
	URT_STAT_REMOVED,	/* ... left because their last hold was dropped ... */
	URT_STAT_EXITED,	/* ... left because they exited */
	URT_STAT_REFRESHES,	/* periods sampled, over all sessions */
	URT_STAT_REFRESH_NS_TOTAL,	/* time spent in them, ns */
	URT_STAT_REFRESH_NS_LAST,
	URT_STAT_REFRESH_NS_MAX,
	URT_STAT_MISSED_PERIODS,	/* periods that came before the last one was sampled */
	URT_STAT_STALE_SAMPLES,	/* samples not taken: thread group kept changing */
	URT_STAT_EXITS_CAUGHT,	/* exits whose final totals were taken */
	URT_STAT_FORKS_FOLLOWED,
	URT_STAT_RECORDS_DROPPED,
	URT_STAT_PROBE_ATTACHES,	/* times the tracepoints were attached */
	URT_NR_STATS
};

extern atomic64_t urt_stats[URT_NR_STATS];

static inline void urt_stat_add(enum urt_stat stat, s64 n)
{
	atomic64_add(n, &urt_stats[stat]);
}

static inline void urt_stat_inc(enum urt_stat stat)
{
	atomic64_inc(&urt_stats[stat]);
}

static inline void urt_stat_dec(enum urt_stat stat)
{
	atomic64_dec(&urt_stats[stat]);
}

void urt_stats_refresh(u64 ns);
int urt_stats_show(struct seq_file *m, void *unused);

#endif
