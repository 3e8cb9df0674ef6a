// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which processes -p, -C, -u, --unit and -f mean, in a tree that stands for /proc and the cgroups;
 * the session is one that only remembers what is added (the linker's --wrap).
 */
#define _GNU_SOURCE
#include <poll.h>

#include "cli/command.h"
#include "cli/processes.h"
#include "cli/targets.h"
#include "cli/unit.h"
#include "lib/message.h"
#include "run.h"

int __real_usertime_session_add(struct usertime_session *session, pid_t pid, uint64_t *start);
int __wrap_usertime_session_add(struct usertime_session *session, pid_t pid, uint64_t *start);

/* PIDs are small here: what became of each. */
#define NR_PIDS 1000
static bool added[NR_PIDS];
static int errors[NR_PIDS];

/* While it is being added this one forks the other. */
static pid_t forking, forked;

static void make_process(pid_t pid, pid_t parent, uid_t user, const char *name);

int __wrap_usertime_session_add(struct usertime_session *session, pid_t pid, uint64_t *start)
{
	char path[PATH_MAX], name[32];
	int error = 0;

	(void)session;
	(void)start;
	need(pid < NR_PIDS);
	snprintf(name, sizeof(name), "proc/%d", (int)pid);
	tree_path(path, name);
	if (access(path, F_OK))
		error = ESRCH;
	else if (errors[pid])
		error = errors[pid];
	else if (added[pid])
		error = EEXIST;
	if (error) {
		usertime_explain_add(error, pid, 0);
		return -1;
	}
	added[pid] = true;
	if (pid == forking) {
		forking = 0;
		make_process(forked, pid, 0, "late");
	}
	return 0;
}

static void put(pid_t pid, const char *file, const char *content)
{
	char name[64];

	snprintf(name, sizeof(name), "proc/%d/%s", (int)pid, file);
	tree_parents(name);
	tree_file(name, content);
}

static void make_process(pid_t pid, pid_t parent, uid_t user, const char *name)
{
	char content[256];

	snprintf(content, sizeof(content), "%d (%s) S %d 1 1 0 -1 4194560\n", (int)pid, name,
		 (int)parent);
	put(pid, "stat", content);
	snprintf(content, sizeof(content), "Name:\tx\nUmask:\t0022\nTgid:\t%d\nPid:\t%d\n"
		 "Uid:\t7\t%u\t8\t9\nGid:\t0\t0\t0\t0\n", (int)pid, (int)pid, user);
	put(pid, "status", content);
}

/* A cgroup of these PIDs, each with a newline. */
static void make_cgroup(const char *path, const char *pids)
{
	char name[256];

	snprintf(name, sizeof(name), "sys/fs/cgroup/%s/cgroup.events", path);
	tree_parents(name);
	tree_file(name, "populated 1\nfrozen 0\n");
	snprintf(name, sizeof(name), "sys/fs/cgroup/%s/cgroup.procs", path);
	tree_file(name, pids);
}

/* Removed as the kernel does, its files with it. */
static void remove_cgroup(const char *cgroup)
{
	char name[256], path[PATH_MAX];

	snprintf(name, sizeof(name), "sys/fs/cgroup/%s", cgroup);
	tree_path(path, name);
	need(!nftw(path, tree_remove_one, 8, FTW_DEPTH | FTW_PHYS));
}

/* Its first process comes. */
static void populate(const char *cgroup, const char *pids)
{
	char name[256], path[PATH_MAX];
	FILE *file;

	snprintf(name, sizeof(name), "sys/fs/cgroup/%s/cgroup.procs", cgroup);
	tree_file(name, pids);
	snprintf(name, sizeof(name), "sys/fs/cgroup/%s/cgroup.events", cgroup);
	tree_path(path, name);
	/* The file stays, as the kernel's does. */
	file = fopen(path, "r+");
	need(file && fputs("populated 1\n", file) >= 0 && !fclose(file));
}

static void make_tree(void)
{
	tree_empty();
	memset(added, 0, sizeof(added));
	memset(errors, 0, sizeof(errors));
	make_process(1, 0, 0, "systemd");
	make_process(2, 0, 0, "kthreadd");
	errors[2] = EINVAL;
	make_process(10, 1, 33, "nginx");
	make_process(11, 10, 33, "nginx");
	make_process(12, 11, 33, "cgi");
	make_process(20, 1, 1000, "bash");
	make_process(21, 20, 1000, "a) R 1 (b");
	make_process(22, 21, 0, "a-very-long-nam");
	make_cgroup("", "2\n");
	make_cgroup("init.scope", "1\n");
	make_cgroup("system.slice", "");
	make_cgroup("system.slice/nginx.service", "10\n11\n");
	make_cgroup("system.slice/nginx.service/sub", "0\n12\n");
	make_cgroup("user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service", "20\n");
	make_cgroup("user.slice/user-1000.slice/user@1000.service/app.slice/x.service", "21\n");
}

/* Whether just these were added. */
static bool are_added(const pid_t *pids)
{
	size_t i, wanted = 0, got = 0;

	for (i = 0; pids[i]; i++)
		wanted += added[pids[i]];
	for (i = 0; i < NR_PIDS; i++)
		got += added[i];
	for (i = 0; got != wanted && i < NR_PIDS; i++)
		if (added[i])
			printf("# added: %zu\n", i);
	return pids[wanted] == 0 && got == wanted;
}

#define are(...) are_added((const pid_t[]){ __VA_ARGS__, 0 })

static error_t take_targets(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = state->input;
	return 0;
}

static void parse(struct targets *targets, int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &targets_options, 0, NULL, 0 }, { NULL, 0, NULL, 0 }
	};
	static const struct argp argp = { .parser = take_targets, .children = children };

	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, targets);
}

