# The program of the exchanged image: no library, no shell. Assembled by record.ts for x86-64.
.globl _start
_start:
    mov $1, %eax
    mov $1, %edi
    lea text(%rip), %rsi
    mov $18, %edx
    syscall
    mov $60, %eax
    xor %edi, %edi
    syscall
text: .ascii "hello from inside\n"
