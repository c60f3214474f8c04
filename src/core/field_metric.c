/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field_metric.c - getters of metric.*, the lines of the Overview, and of what
 * the kernel counts for TCP as a whole.
 */
#include "core/field_get.h"
#include "core/metric.h"

#define METRIC(name, expr)                                                                                   \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct metric_value *m = r->metric;                                                    \
                                                                                                             \
		return m && (expr);                                                                          \
	}

static bool is_bytes(const struct metric_value *m)
{
	return m->metric->agg == AGG_SUM && m->metric->field->unit == UNIT_BYTES;
}

METRIC(metric_bytes, m->known &&is_bytes(m) && put_int(ret, m->value))
METRIC(metric_category, put_str(ret, m->metric->category))
METRIC(metric_count, m->known && !is_bytes(m) && put_int(ret, m->value))
METRIC(metric_name, put_str(ret, m->metric->name))
METRIC(metric_num, put_int(ret, m->num))
METRIC(metric_view, put_str(ret, m->metric->view))

#define TCP(name, member)                                                                                    \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		return r->sample && put_u64(ret, r->sample->host.tcp.member);                                \
	}

TCP(tcp_connects, connects)
TCP(tcp_accepts, accepts)
TCP(tcp_connects_failed, failed)
TCP(tcp_resets, resets)
TCP(tcp_resets_sent, resets_sent)
TCP(tcp_retrans, retrans)
TCP(tcp_segments_sent, sent)
