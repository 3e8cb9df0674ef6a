/* SPDX-License-Identifier: GPL-2.0-only */
/* A directory of real files that stands for the real ones, removed at the end of the program. */
#ifndef USERTIME_TESTS_TREE_H
#define USERTIME_TESTS_TREE_H

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static char tree_root[] = "/tmp/usertime-test-XXXXXX";
static pid_t tree_owner;

static inline int tree_remove_one(const char *path, const struct stat *st, int type,
				  struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void tree_remove(void)
{
	/* Children of the tests exit, too. */
	if (getpid() == tree_owner)
		nftw(tree_root, tree_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Starts again with an empty one. */
static inline void tree_empty(void)
{
	tree_remove();
	need(!mkdir(tree_root, 0755));
}

static inline const char *tree_make(void)
{
	need(mkdtemp(tree_root));
	tree_owner = getpid();
	atexit(tree_remove);
	return tree_root;
}

static inline void tree_path(char path[PATH_MAX], const char *name)
{
	snprintf(path, PATH_MAX, "%s/%s", tree_root, name);
}

static inline void tree_dir(const char *name)
{
	char path[PATH_MAX];

	tree_path(path, name);
	need(!mkdir(path, 0755));
}

/* Makes the directories that a file of that name lies in. */
static inline void tree_parents(const char *name)
{
	char path[PATH_MAX], *slash;

	tree_path(path, name);
	for (slash = path + strlen(tree_root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		need(!mkdir(path, 0755) || errno == EEXIST);
		*slash = '/';
	}
}

static inline void tree_unlink(const char *name)
{
	char path[PATH_MAX];

	tree_path(path, name);
	need(!unlink(path) || errno == ENOENT);
}

static inline void tree_bytes(const char *name, const char *bytes, size_t size)
{
	char path[PATH_MAX];
	FILE *file;

	tree_unlink(name);
	tree_path(path, name);
	file = fopen(path, "w");
	need(file && fwrite(bytes, 1, size, file) == size && !fclose(file));
}

static inline void tree_file(const char *name, const char *text)
{
	tree_bytes(name, text, strlen(text));
}

static inline void tree_link(const char *name, const char *target)
{
	char path[PATH_MAX];

	tree_unlink(name);
	tree_path(path, name);
	need(!symlink(target, path));
}

#endif
