/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * generate_schema.c - the JSON Schema of views files, from the tables of fields
 * and aggregations: completion and checks in editors.
 */
#include <string.h>

#include "core/format.h"
#include "generate.h"

static const char DRAFT[] = "http://json-schema.org/draft-07/schema#";

/* Fields with their descriptions; `not` are flags that disqualify. */
static void fields(struct buf *out, const char *name, unsigned not )
{
	size_t n;
	const struct field *f = field_all(&n);
	bool first = true;

	buf_addf(out, "\"%s\":{\"type\":\"string\",\"oneOf\":[", name);
	for (size_t i = 0; i < n; i++) {
		if (f[i].flags & not & ~(unsigned)FIELD_ARG)
			continue;
		if ((not & FIELD_ARG) && !f[i].get)
			continue;
		buf_addf(out, "%s{", first ? "" : ",\n");
		if ((f[i].flags & FIELD_ARG) && !(not & FIELD_ARG))
			buf_addf(out, "\"pattern\":\"^%s%s\"", f[i].id, f[i].get ? "([.\\\\[].+)?$" : "[.\\\\[]");
		else
			buf_addf(out, "\"const\":\"%s\"", f[i].id);
		buf_adds(out, ",\"description\":");
		format_json_string(out, f[i].description);
		buf_addc(out, '}');
		first = false;
	}
	buf_adds(out, "]}");
}

static void aggregations(struct buf *out)
{
	buf_adds(out, "\"agg\":{\"enum\":[");
	for (int a = AGG_NONE; a <= AGG_SHARE; a++)
		buf_addf(out, "%s\"%s\"", a ? "," : "", agg_name((enum agg)a));
	buf_adds(out, "]}");
}

/* What references in arguments may name is not told here: the program says it, with its place. */
static void actions(struct buf *out)
{
	buf_adds(out,
		 "\"actions\":{\"type\":\"array\",\"maxItems\":256,\"items\":{\"type\":\"object\","
		 "\"required\":[\"id\",\"name\",\"run\"],\"additionalProperties\":false,\"properties\":{\n"
		 "\"id\":{\"type\":\"string\",\"pattern\":\"^[a-z0-9_-]{1,40}$\"},\n\"name\":{\"type\":"
		 "\"string\"},"
		 "\"description\":{\"type\":\"string\"},\n\"key\":{\"type\":\"string\",\"pattern\":\"^[!-/"
		 ":-~]$\"},\n"
		 "\"applies_to\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":64,\"items\":{\"$ref\":"
		 "\"#/definitions/key\"}},\n\"changes\":{\"type\":\"boolean\",\"description\":\"Asks first; "
		 "off with "
		 "--read-only.\"},\n\"screen\":{\"enum\":[\"page\",\"terminal\"]},\n\"ask\":{\"type\":"
		 "\"string\"},"
		 "\"answer\":{\"type\":\"string\"},\n\"run\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":"
		 "32,"
		 "\"items\":{\"type\":\"object\",\"required\":[\"argv\"],\"additionalProperties\":false,"
		 "\"properties\":{\n\"argv\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":64,\"items\":{"
		 "\"type\":"
		 "\"string\"},\"description\":\"Program and arguments; %field is a value of the row.\"},\n"
		 "\"when\":{\"type\":\"string\",\"description\":\"Which rows; the language of --filter.\"},"
		 "\"as\":{\"enum\":[\"user\",\"root\"]},\"process\":{\"enum\":[\"row\",\"first\"],"
		 "\"description\":\"proc.* of the row, or of the first process of its container.\"}}}}}}}");
}