static struct targets_changes changes;

/* attach(TARGETS, WORD, ..., NULL) */
static bool attach_words(struct targets *targets, const char *const *words)
{
	char *argv[16] = { (char *)"usertime test" };
	int argc = 1;

	while (*words)
		argv[argc++] = (char *)*words++;
	parse(targets, argc, argv);
	return targets_attach(targets, NULL, tree_root, &changes);
}

#define attach(targets, ...) attach_words(targets, (const char *const[]){ __VA_ARGS__, NULL })

/* What is wrong is said by a program. */
static int program(int argc, char **argv, const char *root)
{
	struct targets targets = { .pids = NULL };
	bool attached;

	parse(&targets, argc, argv);
	attached = targets_attach(&targets, NULL, root, &changes);
	targets_free(&targets);
	return attached ? STATUS_DONE : STATUS_FAILED;
}

#define run(...) run_program(program, "usertime test", (const char *const[]){ __VA_ARGS__, NULL })

static void fails(int want, const char *message)
{
	ok(status == want && !*out && !strncmp(err, message, strlen(message)) &&
	   err[strlen(message)] == '\n', "%s", message);
	if (strncmp(err, message, strlen(message)))
		printf("# status %d: %s\n", status, err);
}

static void test_pids(void)
{
	struct targets targets = { .pids = NULL };

	make_tree();
	ok(!targets_named(&targets), "nothing is named at first");
	ok(attach(&targets, "-p", "10,20", "-p", "10") && changes.added == 2 && !changes.refused,
	   "-p");
	ok(are(10, 20), "only those");
	ok(targets_named(&targets) && !targets_may_come(&targets) && targets_fd(&targets) == -1 &&
	   !targets_flags(&targets), "no others can come");
	is_text(targets_unit(&targets, 10), "", "no unit was named");
	added[10] = false;
	ok(targets_refresh(&targets, NULL, &changes) && !changes.added && !added[10],
	   "a number is not taken again");
	targets_free(&targets);
	ok(!targets_named(&targets), "and freed");

	make_tree();
	ok(attach(&targets, "-f", "-p", "10") && changes.added == 3 && are(10, 11, 12),
	   "-f: what descends from them");
	ok(targets_flags(&targets) == USERTIME_SESSION_FOLLOW, "and is to be followed");
	targets_free(&targets);

	make_tree();
	forking = 12;
	forked = 13;
	ok(attach(&targets, "-p", "10", "-f") && are(10, 11, 12, 13), "or is forked meanwhile");
	targets_free(&targets);

	make_tree();
	errors[10] = EPERM;
	ok(attach(&targets, "-p", "10,20") && changes.added == 1 && changes.refused == 1,
	   "one that is refused");
	targets_free(&targets);
}

