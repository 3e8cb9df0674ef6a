// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID namespaces and hidepid: PIDs are those of the procfs mount through which the file was
 * opened, and what that mount hides from the opener cannot be told from what is not there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "urt.h"

#define USER 1001
#define GROUP 4242
#define NEW_PIDNS (CLONE_NEWPID | CLONE_NEWNS)

/* A procfs of the calling process's own, in a mount namespace of its own. */
static void mount_proc(const char *options)
{
	ASSERT_EQ(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ASSERT_EQ(mount("proc", "/proc", "proc", 0, options), 0, "options %s", options);
}

/* Becomes process 1 of a namespace and registers itself and a child; then does as it is told. */
static void first_process(struct kid *parent, void *arg)
{
	pid_t foreign = *(pid_t *)arg;
	struct kid child, late;

	mount_proc(NULL);
	ASSERT_EQ(getpid(), 1);
	EXPECT_EQ(lines(), 0, "those registered outside are not seen");
	child = kid_sleeper();
	late = kid_sleeper();
	EXPECT_EQ(urt_register(1), 0);
	EXPECT_EQ(urt_register(child.pid), 0);
	EXPECT_EQ(urt_register(foreign), -ESRCH);
	EXPECT_EQ(urt_unregister(foreign), -ESRCH);
	EXPECT_EQ(lines(), 2);
	EXPECT(listed(1) && listed(child.pid));
	kid_tell(parent, child.pid);
	kid_hear(parent);		/* the other child was registered from outside */
	EXPECT_EQ(lines(), 3);
	EXPECT(listed(late.pid));
	EXPECT_EQ(detail_of(late.pid).pid, late.pid);
	EXPECT_EQ(urt_unregister(child.pid), 0);
	kid_tell(parent, 0);
	kid_hear(parent);
}

/* The children of a process in the order of their birth. */
static pid_t nth_child(pid_t pid, int n)
{
	char path[64], *text, *p;
	pid_t child = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	p = text = read_file(path, NULL);
	while (n-- >= 0)
		child = strtol(p, &p, 10);
	free(text);
	ASSERT(child > 0);
	return child;
}

TEST(own_numbers, "each PID namespace sees its own processes under its own numbers")
{
	struct kid keeper = kid_sleeper(), k;
	pid_t child, late;

	ASSERT_EQ(urt_register(keeper.pid), 0);
	k = kid_clone(NEW_PIDNS, first_process, &keeper.pid);
	kid_hear(&k);
	child = nth_child(k.pid, 0);
	late = nth_child(k.pid, 1);
	EXPECT_EQ(lines(), 3);
	EXPECT(listed(keeper.pid) && listed(k.pid) && listed(child) && !listed(late));
	EXPECT_EQ(detail_of(child).pid, child);
	EXPECT_EQ(urt_register(late), 0);
	kid_tell(&k, 0);
	kid_hear(&k);
	EXPECT_EQ(lines(), 3);
	EXPECT(listed(late) && !listed(child));
	kid_tell(&k, 0);
	EXPECT_EQ(kid_reap(&k, NULL), 0);
}

static void nested_process(struct kid *parent, void *arg)
{
	struct kid k;

	mount_proc(NULL);
	EXPECT_EQ(lines(), 0);
	EXPECT_EQ(urt_register(1), 0);
	EXPECT_EQ(lines(), 1);
	if (*(int *)arg) {
		--*(int *)arg;
		k = kid_clone(NEW_PIDNS, nested_process, arg);
		kid_hear(&k);
		EXPECT_EQ(listed(k.pid), true);
	}
	kid_tell(parent, lines());
	pause();
}

TEST(nested, "nested namespaces: each sees its own and those below")
{
	int levels = 3;
	struct kid k = kid_clone(NEW_PIDNS, nested_process, &levels);

	EXPECT_EQ(kid_hear(&k), 4);
	EXPECT_EQ(lines(), 4);
	EXPECT(listed(k.pid) && listed(first_child(k.pid)));
	EXPECT(listed(first_child(first_child(k.pid))));
}

static void crowd(struct kid *parent, void *arg)
{
	struct kid child;
	int i;

	(void)arg;
	mount_proc(NULL);
	EXPECT_EQ(urt_register(1), 0);
	for (i = 0; i < 20; i++) {
		child = kid_sleeper();
		EXPECT_EQ(urt_register(child.pid), 0);
	}
	kid_tell(parent, lines());
	pause();
}

TEST(dying, "a namespace that dies with its members registered leaves nothing")
{
	struct kid k = kid_clone(NEW_PIDNS, crowd, NULL);
	char path[64];
	size_t len;
	int fd;

	EXPECT_EQ(kid_hear(&k), 21);
	snprintf(path, sizeof(path), "/proc/%d/root" USERTIME_STATUS_PATH, k.pid);
	fd = open(path, O_RDWR);
	ASSERT(fd >= 0);
	kid_kill(&k);
	EXPECT_EQ(lines(), 21);
	wait_final(k.pid);
	EXPECT_EQ(write(fd, "1", 1), -1);
	EXPECT_EQ(errno, ESRCH);
	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	WAIT_FOR(counter("targets") == 0);
	EXPECT_EQ(lines(), 0);
	free(read_all(fd, 7, &len));
	EXPECT_EQ(len, 0, "read through the mount of the dead namespace");
	close(fd);
}

/* ---- hidepid ---- */

static void become_user(void)
{
	static const gid_t groups[] = { 70000, 5, GROUP };

	ASSERT_EQ(setgroups(3, groups), 0);
	ASSERT_EQ(setresgid(USER, USER, USER), 0);
	ASSERT_EQ(setresuid(USER, USER, USER), 0);
	ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
}

static void undumpable(struct kid *parent, void *arg)
{
	(void)arg;
	prctl(PR_SET_DUMPABLE, 0);
	kid_tell(parent, 0);
	pause();
}

/* What root has, seen by a user through a mount with these options. */
struct scene {
	const char *options;
	pid_t registered, other, thread, dead;
	bool all_visible;	/* with those options */
	int own_error;		/* that registering a second process of its own gives */
};

/* Hidden and missing are the same, whatever is asked and whatever else is wrong with it. */
static void check_hidden(pid_t pid)
{
	struct detail d;
	struct stat st;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	EXPECT(stat(path, &st) && errno == ENOENT, "the kernel shows %s", path);
	EXPECT_EQ(urt_register(pid), -ESRCH);
	EXPECT_EQ(urt_unregister(pid), -ESRCH);
	EXPECT(!listed(pid));
	EXPECT(!detail_find(pid, &d));
}

static void look_around(struct kid *parent, void *arg)
{
	const struct scene *s = arg;
	struct kid own, second, secret;

	mount_proc(s->options);
	become_user();
	own = kid_sleeper();
	second = kid_sleeper();
	secret = kid_start(undumpable, NULL);
	kid_hear(&secret);
	if (s->own_error != -ENOSPC)
		EXPECT_EQ(urt_register(own.pid), 0);
	EXPECT_EQ(urt_register(second.pid), s->own_error);
	check_hidden(missing_pid());
	if (!s->all_visible) {
		check_hidden(s->registered);
		check_hidden(s->other);
		check_hidden(s->thread);
		check_hidden(s->dead);
		check_hidden(2);
		check_hidden(secret.pid);
		EXPECT_EQ(lines(), (s->own_error != -ENOSPC) + !s->own_error);
	} else {
		EXPECT(listed(s->registered) && listed(s->dead) && detail_of(s->dead).state == 'X');
		EXPECT_EQ(urt_unregister(s->registered), -EPERM);
		EXPECT_EQ(urt_register(s->other), 0);
		EXPECT_EQ(urt_register(s->registered), 0);
		EXPECT_EQ(urt_unregister(s->registered), 0);
		EXPECT(listed(s->registered));
		EXPECT_EQ(urt_register(s->thread), -EINVAL);
		EXPECT_EQ(urt_register(2), -EINVAL);
		EXPECT_EQ(urt_register(secret.pid), 0);
		EXPECT_EQ(urt_register(s->dead), -ESRCH);
	}
	kid_tell(parent, 0);
}

static void play(struct scene s)
{
	struct kid registered = kid_sleeper(), dead = kid_sleeper();
	struct kid other = kid_threaded(&s.thread), k;

	s.registered = registered.pid;
	s.dead = dead.pid;
	s.other = other.pid;
	ASSERT_EQ(urt_register(s.registered), 0);
	ASSERT_EQ(urt_register(s.dead), 0);
	ASSERT_EQ(kill(s.dead, SIGKILL), 0);
	wait_final(s.dead);
	k = kid_clone(CLONE_NEWNS, look_around, &s);
	kid_hear(&k);
	EXPECT_EQ(kid_reap(&k, NULL), 0);
	EXPECT(listed(s.registered), "still");
}

TEST(hidden, "hidepid=2: others' processes can neither be registered, dropped nor seen")
{
	play((struct scene){ .options = "hidepid=2" });
}

TEST(wrong_group, "hidepid=2,gid=: the same for who is not in that group")
{
	play((struct scene){ .options = "hidepid=2,gid=4243" });
}

TEST(right_group, "hidepid=2,gid=: who is in that group sees everything")
{
	play((struct scene){ .options = "hidepid=2,gid=4242", .all_visible = true });
}

TEST(ptraceable, "hidepid=4,gid=: here the group does not help")
{
	play((struct scene){ .options = "hidepid=4,gid=4242" });
}

TEST(not_hidden, "hidepid=0: everything is visible, and nothing of others can be dropped")
{
	play((struct scene){ .options = "hidepid=0", .all_visible = true });
}

TEST(over_quota, "hidden and missing stay the same for a user at the limit")
{
	ASSERT_EQ(param_set_num("max_targets_per_user", 1), 0);
	play((struct scene){ .options = "hidepid=2", .own_error = -EDQUOT });
}

TEST(module_full, "hidden and missing stay the same when the module's limit is reached")
{
	ASSERT_EQ(param_set_num("max_targets", 2), 0);
	play((struct scene){ .options = "hidepid=2", .own_error = -ENOSPC });
}

static bool listed_through(int fd, pid_t pid)
{
	struct table t;
	size_t len;
	char *text;
	bool found;

	ASSERT_EQ(lseek(fd, 0, SEEK_SET), 0);
	text = read_all(fd, 4096, &len);
	table_parse(&t, text, len);
	found = table_find(&t, pid);
	table_free(&t);
	return found;
}

static void change_user(struct kid *parent, void *arg)
{
	pid_t pid = *(pid_t *)arg;
	int by_root, by_user;

	(void)parent;
	mount_proc("hidepid=2");
	by_root = open(USERTIME_STATUS_PATH, O_RDWR);
	ASSERT_EQ(setegid(USER), 0);
	ASSERT_EQ(seteuid(USER), 0);
	by_user = open(USERTIME_STATUS_PATH, O_RDWR);
	ASSERT(by_root >= 0 && by_user >= 0);
	EXPECT(listed_through(by_root, pid), "opened by root, read by the user");
	EXPECT(!listed_through(by_user, pid), "opened and read by the user");
	ASSERT_EQ(seteuid(0), 0);
	EXPECT(listed_through(by_root, pid), "opened and read by root");
	EXPECT(!listed_through(by_user, pid), "opened by the user, read by root");
	EXPECT_EQ(dprintf(by_user, "%d", pid), -1, "opened by the user, written by root");
	EXPECT_EQ(errno, ESRCH);
}

TEST(opener, "who opened the file counts, not who reads or writes")
{
	struct kid keeper = kid_sleeper(), k;

	ASSERT_EQ(urt_register(keeper.pid), 0);
	k = kid_clone(CLONE_NEWNS, change_user, &keeper.pid);
	EXPECT_EQ(kid_reap(&k, NULL), 0);
}

int main(void)
{
	return urt_main();
}
