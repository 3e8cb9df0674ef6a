// SPDX-License-Identifier: GPL-2.0-only
/* Holds, limits and credentials: what users can and cannot do to each other's registrations. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "urt.h"

#define ALICE 1001
#define BOB 1002
#define SUB 2001		/* a subordinate uid of Alice */
#define MANY 12

static struct kid sleepers[MANY];

static void start_sleepers(void)
{
	int i;

	for (i = 0; i < MANY; i++)
		sleepers[i] = kid_sleeper();
}

static void user_sleeper(struct kid *parent, void *arg)
{
	become(*(uid_t *)arg, -1);
	kid_tell(parent, 0);
	pause();
}

static struct kid sleeper_of(uid_t uid)
{
	struct kid k = kid_start(user_sleeper, &uid);

	kid_hear(&k);
	return k;
}

/* The holders of a process, in whatever order: all of those, and n in number. */
static void check_holders(pid_t pid, int n, const uid_t *uids)
{
	struct detail d = detail_of(pid);
	char *p = d.holders;
	int i, found = 0, commas = 0;

	for (i = 0; p[i]; i++)
		commas += p[i] == ',';
	while (*p) {
		uid_t uid = strtoul(p, &p, 10);

		for (i = 0; i < n; i++)
			found += uid == uids[i];
		if (*p)
			p++;
	}
	EXPECT(commas + 1 == n && found == n, "holders of %d: %s, not %d", pid, d.holders, n);
}

#define HELD_BY(pid, ...)							\
	check_holders(pid, sizeof((uid_t[]){ __VA_ARGS__ }) / sizeof(uid_t),	\
		      (uid_t[]){ __VA_ARGS__ })

static void alice_reads(struct kid *parent, void *arg)
{
	pid_t pid = *(pid_t *)arg;
	struct kid own;

	become(ALICE, -1);
	own = kid_sleeper();
	EXPECT_EQ(urt_register(own.pid), 0);
	EXPECT_EQ(urt_register(pid), 0);
	EXPECT(listed(own.pid) && listed(pid));
	EXPECT(counter("targets") == 2);
	HELD_BY(own.pid, ALICE);
	EXPECT_EQ(param_set_num("period_ms", 10), -EACCES);
	EXPECT(open(USERTIME_DETAIL_PATH, O_WRONLY) < 0 && errno == EACCES);
	EXPECT(open(USERTIME_STATS_PATH, O_WRONLY) < 0 && errno == EACCES);
	EXPECT_EQ(urt_unregister(pid), 0);
	EXPECT_EQ(urt_unregister(own.pid), 0);
	kid_tell(parent, 0);
}

TEST(unprivileged, "an unprivileged user registers, reads and unregisters")
{
	struct kid victim = kid_sleeper(), k = kid_start(alice_reads, &victim.pid);

	EXPECT_EQ(kid_reap(&k, NULL), 0);
}

TEST(no_hold, "EPERM for ending another's registration without a hold")
{
	start_sleepers();
	ASSERT_EQ(urt_register(sleepers[0].pid), 0);
	ASSERT_EQ(register_as(BOB, sleepers[1].pid), 0);
	EXPECT_EQ(unregister_as(ALICE, sleepers[0].pid), -EPERM);
	EXPECT_EQ(unregister_as(ALICE, sleepers[1].pid), -EPERM);
	HELD_BY(sleepers[0].pid, 0);
	HELD_BY(sleepers[1].pid, BOB);
}

TEST(own_hold, "with a hold of its own only that goes, and the line stays")
{
	start_sleepers();
	ASSERT_EQ(urt_register(sleepers[0].pid), 0);
	ASSERT_EQ(register_as(ALICE, sleepers[0].pid), 0);
	ASSERT_EQ(register_as(BOB, sleepers[0].pid), 0);
	HELD_BY(sleepers[0].pid, 0, ALICE, BOB);
	EXPECT_EQ(unregister_as(ALICE, sleepers[0].pid), 0);
	HELD_BY(sleepers[0].pid, 0, BOB);
	EXPECT_EQ(unregister_as(ALICE, sleepers[0].pid), -EPERM, "its hold is gone");
	HELD_BY(sleepers[0].pid, 0, BOB);
}

