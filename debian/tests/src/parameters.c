// SPDX-License-Identifier: GPL-2.0-only
/* The parameters: their ranges, and that the period takes effect at once. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "urt.h"

static const struct {
	const char *name;
	long long min, max;
} ranges[] = {
	{ "period_ms", 10, 3600000 },
	{ "max_targets", 1, 1048576 },
	{ "max_targets_per_user", 0, 1048576 },
	{ "max_bytes_per_user", 0, 1LL << 30 },
	{ "max_rate_per_user", 0, 1000000000 },
	{ "unprivileged", 0, 1 },
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void check_refused(const char *name, const char *text)
{
	long long before = param_get(name);

	EXPECT_EQ(param_set(name, text), -EINVAL, "%s = \"%s\"", name, text);
	EXPECT_EQ(param_get(name), before, "%s after \"%s\"", name, text);
}

static void check_refused_number(const char *name, long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld\n", value);
	check_refused(name, text);
}

TEST(in_range, "every parameter takes both ends of its range, and all are 0644")
{
	struct stat st;
	char path[128];
	size_t i;

	for (i = 0; i < N(ranges); i++) {
		EXPECT_EQ(param_set_num(ranges[i].name, ranges[i].min), 0, "%s", ranges[i].name);
		EXPECT_EQ(param_get(ranges[i].name), ranges[i].min);
		EXPECT_EQ(param_set_num(ranges[i].name, ranges[i].max), 0, "%s", ranges[i].name);
		EXPECT_EQ(param_get(ranges[i].name), ranges[i].max);
		snprintf(path, sizeof(path), "/sys/module/usertime/parameters/%s", ranges[i].name);
		ASSERT_EQ(stat(path, &st), 0);
		EXPECT_EQ(st.st_mode & 07777, 0644, "%s", path);
	}
}

TEST(out_of_range, "out of range and garbage are EINVAL and change nothing")
{
	static const char * const garbage[] = {
		"\n", " ", "abc\n", "-1\n", "1x\n", "1 2\n", "0x10\n", "1.5\n", "1e1\n",
		"18446744073709551615\n", "18446744073709551616\n", "99999999999999999999\n",
		"4294967306\n", "18446744073709551626\n",
	};
	size_t i, j;

	for (i = 0; i < N(ranges); i++) {
		for (j = 0; j < N(garbage); j++)
			check_refused(ranges[i].name, garbage[j]);
		check_refused_number(ranges[i].name, ranges[i].min - 1);
		check_refused_number(ranges[i].name, ranges[i].max + 1);
		check_refused_number(ranges[i].name, -ranges[i].max);
	}
}

TEST(at_once, "a shorter period takes effect at once, and so does a longer one")
{
	struct kid k = kid_sleeper();
	u64 count;
	int i;

	ASSERT_EQ(urt_register(k.pid), 0);
	for (i = 0; i < 10; i++) {
		count = counter("refreshes");
		ASSERT_EQ(param_set_num("period_ms", i % 2 ? 10 : 60), 0);
		WAIT_FOR(counter("refreshes") >= count + 2);
		ASSERT_EQ(param_set_num("period_ms", FROZEN), 0);
		count = counter("refreshes");
		usleep(300000);
		EXPECT(counter("refreshes") <= count + 1, "%llu after %llu", counter("refreshes"),
		       count);
	}
}

static void burn(struct kid *parent, void *arg)
{
	(void)parent;
	(void)arg;
	burn_forever();
}

/* On busy CPUs, whose ticks might set a timer off before it is due. */
TEST(kept, "refreshes come no faster than the period says")
{
	static const unsigned int periods[] = { 10, 40, 333 };
	struct kid k = kid_start(burn, NULL);
	size_t i;

	kid_start(burn, NULL);
	ASSERT_EQ(urt_register(k.pid), 0);
	for (i = 0; i < N(periods); i++) {
		double start = tap_now(), ms;
		u64 count;
		long long missed;

		ASSERT_EQ(param_set_num("period_ms", periods[i]), 0);
		count = counter("refreshes");
		missed = counter("missed_periods");
		wait_refreshes(20);
		count = counter("refreshes") - count;
		missed = counter("missed_periods") - missed;
		ms = (tap_now() - start) * 1000;
		EXPECT(missed >= 0, "%lld", missed);
		EXPECT(count + missed <= ms / periods[i] + 2,
		       "%llu refreshes and %lld missed in %.0f ms of %u ms each", count, missed, ms,
		       periods[i]);
		tap_note("%u ms: %llu refreshes and %lld missed in %.0f ms", periods[i], count,
			 missed, ms);
	}
	EXPECT(counter("refresh_ns_max") >= counter("refresh_ns_last"));
	EXPECT(counter("refresh_ns_total") >= counter("refresh_ns_max"));
	EXPECT(counter("refresh_ns_last") > 0);
}

TEST(lowered, "a limit below what is registered removes nothing and admits nothing")
{
	struct kid a = kid_sleeper(), b = kid_sleeper(), c = kid_sleeper();

	ASSERT_EQ(urt_register(a.pid), 0);
	ASSERT_EQ(urt_register(b.pid), 0);
	ASSERT_EQ(param_set_num("max_targets", 1), 0);
	EXPECT(listed(a.pid) && listed(b.pid));
	EXPECT_EQ(urt_register(c.pid), -ENOSPC);
	EXPECT_EQ(urt_unregister(a.pid), 0);
	EXPECT_EQ(urt_register(c.pid), -ENOSPC);
	EXPECT_EQ(urt_unregister(b.pid), 0);
	EXPECT_EQ(urt_register(c.pid), 0);
}

int main(void)
{
	return urt_main();
}
