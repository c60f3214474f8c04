/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field_device.c - getters of cpu.*, disk.* and netif.*.
 */
#include "core/field_get.h"

#define CPU(name, expr)                                                                                      \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct cpu *c = r->cpu;                                                                \
                                                                                                             \
		return c && (expr);                                                                          \
	}
#define DISK(name, expr)                                                                                     \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct disk *d = r->disk;                                                              \
                                                                                                             \
		return d && (expr);                                                                          \
	}
#define NETIF(name, expr)                                                                                    \
	GETTER(name)                                                                                         \
	{                                                                                                    \
		const struct netif *n = r->netif;                                                            \
                                                                                                             \
		return n && (expr);                                                                          \
	}

CPU(cpu_id, put_int(ret, c->id))
CPU(cpu_busy, c->known &&put_double(ret, 100 - c->idle - c->iowait))
CPU(cpu_idle, c->known &&put_double(ret, c->idle))
CPU(cpu_iowait, c->known &&put_double(ret, c->iowait))
CPU(cpu_irq, c->known &&put_double(ret, c->irq))
CPU(cpu_nice, c->known &&put_double(ret, c->nice))
CPU(cpu_softirq, c->known &&put_double(ret, c->softirq))
CPU(cpu_steal, c->known &&put_double(ret, c->steal))
CPU(cpu_system, c->known &&put_double(ret, c->sys))
CPU(cpu_user, c->known &&put_double(ret, c->user))

/* Time per request; nothing is known where there was none. */
static bool put_average(struct value *ret, uint64_t time, uint64_t n)
{
	return n && put_int(ret, (int64_t)(time / n));
}

static bool put_part(struct value *ret, const struct record *r, uint64_t time, double whole)
{
	if (!r->sample || !r->sample->interval)
		return false;
	return put_double(ret, whole * (double)time / (double)r->sample->interval);
}

DISK(disk_await, put_average(ret, d->read_time + d->write_time, d->reads + d->writes))
DISK(disk_await_in, put_average(ret, d->read_time, d->reads))
DISK(disk_await_out, put_average(ret, d->write_time, d->writes))
DISK(disk_bytes, put_u64(ret, d->read_bytes + d->write_bytes))
DISK(disk_bytes_in, put_u64(ret, d->read_bytes))
DISK(disk_bytes_out, put_u64(ret, d->write_bytes))
DISK(disk_inflight, put_u64(ret, d->inflight))
DISK(disk_major, put_int(ret, d->major))
DISK(disk_minor, put_int(ret, d->minor))
DISK(disk_name, put_str(ret, d->name))
DISK(disk_queue, put_part(ret, r, d->queued, 1))
DISK(disk_reads, put_u64(ret, d->reads))
DISK(disk_util, put_part(ret, r, d->busy, 100))
DISK(disk_writes, put_u64(ret, d->writes))

NETIF(netif_bytes, put_u64(ret, n->in_bytes + n->out_bytes))
NETIF(netif_bytes_in, put_u64(ret, n->in_bytes))
NETIF(netif_bytes_out, put_u64(ret, n->out_bytes))
NETIF(netif_drops, put_u64(ret, n->in_drops + n->out_drops))
NETIF(netif_drops_in, put_u64(ret, n->in_drops))
NETIF(netif_drops_out, put_u64(ret, n->out_drops))
NETIF(netif_errors, put_u64(ret, n->in_errors + n->out_errors))
NETIF(netif_errors_in, put_u64(ret, n->in_errors))
NETIF(netif_errors_out, put_u64(ret, n->out_errors))
NETIF(netif_name, put_str(ret, n->name))
NETIF(netif_packets_in, put_u64(ret, n->in_packets))
NETIF(netif_packets_out, put_u64(ret, n->out_packets))
NETIF(netif_total_in, put_u64(ret, n->total_in))
NETIF(netif_total_out, put_u64(ret, n->total_out))
