/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_splice.c - calls that move bytes between two objects. */
#include "spy.h"

int main(void)
{
	long a, b, off = 2, none = 0;
	int p[2], q[2];

	begin();
	a = open("in", O_RDWR | O_CREAT, 0600);
	b = open("out", O_RDWR | O_CREAT, 0600);
	if (write((int)a, "0123456789", 10) != 10 || pipe(p) || pipe(q))
		return 1;
	expect("sendfile(%s, %s, [2] => [7], 5) = %s", fd(b), fd(a), res(CALL(SYS_sendfile, b, a, &off, 5)));
	expect("copy_file_range(%s, [0] => [10], %s, NULL, 10, 0) = %s", fd(a), fd(b),
	       res(CALL(SYS_copy_file_range, a, &none, b, NULL, 10, 0)));
	off = 0;
	expect("splice(%s, [0] => [4], %s, NULL, 4, SPLICE_F_MOVE) = %s", fd(a), fd(p[1]),
	       res(CALL(SYS_splice, a, &off, p[1], NULL, 4, 1)));
	expect("tee(%s, %s, 4, SPLICE_F_NONBLOCK) = %s", fd(p[0]), fd(q[1]),
	       res(CALL(SYS_tee, p[0], q[1], 4, 2)));
	expect("splice(%s, NULL, %s, NULL, 4, 0) = %s", fd(p[0]), fd(b),
	       res(CALL(SYS_splice, p[0], NULL, b, NULL, 4, 0)));
	expect("sendfile(%s, %s, NULL, 5) = %s", fd(b), fd(a), res(CALL(SYS_sendfile, b, a, NULL, 5)));
	return done();
}
