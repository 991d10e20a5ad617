/* SPDX-License-Identifier: MIT */
/* One compiled BPF object as data: NAME and FILE come from the makefile. */
#define GLUE(a, b) a##b
#define END(name) GLUE(name, _end)
	.section .rodata
	.balign 8
	.global NAME
	.hidden NAME
NAME:
	.incbin FILE
	.global END(NAME)
	.hidden END(NAME)
END(NAME):
	.byte 0
	.section .note.GNU-stack, "", %progbits
