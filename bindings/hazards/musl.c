/* musl LIBRARY: what a musl program sees of a library that was built for glibc: dlopen refuses it
   with a message, which is printed. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  if (dlopen(argv[1], RTLD_NOW | RTLD_LOCAL)) {
    puts("loaded: not what was expected");
    return 1;
  }
  printf("refused: %s\n", dlerror());
  return 0;
}
