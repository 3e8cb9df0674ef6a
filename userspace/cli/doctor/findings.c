// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"
#include "findings.h"

static const char *const names[] = { [OK] = "OK", [WARN] = "WARN", [FAIL] = "FAIL" };
static const char *const json_names[] = { [OK] = "ok", [WARN] = "warn", [FAIL] = "fail" };

void findings_add(struct findings *findings, enum severity severity, const char *check,
		  const char *kernel, char *command, const char *format, ...)
{
	struct finding *finding;
	va_list args;

	findings->list = grow(findings->list, findings->nr + 1, sizeof(*finding));
	finding = &findings->list[findings->nr++];
	finding->severity = severity;
	finding->check = check;
	finding->kernel = kernel ? text("%s", kernel) : NULL;
	finding->command = command;
	va_start(args, format);
	finding->text = text_v(format, args);
	va_end(args);
}

enum severity findings_worst(const struct findings *findings)
{
	enum severity worst = OK;
	size_t i;

	for (i = 0; i < findings->nr; i++)
		if (findings->list[i].severity > worst)
			worst = findings->list[i].severity;
	return worst;
}

bool findings_failed(const struct findings *findings, const char *check, const char *kernel)
{
	const struct finding *finding;

	for (finding = findings->list; finding < findings->list + findings->nr; finding++)
		if (finding->severity == FAIL && !strcmp(finding->check, check) &&
		    (!kernel || (finding->kernel && !strcmp(finding->kernel, kernel))))
			return true;
	return false;
}

void findings_print(const struct findings *findings)
{
	const struct finding *finding;

	for (finding = findings->list; finding < findings->list + findings->nr; finding++) {
		printf("%-4s %-9s ", names[finding->severity], finding->check);
		if (finding->kernel) {
			text_print(stdout, finding->kernel);
			fputs(": ", stdout);
		}
		text_print(stdout, finding->text);
		if (finding->command) {
			fputs(" -> ", stdout);
			text_print(stdout, finding->command);
		}
		putchar('\n');
	}
}

static json_t *finding_json(const struct finding *finding)
{
	json_t *json = json_pack("{s:s, s:s}", "check", finding->check,
				 "status", json_names[finding->severity]);

	if (finding->kernel)
		json_object_set_new(json, "kernel", text_json(finding->kernel));
	json_object_set_new(json, "finding", text_json(finding->text));
	json_object_set_new(json, "command", text_json(finding->command));
	return json;
}

bool findings_print_json(const struct findings *findings, const char *running)
{
	json_t *checks = json_array(), *all;
	bool done;
	size_t i;

	for (i = 0; i < findings->nr; i++)
		json_array_append_new(checks, finding_json(&findings->list[i]));
	all = json_pack("{s:s, s:o, s:s, s:o}", "version", USERTIME_VERSION,
			"kernel", text_json(running),
			"status", json_names[findings_worst(findings)], "checks", checks);
	done = all && !json_dumpf(all, stdout, JSON_INDENT(2)) && putchar('\n') != EOF;
	json_decref(all);
	return done;
}

void findings_free(struct findings *findings)
{
	struct finding *finding;

	for (finding = findings->list; finding < findings->list + findings->nr; finding++) {
		free(finding->kernel);
		free(finding->text);
		free(finding->command);
	}
	free(findings->list);
}
