// SPDX-License-Identifier: GPL-2.0-only
#include "cli/text.h"
#include "plot.h"

/* Between single quotes gnuplot takes all as it stands, but for these. */
static void put(FILE *script, char c)
{
	if (c == '\'')
		putc(c, script);
	putc(c, script);
}

/*
 * Of valid UTF-8: the length of a character that is to be escaped, 0: it is not. Those are what XML
 * cannot have, U+FFFE and U+FFFF, control characters, U+0080 to U+009F among them, and what the
 * escapes begin with.
 */
static size_t escaped(const unsigned char *c)
{
	if (*c < ' ' || *c == 0x7f || *c == '\\')
		return 1;
	if (*c == 0xc2 && c[1] < 0xa0)
		return 2;
	if (*c == 0xef && c[1] == 0xbf && c[2] >= 0xbe)
		return 3;
	return 0;
}

static void put_text(FILE *script, const char *string)
{
	json_t *json = text_json(string);
	const char *c;
	size_t length;

	for (c = json_string_value(json); c && *c; c++) {
		length = escaped((const unsigned char *)c);
		if (!length)
			put(script, *c);
		for (; length; length--, c += length > 0)
			fprintf(script, "\\%03o", (unsigned char)*c);
	}
	json_decref(json);
}

static void put_ascii(FILE *script, const char *string)
{
	for (; *string; string++)
		if (*string < ' ' || *string > '~' || *string == '\\')
			fprintf(script, "\\%03o", (unsigned char)*string);
		else
			put(script, *string);
}

void plot_quote(FILE *script, const char *string, enum plot_format format)
{
	putc('\'', script);
	/* What terminals make of other characters is not known. */
	if (format == PLOT_TEXT)
		put_ascii(script, string);
	else
		put_text(script, string);
	putc('\'', script);
}