static void test_names(void)
{
	struct targets targets = { .pids = NULL };

	make_tree();
	ok(attach(&targets, "-C", "nginx", "-C", "a) R 1 (b") && are(10, 11, 21), "-C");
	ok(targets_may_come(&targets) && targets_fd(&targets) == -1, "more may come");
	make_process(500, 1, 0, "nginx");
	make_process(501, 1, 0, "nginx2");
	ok(targets_refresh(&targets, NULL, &changes) && changes.added == 1 && are(10, 11, 21, 500),
	   "and do");
	errors[500] = EPERM;
	ok(targets_refresh(&targets, NULL, &changes) && !changes.added && changes.refused == 1,
	   "one is refused later");
	targets_free(&targets);

	make_tree();
	ok(attach(&targets, "-C", "a-very-long-name-of-a-program") && are(22),
	   "names are cut off as the kernel cuts them");
	targets_free(&targets);
	make_tree();
	ok(attach(&targets, "-C", "nobody-has-it") && !changes.added && are(0), "none yet");
	targets_free(&targets);
}

static void test_users(void)
{
	struct targets targets = { .pids = NULL };

	make_tree();
	ok(attach(&targets, "-u", "1000") && are(20, 21), "-u NUMBER");
	targets_free(&targets);
	make_tree();
	ok(attach(&targets, "-u", "root", "-u", "33") && changes.added == 5 && !changes.refused &&
	   are(1, 10, 11, 12, 22), "-u NAME; kernel threads are left out");
	targets_free(&targets);
	make_tree();
	ok(attach(&targets, "-u", "1000", "-f") && are(20, 21, 22), "-u -f");
	targets_free(&targets);
}

static bool is_ready(const struct targets *targets)
{
	struct pollfd fd = { .fd = targets_fd(targets), .events = POLLIN };

	need(fd.fd >= 0);
	return poll(&fd, 1, 0) == 1;
}

static void test_units(void)
{
	struct targets targets = { .pids = NULL };

	make_tree();
	ok(attach(&targets, "--unit", "nginx") && are(10, 11, 12), "--unit: its cgroups, of the system's");
	is_text(targets_unit(&targets, 12), "nginx.service", "the unit has its suffix");
	is_text(targets_unit(&targets, 20), "", "another process has none");
	ok(targets_may_come(&targets) && targets_flags(&targets) == USERTIME_SESSION_FOLLOW,
	   "its children are followed");
	ok(!is_ready(&targets), "nothing has changed");
	make_process(13, 10, 33, "nginx");
	make_cgroup("system.slice/nginx.service", "10\n11\n13\n");
	ok(targets_refresh(&targets, NULL, &changes) && changes.added == 1 && added[13],
	   "another process");

	/* A restart. */
	tree_file("sys/fs/cgroup/system.slice/nginx.service/cgroup.procs", "");
	remove_cgroup("system.slice/nginx.service/sub");
	need(targets_refresh(&targets, NULL, &changes));
	is_text(targets_unit(&targets, 12), "", "no process is left");
	remove_cgroup("system.slice/nginx.service");
	remove_cgroup("user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service");
	ok(targets_refresh(&targets, NULL, &changes) && !changes.added, "the unit has gone");
	ok(!is_ready(&targets), "all was seen");
	make_cgroup("system.slice/nginx.service", "");
	ok(is_ready(&targets), "a new cgroup is seen at once");
	ok(targets_refresh(&targets, NULL, &changes) && !changes.added && !is_ready(&targets),
	   "it is empty");
	make_process(600, 1, 33, "nginx");
	populate("system.slice/nginx.service", "600\n");
	ok(is_ready(&targets), "its first process is seen at once");
	ok(targets_refresh(&targets, NULL, &changes) && changes.added == 1 && added[600],
	   "and taken");
	is_text(targets_unit(&targets, 600), "nginx.service", "of the same unit");
	targets_free(&targets);

	make_tree();
	ok(attach(&targets, "--unit", "user.slice", "--unit", "init.scope") && are(1, 20, 21),
	   "slices and scopes are units");
	is_text(targets_unit(&targets, 21), "user.slice", "by the name that was given");
	targets_free(&targets);

	make_tree();
	ok(attach(&targets, "--unit", "nginx", "-f", "-p", "11") && are(10, 11, 12),
	   "-p beside --unit");
	is_text(targets_unit(&targets, 11), "nginx.service", "it is of the unit");
	targets_free(&targets);
}

