// SPDX-License-Identifier: GPL-2.0-only
/* Unloading while the module is in use, and 200 times without growth. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "urt.h"

#define REGISTERED 30
#define WARM_UP 20
#define CYCLES 200

static bool gone(void)
{
	return access("/proc/urt", F_OK) && access("/sys/module/usertime", F_OK);
}

static void register_some(struct kid *kid, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		kid[i] = kid_sleeper();
		ASSERT_EQ(urt_register(kid[i].pid), 0);
	}
}

/* Opens, reads and closes all three files all the time, whether they are there or not. */
static void busy_reader(struct kid *parent, void *arg)
{
	static const char * const paths[] = {
		USERTIME_STATUS_PATH, USERTIME_DETAIL_PATH, USERTIME_STATS_PATH,
	};
	char buf[64];
	long i;

	(void)parent;
	(void)arg;
	for (i = 0;; i++) {
		int fd = open(paths[i % 3], O_RDONLY | O_CLOEXEC);

		while (fd >= 0 && read(fd, buf, sizeof(buf)) > 0)
			;
		if (fd >= 0)
			close(fd);
	}
}

static void busy_writer(struct kid *parent, void *arg)
{
	struct kid own = kid_sleeper();

	(void)parent;
	(void)arg;
	for (;;) {
		status_printf("%d\n", own.pid);
		status_printf("U %d\n", own.pid);
	}
}

TEST(in_use, "rmmod with processes registered, files half read, and readers and writers at work")
{
	struct kid kid[REGISTERED], busy[4];
	int rounds = max_u64(fewer(10), 3), fd[3], i, round;
	char buf[64];

	for (i = 0; i < 4; i++)
		busy[i] = kid_start(i < 2 ? busy_reader : busy_writer, NULL);
	for (round = 0; round < rounds; round++) {
		ASSERT_EQ(param_set_num("period_ms", 10), 0);
		register_some(kid, REGISTERED);
		fd[0] = open(USERTIME_STATUS_PATH, O_RDWR | O_CLOEXEC);
		fd[1] = open(USERTIME_DETAIL_PATH, O_RDONLY | O_CLOEXEC);
		fd[2] = open(USERTIME_STATS_PATH, O_RDONLY | O_CLOEXEC);
		for (i = 0; i < 3; i++)
			EXPECT(read(fd[i], buf, sizeof(buf)) > 0);
		for (i = 0; i < REGISTERED / 2; i++)
			kill(kid[i].pid, SIGKILL);
		ASSERT_EQ(module_unload(), 0, "round %d", round);
		EXPECT(gone());
		for (i = 0; i < 3; i++) {
			EXPECT_EQ(read(fd[i], buf, sizeof(buf)), -1, "file %d", i);
			EXPECT_EQ(errno, EIO);
		}
		EXPECT(write(fd[0], "1", 1) == -1 && errno == EIO);
		ASSERT_EQ(module_load(""), 0);
		EXPECT(!listed(kid[REGISTERED - 1].pid), "nothing is left of before");
		EXPECT(read(fd[0], buf, sizeof(buf)) == -1, "the old file stays dead");
		for (i = 0; i < 3; i++)
			close(fd[i]);
		for (i = 0; i < REGISTERED; i++)
			kid_kill(&kid[i]);
	}
	for (i = 0; i < 4; i++)
		kid_kill(&busy[i]);
}

static void poller(struct kid *parent, void *arg)
{
	struct pollfd p = { .events = POLLPRI };

	(void)arg;
	p.fd = open(USERTIME_STATUS_PATH, O_RDONLY);
	poll(&p, 1, 0);
	kid_tell(parent, 0);
	for (;;)
		poll(&p, 1, -1);
}

