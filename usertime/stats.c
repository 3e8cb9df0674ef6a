// SPDX-License-Identifier: GPL-2.0-only
/* Counters about the module itself. */
#include <linux/seq_file.h>

#include "precise.h"
#include "stats.h"
#include "uapi/usertime.h"

atomic64_t urt_stats[URT_NR_STATS];

static const char * const stat_names[URT_NR_STATS] = {
	[URT_STAT_TARGETS]		= "targets",
	[URT_STAT_SESSIONS]		= "sessions",
	[URT_STAT_REGISTERED]	= "registered",
	[URT_STAT_REMOVED]		= "removed",
	[URT_STAT_EXITED]		= "exited",
	[URT_STAT_REFRESHES]		= "refreshes",
	[URT_STAT_REFRESH_NS_TOTAL]	= "refresh_ns_total",
	[URT_STAT_REFRESH_NS_LAST]	= "refresh_ns_last",
	[URT_STAT_REFRESH_NS_MAX]	= "refresh_ns_max",
	[URT_STAT_MISSED_PERIODS]	= "missed_periods",
	[URT_STAT_STALE_SAMPLES]	= "stale_samples",
	[URT_STAT_EXITS_CAUGHT]	= "exits_caught",
	[URT_STAT_FORKS_FOLLOWED]	= "forks_followed",
	[URT_STAT_RECORDS_DROPPED]	= "records_dropped",
	[URT_STAT_PROBE_ATTACHES]	= "probe_attaches",
};

/**
 * urt_stats_refresh - count one sampled period
 * @ns: how long sampling took
 */
void urt_stats_refresh(u64 ns)
{
	s64 max = atomic64_read(&urt_stats[URT_STAT_REFRESH_NS_MAX]);

	urt_stat_inc(URT_STAT_REFRESHES);
	urt_stat_add(URT_STAT_REFRESH_NS_TOTAL, ns);
	atomic64_set(&urt_stats[URT_STAT_REFRESH_NS_LAST], ns);
	while (ns > max && !atomic64_try_cmpxchg(&urt_stats[URT_STAT_REFRESH_NS_MAX], &max, ns))
		;
}

/* /proc/urt/stats: a line "name value" per counter. */
int urt_stats_show(struct seq_file *m, void *unused)
{
	int i;

	seq_printf(m, "abi %d\n", USERTIME_ABI_VERSION);
	for (i = 0; i < URT_NR_STATS; i++)
		seq_printf(m, "%s %lld\n", stat_names[i], (long long)atomic64_read(&urt_stats[i]));
	seq_printf(m, "look_ns %u\n", urt_precise_look_cost());
	return 0;
}
