// SPDX-License-Identifier: GPL-2.0-only
/* /proc/urt: refreshing the registry, reading its status, registering. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "crowd.h"
#include "usertime.h"

#define PERIOD_PARAM	"/sys/module/usertime/parameters/period_ms"
#define NEVER		3600000		/* ms */

static int status = -1;

static void write_all(const char *text, int len)
{
	if (check(write(status, text, len), USERTIME_STATUS_PATH) != len)
		die("not all could be registered");
}

/* Many commands a write. */
static void command(const char *verb, const pid_t *pid, int n)
{
	char text[USERTIME_WRITE_MAX];
	int len = 0, i;

	for (i = 0; i < n; i++) {
		len += snprintf(text + len, sizeof(text) - len, "%s %d\n", verb, pid[i]);
		if (len > USERTIME_WRITE_MAX - 32 || i == n - 1) {
			write_all(text, len);
			len = 0;
		}
	}
}

static void set_period(int ms)
{
	char text[16];
	int fd = check(open(PERIOD_PARAM, O_WRONLY | O_CLOEXEC), PERIOD_PARAM);

	check(write(fd, text, snprintf(text, sizeof(text), "%d\n", ms)), PERIOD_PARAM);
	close(fd);
}

static void begin(void)
{
	set_period(NEVER);
	status = check(open(USERTIME_STATUS_PATH, O_RDWR | O_CLOEXEC), USERTIME_STATUS_PATH);
}

static void end(void)
{
	close(status);
}

static u64 counter(const char *name)
{
	char text[2048], *line;
	int fd = check(open(USERTIME_STATS_PATH, O_RDONLY | O_CLOEXEC), USERTIME_STATS_PATH);
	int len = check(read(fd, text, sizeof(text) - 1), USERTIME_STATS_PATH);

	close(fd);
	text[len] = 0;
	line = strstr(text, name);
	if (!line)
		die("no %s in the statistics", name);
	return strtoull(line + strlen(name), NULL, 10);
}

/*
 * The module measures itself from the first target to the last by the same clock that counts
 * instructions here. The cheapest refresh of many is one that no interrupt fell into.
 */
static u64 cheapest_refresh(int refreshes)
{
	struct pollfd p = { status, POLLPRI, 0 };
	u64 min = ~0ULL, ns;

	set_period(10);
	while (refreshes--) {
		poll(&p, 1, -1);
		ns = counter("refresh_ns_last");
		min = ns < min ? ns : min;
	}
	set_period(NEVER);
	return min;
}

/* What one of many costs: that of the first, and what comes but once a refresh, is taken off. */
static void measure_refresh(const struct crowd *c)
{
	u64 one, all;

	command("R", c->pid, 1);
	one = cheapest_refresh(20);
	command("R", c->pid + 1, c->n - 1);
	all = cheapest_refresh(c->n > 1000 ? 10 : 20);
	result("refresh", c->name, ((double)all - one) / (c->n - 1));
}

/* Status. */

static char text[1 << 20];
static int text_len;

static void begin_read(const struct crowd *c)
{
	(void)c;
}

static void pass_read(void)
{
	int n;

	text_len = 0;
	lseek(status, 0, SEEK_SET);
	while ((n = read(status, text + text_len, sizeof(text) - 1 - text_len)) > 0)
		text_len += n;
	text[text_len] = 0;
}

static void end_read(void)
{
}

static const struct method read_status = {
	"status-read", begin_read, NULL, pass_read, end_read
};

static u64 user, numbers;

static void pass_parse(void)
{
	char *p = text;

	while (*p) {
		numbers += strtoull(p, &p, 10);
		user += strtoull(p + 2, &p, 10);
		p++;
	}
}

static const struct method parse_status = {
	"status-parse", begin_read, NULL, pass_parse, end_read
};

static void pass_line(void)
{
	pass_read();
	pass_parse();
}

static const struct method status_line = {
	"status-line", begin_read, NULL, pass_line, end_read
};

static void start_refreshing(u64 period)
{
	set_period(period / 1000000);
}

static void stop_refreshing(void)
{
	set_period(NEVER);
}

void measure_registry(const struct crowd *c)
{
	begin();
	measure_refresh(c);
	measure(&read_status, c);
	measure(&parse_status, c);
	measure(&status_line, c);
	if (c->n <= 1000)
		result("refresh-period", c->name,
		       cost_of_period(10000000, start_refreshing, stop_refreshing));
	command("U", c->pid, c->n);
	end();
}

/* Registering. */

#define TRIED	20		/* processes */

static u64 timed_write(const char *line, int len)
{
	u64 start = rdtsc();

	write_all(line, len);
	return rdtsc() - start;
}

/* Of one process, again and again: registering and dropping it. */
static void register_one(pid_t pid, u64 *reg, u64 *drop)
{
	char line[16];
	int len, passes;
	u64 x;

	*reg = *drop = ~0ULL;
	for (passes = 0; passes < 10; passes++) {
		len = snprintf(line, sizeof(line), "%d\n", pid);
		x = timed_write(line, len);
		*reg = x < *reg ? x : *reg;
		len = snprintf(line, sizeof(line), "U %d\n", pid);
		x = timed_write(line, len);
		*drop = x < *drop ? x : *drop;
	}
}

/* Those that are tried are from all over the crowd: it matters where in a tree one stands. */
static void measure_among(const struct crowd *c, int others)
{
	u64 reg, drop, regs = 0, drops = 0;
	char name[16];
	int i;

	for (i = 0; i < TRIED; i++) {
		pid_t pid = c->pid[(long)i * others / TRIED];

		command("U", &pid, 1);
		register_one(pid, &reg, &drop);
		command("R", &pid, 1);
		regs += reg;
		drops += drop;
	}
	snprintf(name, sizeof(name), "%d", others);
	result("register", name, (double)regs / TRIED);
	result("unregister", name, (double)drops / TRIED);
}

void measure_registering(void)
{
	static struct crowd c;
	int i, done = 0;
	static const int others[] = { 100, 30000 };

	begin();
	for (i = 0; i < 2; i++) {
		note("registering one process among %d", others[i]);
		crowd_grow_small(&c, others[i]);
		command("R", c.pid + done, others[i] - done);
		done = others[i];
		measure_among(&c, others[i]);
	}
	command("U", c.pid, c.n);
	crowd_kill(&c);
	end();
}