TEST(polled, "rmmod is refused while a file is open that was polled, and only then")
{
	struct kid k, target = kid_sleeper();
	struct pollfd p = { .events = POLLPRI };
	int err;

	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	ASSERT_EQ(urt_register(target.pid), 0);
	k = kid_start(poller, NULL);
	kid_hear(&k);
	err = module_unload();
	EXPECT(err == -EBUSY || err == -EAGAIN, "%d", err);
	EXPECT_EQ(system("rmmod usertime 2>/dev/null") != 0, true);
	EXPECT(listed(target.pid), "and goes on working");
	wait_refreshes(2);
	kid_kill(&k);
	p.fd = open(USERTIME_STATUS_PATH, O_RDONLY | O_CLOEXEC);
	poll(&p, 1, 0);
	poll(&p, 1, 0);
	err = module_unload();
	EXPECT(err == -EBUSY || err == -EAGAIN, "%d", err);
	close(p.fd);
	ASSERT_EQ(module_unload(), 0, "after the close");
	EXPECT(gone());
	ASSERT_EQ(module_load(""), 0);
}

TEST(options, "parameters at load: in range they count, out of range the module does not load")
{
	ASSERT_EQ(module_unload(), 0);
	EXPECT(module_load("period_ms=9") != 0);
	EXPECT(module_load("max_targets=0") != 0);
	EXPECT(gone());
	EXPECT_EQ(module_load("period_ms=1234 max_targets=77"), 0);
	EXPECT_EQ(param_get("period_ms"), 1234);
	EXPECT_EQ(param_get("max_targets"), 77);
}

/* ---- growth ---- */

struct cache {
	char name[48];
	long objects;
};

struct memory {
	struct cache cache[512];
	size_t caches;
	long unreclaimable;		/* kB of slab */
	long mappings, own_mappings;	/* lines of vmallocinfo */
};

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		EXPECT(write(fd, text, strlen(text)) > 0, "%s: errno %d", path, errno);
		close(fd);
	}
}

/* Frees what the kernel only keeps in store, so that the objects in use can be counted. */
static void shrink(void)
{
	DIR *dir = opendir("/sys/kernel/slab");
	struct dirent *e;
	char path[300];

	ASSERT(dir);
	write_to("/proc/sys/vm/drop_caches", "3");
	while ((e = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", e->d_name);
		if (e->d_name[0] != '.')
			write_to(path, "1");
	}
	closedir(dir);
}

static long meminfo(const char *name)
{
	char *text = read_file("/proc/meminfo", NULL), *line = strstr(text, name);
	long kb = 0;

	ASSERT(line && sscanf(line + strlen(name), ": %ld kB", &kb) == 1);
	free(text);
	return kb;
}

static long count(const char *text, const char *what)
{
	long n = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		n++;
	}
	return n;
}

static void measure_once(struct memory *m)
{
	char *text, *line;
	struct cache *c;

	sync();
	shrink();
	usleep(500000);			/* for what waits for a grace period */
	shrink();
	m->caches = 0;
	text = read_file("/proc/slabinfo", NULL);
	for (line = text; line && *line && m->caches < 512; line = strchr(line, '\n') + 1) {
		c = &m->cache[m->caches];
		if (sscanf(line, "%47s %ld", c->name, &c->objects) == 2)
			m->caches++;
		if (!strchr(line, '\n'))
			break;
	}
	free(text);
	ASSERT(m->caches > 50);
	m->unreclaimable = meminfo("SUnreclaim");
	text = read_file("/proc/vmallocinfo", NULL);
	m->mappings = count(text, "\n");
	m->own_mappings = count(text, "[usertime]");
	free(text);
}

static const struct cache *find_cache(const struct memory *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->caches; i++)
		if (!strcmp(m->cache[i].name, name))
			return &m->cache[i];
	return NULL;
}

/* Slow, and what is left is then looked for object by object. */
static bool has_kmemleak(void)
{
	return !access("/sys/kernel/debug/kmemleak", F_OK);
}

/*
 * The kernel counts all objects of a slab that a CPU allocates from as used (512 of the smallest),
 * so what it says is too much now and then, but never too little: the least of several is taken, over
 * more than the five seconds for which it puts off to free what kfree_rcu() was told to.
 */