TEST(first_comer, "who registered first has no power over those who follow")
{
	start_sleepers();
	ASSERT_EQ(register_as(ALICE, sleepers[0].pid), 0);
	ASSERT_EQ(register_as(BOB, sleepers[0].pid), 0);
	EXPECT_EQ(unregister_as(ALICE, sleepers[0].pid), 0);
	HELD_BY(sleepers[0].pid, BOB);
	EXPECT_EQ(unregister_as(ALICE, sleepers[0].pid), -EPERM);
	EXPECT_EQ(unregister_as(BOB, sleepers[0].pid), 0);
	EXPECT(!listed(sleepers[0].pid));
}

TEST(owner, "the process's own user drops all holds")
{
	struct kid k = sleeper_of(ALICE);

	ASSERT_EQ(urt_register(k.pid), 0);
	ASSERT_EQ(register_as(BOB, k.pid), 0);
	EXPECT_EQ(unregister_as(ALICE, k.pid), 0);
	EXPECT(!listed(k.pid));
}

static void drop_with_cap(struct kid *parent, void *arg)
{
	(void)parent;
	become(ALICE, CAP_SYS_PTRACE);
	EXPECT_EQ(urt_unregister(*(pid_t *)arg), 0);
}

TEST(privileged, "root and CAP_SYS_PTRACE drop all holds")
{
	struct kid k = sleeper_of(BOB), dropper;

	ASSERT_EQ(register_as(ALICE, k.pid), 0);
	ASSERT_EQ(register_as(BOB, k.pid), 0);
	EXPECT_EQ(urt_unregister(k.pid), 0);
	EXPECT(!listed(k.pid));
	ASSERT_EQ(urt_register(k.pid), 0);
	ASSERT_EQ(register_as(BOB, k.pid), 0);
	dropper = kid_start(drop_with_cap, &k.pid);
	EXPECT_EQ(kid_reap(&dropper, NULL), 0);
	EXPECT(!listed(k.pid));
}

/* ---- limits ---- */

TEST(user_limit, "EDQUOT at the limit per user; others are unaffected, root has none")
{
	int i;

	start_sleepers();
	ASSERT_EQ(param_set_num("max_targets_per_user", 3), 0);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(register_as(ALICE, sleepers[i].pid), 0);
	EXPECT_EQ(register_as(ALICE, sleepers[3].pid), -EDQUOT);
	EXPECT(!listed(sleepers[3].pid));
	EXPECT_EQ(register_as(ALICE, sleepers[0].pid), 0, "again");
	EXPECT_EQ(register_as(BOB, sleepers[3].pid), 0);
	EXPECT_EQ(register_as(ALICE, sleepers[3].pid), -EDQUOT, "a hold counts, too");
	HELD_BY(sleepers[3].pid, BOB);
	for (i = 0; i < MANY; i++)
		EXPECT_EQ(urt_register(sleepers[i].pid), 0);
	EXPECT_EQ(unregister_as(ALICE, sleepers[0].pid), 0);
	EXPECT_EQ(register_as(ALICE, sleepers[3].pid), 0, "one was given back");
	EXPECT_EQ(register_as(ALICE, sleepers[4].pid), -EDQUOT);
}

TEST(given_back, "what exits, or is dropped by another, counts no more")
{
	struct kid own = sleeper_of(BOB);

	start_sleepers();
	ASSERT_EQ(param_set_num("max_targets_per_user", 2), 0);
	ASSERT_EQ(register_as(ALICE, own.pid), 0);
	ASSERT_EQ(register_as(ALICE, sleepers[0].pid), 0);
	EXPECT_EQ(register_as(ALICE, sleepers[1].pid), -EDQUOT);
	EXPECT_EQ(unregister_as(BOB, own.pid), 0);
	EXPECT_EQ(register_as(ALICE, sleepers[1].pid), 0);
	EXPECT_EQ(register_as(ALICE, sleepers[2].pid), -EDQUOT);
	kid_kill(&sleepers[0]);
	refresh_once();
	EXPECT_EQ(register_as(ALICE, sleepers[2].pid), 0);
	EXPECT_EQ(register_as(ALICE, sleepers[3].pid), -EDQUOT);
}

static void fill_with_cap(struct kid *parent, void *arg)
{
	(void)parent;
	(void)arg;
	become(BOB, CAP_SYS_RESOURCE);
	EXPECT_EQ(urt_register(sleepers[7].pid), 0);
	EXPECT_EQ(urt_register(sleepers[8].pid), -ENOSPC);
	EXPECT_EQ(urt_unregister(sleepers[7].pid), 0);
}

