// SPDX-License-Identifier: GPL-2.0-only
/* usertime-register as a whole, in a process of its own each time, without the module. */
#define _GNU_SOURCE
#include "register/register.h"
#include "run.h"

#define HEADER \
	"pid user_ns system_ns minor_faults major_faults threads start_ns holders state split looks command\n"
#define TABLE_HEADER "    PID          USER(s) THREADS STATE COMMAND\n"
#define NOT_LOADED \
	"usertime-register: the usertime module is not loaded:" \
	" 'usertime doctor' says why and what to do\n"

/* run(WORD, ..., NULL): usertime-register WORD... */
#define run(...) \
	run_program(usertime_register, "usertime-register", (const char *const[]){ __VA_ARGS__ })

/* What usertime-register wrote to the registry since the last time. */
static const char *written(void)
{
	static char text[8192];

	slurp("urt/status", text, sizeof(text));
	tree_file("urt/status", "");
	return text;
}

/* Its status, and that its only message begins so. */
static void fails(int want, const char *message, const char *name)
{
	ok(status == want && !strncmp(err, message, strlen(message)) && !*out, "%s", name);
	if (status != want || strncmp(err, message, strlen(message)))
		printf("# status %d, out: %s, err: %s\n", status, out, err);
}

static void test_usage(void)
{
	static const char *const bad[] = { "abc", "0", "-5", "+5", "5x", "", " 5", "5 ", "0x5",
					   "2147483648", "99999999999999999999999", "5\n6", "1,2" };
	unsigned int i;

	tree_file("urt/status", "");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		run("1", bad[i], "2", NULL);
		ok(status == 2 && *err && !*out, "bad word %u is usage", i);
		is_text(written(), "", "nothing is done then");
	}
	run("1", "abc", NULL);
	fails(2, "usertime-register: abc: not a PID\n", "a word that is no PID is named");
	run(NULL);
	fails(2, "usertime-register: no PID given\n", "no PID");
	run("-r", NULL);
	fails(2, "usertime-register: no PID given\n", "no PID to remove");
	run("-r", "-l", "1", NULL);
	fails(2, "usertime-register: --remove and --list exclude each other\n", "-r -l");
	run("--list", "1", "--remove", NULL);
	fails(2, "usertime-register: --remove and --list exclude each other\n", "--list --remove");
	run("--nonsense", "1", NULL);
	ok(status == 2 && strstr(err, "--nonsense"), "an unknown option is named");
	run("-l", "abc", NULL);
	fails(2, "usertime-register: abc: not a PID\n", "a word that is no PID to list");
	is_text(written(), "", "and nothing was done");
}

static void test_help(void)
{
	static char help[sizeof(out)];

	run("--help", NULL);
	ok(!status && strstr(out, "Usage: usertime-register") && strstr(out, "--remove") && !*err,
	   "--help");
	memcpy(help, out, sizeof(help));
	run("-h", NULL);
	is_text(out, help, "-h is --help");
	run("--usage", NULL);
	ok(!status && strstr(out, "Usage: usertime-register") && !*err, "--usage");
	run("--version", NULL);
	ok(!status && *USERTIME_VERSION, "--version succeeds, and there is one");
	is_text(out, "usertime-register " USERTIME_VERSION "\n", "--version tells it");

	prepare = full_disk;
	run("--help", NULL);
	fails(1, "usertime-register: cannot write the output: No space left on device\n",
	      "--help on a full disk");
	prepare = full_disk;
	run("-V", NULL);
	fails(1, "usertime-register: cannot write the output: No space left on device\n",
	      "--version on a full disk");
}

static void test_commands(void)
{
	tree_file("urt/status", "");
	run("1", "2147483647", NULL);
	ok(!status && !*out && !*err, "registering succeeds and says nothing");
	is_text(written(), "R 1\nR 2147483647\n", "a command for each PID, in order");
	run("--remove", "4711", "12", NULL);
	ok(!status && !*out && !*err, "removing succeeds and says nothing");
	is_text(written(), "U 4711\nU 12\n", "--remove unregisters");
	run("4711", "-r", NULL);
	is_text(written(), "U 4711\n", "an option may follow its PID");
	run("--", "007", NULL);
	is_text(written(), "R 7\n", "leading zeros are decimal");
}

