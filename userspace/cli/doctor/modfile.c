// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <libkmod.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"
#include "confdir.h"
#include "modfile.h"

#define MODULE "usertime"

/* What libkmod has to say goes into the findings, not to stderr. */
enum { LOG_NOTHING = 0 };

static struct kmod_ctx *open_kmod(const char *root, const char *kernel)
{
	char *modules = text("%s/lib/modules/%s", root, kernel);
	char **config = confdir_paths(root, "modprobe.d");
	/* The real system's are known best to libkmod itself. */
	struct kmod_ctx *kmod = kmod_new(modules, *root ? (const char *const *)config : NULL);

	if (kmod)
		kmod_set_log_priority(kmod, LOG_NOTHING);
	confdir_paths_free(config);
	free(modules);
	return kmod;
}

static void take(char **field, const char *value)
{
	free(*field);
	*field = text("%s", value);
}

static void take_info(struct modfile *file, const char *key, const char *value)
{
	if (!strcmp(key, "vermagic"))
		take(&file->vermagic, value);
	else if (!strcmp(key, "version"))
		take(&file->version, value);
	else if (!strcmp(key, "srcversion"))
		take(&file->srcversion, value);
	else if (!strcmp(key, MODULE "_abi"))
		take(&file->abi, value);
	else if (!strcmp(key, "signer"))
		take(&file->signer, value);
	else if (!strcmp(key, "sig_id") && !file->signer)
		take(&file->signer, "");
}

static void read_info(struct modfile *file, const struct kmod_module *module)
{
	struct kmod_list *list = NULL, *entry;
	int ret = kmod_module_get_info(module, &list);

	if (ret < 0) {
		file->error = -ret;
		return;
	}
	kmod_list_foreach(entry, list)
		take_info(file, kmod_module_info_get_key(entry), kmod_module_info_get_value(entry));
	kmod_module_info_free_list(list);
}

static bool is_blacklisted(struct kmod_ctx *kmod)
{
	struct kmod_config_iter *entry = kmod_config_get_blacklists(kmod);
	bool found = false;

	if (!entry)
		return false;
	while (!found && kmod_config_iter_next(entry))
		found = !strcmp(kmod_config_iter_get_key(entry), MODULE);
	kmod_config_iter_free_iter(entry);
	return found;
}

void modfile_read(struct modfile *file, const char *root, const char *kernel)
{
	struct kmod_ctx *kmod = open_kmod(root, kernel);
	struct kmod_module *module = NULL;
	const char *path;

	file->error = ENOENT;
	if (!kmod || kmod_module_new_from_name(kmod, MODULE, &module) < 0)
		goto out;
	file->blacklisted = is_blacklisted(kmod);
	file->replaced = kmod_module_get_install_commands(module);
	path = kmod_module_get_path(module);
	if (!path)
		goto out;
	file->path = text("%s", path + strlen(root));
	file->error = 0;
	read_info(file, module);
out:
	kmod_module_unref(module);
	kmod_unref(kmod);
}

void modfile_free(struct modfile *file)
{
	free(file->path);
	free(file->vermagic);
	free(file->version);
	free(file->srcversion);
	free(file->abi);
	free(file->signer);
}

bool modfile_fits(const struct modfile *file, const char *kernel)
{
	size_t length = strlen(kernel);

	return file->vermagic && !strncmp(file->vermagic, kernel, length) &&
	       (file->vermagic[length] == ' ' || !file->vermagic[length]);
}