TEST(module_limit, "ENOSPC at the module's limit, whose last eighth is for CAP_SYS_RESOURCE")
{
	struct kid k;
	int i;

	start_sleepers();
	ASSERT_EQ(param_set_num("max_targets", 8), 0);
	for (i = 0; i < 7; i++)
		EXPECT_EQ(register_as(i % 2 ? ALICE : BOB, sleepers[i].pid), 0);
	EXPECT_EQ(register_as(ALICE, sleepers[7].pid), -ENOSPC);
	EXPECT_EQ(register_as(ALICE, sleepers[0].pid), 0, "a hold is no new target");
	k = kid_start(fill_with_cap, NULL);
	EXPECT_EQ(kid_reap(&k, NULL), 0);
	EXPECT_EQ(urt_register(sleepers[7].pid), 0);
	EXPECT_EQ(urt_register(sleepers[8].pid), -ENOSPC);
	EXPECT_EQ(counter("targets"), 8);
	EXPECT_EQ(urt_unregister(sleepers[3].pid), 0);
	EXPECT_EQ(register_as(ALICE, sleepers[8].pid), -ENOSPC, "seven are left");
	EXPECT_EQ(urt_unregister(sleepers[4].pid), 0);
	EXPECT_EQ(register_as(ALICE, sleepers[8].pid), 0);
}

TEST(partly, "a write over several lines stops at the limit; what was done stays")
{
	char text[128];
	int n;

	start_sleepers();
	ASSERT_EQ(param_set_num("max_targets_per_user", 2), 0);
	n = sprintf(text, "%d\n%d\n", sleepers[0].pid, sleepers[1].pid);
	sprintf(text + n, "%d\n", sleepers[2].pid);
	EXPECT_EQ(write_as(ALICE, text), n);
	EXPECT_EQ(counter("targets"), 2);
	EXPECT_EQ(write_as(ALICE, text + n), -EDQUOT);
}

/* ---- user namespaces ---- */

/* Alice's namespace, in which she has all capabilities and a second user. */
static void in_userns(struct kid *parent, void *arg)
{
	pid_t victim = *(pid_t *)arg;

	become(ALICE, -1);
	ASSERT_EQ(unshare(CLONE_NEWUSER), 0);
	kid_tell(parent, 0);
	kid_hear(parent);			/* the maps are written */
	EXPECT_EQ(urt_unregister(victim), -EPERM, "its capabilities are not over others");
	EXPECT_EQ(urt_register(sleepers[0].pid), 0);
	EXPECT_EQ(urt_register(sleepers[1].pid), 0);
	EXPECT_EQ(urt_register(sleepers[2].pid), -EDQUOT, "CAP_SYS_RESOURCE in it is none here");
	EXPECT_EQ(urt_unregister(sleepers[0].pid), 0);
	EXPECT_EQ(urt_unregister(sleepers[1].pid), 0);
	ASSERT_EQ(setresgid(1, 1, 1), 0);
	ASSERT_EQ(setresuid(1, 1, 1), 0);
	EXPECT_EQ(urt_register(sleepers[0].pid), 0);
	EXPECT_EQ(urt_register(sleepers[1].pid), 0);
	EXPECT_EQ(urt_register(sleepers[2].pid), -EDQUOT);
	HELD_BY(sleepers[0].pid, 1);
	kid_tell(parent, 0);
	kid_hear(parent);
}

TEST(userns, "a user namespace gives no more: its owner is charged, too")
{
	struct kid k;

	start_sleepers();
	ASSERT_EQ(param_set_num("max_targets_per_user", 2), 0);
	ASSERT_EQ(urt_register(sleepers[5].pid), 0);
	k = kid_start(in_userns, &sleepers[5].pid);
	kid_hear(&k);
	write_id_map(k.pid, "uid_map", "0 1001 1\n1 2001 1\n");
	write_id_map(k.pid, "gid_map", "0 1001 1\n1 2001 1\n");
	kid_tell(&k, 0);
	kid_hear(&k);
	HELD_BY(sleepers[0].pid, SUB);
	EXPECT_EQ(register_as(SUB, sleepers[3].pid), -EDQUOT);
	EXPECT_EQ(register_as(ALICE, sleepers[3].pid), -EDQUOT);
	EXPECT_EQ(register_as(BOB, sleepers[3].pid), 0);
	EXPECT_EQ(unregister_as(SUB, sleepers[0].pid), 0);
	EXPECT_EQ(register_as(ALICE, sleepers[3].pid), 0);
	EXPECT_EQ(register_as(SUB, sleepers[4].pid), 0);
	EXPECT_EQ(register_as(SUB, sleepers[6].pid), -EDQUOT);
	kid_tell(&k, 0);
	EXPECT_EQ(kid_reap(&k, NULL), 0);
}