void generate_schema(struct buf *out)
{
	buf_addf(out, "{\"$schema\":\"%s\",\n\"title\":\"Views of ctop-trace\",\"type\":\"object\",\n",
		 DRAFT);
	buf_adds(out, "\"anyOf\":[{\"required\":[\"views\"]},{\"required\":[\"actions\"]}],"
		      "\"additionalProperties\":false,\n\"properties\":{"
		      "\"$schema\":{\"type\":\"string\"},\n\"views\":{\"type\":\"array\",\"minItems\":1,"
		      "\"maxItems\":256,"
		      "\"items\":{\"$ref\":\"#/definitions/view\"}},\n\"actions\":{\"$ref\":\"#/definitions/"
		      "actions\"}},\n"
		      "\"definitions\":{\n");
	actions(out);
	buf_adds(out, ",\n");
	aggregations(out);
	buf_adds(out, ",\n");
	fields(out, "shown", FIELD_FILTER_ONLY);
	buf_adds(out, ",\n");
	fields(out, "key", FIELD_MEASURE | FIELD_FILTER_ONLY | FIELD_ARG | FIELD_SPY);
	buf_adds(out, ",\n");
	fields(out, "selection", FIELD_ARG);
	buf_adds(out,
		 ",\n\"column\":{\"type\":\"object\",\"required\":[\"field\"],\"additionalProperties\":false,"
		 "\"properties\":{"
		 "\"field\":{\"$ref\":\"#/definitions/shown\"},\n\"agg\":{\"$ref\":\"#/definitions/agg\"},\n"
		 "\"title\":{\"type\":\"string\"},\"description\":{\"type\":\"string\"},\n"
		 "\"width\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":200,\"description\":\"Cells; 0 "
		 "takes the rest of "
		 "the "
		 "line.\"},\n\"priority\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":1000,"
		 "\"description\":\"1 stays "
		 "longest on a narrow "
		 "screen.\"},\n\"warn\":{\"type\":\"number\"},\"critical\":{\"type\":\"number\"},"
		 "\"bar\":{\"type\":\"number\",\"exclusiveMinimum\":0}}},\n"
		 "\"view\":{\"type\":\"object\",\"required\":[\"id\",\"name\",\"records\",\"columns\"],"
		 "\"additionalProperties\":false,\"properties\":{\n"
		 "\"id\":{\"type\":\"string\",\"pattern\":\"^[a-z0-9_-]{1,40}$\"},\n\"name\":{\"type\":"
		 "\"string\"},"
		 "\"description\":{\"type\":\"string\"},\"tips\":{\"type\":\"array\",\"maxItems\":32,"
		 "\"items\":{\"type\":\"string\"}},\n"
		 "\"hotkey\":{\"type\":\"string\",\"pattern\":\"^[!-~]$\"},\n"
		 "\"records\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"enum\":[\"tasks\",\"facts\","
		 "\"fds\",\"events\","
		 "\"cpus\",\"disks\",\"netifs\",\"metrics\",\"lifecycle\"]},\"description\":\"What is walked.\"},\n"
		 "\"key\":{\"type\":\"array\",\"minItems\":1,");
	buf_addf(out, "\"maxItems\":%d,\"items\":{\"$ref\":\"#/definitions/key\"}},\n", TABLE_KEYS);
	buf_adds(out,
		 "\"label\":{\"$ref\":\"#/definitions/"
		 "key\"},\n\"filter\":{\"type\":\"string\",\"description\":\"Which records "
		 "count; the language of --filter.\"},\n\"propagate_filter\":{\"type\":\"boolean\"},\n"
		 "\"applies_to\":{\"type\":\"array\",\"maxItems\":64,\"items\":{\"anyOf\":[{\"const\":\"\"},"
		 "{\"$ref\":\"#/definitions/"
		 "selection\"}]}},\n\"drilldown\":{\"type\":[\"string\",\"null\"]},\n"
		 "\"tree\":{\"type\":\"object\",\"required\":[\"column\"],\"additionalProperties\":false,"
		 "\"properties\":{"
		 "\"column\":{\"type\":\"string\",\"description\":\"Column that the tree is drawn in.\"},\n"
		 "\"parent\":{\"$ref\":\"#/definitions/key\"},\n\"levels\":{\"type\":\"array\",\"minItems\":1,"
		 "\"maxItems\":4,\"items\":{\"type\":\"object\",\"required\":[\"key\"],"
		 "\"additionalProperties\":false,\"properties\":{"
		 "\"key\":{\"$ref\":\"#/definitions/key\"},\"label\":{\"$ref\":\"#/definitions/key\"},\n"
		 "\"drilldown\":{\"type\":[\"string\",\"null\"]}}}}}},\n"
		 "\"sort\":{\"type\":\"string\"},\"ascending\":{\"type\":\"boolean\"},\n"
		 "\"limit\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":1000000,\"description\":\"Rows at "
		 "most; 0 is all.\"},\n"
		 "\"metrics\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":200,\"items\":{\"type\":\"object\","
		 "\"required\":[\"name\",\"category\",\"view\",\"field\"],\"additionalProperties\":false,"
		 "\"properties\":{\"name\":{\"type\":\"string\"},\"category\":{\"type\":\"string\"},"
		 "\"view\":{\"type\":\"string\",\"description\":\"Where Enter leads.\"},\n"
		 "\"records\":{\"enum\":[\"facts\",\"tasks\",\"fds\"]},\"filter\":{\"type\":\"string\"},"
		 "\"field\":{\"$ref\":\"#/definitions/shown\"},\"agg\":{\"enum\":[\"sum\",\"distinct\"]}}}},\n"
		 "\"actions\":{\"$ref\":\"#/definitions/actions\"},\n"
		 "\"columns\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":64,\"items\":{\"$ref\":\"#/"
		 "definitions/column\"}}}}}}\n");
}