static void test_installed(void)
{
	struct targets targets = { .pids = NULL };

	make_tree();
	tree_parents("usr/lib/systemd/system/later.service");
	tree_file("usr/lib/systemd/system/later.service", "");
	tree_file("usr/lib/systemd/system/many@.service", "");
	ok(attach(&targets, "--unit", "later", "--unit", "many@a.b") && !changes.added,
	   "units that are installed and do not run");
	make_process(700, 1, 0, "later");
	make_cgroup("system.slice/system-many.slice/many@a.b.service", "700\n");
	ok(targets_refresh(&targets, NULL, &changes) && changes.added == 1 && are(700),
	   "they are found when they do");
	is_text(targets_unit(&targets, 700), "many@a.b.service", "an instance of a template");
	targets_free(&targets);
}

static void test_failures(void)
{
	make_tree();
	run("-p", "10,999");
	fails(STATUS_FAILED, "usertime test: 999: no such process");
	errors[10] = errors[11] = errors[12] = EPERM;
	run("-p", "10");
	fails(STATUS_FAILED, "usertime test: 10: has another user or group, or is protected:"
	      " needs CAP_PERFMON or CAP_SYS_PTRACE");
	run("--unit", "nginx", "-p", "20");
	ok(!status, "one may be observed");
	run("--unit", "nginx");
	fails(STATUS_FAILED, "usertime test: 10: has another user or group, or is protected:"
	      " needs CAP_PERFMON or CAP_SYS_PTRACE");
	errors[20] = EDQUOT;
	run("-u", "1000");
	fails(STATUS_FAILED, "usertime test: 20: over this user's limit: the module's parameter"
	      " max_targets_per_user");
	run("--unit", "apache2");
	fails(STATUS_FAILED, "usertime test: apache2.service: no such unit: it neither runs nor is"
	      " installed; 'systemctl list-units' names those that run");
	run("-u", "no-such-user");
	fails(STATUS_USAGE, "usertime test: no-such-user: no such user");
	run("-u", "4294967295");
	fails(STATUS_USAGE, "usertime test: 4294967295: no such user");
	run("--unit", "a/b");
	fails(STATUS_USAGE, "usertime test: a/b: not the name of a unit");
	run("-p", "x");
	fails(STATUS_USAGE, "usertime test: x: not a PID");
	run("-C", "");
	fails(STATUS_USAGE, "usertime test: an empty command name");
	tree_empty();
	run("-C", "x");
	fails(STATUS_FAILED, "usertime test: cannot list the processes: No such file or directory");
}

static void test_stat(void)
{
	struct process_entry process;

	ok(process_parse_stat("5 (a b) (c)) S 4 1", &process) && process.parent == 4,
	   "a name with blanks and parentheses");
	is_text(process.name, "a b) (c)", "is taken whole");
	ok(process_parse_stat("5 (kworker/u16:0-events_unbound) I 2 1", &process), "a long one");
	is_text(process.name, "kworker/u16:0-e", "is cut off");
	ok(process_parse_stat("5 () R 0 1", &process) && !*process.name && !process.parent,
	   "an empty one");
	ok(!process_parse_stat("", &process) && !process_parse_stat("5 ) S 4 (", &process) &&
	   !process_parse_stat("5 (x) S", &process) && !process_parse_stat("5 (x) S -4", &process) &&
	   !process_parse_stat("5 x S 4", &process), "what has another form");
}

int main(void)
{
	tree_make();
	test_pids();
	test_names();
	test_users();
	test_units();
	test_installed();
	test_failures();
	test_stat();
	return tap_done();
}
