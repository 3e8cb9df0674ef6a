// SPDX-License-Identifier: GPL-2.0-only
/* usertime list, register and unregister as a whole, without the module. */
#define _GNU_SOURCE
#include <jansson.h>

#include "cli/command.h"
#include "run.h"

#define HEADER \
	"pid user_ns system_ns minor_faults major_faults threads start_ns holders state split looks command\n"
#define TABLE_HEADER "    PID          USER(s) THREADS STATE COMMAND\n"

/* usertime(WORD, ...): usertime WORD... */
#define usertime(...) \
	run_program(usertime_cli, "usertime", (const char *const[]){ __VA_ARGS__, NULL })

/* Its status, and that its only message begins so. */
static void fails(int want, const char *message, const char *name)
{
	ok(status == want && !strncmp(err, message, strlen(message)) && !*out, "%s", name);
	if (strncmp(err, message, strlen(message)))
		printf("# status %d, out: %s, err: %s\n", status, out, err);
}

static const char *written(void)
{
	static char text[8192];

	slurp("proc/urt/status", text, sizeof(text));
	tree_file("proc/urt/status", "");
	return text;
}

static void test_change(void)
{
	tree_file("proc/urt/status", "");
	usertime("register", "1", "2,3");
	ok(!status && !*out && !*err, "register succeeds and says nothing");
	is_text(written(), "R 1\nR 2\nR 3\n", "PIDs are words or lists");
	usertime("unregister", "4711");
	ok(!status && !*out && !*err, "so does unregister");
	is_text(written(), "U 4711\n", "it unregisters");
	usertime("register", "1", "x");
	fails(2, "usertime register: x: not a PID\n", "a word that is none");
	usertime("register");
	fails(2, "usertime register: no PID given\n", "no PID");
	usertime("unregister");
	fails(2, "usertime unregister: no PID given\n", "none to unregister");
	usertime("register", "-j", "1");
	ok(status == 2, "an option of list");
	is_text(written(), "", "nothing was done then");

	tree_link("proc/urt/status", "/dev/full");
	usertime("register", "1");
	fails(1, "usertime register: 1: as many are measured as the module takes", "a limit");
	tree_unlink("proc/urt/status");
	usertime("unregister", "1");
	fails(1, "usertime unregister: the usertime module is not loaded: 'usertime doctor' says why"
	      " and what to do\n", "without the module");
}

static void test_table(void)
{
	tree_file("proc/urt/detail", HEADER
		  "1 4012345 9 8 7 1 5 0 S tick 0 systemd\n"
		  "4711 12345678901234 9 0 0 32 5 0,1000 X precise 61 a\\134b\n");
	usertime("list");
	ok(!status && !*err, "list");
	is_text(out, TABLE_HEADER
		"      1      0.004012345       1 S     systemd\n"
		"   4711  12345.678901234      32 X     a\\134b\n", "the table");
	usertime("list", "2,1");
	ok(status == 1, "one that is not registered");
	is_text(out, TABLE_HEADER "      1      0.004012345       1 S     systemd\n", "the other is listed");
	is_text(err, "usertime list: 2: no such process\n", "it is named");
	prepare = full_disk;
	usertime("list");
	fails(1, "usertime: cannot write the output: No space left on device\n", "a full disk");
}

static bool is_number(json_t *object, const char *name, json_int_t want)
{
	return json_integer_value(json_object_get(object, name)) == want;
}

static void test_json(void)
{
	json_t *all, *list, *entry;

	usertime("list", "-j");
	all = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
	list = json_object_get(all, "processes");
	entry = json_array_get(list, 0);
	ok(!status && !*err && json_array_size(list) == 2, "-j");
	ok(is_number(entry, "pid", 1) && is_number(entry, "user_ns", 4012345) &&
	   is_number(entry, "system_ns", 9) && is_number(entry, "minor_faults", 8) &&
	   is_number(entry, "major_faults", 7) && is_number(entry, "threads", 1) &&
	   is_number(entry, "start_ns", 5), "numbers");
	entry = json_array_get(list, 1);
	is_text(json_string_value(json_object_get(entry, "holders")), "0,1000", "who holds it");
	is_text(json_string_value(json_object_get(entry, "state")), "X", "its state");
	is_text(json_string_value(json_object_get(entry, "split")), "precise", "what tells the two apart");
	ok(is_number(entry, "looks", 61), "how many looks");
	is_text(json_string_value(json_object_get(entry, "command")), "a\\134b", "its name");
	json_decref(all);
	usertime("list", "--format", "json", "1");
	all = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
	ok(!status && json_array_size(json_object_get(all, "processes")) == 1, "--format json, one of them");
	json_decref(all);
	usertime("list", "--format", "xml");
	fails(2, "usertime list: xml: no such format: table or json\n", "no such format");
	prepare = full_disk;
	usertime("list", "-j");
	fails(1, "usertime: cannot write the output: No space left on device\n", "a full disk");
	tree_file("proc/urt/detail", "PID TIME\n1 2\n");
	usertime("list", "-j");
	fails(1, "usertime list: /proc/urt/detail: the usertime module is of another version",
	      "another format");
	tree_unlink("proc/urt/stats");
	usertime("list");
	ok(status == 1 && !*out, "no module");
}

int main(void)
{
	tree_make();
	tree_parents("proc/urt/stats");
	tree_file("proc/urt/stats", "abi 1\n");
	test_change();
	test_table();
	test_json();
	return tap_done();
}