static void measure(struct memory *m)
{
	static struct memory again;
	const struct cache *c;
	int times, enough = has_kmemleak() ? 1 : 12;
	size_t i;

	measure_once(m);
	for (times = 1; times < enough; times++) {
		measure_once(&again);
		for (i = 0; i < m->caches; i++) {
			c = find_cache(&again, m->cache[i].name);
			if (c && c->objects < m->cache[i].objects)
				m->cache[i].objects = c->objects;
		}
	}
}

/* Caches of the file systems and of memory management, which live by what the whole system does. */
static bool breathes(const char *name)
{
	static const char * const words[] = {
		"inode", "dentry", "ext4", "jbd2", "buffer_head", "radix_tree", "kernfs", "vm_area",
		"anon_vma", "maple", "filp", "bio", "extent", "sgpool", "skbuff", "xfs", "lsm_",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(name, words[i]))
			return true;
	return false;
}

/*
 * What each cycle leaves grows in the first half of the cycles and in the second, by one each time and
 * more. What grows once, in a jump, is of others: the system does other things beside this one.
 */
static void check_growth(const struct memory *m)
{
	size_t i;

	for (i = 0; i < m[0].caches; i++) {
		const struct cache *c = &m[0].cache[i];
		const struct cache *b = find_cache(&m[1], c->name), *a = find_cache(&m[2], c->name);
		long by = CYCLES / 4;

		if (!a || !b || a->objects < c->objects + by)
			continue;
		tap_note("%s: %ld objects, %ld, then %ld", c->name, c->objects, b->objects, a->objects);
		EXPECT(breathes(c->name) || b->objects < c->objects + by || a->objects < b->objects + by,
		       "%s", c->name);
	}
	tap_note("SUnreclaim %ld kB, then %ld kB; %ld mappings, then %ld", m[0].unreclaimable,
		 m[2].unreclaimable, m[0].mappings, m[2].mappings);
	EXPECT(m[2].unreclaimable < m[0].unreclaimable + 1024);
	EXPECT(m[2].mappings < m[0].mappings + CYCLES / 4);
	EXPECT_EQ(m[2].own_mappings, 0);
}

static void hold_as_user(struct kid *parent, void *arg)
{
	become(1001, -1);
	kid_tell(parent, urt_register(*(pid_t *)arg));
}

/* Of six registered one is dropped, one exits and goes, one exits last; the others are left. */
static void cycle(void)
{
	struct kid kid[6], user;
	int i;

	ASSERT_EQ(module_load("period_ms=3600000"), 0);
	register_some(kid, 6);
	user = kid_start(hold_as_user, &kid[5].pid);
	EXPECT_EQ(kid_hear(&user), 0);
	kid_reap(&user, NULL);
	value_of(kid[0].pid);
	detail_of(kid[0].pid);
	ASSERT_EQ(urt_unregister(kid[0].pid), 0);
	kid_kill(&kid[1]);
	refresh_once();
	kid_kill(&kid[2]);
	ASSERT_EQ(module_unload(), 0);
	for (i = 0; i < 6; i++)
		if (i != 1 && i != 2)
			kid_kill(&kid[i]);
}

TEST(growth, "200 times loaded, used and unloaded: no growth in slab or vmalloc")
{
	static struct memory m[3];
	unsigned int half = CYCLES / 2, warm_up = WARM_UP, i, part;

	if (has_kmemleak()) {
		half = fewer(half);
		warm_up = fewer(warm_up);
	}
	ASSERT_EQ(module_unload(), 0);
	for (i = 0; i < warm_up; i++)
		cycle();
	measure(&m[0]);
	for (part = 1; part <= 2; part++) {
		for (i = 0; i < half; i++)
			cycle();
		measure(&m[part]);
	}
	check_growth(m);
	ASSERT_EQ(module_load(""), 0);
}

int main(void)
{
	return urt_main();
}
