// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/system.h"
#include "text.h"
#include "unit.h"
#include "words.h"

static const char *const suffixes[] = {
	".service", ".scope", ".slice", ".socket", ".mount", ".swap",
};

char *unit_name(const char *word)
{
	const char *dot = strrchr(word, '.');
	size_t i;

	for (i = 0; dot && i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (!strcmp(dot, suffixes[i]))
			return text("%s", word);
	return text("%s.service", word);
}

typedef void visit_cgroup(const char *path, const char *name, unsigned int level, void *data);

/* A cgroup and all below. They have many files, so what is a directory is not asked of each. */
static void visit_all(const char *path, unsigned int level, visit_cgroup *visit, void *data)
{
	const char *slash = strrchr(path, '/');
	DIR *dir = opendir(path);
	struct dirent *entry;
	char *below;

	if (!dir)
		return;
	visit(path, slash ? slash + 1 : path, level, data);
	while ((entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || *entry->d_name == '.')
			continue;
		below = text("%s/%s", path, entry->d_name);
		visit_all(below, level + 1, visit, data);
		free(below);
	}
	closedir(dir);
}

struct search {
	const char *name;
	char *found;
	unsigned int level;
};

static void compare_name(const char *path, const char *name, unsigned int level, void *data)
{
	struct search *search = data;

	if (strcmp(name, search->name) || (search->found && level >= search->level))
		return;
	free(search->found);
	search->found = text("%s", path);
	search->level = level;
}

char *unit_find(const char *root, const char *name)
{
	struct search search = { .name = name };
	char *top = text("%s/sys/fs/cgroup", root);

	visit_all(top, 0, compare_name, &search);
	free(top);
	return search.found;
}

bool unit_is_installed(const char *root, const char *name)
{
	static const char *const places[] = {
		"/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd",
		"/lib/systemd",
	};
	const char *at = strchr(name, '@');
	/* foo@bar.service is made from foo@.service. */
	char *template = at ? text("%.*s@%s", (int)(at - name), name, strrchr(name, '.')) : NULL;
	bool found = false;
	size_t i;

	for (i = 0; !found && i < sizeof(places) / sizeof(places[0]); i++)
		found = system_exists(root, "%s/system/%s", places[i], name) ||
			system_exists(root, "%s/user/%s", places[i], name) ||
			(template && (system_exists(root, "%s/system/%s", places[i], template) ||
				      system_exists(root, "%s/user/%s", places[i], template)));
	free(template);
	return found || system_exists(root, "/run/systemd/generator/%s", name) ||
	       system_exists(root, "/run/systemd/transient/%s", name);
}

struct pids {
	pid_t **pids;
	size_t *nr;
};

/* A cgroup's own processes; those of a threaded one cannot be read: its domain has them. */
static void read_pids(const char *path, const char *name, unsigned int level, void *data)
{
	char *list = system_read("", "%s/cgroup.procs", path), *rest, *line;
	const struct pids *pids = data;
	const char *number;
	pid_t pid;

	(void)name;
	(void)level;
	for (rest = list; (line = strsep(&rest, "\n"));) {
		number = line;
		/* 0 is a process that this PID namespace does not have. */
		if (parse_pid(&number, &pid) || *number)
			continue;
		*pids->pids = grow(*pids->pids, *pids->nr + 1, sizeof(**pids->pids));
		(*pids->pids)[(*pids->nr)++] = pid;
	}
	free(list);
}

void unit_pids(const char *cgroup, pid_t **pids, size_t *nr)
{
	struct pids all = { .pids = pids, .nr = nr };

	visit_all(cgroup, 0, read_pids, &all);
}
