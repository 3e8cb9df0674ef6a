// SPDX-License-Identifier: GPL-2.0-only
/* lib/proc.c and lib/tree.c: who descends from whom, from files that are made up or damaged. */
#define _GNU_SOURCE
#include <errno.h>

#include "lib/proc.h"
#include "lib/tree.h"
#include "tree.h"

#define REST " 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 "

static void make_process(int pid, int parent, const char *name, unsigned long long start)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "%d/stat", pid);
	snprintf(text, sizeof(text), "%d (%s) S %d" REST "%llu 0 0\n", pid, name, parent, start);
	tree_parents(path);
	tree_file(path, text);
}

static bool parse(const char *text, int pid, int parent, uint64_t start)
{
	struct usertime_process process;

	return usertime_parse_stat(text, &process) && process.pid == pid &&
	       process.parent == parent && process.start == start;
}

static void test_stat(void)
{
	static const char good[] = "4711 (a b) S 12" REST "99 0 0\n";
	static const char bytes[] = " \n()0-,x\377";
	char text[sizeof(good)];
	unsigned int at, with, refused = 0;
	struct usertime_process process;

	ok(parse(good, 4711, 12, 99), "a name with a blank");
	ok(parse("1 () S 0" REST "18446744073709551615 0\n", 1, 0, UINT64_MAX), "an empty name");
	ok(parse("7 (x) S 1 () R 5" REST "3\n", 7, 5, 3), "a name that looks like the rest");
	ok(parse("7 (\n) ) S 5" REST "3\n", 7, 5, 3), "a name with a newline and a parenthesis");
	ok(!usertime_parse_stat("", &process), "an empty file");
	ok(!usertime_parse_stat("4711 (a", &process), "a name without its end");
	ok(!usertime_parse_stat("4711 (a) S", &process), "nothing behind it");
	ok(!usertime_parse_stat("4711 (a) S 12 1 1 0", &process), "a file that is cut off");
	ok(!usertime_parse_stat("-4 (a) S 12" REST "99\n", &process), "a negative number");
	for (at = 0; at < sizeof(good) - 1; at++)
		for (with = 0; with < sizeof(bytes); with++) {
			memcpy(text, good, sizeof(good));
			text[at] = bytes[with];
			refused += !usertime_parse_stat(text, &process);
		}
	ok(refused, "damaged text is read or refused (%u times)", refused);
}

static void test_list(const char *root)
{
	struct usertime_process *list, process;
	ssize_t nr;

	tree_empty();
	nr = usertime_read_processes(root, &list);
	ok(!nr, "no processes");
	free(list);
	make_process(1, 0, "init", 5);
	make_process(20, 1, "x) S 7 (", 6);
	tree_dir("self");
	tree_dir("21");			/* has exited */
	tree_dir("99999999999");
	tree_parents("22/stat");
	tree_file("22/stat", "nonsense");
	tree_parents("23/stat");
	tree_file("23/stat", "24 (x) S 1" REST "9\n");
	nr = usertime_read_processes(root, &list);
	ok(nr == 2, "only processes are listed, and only those that can be read");
	free(list);
	ok(usertime_read_stat(root, 20, &process) && process.parent == 1 && process.start == 6,
	   "one alone");
	ok(!usertime_read_stat(root, 21, &process), "one that has gone");
	errno = 0;
	ok(usertime_read_processes("/nonexistent", &list) == -1 && errno == ENOENT && !list,
	   "no procfs");
	nr = usertime_read_processes(NULL, &list);
	ok(nr > 0, "the real one");
	free(list);
}

#define GROW(...)							\
	usertime_tree_grow(&tree, ((struct usertime_process[]){ __VA_ARGS__ }),	\
			   sizeof((struct usertime_process[]){ __VA_ARGS__ }) / \
			   sizeof(struct usertime_process))

static struct usertime_tree tree;

static bool has(pid_t pid, uint64_t start)
{
	size_t i;

	for (i = 0; i < tree.nr; i++)
		if (tree.members[i].process.pid == pid && tree.members[i].process.start == start)
			return true;
	return false;
}

static void start_at(pid_t pid, uint64_t start)
{
	need(usertime_tree_init(&tree, &(struct usertime_process){ pid, 1, start }));
}

static void test_tree(void)
{
	start_at(10, 100);
	need(GROW({ 1, 0, 1 }, { 5, 9, 500 }, { 9, 10, 200 }, { 10, 1, 100 }, { 11, 1, 100 },
		  { 12, 11, 100 }, { 7, 5, 600 }, { 8, 10, 100 }));
	ok(tree.nr == 5 && has(10, 100) && has(9, 200) && has(5, 500) && has(7, 600) &&
	   has(8, 100), "children, theirs, and those of lower numbers; nobody else");
	need(GROW({ 1, 0, 1 }, { 7, 1, 600 }, { 30, 7, 700 }, { 31, 12, 700 }));
	ok(tree.nr == 6 && has(30, 700), "who lost the parent still belongs, and has children");
	usertime_tree_free(&tree);

	start_at(10, 100);
	need(GROW({ 10, 1, 900 }, { 11, 10, 901 }));
	ok(tree.nr == 1, "who has the number again is another, and so are its children");
	need(GROW({ 10, 1, 100 }, { 11, 10, 101 }));
	need(GROW({ 10, 1, 100 }, { 11, 10, 901 }));
	ok(tree.nr == 3 && has(11, 101) && has(11, 901), "a child's number may be used again, too");
	usertime_tree_free(&tree);

	start_at(1, 1);
	need(GROW({ 1, 0, 1 }, { 2, 0, 1 }, { 3, 2, 1 }, { 4, 1, 1 }));
	ok(tree.nr == 2 && has(4, 1), "init's do not have the kernel's threads among them");
	usertime_tree_free(&tree);

	start_at(10, 100);
	need(GROW({ 20, 21, 1 }, { 21, 22, 1 }, { 22, 20, 1 }, { 23, 23, 1 }, { 24, 22, 1 },
		  { 10, 11, 100 }, { 11, 10, 101 }));
	ok(tree.nr == 2 && has(11, 101), "circles end, and belong to nothing but the tree's own");
	usertime_tree_free(&tree);

	start_at(10, 100);
	need(usertime_tree_grow(&tree, &(struct usertime_process){ 0 }, 0));
	ok(tree.nr == 1, "an empty list");
	usertime_tree_free(&tree);
}

/* A chain of all numbers, its head in the tree or not. */
static void test_large(void)
{
	enum { NR = 100000 };
	struct usertime_process *list = calloc(NR, sizeof(*list));
	int i;

	need(list);
	for (i = 0; i < NR; i++)
		list[i] = (struct usertime_process){ 1 + i, i, i };
	start_at(1, 0);
	need(usertime_tree_grow(&tree, list, NR));
	ok(tree.nr == NR, "a chain of %d", NR);
	usertime_tree_free(&tree);
	start_at(NR + 1, 0);
	need(usertime_tree_grow(&tree, list, NR));
	ok(tree.nr == 1, "a chain of strangers");
	usertime_tree_free(&tree);
	free(list);
}

int main(void)
{
	const char *root = tree_make();

	test_stat();
	test_list(root);
	test_tree();
	test_large();
	return tap_done();
}