static void test_failures(void)
{
	char path[PATH_MAX];

	tree_unlink("urt/status");
	run("1", "2", "3", NULL);
	ok(status == 1, "without the module the status is 1");
	is_text(err, NOT_LOADED, "and that is said once, not per PID");
	run("-r", "1", NULL);
	fails(1, NOT_LOADED, "--remove without the module");

	tree_link("urt/status", "/dev/full");
	run("1", "2", NULL);
	ok(status == 1, "over the limit the status is 1");
	is_text(err,
		"usertime-register: 1: as many are measured as the module takes:"
		" its parameter max_targets\n"
		"usertime-register: 2: as many are measured as the module takes:"
		" its parameter max_targets\n",
		"a message for each PID");

	/* A file of the kernel that refuses these words with EINVAL, as the module does threads. */
	tree_link("urt/status", "/proc/self/oom_score_adj");
	tree_dir("4711");
	tree_file("4711/status", "Name:\tx\nTgid:\t4700\n");
	tree_dir("2");
	tree_file("2/status", "Name:\tkthreadd\nTgid:\t2\n");
	run("4711", "2", "3", NULL);
	ok(status == 1, "a thread fails");
	is_text(err,
		"usertime-register: 4711: a thread, not a process: its process is 4700\n"
		"usertime-register: 2: a kernel thread, which cannot be measured\n"
		"usertime-register: 3: not a process that can be measured\n",
		"each failure is explained");

	tree_file("urt/status", "");
	tree_path(path, "urt/status");
	need(!chmod(tree_root, 0755) && !chmod(path, 0400));
	prepare = unprivileged;
	run("1", "2", NULL);
	ok(status == 1, "a registry that may not be opened fails");
	is_text(err, "usertime-register: /proc/urt/status: Permission denied\n",
		"and that is said once");
}

static void test_list(void)
{
	tree_unlink("urt/detail");
	run("--list", NULL);
	fails(1, NOT_LOADED, "--list without the module");
	tree_file("urt/detail", HEADER);
	run("-l", NULL);
	ok(!status && !*err, "nothing registered is no failure");
	is_text(out, TABLE_HEADER, "and gives the header alone");

	tree_file("urt/detail", HEADER
		  "1 4012345 9 0 0 1 5 0 S tick 0 systemd\n"
		  "4711 12345678901234 9 0 0 32 5 0,1000 R tick 0 tmux: server\n"
		  "4194304 18446744073709551615 9 0 0 0 5 0 X tick 0 a\\134b\n");
	run("--list", NULL);
	ok(!status && !*err, "--list succeeds");
	is_text(out, TABLE_HEADER
		"      1      0.004012345       1 S     systemd\n"
		"   4711  12345.678901234      32 R     tmux: server\n"
		"4194304 18446744073.709551615       0 X     a\\134b\n", "the table");

	run("--list", "4711", "1", "4711", NULL);
	ok(!status && !*err, "PIDs may be given, and twice");
	is_text(out, TABLE_HEADER
		"      1      0.004012345       1 S     systemd\n"
		"   4711  12345.678901234      32 R     tmux: server\n", "only those are listed");

	tree_dir("13");
	tree_file("13/status", "Tgid:\t13\n");
	run("14", "--list", "13", "1", NULL);
	ok(status == 1, "a PID that is missing gives status 1");
	is_text(out, TABLE_HEADER "      1      0.004012345       1 S     systemd\n",
		"the others are listed");
	is_text(err, "usertime-register: 13: not registered\n"
		     "usertime-register: 14: no such process\n", "the missing ones are named");

	prepare = full_disk;
	run("--list", NULL);
	fails(1, "usertime-register: cannot write the output: No space left on device\n",
	      "--list on a full disk");
	tree_file("urt/detail", "PID TIME\n1 2\n");
	run("--list", NULL);
	fails(1, "usertime-register: /proc/urt/detail: the usertime module is of another version",
	      "another format");
}

int main(void)
{
	tree_make();
	tree_dir("urt");
	tree_file("urt/stats", "abi 1\n");
	test_usage();
	test_help();
	test_commands();
	test_failures();
	test_list();
	return tap_done();
}