/* ---- open files that change hands ---- */

#define NOT_PRIVILEGED 200

/* The setuid program: writes to an inherited file. Exits with 0 or the errno. */
static int setuid_main(char **argv)
{
	if (geteuid())
		return NOT_PRIVILEGED;
	return write(atoi(argv[2]), argv[3], strlen(argv[3])) < 0 ? errno : 0;
}

/* This program again, owned by root and setuid, where setuid programs are allowed. */
static int setuid_program(void)
{
	char path[] = "/var/tmp/urt-setuid-XXXXXX", *text;
	int fd = mkostemp(path, O_CLOEXEC), program;
	size_t len;

	ASSERT(fd >= 0);
	text = read_file("/proc/self/exe", &len);
	ASSERT_EQ(write(fd, text, len), len);
	ASSERT_EQ(fchmod(fd, 04755), 0);
	close(fd);
	free(text);
	program = open(path, O_PATH);
	ASSERT(program >= 0);
	unlink(path);
	return program;
}

struct handover {
	int program;
	char text[32];
};

static void hand_over(struct kid *parent, void *arg)
{
	struct handover *h = arg;
	char number[16];
	char *argv[] = { "writer", "--write", number, h->text, NULL };

	(void)parent;
	become(ALICE, -1);
	sprintf(number, "%d", open(USERTIME_STATUS_PATH, O_RDWR));
	syscall(SYS_execveat, h->program, "", argv, environ, AT_EMPTY_PATH);
}

/* The exit status of the setuid program that writes to a file that Alice opened. */
static int through_setuid(const char *command, pid_t pid)
{
	static int program = -1;
	struct handover h;
	struct kid k;

	if (program < 0)
		program = setuid_program();
	h.program = program;
	snprintf(h.text, sizeof(h.text), "%s %d", command, pid);
	k = kid_start(hand_over, &h);
	return WEXITSTATUS(kid_reap(&k, NULL));
}

TEST(setuid_writer, "a file that a user opened and a setuid program writes gains nothing")
{
	start_sleepers();
	ASSERT_EQ(urt_register(sleepers[0].pid), 0);
	EXPECT_EQ(through_setuid("U", sleepers[0].pid), EPERM);
	HELD_BY(sleepers[0].pid, 0);
	EXPECT_EQ(through_setuid("R", sleepers[1].pid), 0);
	HELD_BY(sleepers[1].pid, ALICE);
	EXPECT_EQ(through_setuid("R", sleepers[0].pid), 0);
	HELD_BY(sleepers[0].pid, 0, ALICE);
	EXPECT_EQ(through_setuid("U", sleepers[0].pid), 0);
	HELD_BY(sleepers[0].pid, 0);
	ASSERT_EQ(param_set_num("max_targets_per_user", 1), 0);
	EXPECT_EQ(through_setuid("R", sleepers[2].pid), EDQUOT);
	ASSERT_EQ(param_set_num("max_targets", 2), 0);
	EXPECT_EQ(unregister_as(ALICE, sleepers[1].pid), 0);
	ASSERT_EQ(register_as(BOB, sleepers[3].pid), 0);
	EXPECT_EQ(through_setuid("R", sleepers[2].pid), ENOSPC);
}

static void write_inherited(struct kid *parent, void *arg)
{
	int fd = *(int *)arg;

	(void)parent;
	become(ALICE, -1);
	EXPECT(dprintf(fd, "U %d", sleepers[0].pid) > 0, "errno %d", errno);
	EXPECT(dprintf(fd, "R %d", sleepers[1].pid) > 0, "errno %d", errno);
	EXPECT(dprintf(fd, "R %d", sleepers[2].pid) > 0, "errno %d", errno);
}

TEST(inherited, "a file that root opened acts for root, whoever writes")
{
	struct kid k;
	int fd;

	start_sleepers();
	ASSERT_EQ(param_set_num("max_targets_per_user", 1), 0);
	ASSERT_EQ(register_as(BOB, sleepers[0].pid), 0);
	fd = open(USERTIME_STATUS_PATH, O_RDWR);
	k = kid_start(write_inherited, &fd);
	EXPECT_EQ(kid_reap(&k, NULL), 0);
	EXPECT(!listed(sleepers[0].pid));
	HELD_BY(sleepers[1].pid, 0);
	HELD_BY(sleepers[2].pid, 0);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--write"))
		return setuid_main(argv);
	return urt_main();
}
